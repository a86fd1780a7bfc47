// A quantizer divides by its scale. Where that is a power of two it is a matter of types; where it is not,
//
//     number = round(x * 2^e / scale),  value = number * scale / 2^e,  2^e the power of two next to the scale
//
// keeps the numbers on a grid of powers of two and of about the size of the values. What they stand for
// travels with the stream through everything linear, and is multiplied once, before the next quantizer
// divides again. That one constant, (scale of the weights) * (scale of the input) / (scale of the next
// quantizer), is rounded to single precision; product, sum and rounding are exact.

#include "formats/onnx/rescale.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "formats/holding_type.h"
#include "formats/whole_range.h"
#include "support/messages.h"

namespace gw {

namespace {

/// Constants as a layer takes them: in single precision, and multiples of 2^-32 of the power of two at their
/// largest, so that a channel whose scale is next to nothing does not cost all others bits.
OnnxArray to_constants(OnnxArray array) {
  constexpr int depth = 32;
  double largest = 0;
  for (double& value : array.values) {
    value = static_cast<float>(value);
    largest = std::max(largest, std::fabs(value));
  }
  int exponent = 0;
  std::frexp(largest, &exponent);
  const int finest = exponent - depth;
  for (double& value : array.values) value = std::ldexp(std::nearbyint(std::ldexp(value, -finest)), finest);
  return array;
}

bool is_all(const OnnxArray& array, double wanted) {
  return std::all_of(array.values.begin(), array.values.end(), [&](double value) { return value == wanted; });
}

/// The constant as our tensor x takes it, in the type that holds it.
std::optional<OnnxArray> typed_beside(OnnxCall& call, OnnxArray array, const OnnxStream& x,
                                      const std::string& name) {
  array.name = call.name() + name;
  auto laid = call.laid(array, x);
  if (!laid) return std::nullopt;
  laid->type = holding_type(laid->values);
  if (laid->type) return laid;
  call.refuse(diagnose(messages::onnx_quantizer, {},
                       fmt::format("no type of up to {} bits holds all its scales", max_width)));
  return std::nullopt;
}

/// One value for each channel, our last axis.
std::optional<OnnxArray> by_channel(OnnxArray array, std::int64_t channels) {
  if (array.values.size() != 1 && array.values.size() != static_cast<size_t>(channels)) return std::nullopt;
  array.shape = {static_cast<std::int64_t>(array.values.size())};
  return broadcast(std::move(array), {channels});
}

bool runs_along_last(const OnnxArray& array, const Shape& ours) {
  return array.values.size() == 1 || (static_cast<std::int64_t>(array.values.size()) == ours.back() &&
                                      !array.shape.empty() && array.shape.back() == ours.back());
}

NodeId constant_of(OnnxCall& call, const OnnxArray& laid) {
  return call.weights(laid, Shape(laid.shape.begin(), laid.shape.end()));
}

NodeId bound(OnnxCall& call, const OnnxStream& x, double value, const char* name) {
  OnnxArray number = onnx_number(value);
  number.name = call.name() + name;
  number.type = holding_type(number.values);
  return call.weights(number, Shape(call.shape(x).size(), 1));
}

}  // namespace

OnnxStream rescaled(OnnxCall& call, const OnnxStream& x, const OnnxAffine& said,
                    const std::optional<Quantizer>& out, const std::string& suffix) {
  const OnnxArray factor = to_constants(said.factor), shift = to_constants(said.shift);
  OnnxStream made{x.id, x.view, std::nullopt};
  const bool is_shifted = !is_all(shift, 0);
  if (is_all(factor, 1) && !is_shifted) {
    if (!out) return made;
    Quantize cast;
    cast.out = *out;
    made.id = call.add(cast, {x.id}, suffix);
    return made;
  }
  const auto scale = typed_beside(call, factor, x, suffix + ".scale");
  const auto bias = typed_beside(call, shift, x, suffix + ".shift");
  if (!scale || !bias) return made;
  const Shape& ours = call.shape(x);
  if (runs_along_last(*scale, ours) && runs_along_last(*bias, ours) &&
      (is_shifted || scale->values.size() > 1)) {
    const auto scales = by_channel(*scale, ours.back()), shifts = by_channel(*bias, ours.back());
    BatchNorm layer;
    layer.out = out;
    made.id = call.add(layer, {x.id, constant_of(call, *scales), constant_of(call, *shifts)}, suffix);
    return made;
  }
  Multiply product;
  if (!is_shifted) {
    product.out = out;
    made.id = call.add(product, {x.id, constant_of(call, *scale)}, suffix);
    return made;
  }
  Add sum;
  sum.out = out;
  const NodeId scaled = call.add(product, {x.id, constant_of(call, *scale)}, suffix + "_scale");
  made.id = call.add(sum, {scaled, constant_of(call, *bias)}, suffix);
  return made;
}

OnnxStream in_units(OnnxCall& call, const OnnxStream& x, double unit) {
  const OnnxAffine affine = x.affine.value_or(OnnxAffine{});
  OnnxAffine by = affine;
  for (double& value : by.factor.values) value /= unit;
  for (double& value : by.shift.values) value /= unit;
  OnnxStream made = rescaled(call, x, by, std::nullopt, "_scale");
  if (unit != 1) made.affine = OnnxAffine{onnx_number(unit), onnx_number(0)};
  return made;
}

OnnxStream centred(OnnxCall& call, const OnnxStream& x) {
  if (!x.affine || !x.affine->is_scalar()) return settled(call, x);
  if (!x.affine->has_shift()) return x;
  const double factor = x.affine->factor.at(0), shift = x.affine->shift.at(0), number = shift / factor;
  const auto& type = call.type(x);
  const bool is_on_grid =
      type && number * factor == shift &&
      std::ldexp(number, type->fraction()) == std::trunc(std::ldexp(number, type->fraction()));
  if (!is_on_grid) return settled(call, x);
  OnnxStream made = x;
  made.id = call.add_exact(Add(), {x.id, bound(call, x, number, ".zero")}, "_centred");
  made.affine = OnnxAffine{x.affine->factor, onnx_number(0)};
  return made;
}

OnnxStream settled(OnnxCall& call, const OnnxStream& x) { return x.affine ? in_units(call, x, 1) : x; }

OnnxRounded rounded(OnnxCall& call, const OnnxStream& x, const OnnxGrid& grid) {
  const double step = std::ldexp(1.0, grid.exponent);
  const OnnxAffine affine = x.affine.value_or(OnnxAffine{});
  const auto by = [&](double sign) {
    const auto divide = [&](double a, double b) { return sign * a / b; };
    const auto factor = combined(affine.factor, grid.unit, divide);
    const auto moved = combined(affine.shift, grid.unit, divide);
    GW_CHECK(factor && moved);  // a unit for each channel was laid out by its reader
    OnnxAffine made{*factor, *moved};
    for (double& value : made.shift.values) value += sign * grid.offset * step;
    return made;
  };
  const auto fixed = [&]() {
    switch (grid.rounding) {
      case OnnxRounding::HalfEven:
        return Rounding::RndConv;
      case OnnxRounding::Down:
        return Rounding::TrnZero;
      case OnnxRounding::HalfUp:
        return Rounding::RndInf;  // away from zero, in spite of its name
      case OnnxRounding::HalfDown:
        return Rounding::RndZero;
      default:
        return Rounding::Trn;
    }
  }();
  const bool is_negated = grid.rounding == OnnxRounding::Ceil;  // ceil(y) = -floor(-y)
  const std::int64_t least = is_negated ? -grid.most : grid.least,
                     most = is_negated ? -grid.least : grid.most;
  const WholeRange target = whole_range(least, most, grid.exponent, fixed);
  if (grid.rounding == OnnxRounding::Up) {
    // Away from zero: floor(y) below zero, -floor(-y) above; each is 0 on the other side.
    const auto part = [&](double sign, std::int64_t lowest, const std::string& suffix) {
      const WholeRange side =
          whole_range(std::min<std::int64_t>(lowest, -1), 0, grid.exponent, Rounding::Trn);
      const OnnxStream numbers = rescaled(call, x, by(sign), side.quantizer, suffix + "_round");
      OnnxStream made = numbers;
      made.id = call.add_exact(Minimum(), {numbers.id, bound(call, numbers, 0, ".zero")}, suffix);
      return made;
    };
    const OnnxStream below = part(1, grid.least, "_below"), above = part(-1, -grid.most, "_above");
    const auto limit = [&](std::int64_t q) { return static_cast<double>(q) * step; };
    OnnxStream made = below;
    made.id = call.add_exact(Subtract(), {below.id, above.id}, "_away");
    made.id = call.add_exact(Maximum(), {made.id, bound(call, made, limit(grid.least), ".min")}, "_min");
    made.id = call.add_exact(Minimum(), {made.id, bound(call, made, limit(grid.most), ".max")});
    return {made, false};
  }
  const bool cuts = target.cuts_least || target.cuts_most;
  OnnxStream made = rescaled(call, x, by(is_negated ? -1 : 1), target.quantizer, cuts ? "_round" : "");
  if (target.cuts_least) {
    made.id =
        call.add_exact(Maximum(), {made.id, bound(call, made, static_cast<double>(least) * step, ".min")},
                       target.cuts_most ? "_min" : "");
  }
  if (target.cuts_most) {
    made.id =
        call.add_exact(Minimum(), {made.id, bound(call, made, static_cast<double>(most) * step, ".max")}, "");
  }
  return {made, is_negated};
}

}  // namespace gw
