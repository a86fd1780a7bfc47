#pragma once

#include <optional>

#include "layers/layer.h"

namespace gw {

/// Any function of one number, by the list of its answers, element by element. `values` is a constant of rank
/// 1 with 1 to 65536 entries; beyond its ends it answers with its first and its last one.
struct Lookup {
  static constexpr LayerInfo info{"lookup", "x, values",
                                  "y = out(values[min(max(floor(x * 2^fraction) - first, 0), count - 1)])"};
  int first = 0;                 ///< floor(x * 2^fraction) where values[0] is the answer
  int fraction = 0;              ///< -64 to 64
  std::optional<Quantizer> out;  ///< none: exact
  static void fields(auto& self, auto&& f) {
    f("first", self.first);
    f("fraction", self.fraction);
    f("out", self.out);
  }
};

Result<TensorType> infer(const Lookup& layer, std::span<const Operand> inputs);
Tensor eval(const Lookup& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const Lookup& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
