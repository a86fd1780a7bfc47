#pragma once

#include <optional>

#include "layers/layer.h"

namespace gw {

/// The inner product of two vectors of one length. y: (1).
///
/// With an accumulator every product is cast to its type, then they are added in order, each partial sum
/// cast. Without one the sum is exact.
struct Dot {
  static constexpr LayerInfo info{"dot", "a, b", "y[0] = out(sum_i a[i] * b[i])"};
  std::optional<Quantizer> out = {};          ///< none: the exact type of the sum
  std::optional<Quantizer> accumulator = {};  ///< none: the sum is exact
  static void fields(auto& self, auto&& f) {
    f("out", self.out);
    f("accumulator", self.accumulator);
  }
};

Result<TensorType> infer(const Dot& layer, std::span<const Operand> inputs);
Tensor eval(const Dot& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const Dot& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
