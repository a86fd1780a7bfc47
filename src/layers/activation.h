#pragma once

#include <optional>

#include "layers/layer.h"

namespace gw {

/// Rectifier (Nair, Hinton 2010), element by element.
struct Relu {
  static constexpr LayerInfo info{"relu", "x", "y = out(max(x, 0))"};
  std::optional<Quantizer> out;  ///< none: the type of x without its sign
  static void fields(auto& self, auto&& f) { f("out", self.out); }
};

Result<TensorType> infer(const Relu& layer, std::span<const Operand> inputs);
Tensor eval(const Relu& layer, std::span<const Tensor* const> inputs, const TensorType& out, const EvalOptions& options);
Stage lower(const Relu& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
