// Quantizers of QONNX (github.com/fastmachinelearning/qonnx, docs/qonnx-custom-ops): y = (clamp(round(x /
// scale + zeropt)) - zeropt) * scale. With a scale that is a power of two and no zero point this is just a
// cast to a fixed-point type of `bitwidth` bits with bitwidth + log2(scale) integer bits; x / scale in single
// precision is then exact, so that the bits are those of QONNX. Constants become values of that type, streams
// pass a layer.

#include <algorithm>
#include <cmath>

#include "formats/onnx_reader.h"
#include "support/messages.h"

namespace gw {

namespace {

void refuse_quantizer(OnnxCall& call, std::string why) {
  call.refuse(diagnose(messages::onnx_quantizer, {}, std::move(why)));
}

/// log2 of a power of two.
std::optional<int> exponent_of(double value) {
  int exponent = 0;
  return std::isfinite(value) && std::frexp(value, &exponent) == 0.5 ? std::optional(exponent - 1)
                                                                     : std::nullopt;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// The rounding mode of that name; QONNX rounds before it clamps, which for whole bounds is the same the
/// other way.
std::optional<Rounding> rounding_of(OnnxCall& call) {
  const std::string said = call.text("rounding_mode", "ROUND"), mode = lower(said);
  if (mode == "round" || mode == "half_even") return Rounding::RndConv;
  if (mode == "floor") return Rounding::Trn;
  if (mode == "down") return Rounding::TrnZero;
  if (mode == "half_up") return Rounding::RndInf;  // away from zero, in spite of its name
  if (mode == "half_down") return Rounding::RndZero;
  call.refuse_value("rounding_mode", said, "ROUND, HALF_EVEN, HALF_UP, HALF_DOWN, FLOOR or DOWN");
  return std::nullopt;
}

/// A scale for all elements: log2 of it.
std::optional<int> scale_of(OnnxCall& call, size_t index) {
  const OnnxArray* scale = call.needed_constant(index);
  if (!scale) return std::nullopt;
  for (const double value : scale->values) {
    if (value == scale->at(0)) continue;
    refuse_quantizer(
        call,
        fmt::format("scale '{}' has several values; one for the whole tensor is understood", scale->name));
    return std::nullopt;
  }
  const auto exponent = scale->values.empty() ? std::nullopt : exponent_of(scale->at(0));
  if (!exponent) {
    refuse_quantizer(call, fmt::format("scale '{}' is {}, which is no power of two", scale->name,
                                       scale->values.empty() ? "empty" : fmt::format("{}", scale->at(0))));
  }
  return exponent;
}

void give_quantized(OnnxCall& call, const Quantizer& quantizer) {
  if (const OnnxArray* array = call.constant(0)) {
    OnnxArray typed = *array;
    typed.type = quantizer;
    typed.is_integer = false;
    for (double& value : typed.values) {
      if (!std::isfinite(value)) continue;  // told where the values are used
      value = to_double(quantize(quantizer, value), quantizer.to.fraction());
    }
    call.give(std::move(typed));
  } else if (const auto x = call.stream(0)) {
    Quantize layer;
    layer.out = quantizer;
    call.give(call.elementwise(layer, *x));
  }
}

void read_quant(OnnxCall& call) {
  const auto exponent = scale_of(call, 1);
  const OnnxArray* zero = call.needed_constant(2);
  const OnnxArray* bits = call.needed_constant(3);
  const auto rounding = rounding_of(call);
  const bool is_signed = call.integer("signed", 1) != 0, is_narrow = call.integer("narrow", 1) != 0;
  if (zero &&
      std::any_of(zero->values.begin(), zero->values.end(), [](double value) { return value != 0; })) {
    refuse_quantizer(call, fmt::format("zero point '{}' is not 0", zero->name));
  }
  const double width = bits && bits->values.size() == 1 ? bits->at(0) : 0;
  if (bits && (width < 1 || width > max_width || width != std::trunc(width))) {
    refuse_quantizer(
        call, fmt::format("bit width '{}' is {}, but must be one whole number from 1 to {}", bits->name,
                          bits->values.size() == 1 ? fmt::format("{}", width) : "several", max_width));
  } else if (is_narrow && !is_signed) {
    refuse_quantizer(call, "it is narrow and unsigned, which no fixed-point type is");
  } else if (width == 1 && is_signed) {
    refuse_quantizer(call, "it has one bit and a sign; say it as a BipolarQuant");
  }
  if (call.failed()) return;
  const int wide = static_cast<int>(width);
  give_quantized(
      call, {{wide, wide + *exponent, is_signed}, *rounding, is_narrow ? Overflow::SatSym : Overflow::Sat});
}

/// x >= 0 ? scale : -scale
void read_bipolar(OnnxCall& call) {
  const auto exponent = scale_of(call, 1);
  if (call.failed()) return;
  const Quantizer type{{2, 2 + *exponent, true}, Rounding::Trn, Overflow::Wrap};
  const double scale = std::ldexp(1.0, *exponent);
  if (const OnnxArray* array = call.constant(0)) {
    OnnxArray typed = *array;
    typed.type = type;
    typed.is_integer = false;
    for (double& value : typed.values) value = value >= 0 ? scale : -scale;
    return call.give(std::move(typed));
  }
  const auto x = call.stream(0);
  if (!x) return;
  if (*exponent == 0) return call.give(call.elementwise(BinaryTanh(), *x));
  const NodeId sign = call.add(BinaryTanh(), {x->id}, "_sign");
  OnnxArray factor{call.name() + ".scale", {1}, false, {scale}, Quantizer{{1, 1 + *exponent, false}}};
  const NodeId values = call.weights(factor, Shape(call.shape(*x).size(), 1));
  call.give(call.elementwise(Multiply(), {sign, x->view}, {values}));
}

}  // namespace

std::span<const OnnxOperator> onnx_quantizer_operators() {
  static const OnnxOperator rows[] = {
      {"Quant", read_quant, 4, 4, {"signed", "narrow", "rounding_mode"}},
      {"IntQuant", read_quant, 4, 4, {"signed", "narrow", "rounding_mode"}},
      {"BipolarQuant", read_bipolar, 2, 2},
  };
  return rows;
}

}  // namespace gw
