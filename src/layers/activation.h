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

/// A cast of every element: where the graph says that precision changes.
struct Quantize {
  static constexpr LayerInfo info{"quantize", "x", "y = out(x)"};
  Quantizer out;
  static void fields(auto& self, auto&& f) { f("out", self.out); }
};

Result<TensorType> infer(const Quantize& layer, std::span<const Operand> inputs);
Tensor eval(const Quantize& layer, std::span<const Tensor* const> inputs, const TensorType& out, const EvalOptions& options);
Stage lower(const Quantize& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
