#pragma once

#include "layers/layer.h"

namespace gw {

/// Row-major (height, width, channels) to (height * width * channels). No value changes; a stage that follows it reads
/// the stream with a window over the whole tensor, so that hardware has nothing to do here.
struct Flatten {
  static constexpr LayerInfo info{"flatten", "x", "y[(r * width + c) * channels + k] = x[r,c,k]"};
  static void fields(auto&, auto&&) {}
};

Result<TensorType> infer(const Flatten& layer, std::span<const Operand> inputs);
Tensor eval(const Flatten& layer, std::span<const Tensor* const> inputs, const TensorType& out, const EvalOptions& options);
Stage lower(const Flatten& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
