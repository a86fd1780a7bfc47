// Straight lines and steps in place of sigmoid and tanh: no table, a multiplication by a constant or none.
//
// A line a * x + b is clipped to 0 .. 1 in its own exact type, so the clipped value has the fraction of the
// line. The steps compare x with a constant of x's own grid, which is the sign bit of one subtraction.

#include "layers/hard_activation.h"

#include <cmath>

#include "layers/elementwise.h"
#include "support/messages.h"

namespace gw {

namespace {

// ---- lines ----

struct Line {
  Term slope, shift;
};

template <class Hard>
Line line_of(const Hard& layer) {
  return {parameter(layer.slope_type, layer.slope), parameter(layer.shift_type, layer.shift)};
}

ExprId clipped_line(Formula& formula, ExprId x, const Line& line) {
  const ExprId product = formula.multiply(x, formula.constant(line.slope.raw, line.slope.fraction));
  const ExprId y = formula.add(product, formula.constant(line.shift.raw, line.shift.fraction));
  return formula.minimum(formula.maximum(y, formula.constant(0, 0)), formula.constant(1, 0));
}

Formula formula_of(const HardSigmoid& layer, const TensorType& x) {
  const Line line = line_of(layer);
  return elementwise_formula(
      x, pointwise_window(x.shape), layer.out,
      [&](Formula& formula, ExprId value, int) { return clipped_line(formula, value, line); });
}

Formula formula_of(const HardTanh& layer, const TensorType& x) {
  const Line line = line_of(layer);
  return elementwise_formula(
      x, pointwise_window(x.shape), layer.out, [&](Formula& formula, ExprId value, int) {
        const ExprId twice = formula.multiply(clipped_line(formula, value, line), formula.constant(1, -1));
        return formula.subtract(twice, formula.constant(1, 0));
      });
}

// The answer is stretch * clip(slope * x + shift) - (stretch - 1): 0 .. 1 for stretch 1, -1 .. 1 for 2.
template <class Hard>
Tensor evaluate_line(const Hard& layer, std::int64_t stretch, const Tensor& x, const TensorType& out,
                     const EvalOptions& options) {
  return evaluate_elementwise(x, layer.out, out, options, [&] {
    const Line line = line_of(layer);
    const int x_fraction = x.type().fraction();
    const int fraction = std::max({x_fraction + line.slope.fraction, line.shift.fraction, 0});
    const std::int64_t slope = in_units(line.slope, fraction - x_fraction);
    const std::int64_t shift = in_units(line.shift, fraction);
    // A line that never comes near 1 may be finer than 64 bits can say 1 in; then nothing is clipped there.
    const std::int64_t one = in_units({1, 0}, fraction);
    const Interval range = interval_of(x.type()) * Interval{slope, slope, fraction - x_fraction} +
                           Interval{shift, shift, fraction};
    const auto stretched = [stretch, one]<class T>(T y) {
      return stretch * std::clamp<T>(y, 0, one) - (stretch - 1) * one;
    };
    return ElementFunction{Interval{stretched(range.lo), stretched(range.hi), fraction},
                           [slope, shift, stretched](std::int64_t value, std::int64_t) {
                             return stretched(slope * value + shift);
                           }};
  });
}

template <class Hard>
Status check_line(const Hard& layer) {
  if (auto ok = check_parameter(Hard::info, "slope", layer.slope, layer.slope_type); !ok) return ok;
  return check_parameter(Hard::info, "shift", layer.shift, layer.shift_type);
}

// ---- steps ----

constexpr Interval signs{-1, 1, 0};

// What a negative x gives.
std::int64_t negative_sign(const BinaryTanh& layer) {
  const bool is_bit = layer.out && layer.out->to == FixedType{1, 1, false};
  return is_bit ? 0 : -1;
}

Formula formula_of(const BinaryTanh& layer, const TensorType& x) {
  return elementwise_formula(
      x, pointwise_window(x.shape), layer.out, [&](Formula& formula, ExprId value, int) {
        return formula.select(formula.is_negative(value), formula.constant(negative_sign(layer), 0),
                              formula.constant(1, 0));
      });
}

// The lowest raw values, in units of 2^-fraction, that give 0 and 1.
struct Steps {
  std::int64_t zero, one;
};

Steps steps_of(const TernaryTanh& layer, int fraction) {
  const Quantizer floor{{max_width, max_width - fraction, true}, Rounding::Trn, Overflow::Sat};
  return {quantize(floor, -layer.threshold) + 1, quantize(floor, layer.threshold) + 1};
}

Formula formula_of(const TernaryTanh& layer, const TensorType& x) {
  return elementwise_formula(
      x, pointwise_window(x.shape), layer.out, [&](Formula& formula, ExprId value, int) {
        const Steps steps = steps_of(layer, formula[value].range.fraction);
        const ExprId upper = formula.select(is_below(formula, value, steps.one), formula.constant(0, 0),
                                            formula.constant(1, 0));
        return formula.select(is_below(formula, value, steps.zero), formula.constant(-1, 0), upper);
      });
}

}  // namespace

// ---- the layers ----

Result<TensorType> infer(const HardSigmoid& layer, std::span<const Operand> inputs) {
  if (auto ok = check_line(layer); !ok) return ok.errors();
  return infer_elementwise(layer, inputs, formula_of);
}

Tensor eval(const HardSigmoid& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return evaluate_line(layer, 1, *inputs[0], out, options);
}

Stage lower(const HardSigmoid& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_elementwise(layer, inputs, out, formula_of);
}

Result<TensorType> infer(const HardTanh& layer, std::span<const Operand> inputs) {
  if (auto ok = check_line(layer); !ok) return ok.errors();
  return infer_elementwise(layer, inputs, formula_of);
}

Tensor eval(const HardTanh& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return evaluate_line(layer, 2, *inputs[0], out, options);
}

Stage lower(const HardTanh& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_elementwise(layer, inputs, out, formula_of);
}

Result<TensorType> infer(const BinaryTanh& layer, std::span<const Operand> inputs) {
  return infer_elementwise(layer, inputs, formula_of);
}

Tensor eval(const BinaryTanh& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return evaluate_elementwise(*inputs[0], layer.out, out, options, [&] {
    const std::int64_t negative = negative_sign(layer);
    return ElementFunction{signs, [negative](std::int64_t value, std::int64_t) {
                             return value < 0 ? negative : std::int64_t{1};
                           }};
  });
}

Stage lower(const BinaryTanh& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_elementwise(layer, inputs, out, formula_of);
}

Result<TensorType> infer(const TernaryTanh& layer, std::span<const Operand> inputs) {
  if (!std::isfinite(layer.threshold) || layer.threshold < 0) {
    return diagnose(messages::attribute_range, {}, "ternary_tanh", "threshold",
                    fmt::format("{}", layer.threshold), "a number of at least 0");
  }
  return infer_elementwise(layer, inputs, formula_of);
}

Tensor eval(const TernaryTanh& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  const Tensor& x = *inputs[0];
  return evaluate_elementwise(x, layer.out, out, options, [&] {
    const Steps steps = steps_of(layer, x.type().fraction());
    return ElementFunction{signs, [steps](std::int64_t value, std::int64_t) {
                             return std::int64_t{value >= steps.one} - std::int64_t{value < steps.zero};
                           }};
  });
}

Stage lower(const TernaryTanh& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_elementwise(layer, inputs, out, formula_of);
}

}  // namespace gw
