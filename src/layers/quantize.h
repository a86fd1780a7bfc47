#pragma once

#include <vector>

#include "layers/layer.h"

namespace gw {

/// A cast of every element: where the graph says that precision changes. `elements` casts each channel or
/// each element (row-major) to a type of its own first; of width 0: the element is 0. Then `out`, the type of
/// the tensor, should hold them all.
struct Quantize {
  static constexpr LayerInfo info{"quantize", "x", "y[i] = out(elements[i](x[i]))"};
  Quantizer out;
  std::vector<Quantizer> elements = {};  ///< none: `out` alone
  static void fields(auto& self, auto&& f) {
    f("out", self.out);
    f("elements", self.elements);
  }
};

Result<TensorType> infer(const Quantize& layer, std::span<const Operand> inputs);
Tensor eval(const Quantize& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const Quantize& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
