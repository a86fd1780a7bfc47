#pragma once

#include <optional>

#include "layers/layer.h"

namespace gw {

/// Sigmoid and tanh made of straight lines (Courbariaux, Bengio, David 2015), and their limits of one and
/// three values, element by element.

/// `slope` and `shift` are cast to types of their own, which they must fit; the rest is exact until `out`.
struct HardSigmoid {
  static constexpr LayerInfo info{"hard_sigmoid", "x",
                                  "y = out(min(max(slope_type(slope) * x + shift_type(shift), 0), 1))"};
  double slope = 0.2;
  double shift = 0.5;
  Quantizer slope_type{{16, 0, false}};
  Quantizer shift_type{{2, 0, false}};
  std::optional<Quantizer> out;  ///< none: exact
  static void fields(auto& self, auto&& f) {
    f("slope", self.slope);
    f("shift", self.shift);
    f("slope_type", self.slope_type);
    f("shift_type", self.shift_type);
    f("out", self.out);
  }
};

Result<TensorType> infer(const HardSigmoid& layer, std::span<const Operand> inputs);
Tensor eval(const HardSigmoid& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const HardSigmoid& layer, std::span<const Operand> inputs, const TensorType& out);

/// The hard sigmoid stretched to -1 .. 1.
struct HardTanh {
  static constexpr LayerInfo info{
      "hard_tanh", "x", "y = out(2 * min(max(slope_type(slope) * x + shift_type(shift), 0), 1) - 1)"};
  double slope = 0.2;
  double shift = 0.5;
  Quantizer slope_type{{16, 0, false}};
  Quantizer shift_type{{2, 0, false}};
  std::optional<Quantizer> out;  ///< none: exact
  static void fields(auto& self, auto&& f) {
    f("slope", self.slope);
    f("shift", self.shift);
    f("slope_type", self.slope_type);
    f("shift_type", self.shift_type);
    f("out", self.out);
  }
};

Result<TensorType> infer(const HardTanh& layer, std::span<const Operand> inputs);
Tensor eval(const HardTanh& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const HardTanh& layer, std::span<const Operand> inputs, const TensorType& out);

/// The sign. With an `out` of one unsigned bit (ap_ufixed<1,1>) a negative x gives 0 and not the cast of -1:
/// there the bit stands for the sign.
struct BinaryTanh {
  static constexpr LayerInfo info{"binary_tanh", "x", "y = out(x >= 0 ? 1 : -1)"};
  std::optional<Quantizer> out;  ///< none: exact
  static void fields(auto& self, auto&& f) { f("out", self.out); }
};

Result<TensorType> infer(const BinaryTanh& layer, std::span<const Operand> inputs);
Tensor eval(const BinaryTanh& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const BinaryTanh& layer, std::span<const Operand> inputs, const TensorType& out);

/// x itself is compared with the threshold, exactly. (hls4ml doubles x first and wraps where that does not
/// fit, or, on streams, takes 1 for the threshold: neither is done here.)
struct TernaryTanh {
  static constexpr LayerInfo info{"ternary_tanh", "x",
                                  "y = out(x > threshold ? 1 : x <= -threshold ? -1 : 0)"};
  double threshold = 0.5;        ///< at least 0
  std::optional<Quantizer> out;  ///< none: exact
  static void fields(auto& self, auto&& f) {
    f("threshold", self.threshold);
    f("out", self.out);
  }
};

Result<TensorType> infer(const TernaryTanh& layer, std::span<const Operand> inputs);
Tensor eval(const TernaryTanh& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const TernaryTanh& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
