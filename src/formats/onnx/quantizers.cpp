// Quantizers of QONNX (github.com/fastmachinelearning/qonnx, docs/qonnx-custom-ops):
//
//     y = (clamp(round(x / scale + zeropt)) - zeropt) * scale
//
// Constants are computed as QONNX does it, in single precision, and become whole numbers times a power of
// two, with what is left of their scale beside them. Streams pass a cast; what their numbers then stand for
// is their affine (onnx_rescale.h). A scale that is a power of two leaves nothing beside: then this is just a
// fixed-point type of `bitwidth` bits with bitwidth + log2(scale) integer bits.

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "formats/holding_type.h"
#include "formats/onnx/rescale.h"
#include "support/messages.h"

namespace gw {

namespace {

void refuse_quantizer(OnnxCall& call, std::string why) {
  call.refuse(diagnose(messages::onnx_quantizer, {}, std::move(why)));
}

std::optional<OnnxRounding> rounding_of(OnnxCall& call, const std::string& otherwise) {
  const std::string said = call.text("rounding_mode", otherwise);
  std::string mode = said;
  for (char& c : mode) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (mode == "round" || mode == "half_even") return OnnxRounding::HalfEven;
  if (mode == "floor") return OnnxRounding::Floor;
  if (mode == "ceil") return OnnxRounding::Ceil;
  if (mode == "up") return OnnxRounding::Up;
  if (mode == "down" || mode == "round_to_zero") return OnnxRounding::Down;
  if (mode == "half_up") return OnnxRounding::HalfUp;
  if (mode == "half_down") return OnnxRounding::HalfDown;
  call.refuse_value("rounding_mode", said, "ROUND, HALF_EVEN, HALF_UP, HALF_DOWN, FLOOR, CEIL, UP or DOWN");
  return std::nullopt;
}

double whole(OnnxRounding rounding, double y) {
  const double low = std::floor(y), rest = y - low;
  const double near = rest < 0.5 ? low : low + 1;
  switch (rounding) {
    case OnnxRounding::Floor:
      return low;
    case OnnxRounding::Ceil:
      return std::ceil(y);
    case OnnxRounding::Up:
      return y < 0 ? low : std::ceil(y);
    case OnnxRounding::Down:
      return std::trunc(y);
    case OnnxRounding::HalfUp:
      return rest == 0.5 && y < 0 ? low : near;
    case OnnxRounding::HalfDown:
      return rest == 0.5 && y > 0 ? low : near;
    case OnnxRounding::HalfEven:
      return rest == 0.5 && std::fmod(low, 2) == 0 ? low : near;
  }
  return near;
}

/// The scale at an input: positive numbers.
const OnnxArray* scale_of(OnnxCall& call, size_t index) {
  const OnnxArray* scale = call.needed_constant(index);
  if (!scale) return nullptr;
  const auto is_good = [](double value) { return std::isfinite(value) && value > 0; };
  const auto bad = std::find_if_not(scale->values.begin(), scale->values.end(), is_good);
  if (bad == scale->values.end() && !scale->values.empty()) return scale;
  refuse_quantizer(call, fmt::format("scale '{}' is {}, but must be above 0", scale->name,
                                     scale->values.empty() ? "empty" : fmt::format("{}", *bad)));
  return nullptr;
}

/// One whole number for the whole tensor.
std::optional<int> bits_of(OnnxCall& call, size_t index) {
  const OnnxArray* bits = call.needed_constant(index);
  if (!bits) return std::nullopt;
  const double width = bits->values.empty() ? 0 : bits->at(0);
  const bool is_one =
      std::all_of(bits->values.begin(), bits->values.end(), [&](double b) { return b == width; });
  if (is_one && width >= 1 && width <= max_width && width == std::trunc(width))
    return static_cast<int>(width);
  refuse_quantizer(call, fmt::format("bit width '{}' is {}, but must be one whole number from 1 to {}",
                                     bits->name, is_one ? fmt::format("{}", width) : "several", max_width));
  return std::nullopt;
}

/// The extents without those in front that count the batch: as many as the stream has without it.
std::optional<OnnxArray> without_batch(OnnxCall& call, OnnxArray array, const OnnxStream& x) {
  while (!array.shape.empty() && array.shape.size() > x.view.shape.size() && array.shape[0] == 1)
    array.shape.erase(array.shape.begin());
  if (array.values.size() == 1) array.shape.clear();
  if (broadcasts(array.shape, x.view.shape)) return array;
  call.refuse_shape(fmt::format("'{}' of shape {} is not broadcast to {} without the batch", array.name,
                                to_string(array.shape), to_string(x.view.shape)));
  return std::nullopt;
}

/// The scales as a power of two for all and the rest.
int take_exponent(OnnxArray& scale) {
  const int exponent = near_exponent(*std::max_element(scale.values.begin(), scale.values.end()));
  for (double& value : scale.values) value = std::ldexp(value, -exponent);
  return exponent;
}

struct QuantSpec {
  OnnxArray scale, zero;
  OnnxRounding rounding = OnnxRounding::HalfEven;
  std::int64_t least = 0, most = 0;
  bool is_sign = false;  ///< one bit and a sign: 1 where x is not negative, else -1
};

void quantise_constant(OnnxCall& call, OnnxArray array, const QuantSpec& spec) {
  const auto scale = broadcast(spec.scale, array.shape), zero = broadcast(spec.zero, array.shape);
  if (!scale || !zero) {
    return call.refuse_shape(
        fmt::format("'{}' of shape {} is not broadcast to {}", scale ? spec.zero.name : spec.scale.name,
                    to_string(scale ? spec.zero.shape : spec.scale.shape), to_string(array.shape)));
  }
  // Powers of two go into the values, each its own; else all values share one, that of the largest scale.
  const bool is_free = std::all_of(scale->values.begin(), scale->values.end(), is_power_of_two);
  const int shared = scale->values.empty()
                         ? 0
                         : near_exponent(*std::max_element(scale->values.begin(), scale->values.end()));
  array = settled(std::move(array));
  array.is_integer = false;
  array.scales.clear();
  bool is_centred = true;
  for (size_t i = 0; i < array.values.size(); ++i) {
    const auto size = static_cast<float>(scale->values[i]), shift = static_cast<float>(zero->values[i]);
    const float y = static_cast<float>(array.values[i]) / size + shift;
    if (std::isnan(y)) {
      return refuse_quantizer(
          call, fmt::format("'{}' holds {}, which has no nearest number", array.name, array.values[i]));
    }
    double q =
        std::clamp(whole(spec.rounding, y), static_cast<double>(spec.least), static_cast<double>(spec.most));
    if (spec.is_sign) q = y >= 0 ? 1 : -1;
    const int exponent = is_free ? near_exponent(scale->values[i]) : shared;
    array.values[i] = std::ldexp(q - shift, exponent);
    if (!is_free) array.scales.push_back(std::ldexp(scale->values[i], -exponent));
    is_centred = is_centred && shift == 0 && exponent == shared;
  }
  // The type that the file states, where all values are of one scale; else the one that holds them.
  const auto bits =
      static_cast<int>(std::bit_width(static_cast<std::uint64_t>(std::max(spec.most, -(spec.least + 1)))));
  const int width = bits + (spec.least < 0 ? 1 : 0);
  if (is_centred) {
    const bool is_narrow = spec.least < 0 && spec.least == -spec.most && spec.most > 0;
    array.type = Quantizer{{std::max(width, 1), std::max(width, 1) + shared, spec.least < 0},
                           Rounding::RndConv,
                           is_narrow ? Overflow::SatSym : Overflow::Sat};
  } else {
    array.type = holding_type(array.values);
  }
  if (!array.type) {
    return refuse_quantizer(call,
                            fmt::format("no type of up to {} bits holds all of '{}'", max_width, array.name));
  }
  call.give(std::move(array));
}

/// A quantizer does nothing to its zero point if it can be taken out of the rounding.
bool commutes(const QuantSpec& spec, double zero) {
  const bool keeps_ties = spec.rounding == OnnxRounding::Floor || spec.rounding == OnnxRounding::Ceil;
  const bool is_even = spec.rounding == OnnxRounding::HalfEven && std::fmod(zero, 2) == 0;
  return zero == std::trunc(zero) && (keeps_ties || is_even);
}

void quantise_stream(OnnxCall& call, const OnnxStream& x, const QuantSpec& spec) {
  auto scale = without_batch(call, spec.scale, x);
  const double zero = spec.zero.at(0);
  if (std::any_of(spec.zero.values.begin(), spec.zero.values.end(), [&](double v) { return v != zero; }))
    refuse_quantizer(call, fmt::format("zero point '{}' has several values", spec.zero.name));
  if (std::fabs(zero) > 0x1p31)
    refuse_quantizer(call, fmt::format("zero point '{}' is {}", spec.zero.name, zero));
  if (call.failed()) return;
  OnnxGrid grid;
  const OnnxArray units = *scale;
  grid.exponent = take_exponent(*scale);
  grid.unit = *scale;
  grid.rounding = spec.rounding;
  if (spec.is_sign) {
    // The sign of x + zero * scale; the affine has no say in it unless it shifts.
    OnnxStream from = x;
    const OnnxAffine affine = x.affine.value_or(OnnxAffine{});
    OnnxAffine by = affine;
    by.shift =
        *combined(affine.shift, *combined(units, onnx_number(zero), std::multiplies<>()), std::plus<>());
    if (by.has_shift() || !by.is_increasing()) from = rescaled(call, x, by, std::nullopt, "_scale");
    from.affine.reset();
    OnnxStream made{call.add_exact(BinaryTanh(), {from.id}), x.view, OnnxAffine{units, onnx_number(0)}};
    if (zero != 0) {
      made.affine->shift = *combined(units, onnx_number(-zero), std::multiplies<>());
    }
    return call.give(std::move(made));
  }
  const bool moves = zero != 0 && !commutes(spec, zero);
  const double taken = moves ? 0 : zero;
  grid.offset = moves ? zero : 0;
  grid.least = spec.least - static_cast<std::int64_t>(taken);
  grid.most = spec.most - static_cast<std::int64_t>(taken);
  OnnxRounded made = rounded(call, x, grid);
  OnnxAffine affine{grid.unit, onnx_number(0)};
  if (made.is_negated) {
    for (double& value : affine.factor.values) value = -value;
  }
  if (moves) {
    const double step = std::ldexp(zero, grid.exponent) * (made.is_negated ? -1 : 1);
    affine.shift = *combined(affine.factor, onnx_number(-step), std::multiplies<>());
  }
  made.numbers.affine = std::move(affine);
  call.give(std::move(made.numbers));
}

void quantise(OnnxCall& call, const QuantSpec& spec) {
  if (const auto* array = std::get_if<OnnxArray>(&call.input(0)))
    return quantise_constant(call, *array, spec);
  if (const auto x = call.numbers(0)) quantise_stream(call, *x, spec);
}

void take_bounds(QuantSpec& spec, int bits, bool is_signed, bool is_narrow) {
  const FixedType type{bits, bits, is_signed};
  spec.least = type.lowest() + (is_narrow && is_signed ? 1 : 0);
  spec.most = type.highest() - (is_narrow && !is_signed ? 1 : 0);
}

void read_quant(OnnxCall& call) {
  const OnnxArray* scale = scale_of(call, 1);
  const OnnxArray* zero = call.needed_constant(2);
  const auto bits = bits_of(call, 3);
  const auto rounding = rounding_of(call, "ROUND");
  const bool is_signed = call.integer("signed", 1) != 0, is_narrow = call.integer("narrow", 1) != 0;
  if (zero && (zero->values.empty() || !std::all_of(zero->values.begin(), zero->values.end(),
                                                    [](double value) { return std::isfinite(value); }))) {
    refuse_quantizer(call, fmt::format("zero point '{}' is no number", zero->name));
  }
  if (call.failed() || !scale || !zero || !bits || !rounding) return;
  QuantSpec spec{*scale, *zero, *rounding};
  spec.is_sign = is_signed && *bits == 1;
  take_bounds(spec, *bits, is_signed, is_narrow);
  if (spec.is_sign) spec.least = -(spec.most = 1);
  if (spec.most == 0 && spec.least == 0)
    refuse_quantizer(call, "it is narrow, unsigned and of one bit: always 0");
  if (!call.failed()) quantise(call, spec);
}

/// x >= 0 ? scale : -scale
void read_bipolar(OnnxCall& call) {
  const OnnxArray* scale = scale_of(call, 1);
  if (!scale) return;
  QuantSpec spec{*scale, onnx_number(0)};
  spec.is_sign = true;
  spec.least = -(spec.most = 1);
  quantise(call, spec);
}

/// Version 1 (five inputs): bits are dropped at the lower end, the scale stays. Version 2 (six): the quotient
/// of the scales says how many, and the result is clamped to its own width.
void read_trunc(OnnxCall& call) {
  const bool is_newer = call.input_count() == 6;
  const auto x = call.numbers(0);
  const OnnxArray* scale = scale_of(call, 1);
  const OnnxArray* zero = call.needed_constant(2);
  const auto in_bits = bits_of(call, 3), out_bits = bits_of(call, is_newer ? 5 : 4);
  const OnnxArray* out_scale = is_newer ? scale_of(call, 4) : scale;
  const auto rounding = rounding_of(call, "FLOOR");
  const bool is_signed = call.integer("signed", 1) != 0, is_narrow = call.integer("narrow", 1) != 0;
  if (zero && std::any_of(zero->values.begin(), zero->values.end(), [](double value) { return value != 0; }))
    refuse_quantizer(call, fmt::format("zero point '{}' is not 0", zero->name));
  if (scale && out_scale && (scale->values.size() != 1 || out_scale->values.size() != 1))
    refuse_quantizer(call, "its scale has several values");
  if (call.failed()) return;
  const auto& type = call.type(*x);
  const OnnxAffine affine = x->affine.value_or(OnnxAffine{});
  if (!type || !affine.is_scalar()) {
    return refuse_quantizer(call, "what it truncates was not quantised before, by one scale");
  }
  const double ratio = is_newer ? out_scale->at(0) / scale->at(0) : std::ldexp(1.0, *in_bits - *out_bits);
  const int dropped = static_cast<int>(std::nearbyint(std::log2(ratio)));
  if (dropped < 0 || dropped > max_width)
    return refuse_quantizer(call, fmt::format("it drops {} bits", dropped));

  // x / scale, rounded to a whole number, of which no one is out of bounds.
  OnnxGrid grid;
  grid.unit = *scale;
  grid.unit.shape.clear();
  grid.exponent = take_exponent(grid.unit);
  const double unit = grid.unit.at(0);
  const double factor = std::fabs(affine.factor.at(0)) / unit, shift = std::fabs(affine.shift.at(0)) / unit;
  const int bits = static_cast<int>(std::ceil(std::log2(std::ldexp(factor, type->integer) + shift + 1))) + 1 -
                   grid.exponent;
  if (bits < 1 || bits > max_width - 2)
    return refuse_quantizer(call, fmt::format("it rounds to {} bits", bits));
  const FixedType wide{bits, bits, true};
  grid.least = wide.lowest();
  grid.most = wide.highest();
  OnnxStream numbers = *x;
  const bool is_whole =
      is_like(affine.factor, grid.unit) && !affine.has_shift() && type->fraction() <= -grid.exponent;
  if (!is_whole) {
    const auto to = Quantizer{{bits, bits + grid.exponent, true}, Rounding::RndConv, Overflow::Sat};
    OnnxAffine by = affine;
    by.factor.values[0] /= unit;
    by.shift.values[0] /= unit;
    numbers = rescaled(call, *x, by, to, "_whole");
  }
  numbers.affine.reset();
  OnnxGrid last = grid;
  last.unit = onnx_number(1);
  last.exponent = grid.exponent + dropped;
  last.rounding = *rounding;
  if (is_newer) {
    QuantSpec spec{*out_scale, *zero};
    take_bounds(spec, *out_bits, is_signed, is_narrow);
    last.least = spec.least;
    last.most = spec.most;
  }
  OnnxRounded made = rounded(call, numbers, last);
  // One number more, 2^(exponent + dropped), is one step of the answer's scale.
  const double step = std::ldexp(out_scale->at(0), -last.exponent);
  made.numbers.affine = OnnxAffine{onnx_number(made.is_negated ? -step : step), onnx_number(0)};
  call.give(std::move(made.numbers));
}

/// out_scale * (how many thresholds x reaches) + out_bias: a comparison for each threshold.
void read_multi_threshold(OnnxCall& call) {
  constexpr std::int64_t most_thresholds = 255;
  const auto x = call.stream(0);
  const OnnxArray* thresholds = call.needed_constant(1);
  const double scale = call.number("out_scale", 1), bias = call.number("out_bias", 0);
  const std::string layout = call.text("data_layout", "NCHW");
  call.text("out_dtype", "");
  if (call.failed()) return;
  const size_t rank = x->view.shape.size();
  const size_t channel = layout == "NHWC" || rank == 1 ? rank - 1 : 0;
  if (layout != "NCHW" && layout != "NHWC" && layout != "NC")
    return call.refuse_value("data_layout", layout, "NCHW, NHWC or NC");
  if (thresholds->shape.size() != 2 || thresholds->shape[1] < 1 || thresholds->shape[1] > most_thresholds ||
      (thresholds->shape[0] != 1 && thresholds->shape[0] != x->view.shape[channel]) || scale == 0) {
    return call.refuse_shape(fmt::format(
        "thresholds '{}' of shape {} on {} without the batch, at most {} for each channel", thresholds->name,
        to_string(thresholds->shape), to_string(x->view.shape), most_thresholds));
  }
  const std::int64_t count = thresholds->shape[1], rows = thresholds->shape[0];
  std::vector<NodeId> signs;
  for (std::int64_t t = 0; t < count; ++t) {
    OnnxArray level{fmt::format("{}.{}", thresholds->name, t), OnnxShape(rank, 1), false, {}};
    level.shape[channel] = rows;
    for (std::int64_t row = 0; row < rows; ++row) level.values.push_back(thresholds->at(row * count + t));
    level.type = holding_type(level.values);
    if (!level.type)
      return refuse_quantizer(
          call, fmt::format("no type of up to {} bits holds '{}'", max_width, thresholds->name));
    const auto values = call.beside(level, *x);
    if (!values) return;
    const std::string suffix = fmt::format("_{}", t);
    const NodeId above = call.add_exact(Subtract(), {x->id, *values}, suffix + "_above");
    signs.push_back(call.add_exact(BinaryTanh(), {above}, count == 1 ? "" : suffix));
  }
  OnnxStream made{signs.size() == 1 ? signs[0] : call.add_exact(Add(), signs), x->view};
  // A sum of signs s says (s + count) / 2 times yes.
  made.affine =
      OnnxAffine{onnx_number(scale / 2), onnx_number(scale * static_cast<double>(count) / 2 + bias)};
  call.give(std::move(made));
}

}  // namespace

std::span<const OnnxOperator> onnx_quantizer_operators() {
  static const OnnxOperator rows[] = {
      {"Quant", read_quant, 4, 4, {"signed", "narrow", "rounding_mode"}},
      {"IntQuant", read_quant, 4, 4, {"signed", "narrow", "rounding_mode"}},
      {"BipolarQuant", read_bipolar, 2, 2},
      {"Trunc", read_trunc, 5, 6, {"rounding_mode", "signed", "narrow"}},
      {"MultiThreshold", read_multi_threshold, 2, 2, {"out_scale", "out_bias", "out_dtype", "data_layout"}},
  };
  return rows;
}

}  // namespace gw
