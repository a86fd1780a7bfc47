#pragma once

#include <optional>

#include "layers/layer.h"

namespace gw {

/// Batch normalisation at inference (Ioffe, Szegedy 2015), its four parameters already joined in real numbers:
/// scale = gamma / sqrt(variance + epsilon), bias = beta - scale * mean. scale, bias: (channels), the last extent of x.
struct BatchNorm {
  static constexpr LayerInfo info{"batch_norm", "x, scale, bias", "y[..,c] = out(x[..,c] * scale[c] + bias[c])"};
  std::optional<Quantizer> out;  ///< none: the exact type
  static void fields(auto& self, auto&& f) { f("out", self.out); }
};

Result<TensorType> infer(const BatchNorm& layer, std::span<const Operand> inputs);
Tensor eval(const BatchNorm& layer, std::span<const Tensor* const> inputs, const TensorType& out, const EvalOptions& options);
Stage lower(const BatchNorm& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
