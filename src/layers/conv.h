#pragma once

#include <optional>

#include "layers/layer.h"

namespace gw {

/// A 2-D convolution (cross-correlation) without padding. x: (height, width, in), weight: (kernel_h, kernel_w, in,
/// out), bias: (out), optional. y: ((height - kernel_h) / stride_h + 1, likewise, out). The sum runs over (i, j, channel) in
/// that order; the accumulator is as in Dense.
struct Conv2D {
  static constexpr LayerInfo info{
      "conv2d", "x, weight, bias",
      "y[r,c,o] = out(bias[o] + sum_{i,j,k} weight[i,j,k,o] * x[r*stride_h+i, c*stride_w+j, k])"};
  int stride_h = 1, stride_w = 1;
  std::optional<Quantizer> out;          ///< none: the exact type of the sum
  std::optional<Quantizer> accumulator;  ///< none: the sum is exact
  static void fields(auto& self, auto&& f) {
    f("stride_h", self.stride_h);
    f("stride_w", self.stride_w);
    f("out", self.out);
    f("accumulator", self.accumulator);
  }
};

Result<TensorType> infer(const Conv2D& layer, std::span<const Operand> inputs);
Tensor eval(const Conv2D& layer, std::span<const Tensor* const> inputs, const TensorType& out, const EvalOptions& options);
Stage lower(const Conv2D& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
