#pragma once

#include <optional>

#include "layers/layer.h"

namespace gw {

/// A fully connected layer. x: any shape of `in` elements (read in row-major order), weight: (in, out), bias: (out),
/// optional. y: (out).
///
/// With an accumulator every product is cast to its type, then added, starting from the cast bias, in input order,
/// and each partial sum is cast again (NUMERICS of hls4ml: accum_t). Without one the sum is exact.
struct Dense {
  static constexpr LayerInfo info{"dense", "x, weight, bias", "y[o] = out(bias[o] + sum_i weight[i,o] * x[i])"};
  std::optional<Quantizer> out;          ///< none: the exact type of the sum
  std::optional<Quantizer> accumulator;  ///< none: the sum is exact
  static void fields(auto& self, auto&& f) {
    f("out", self.out);
    f("accumulator", self.accumulator);
  }
};

Result<TensorType> infer(const Dense& layer, std::span<const Operand> inputs);
Tensor eval(const Dense& layer, std::span<const Tensor* const> inputs, const TensorType& out, const EvalOptions& options);
Stage lower(const Dense& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
