#pragma once

#include <optional>

#include "layers/layer.h"

namespace gw {

/// A fully connected layer on the last axis. x: (..., in), weight: (in, out), bias: (out), optional. y: (...,
/// out).
///
/// With an accumulator every product is cast to its type, then added, starting from the cast bias, in the
/// order that `reuse` gives, and each partial sum is cast again (hls4ml's accum_t). Without one the sum is
/// exact.
struct Dense {
  static constexpr LayerInfo info{"dense", "x, weight, bias",
                                  "y[.., o] = out(bias[o] + sum_i weight[i,o] * x[.., i])"};
  std::optional<Quantizer> out = {};          ///< none: the exact type of the sum
  std::optional<Quantizer> accumulator = {};  ///< none: the sum is exact
  int reuse =
      1;  ///< order of a saturating accumulator: that of hls4ml's resource strategy with this reuse factor
  static void fields(auto& self, auto&& f) {
    f("out", self.out);
    f("accumulator", self.accumulator);
    f("reuse", self.reuse);
  }
};

Result<TensorType> infer(const Dense& layer, std::span<const Operand> inputs);
Tensor eval(const Dense& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const Dense& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
