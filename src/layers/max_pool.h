#pragma once

#include <optional>

#include "layers/shapes.h"

namespace gw {

/// Pools that take the largest element of each channel in a window. Padding is left out of the comparison,
/// whatever the type. A type called `accumulator` is the one that hls4ml passes the maximum through on its
/// way to `out`.

/// Max pooling over a square patch. x: (height, width, channels).
struct MaxPool2D {
  static constexpr LayerInfo info{"max_pool2d", "x",
                                  "y[r,c,k] = out(max_{i,j} x[r*stride_h+i, c*stride_w+j, k])"};
  int pool_h = 2, pool_w = 2;
  int stride_h = 2, stride_w = 2;
  Padding padding = Padding::Explicit;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  std::optional<Quantizer> accumulator = {};
  std::optional<Quantizer> out = {};  ///< none: the type of x
  static void fields(auto& self, auto&& f) {
    f("pool_h", self.pool_h);
    f("pool_w", self.pool_w);
    f("stride_h", self.stride_h);
    f("stride_w", self.stride_w);
    f("padding", self.padding);
    f("pad_top", self.pad_top);
    f("pad_left", self.pad_left);
    f("pad_bottom", self.pad_bottom);
    f("pad_right", self.pad_right);
    f("accumulator", self.accumulator);
    f("out", self.out);
  }
};

Result<TensorType> infer(const MaxPool2D& layer, std::span<const Operand> inputs);
Tensor eval(const MaxPool2D& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const MaxPool2D& layer, std::span<const Operand> inputs, const TensorType& out);

/// Max pooling along a sequence. x: (length, channels).
struct MaxPool1D {
  static constexpr LayerInfo info{"max_pool1d", "x", "y[r,k] = out(max_i x[r*stride+i, k])"};
  int pool = 2, stride = 2;
  Padding padding = Padding::Explicit;
  int pad_left = 0, pad_right = 0;
  std::optional<Quantizer> accumulator = {};
  std::optional<Quantizer> out = {};  ///< none: the type of x
  static void fields(auto& self, auto&& f) {
    f("pool", self.pool);
    f("stride", self.stride);
    f("padding", self.padding);
    f("pad_left", self.pad_left);
    f("pad_right", self.pad_right);
    f("accumulator", self.accumulator);
    f("out", self.out);
  }
};

Result<TensorType> infer(const MaxPool1D& layer, std::span<const Operand> inputs);
Tensor eval(const MaxPool1D& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const MaxPool1D& layer, std::span<const Operand> inputs, const TensorType& out);

/// The largest element of each channel. x: at least two extents. y: (channels), or with keep_dims (1, ..,
/// channels).
struct GlobalMaxPool {
  static constexpr LayerInfo info{"global_max_pool", "x", "y[k] = out(max_{r,c} x[r,c,k])"};
  bool keep_dims = false;
  std::optional<Quantizer> accumulator = {};
  std::optional<Quantizer> out = {};  ///< none: the type of x
  static void fields(auto& self, auto&& f) {
    f("keep_dims", self.keep_dims);
    f("accumulator", self.accumulator);
    f("out", self.out);
  }
};

Result<TensorType> infer(const GlobalMaxPool& layer, std::span<const Operand> inputs);
Tensor eval(const GlobalMaxPool& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const GlobalMaxPool& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
