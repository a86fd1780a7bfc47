#pragma once

#include <optional>

#include "layers/shapes.h"

namespace gw {

/// Pools that answer the mean of each channel in a window: the sum of the pixels over their number, truncated
/// toward zero, then cast to `out`. What lies outside the input counts only where count_include_pad says so.
///
/// With an accumulator the pixels are added in row-major order, each partial sum cast to its type, and the
/// quotient keeps its fraction (hls4ml's accum_t and integer division; of its two io types, io_parallel's).
/// Without one the sum is exact and the quotient keeps ceil(log2 n) more bits of fraction than the type of x,
/// n the pixels of a window: all of it where n is a power of two. A sum with a partial sum outside the
/// accumulator is counted as one overflow.

/// x: (height, width, channels).
struct AveragePool2D {
  static constexpr LayerInfo info{"average_pool2d", "x",
                                  "y[r,c,k] = out(sum_{i,j} x[r*stride_h+i, c*stride_w+j, k] / count[r,c])"};
  int pool_h = 2, pool_w = 2;
  int stride_h = 2, stride_w = 2;
  Padding padding = Padding::Explicit;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  bool count_include_pad = false;
  std::optional<Quantizer> accumulator = {};  ///< none: the sum is exact
  std::optional<Quantizer> out = {};          ///< none: the type of the quotient
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
    f("count_include_pad", self.count_include_pad);
    f("accumulator", self.accumulator);
    f("out", self.out);
  }
};

Result<TensorType> infer(const AveragePool2D& layer, std::span<const Operand> inputs);
Tensor eval(const AveragePool2D& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const AveragePool2D& layer, std::span<const Operand> inputs, const TensorType& out);

/// x: (length, channels).
struct AveragePool1D {
  static constexpr LayerInfo info{"average_pool1d", "x", "y[r,k] = out(sum_i x[r*stride+i, k] / count[r])"};
  int pool = 2, stride = 2;
  Padding padding = Padding::Explicit;
  int pad_left = 0, pad_right = 0;
  bool count_include_pad = false;
  std::optional<Quantizer> accumulator = {};
  std::optional<Quantizer> out = {};
  static void fields(auto& self, auto&& f) {
    f("pool", self.pool);
    f("stride", self.stride);
    f("padding", self.padding);
    f("pad_left", self.pad_left);
    f("pad_right", self.pad_right);
    f("count_include_pad", self.count_include_pad);
    f("accumulator", self.accumulator);
    f("out", self.out);
  }
};

Result<TensorType> infer(const AveragePool1D& layer, std::span<const Operand> inputs);
Tensor eval(const AveragePool1D& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const AveragePool1D& layer, std::span<const Operand> inputs, const TensorType& out);

/// x: at least two extents. y: (channels), or with keep_dims (1, .., channels).
struct GlobalAveragePool {
  static constexpr LayerInfo info{"global_average_pool", "x", "y[k] = out(sum_{r,c} x[r,c,k] / count)"};
  bool keep_dims = false;
  std::optional<Quantizer> accumulator = {};
  std::optional<Quantizer> out = {};
  static void fields(auto& self, auto&& f) {
    f("keep_dims", self.keep_dims);
    f("accumulator", self.accumulator);
    f("out", self.out);
  }
};

Result<TensorType> infer(const GlobalAveragePool& layer, std::span<const Operand> inputs);
Tensor eval(const GlobalAveragePool& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const GlobalAveragePool& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
