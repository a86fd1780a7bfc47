#pragma once

#include <optional>

#include "layers/layer.h"

namespace gw {

/// Softmax over all elements of x: (features), by the two tables of hls4ml's "stable" implementation:
///   d[i] = difference(max_j x[j] - x[i])
///   e[i] = exp_table[top bits of d[i]],            exp_table[a] = exp_type(exp(-d)), d the smallest value with top bits a
///   s    = inverse_input(sum_j e[j])
///   y[i] = out(e[i] * inverse_table[top bits of s]), inverse_table[a] = inverse_type(1 / s), s likewise, 1/0 saturating
/// `difference` has the bits of x without its sign and saturates: hls4ml's wraps there, so that a value far below the
/// maximum gets a large probability. Table entries are computed in single precision, as there.
struct Softmax {
  static constexpr LayerInfo info{"softmax", "x", "y[i] = exp(x[i] - max(x)) / sum_j exp(x[j] - max(x)), by tables"};
  int table_size = 1024;  ///< entries of each table, a power of two
  Quantizer exp_type{{18, 8, true}, Rounding::Rnd, Overflow::Sat};
  Quantizer inverse_type{{18, 8, true}, Rounding::Rnd, Overflow::Sat};
  std::optional<Quantizer> inverse_input;  ///< none: exp_type
  std::optional<Quantizer> out;            ///< none: the exact type of the product
  static void fields(auto& self, auto&& f) {
    f("table_size", self.table_size);
    f("exp_type", self.exp_type);
    f("inverse_type", self.inverse_type);
    f("inverse_input", self.inverse_input);
    f("out", self.out);
  }
};

Result<TensorType> infer(const Softmax& layer, std::span<const Operand> inputs);
Tensor eval(const Softmax& layer, std::span<const Tensor* const> inputs, const TensorType& out, const EvalOptions& options);
Stage lower(const Softmax& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
