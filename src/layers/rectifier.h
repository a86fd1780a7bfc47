#pragma once

#include <optional>

#include "layers/layer.h"

namespace gw {

/// Rectifiers beside the plain one, element by element. A slope or threshold is a real number with a type of
/// its own, to which it is cast first; the rest is exact until `out`.

/// ReLU with a ceiling: ReLU6 (Krizhevsky 2010) as it comes.
struct ClippedRelu {
  static constexpr LayerInfo info{"clipped_relu", "x", "y = out(min(max(x, 0), max))"};
  double max = 6;                ///< above 0; compared exactly
  std::optional<Quantizer> out;  ///< none: exact
  static void fields(auto& self, auto&& f) {
    f("max", self.max);
    f("out", self.out);
  }
};

Result<TensorType> infer(const ClippedRelu& layer, std::span<const Operand> inputs);
Tensor eval(const ClippedRelu& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const ClippedRelu& layer, std::span<const Operand> inputs, const TensorType& out);

/// One slope for all negative values (Maas, Hannun, Ng 2013).
struct LeakyRelu {
  static constexpr LayerInfo info{"leaky_relu", "x", "y = out(x > 0 ? x : parameter(alpha) * x)"};
  double alpha = 0.01;
  Quantizer parameter{{16, 6, true}};  ///< type of alpha, which must fit it
  std::optional<Quantizer> out;        ///< none: exact
  static void fields(auto& self, auto&& f) {
    f("alpha", self.alpha);
    f("parameter", self.parameter);
    f("out", self.out);
  }
};

Result<TensorType> infer(const LeakyRelu& layer, std::span<const Operand> inputs);
Tensor eval(const LeakyRelu& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const LeakyRelu& layer, std::span<const Operand> inputs, const TensorType& out);

/// Nothing passes up to a threshold (Konda, Memisevic, Krueger 2014).
struct ThresholdedRelu {
  static constexpr LayerInfo info{"thresholded_relu", "x", "y = out(x > parameter(theta) ? x : 0)"};
  double theta = 1;
  Quantizer parameter{{16, 6, true}};  ///< type of theta, which must fit it
  std::optional<Quantizer> out;        ///< none: exact
  static void fields(auto& self, auto&& f) {
    f("theta", self.theta);
    f("parameter", self.parameter);
    f("out", self.out);
  }
};

Result<TensorType> infer(const ThresholdedRelu& layer, std::span<const Operand> inputs);
Tensor eval(const ThresholdedRelu& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const ThresholdedRelu& layer, std::span<const Operand> inputs, const TensorType& out);

/// Learned slopes (He, Zhang, Ren, Sun 2015): `alpha` holds one per channel (the last extent of x), or one
/// per element in the shape of x.
struct PRelu {
  static constexpr LayerInfo info{"prelu", "x, alpha", "y = out(x > 0 ? x : alpha * x)"};
  std::optional<Quantizer> out;  ///< none: exact
  static void fields(auto& self, auto&& f) { f("out", self.out); }
};

Result<TensorType> infer(const PRelu& layer, std::span<const Operand> inputs);
Tensor eval(const PRelu& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const PRelu& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
