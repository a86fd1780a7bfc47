// Rectifiers with a ceiling, a threshold or a slope below zero. Each is two or three straight pieces, so that
// the range of the result is the range of each piece on its part of x, and the formulas are built in the form
// that keeps it: a leaky rectifier is max(x, a * x) or min(x, a * x), and not a choice between the two, which
// would let x be negative.

#include "layers/rectifier.h"

#include <cmath>

#include "layers/elementwise.h"
#include "support/messages.h"

namespace gw {

namespace {

// ---- ceiling ----

Formula formula_of(const ClippedRelu& layer, const TensorType& x) {
  const Term max = exactly(layer.max);
  return elementwise_formula(x, pointwise_window(x.shape), layer.out,
                             [&](Formula& formula, ExprId value, int) {
                               return formula.minimum(formula.maximum(value, formula.constant(0, 0)),
                                                      formula.constant(max.raw, max.fraction));
                             });
}

// ---- slope ----

ExprId leaky(Formula& formula, ExprId x, const Term& alpha) {
  const Interval range = formula[x].range;
  if (range.lo >= 0) return x;
  const ExprId scaled = formula.multiply(x, formula.constant(alpha.raw, alpha.fraction));
  if (range.hi <= 0) return scaled;
  const bool above_one =
      alpha.raw > 0 && (alpha.fraction < 0 || alpha.raw > in_units({1, 0}, alpha.fraction));
  if (above_one) return formula.minimum(x, scaled);
  const ExprId y = formula.maximum(x, scaled);
  return alpha.raw < 0 ? formula.maximum(y, formula.constant(0, 0)) : y;
}

// Of alpha * x and x in common units.
Interval leaky_range(const FixedType& x, std::span<const Term> alphas, int units_below_x) {
  Interval range = rescaled(interval_of(x), x.fraction() + units_below_x);
  for (const Term& alpha : alphas) {
    const Interval scaled = interval_of(x) * interval_of(alpha.raw, alpha.fraction);
    range = unite(range, rescaled(scaled, range.fraction));
  }
  return range;
}

Formula formula_of(const LeakyRelu& layer, const TensorType& x) {
  const Term alpha = parameter(layer.parameter, layer.alpha);
  return elementwise_formula(
      x, pointwise_window(x.shape), layer.out,
      [&](Formula& formula, ExprId value, int) { return leaky(formula, value, alpha); });
}

Tensor evaluate_leaky(const Tensor& x, std::span<const Term> alphas, const std::optional<Quantizer>& to,
                      const TensorType& out, const EvalOptions& options) {
  return evaluate_elementwise(x, to, out, options, [&] {
    int units = 0;
    for (const Term& alpha : alphas) units = std::max(units, alpha.fraction);
    std::vector<std::int64_t> slopes;
    for (const Term& alpha : alphas) slopes.push_back(in_units(alpha, units));
    const auto period = static_cast<std::int64_t>(slopes.size());
    const auto function = [slopes = std::move(slopes), units](std::int64_t value, std::int64_t i) {
      return value < 0 ? value * slopes[static_cast<size_t>(i)] : value << units;
    };
    return ElementFunction{leaky_range(x.type(), alphas, units), function, period};
  });
}

Term term_at(const Tensor& constants, std::int64_t i) {
  return normalised(constants.at(i), constants.type().fraction());
}

// One slope per channel is a formula on a pixel; one per element takes the whole tensor.
Window window_of(const TensorType& x, const Tensor& alpha) {
  return alpha.size() == x.shape.back() ? pointwise_window(x.shape) : whole_window(x.shape);
}

Formula formula_of(const PRelu& layer, const TensorType& x, const Tensor& alpha) {
  return elementwise_formula(x, window_of(x, alpha), layer.out, [&](Formula& formula, ExprId value, int i) {
    return leaky(formula, value, term_at(alpha, i));
  });
}

// ---- threshold ----

// The lowest value of a type with this fraction that passes theta, raw.
std::int64_t passing(const Term& theta, int fraction) {
  const Quantizer below{{max_width, max_width - fraction, true}, Rounding::Trn, Overflow::Sat};
  const bool all_pass = theta.raw < 0 && overflows(below, theta.raw, theta.fraction);
  return quantize(below, theta.raw, theta.fraction) + (all_pass ? 0 : 1);
}

Formula formula_of(const ThresholdedRelu& layer, const TensorType& x) {
  const Term theta = parameter(layer.parameter, layer.theta);
  return elementwise_formula(
      x, pointwise_window(x.shape), layer.out, [&](Formula& formula, ExprId value, int) {
        const Interval range = formula[value].range;
        const std::int64_t low = passing(theta, range.fraction);
        const ExprId zero = formula.constant(0, 0);
        if (low == 1) return formula.maximum(value, zero);
        const ExprId passes = formula.maximum(value, low > 0 ? zero : formula.constant(low, range.fraction));
        return formula.select(is_below(formula, value, low), zero, passes);
      });
}

}  // namespace

// ---- the layers ----

Result<TensorType> infer(const ClippedRelu& layer, std::span<const Operand> inputs) {
  if (!std::isfinite(layer.max) || layer.max <= 0) {
    return diagnose(messages::attribute_range, {}, "clipped_relu", "max", fmt::format("{}", layer.max),
                    "a number above 0");
  }
  return infer_elementwise(layer, inputs, formula_of);
}

Tensor eval(const ClippedRelu& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  const Tensor& x = *inputs[0];
  return evaluate_elementwise(x, layer.out, out, options, [&] {
    const Term max = exactly(layer.max);
    const int shift = std::max(max.fraction - x.type().fraction(), 0);
    const std::int64_t ceiling = in_units(max, x.type().fraction() + shift);
    const Interval range = minimum(maximum(interval_of(x.type()), interval_of(0, x.type().fraction())),
                                   interval_of(max.raw, max.fraction));
    return ElementFunction{range, [shift, ceiling](std::int64_t value, std::int64_t) {
                             return std::min(std::max<std::int64_t>(value, 0) << shift, ceiling);
                           }};
  });
}

Stage lower(const ClippedRelu& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_elementwise(layer, inputs, out, formula_of);
}

Result<TensorType> infer(const LeakyRelu& layer, std::span<const Operand> inputs) {
  if (auto ok = check_parameter(LeakyRelu::info, "alpha", layer.alpha, layer.parameter); !ok)
    return ok.errors();
  return infer_elementwise(layer, inputs, formula_of);
}

Tensor eval(const LeakyRelu& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  const Term alpha = parameter(layer.parameter, layer.alpha);
  return evaluate_leaky(*inputs[0], {&alpha, 1}, layer.out, out, options);
}

Stage lower(const LeakyRelu& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_elementwise(layer, inputs, out, formula_of);
}

Result<TensorType> infer(const ThresholdedRelu& layer, std::span<const Operand> inputs) {
  if (auto ok = check_parameter(ThresholdedRelu::info, "theta", layer.theta, layer.parameter); !ok)
    return ok.errors();
  return infer_elementwise(layer, inputs, formula_of);
}

Tensor eval(const ThresholdedRelu& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  const Tensor& x = *inputs[0];
  return evaluate_elementwise(x, layer.out, out, options, [&] {
    const std::int64_t low = passing(parameter(layer.parameter, layer.theta), x.type().fraction());
    const Interval range = unite(interval_of(x.type()), interval_of(0, x.type().fraction()));
    return ElementFunction{
        range, [low](std::int64_t value, std::int64_t) { return value >= low ? value : std::int64_t{0}; }};
  });
}

Stage lower(const ThresholdedRelu& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_elementwise(layer, inputs, out, formula_of);
}

Result<TensorType> infer(const PRelu& layer, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(PRelu::info, inputs, 2, 2); !ok) return ok.errors();
  const TensorType& x = inputs[0].type;
  if (inputs[1].type.shape != x.shape) {
    if (auto ok = check_shape(PRelu::info, inputs, 1, {x.shape.back()}); !ok) return ok.errors();
  }
  if (!is_typed(inputs, 1)) return TensorType{x.shape, std::nullopt};
  return typed_output(x.shape, formula_of(layer, x, *inputs[1].constant), layer.out);
}

Tensor eval(const PRelu& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  const Tensor& alpha = *inputs[1];
  std::vector<Term> alphas;
  for (std::int64_t i = 0; i < alpha.size(); ++i) alphas.push_back(term_at(alpha, i));
  return evaluate_leaky(*inputs[0], alphas, layer.out, out, options);
}

Stage lower(const PRelu& layer, std::span<const Operand> inputs, const TensorType& out) {
  const TensorType& x = inputs[0].type;
  const Tensor& alpha = *inputs[1].constant;
  return {"", {window_of(x, alpha)}, {*x.fixed}, formula_of(layer, x, alpha), out};
}

}  // namespace gw
