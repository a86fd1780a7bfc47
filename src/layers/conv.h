#pragma once

#include <optional>

#include "layers/layer.h"
#include "layers/shapes.h"

namespace gw {

/// A 1-D convolution (cross-correlation). x: (length, in), weight: (kernel, in / groups, out), bias: (out),
/// optional. Output o belongs to group o / (out / groups) and sums over the channels of that group; groups =
/// in is a depthwise convolution. The sum runs over (i, channel) in that order; accumulator and reuse are as
/// in Dense, with i and channel as rows. Padded elements are 0.
struct Conv1D {
  static constexpr LayerInfo info{
      "conv1d", "x, weight, bias",
      "y[t,o] = out(bias[o] + sum_{i,k} weight[i,k,o] * x[t*stride - pad_left + i*dilation, k])"};
  int stride = 1, dilation = 1, groups = 1;
  Padding padding = Padding::Explicit;
  int pad_left = 0, pad_right = 0;            ///< where padding is explicit
  std::optional<Quantizer> out = {};          ///< none: the exact type of the sum
  std::optional<Quantizer> accumulator = {};  ///< none: the sum is exact
  int reuse = 1;
  static void fields(auto& self, auto&& f) {
    f("stride", self.stride);
    f("dilation", self.dilation);
    f("groups", self.groups);
    f("padding", self.padding);
    f("pad_left", self.pad_left);
    f("pad_right", self.pad_right);
    f("out", self.out);
    f("accumulator", self.accumulator);
    f("reuse", self.reuse);
  }
};

Result<TensorType> infer(const Conv1D& layer, std::span<const Operand> inputs);
Tensor eval(const Conv1D& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const Conv1D& layer, std::span<const Operand> inputs, const TensorType& out);

/// A 2-D convolution (cross-correlation). x: (height, width, in), weight: (kernel_h, kernel_w, in / groups,
/// out), bias: (out), optional. Groups, accumulator, reuse and padding are as in Conv1D; the sum runs over
/// (i, j, channel).
struct Conv2D {
  static constexpr LayerInfo info{
      "conv2d", "x, weight, bias",
      "y[r,c,o] = out(bias[o] + sum_{i,j,k} weight[i,j,k,o] * x[r*stride_h - pad_top + "
      "i*dilation_h, c*stride_w - pad_left + j*dilation_w, k])"};
  int stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1, groups = 1;
  Padding padding = Padding::Explicit;                           ///< not Causal
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;  ///< where padding is explicit
  std::optional<Quantizer> out = {};                             ///< none: the exact type of the sum
  std::optional<Quantizer> accumulator = {};                     ///< none: the sum is exact
  int reuse = 1;
  static void fields(auto& self, auto&& f) {
    f("stride_h", self.stride_h);
    f("stride_w", self.stride_w);
    f("dilation_h", self.dilation_h);
    f("dilation_w", self.dilation_w);
    f("groups", self.groups);
    f("padding", self.padding);
    f("pad_top", self.pad_top);
    f("pad_left", self.pad_left);
    f("pad_bottom", self.pad_bottom);
    f("pad_right", self.pad_right);
    f("out", self.out);
    f("accumulator", self.accumulator);
    f("reuse", self.reuse);
  }
};

Result<TensorType> infer(const Conv2D& layer, std::span<const Operand> inputs);
Tensor eval(const Conv2D& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const Conv2D& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
