#pragma once

#include <vector>

#include "layers/layer.h"

namespace gw {

/// Row-major (height, width, channels) to (height * width * channels). No value changes; a stage that follows
/// it reads the stream with a window over the whole tensor, so that hardware has nothing to do here.
struct Flatten {
  static constexpr LayerInfo info{"flatten", "x", "y[(r * width + c) * channels + k] = x[r,c,k]"};
  static void fields(auto&, auto&&) {}
};

Result<TensorType> infer(const Flatten& layer, std::span<const Operand> inputs);
Tensor eval(const Flatten& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const Flatten& layer, std::span<const Operand> inputs, const TensorType& out);

/// The same elements in the same row-major order under another shape of as many elements.
struct Reshape {
  static constexpr LayerInfo info{"reshape", "x", "y = x, row-major, as `shape`"};
  std::vector<int> shape;  ///< complete: no extent is left to be computed
  static void fields(auto& self, auto&& f) { f("shape", self.shape); }
};

Result<TensorType> infer(const Reshape& layer, std::span<const Operand> inputs);
Tensor eval(const Reshape& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const Reshape& layer, std::span<const Operand> inputs, const TensorType& out);

/// A transposition: axis a of y is axis axes[a] of x, counted from 0 without the batch.
struct Permute {
  static constexpr LayerInfo info{"permute", "x", "y[i_0, i_1, ..] = x[..], i_a the index of axis axes[a]"};
  std::vector<int> axes;
  static void fields(auto& self, auto&& f) { f("axes", self.axes); }
};

Result<TensorType> infer(const Permute& layer, std::span<const Operand> inputs);
Tensor eval(const Permute& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const Permute& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
