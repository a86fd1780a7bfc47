#pragma once

#include <optional>

#include "layers/layer.h"

namespace gw {

/// Two or more tensors one after the other along an axis; their other extents are equal. Any of them, but not
/// all, may be constants.
struct Concatenate {
  static constexpr LayerInfo info{"concatenate", "a, b, ...", "y = out(a, then b, .. along axis)"};
  int axis = -1;                      ///< without the batch; negative: from the last
  std::optional<Quantizer> out = {};  ///< none: a type that holds every input
  static void fields(auto& self, auto&& f) {
    f("axis", self.axis);
    f("out", self.out);
  }
};

Result<TensorType> infer(const Concatenate& layer, std::span<const Operand> inputs);
Tensor eval(const Concatenate& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const Concatenate& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
