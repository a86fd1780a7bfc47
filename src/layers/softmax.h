#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "layers/layer.h"

namespace gw {

/// How a softmax is computed; the bits are those of hls4ml's implementation of that name.
enum class SoftmaxImplementation {
  Stable,   ///< exponentials of the differences to the maximum
  Latency,  ///< exponentials of x itself, which overflow beyond a few units
  Legacy,   ///< y[i] = 1 / sum_j exp(x[j] - x[i]), from two tables over fixed ranges
  Argmax,   ///< 1 for the first maximum, 0 for the others
  Divided,  ///< as stable, but the quotient itself: not of hls4ml
};
constexpr std::array<std::string_view, 5> names_of(SoftmaxImplementation) {
  return {"stable", "latency", "legacy", "argmax", "divided"};
}

/// Softmax along one axis of x, by two tables. "Stable" is
///   d[i] = difference(max_j x[j] - x[i])
///   e[i] = accumulator(exp_table[top bits of d[i]]),
///   s    = inverse_input(accumulated sum_j e[j])
///   y[i] = out(e[i] * inverse_table[top bits of s])
/// where exp_table[a] = exp_type(exp(-scale * d)), d the smallest value with top bits a, and inverse_table[a]
/// = inverse_type(1 / s), s likewise; 1/0 is the largest value of a type that saturates and 0 in others.
/// `difference` has the bits of x without its sign and saturates: hls4ml's wraps there, so that a value far
/// below the maximum gets a large probability. "Latency" takes exp_table[top bits of
/// address(x[i])] with exp(scale * x) instead. An accumulator that saturates adds as a balanced tree, the
/// first 2^n < count terms on the left.
///
/// "Legacy" has exp over -8 .. 8 and 1/s over 0 .. 64 (0 at 0), addressed toward zero; both tables and the
/// sum, in order, are of type `table`. Tables are in single precision (num/function_table.h).
///
/// "Divided" is y[i] = out(e[i] / sum_j e[j]), the exact quotient rounded once (without `out`: to
/// inverse_type), where e is that of "stable" with all bits of the difference, unless it is given a type; the
/// sum is exact. exp_type must hold 1. Types of the inverse do not matter, and there is no accumulator.
struct Softmax {
  static constexpr LayerInfo info{"softmax", "x",
                                  "y[i] = exp(scale * (x[i] - max(x))) / sum_j exp(scale * (x[j] - max(x)))"};
  SoftmaxImplementation implementation = SoftmaxImplementation::Stable;
  double scale = 1;               ///< of x, above 0; 1 for legacy
  int axis = -1;                  ///< of x without its batch; negative: from the last one
  int table_size = 1024;          ///< entries of the exponential's table; a power of two unless legacy
  int inverse_table_size = 1024;  ///< entries of the inverse's table, likewise
  Quantizer exp_type{{18, 8, true}, Rounding::Rnd, Overflow::Sat};
  Quantizer inverse_type{{18, 8, true}, Rounding::Rnd, Overflow::Sat};
  std::optional<Quantizer> inverse_input;  ///< none: exp_type
  std::optional<Quantizer> accumulator;    ///< none: the sum is exact
  std::optional<Quantizer> difference;     ///< none: the bits of x without its sign, saturating; divided: all
  std::optional<Quantizer> address;        ///< latency; none: the type of x
  Quantizer table{{18, 8, true}};          ///< legacy's only type
  std::optional<Quantizer> out;            ///< none: exact
  static void fields(auto& self, auto&& f) {
    f("implementation", self.implementation);
    f("scale", self.scale);
    f("axis", self.axis);
    f("table_size", self.table_size);
    f("inverse_table_size", self.inverse_table_size);
    f("exp_type", self.exp_type);
    f("inverse_type", self.inverse_type);
    f("inverse_input", self.inverse_input);
    f("accumulator", self.accumulator);
    f("difference", self.difference);
    f("address", self.address);
    f("table", self.table);
    f("out", self.out);
  }
};

Result<TensorType> infer(const Softmax& layer, std::span<const Operand> inputs);
Tensor eval(const Softmax& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const Softmax& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
