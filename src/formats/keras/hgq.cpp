// Proxy models of HGQ 1 (github.com/calad0i/HGQ): plain layers of Keras whose weights are quantised already,
// and between them FixedPointQuantizer layers, each a cast with a type of its own for every element, channel
// or the whole tensor. Their `overrides` are the types that hls4ml is to declare for the layers around; they
// hold what these compute, so that only the weights' are used, to type them, and those of sums and results,
// which are exact here, are not.

#include "formats/keras/hgq.h"

#include <algorithm>
#include <cmath>

#include "formats/keras/qkeras_quantizer.h"

namespace gw {

std::optional<Rounding> hgq_rounding(const std::string& name) {
  static constexpr std::pair<std::string_view, Rounding> modes[] = {
      {"TRN", Rounding::Trn},          {"TRN_ZERO", Rounding::TrnZero}, {"RND", Rounding::Rnd},
      {"RND_ZERO", Rounding::RndZero}, {"RND_INF", Rounding::RndInf},   {"RND_MIN_INF", Rounding::RndMinInf},
      {"RND_CONV", Rounding::RndConv}};
  const auto found =
      std::find_if(std::begin(modes), std::end(modes), [&](const auto& m) { return m.first == name; });
  return found == std::end(modes) ? std::nullopt : std::optional(found->second);
}

std::optional<Overflow> hgq_overflow(const std::string& name) {
  static constexpr std::pair<std::string_view, Overflow> modes[] = {{"WRAP", Overflow::Wrap},
                                                                    {"SAT", Overflow::Sat},
                                                                    {"SAT_ZERO", Overflow::SatZero},
                                                                    {"SAT_SYM", Overflow::SatSym}};
  const auto found =
      std::find_if(std::begin(modes), std::end(modes), [&](const auto& m) { return m.first == name; });
  return found == std::end(modes) ? std::nullopt : std::optional(found->second);
}

namespace {

/// The narrowest type that holds every value of all of them.
FixedType joined(const std::vector<Quantizer>& types) {
  int integer = -1000, fraction = -1000;
  bool is_signed = false;
  for (const Quantizer& type : types) is_signed = is_signed || (type.to.width > 0 && type.to.is_signed);
  for (const Quantizer& type : types) {
    if (type.to.width == 0) continue;
    integer = std::max(integer, type.to.integer + (is_signed && !type.to.is_signed ? 1 : 0));
    fraction = std::max(fraction, type.to.fraction());
  }
  return {integer + fraction, integer, is_signed};
}

}  // namespace

NodeId add_hgq_quantizer(KerasCall& call, NodeId from, const Shape& given, std::vector<Quantizer> types,
                         const std::string& suffix) {
  const Shape x = call.shape(from);
  Shape shape = given;
  // Keras broadcasts them, the batch in front; what has few extents has the last ones.
  if (shape.size() == x.size() + 1 && shape[0] == 1) shape.erase(shape.begin());
  if (shape.size() < x.size()) shape.insert(shape.begin(), x.size() - shape.size(), 1);
  bool fits = shape.size() == x.size();
  for (size_t axis = 0; fits && axis < x.size(); ++axis) fits = shape[axis] == x[axis] || shape[axis] == 1;
  if (!fits) {
    call.refuse_shape(fmt::format("bits of shape {} on {}", to_string(given), to_string(x)));
    return -1;
  }
  Quantize layer;
  layer.out = Quantizer{joined(types)};
  const bool is_one =
      std::all_of(types.begin(), types.end(), [&](const Quantizer& t) { return t == types[0]; });
  if (layer.out.to.width < 1) {
    call.refuse_shape("a quantizer leaves no bits of any element");
    return -1;
  }
  if (layer.out.to.width > max_width) {
    call.refuse_shape(fmt::format("types of up to {} bits in one tensor", layer.out.to.width));
    return -1;
  }
  if (is_one) {
    layer.out = types[0];
  } else if (element_count(shape) == shape.back() && shape.back() == x.back()) {
    layer.elements = std::move(types);
  } else {
    for (std::int64_t i = 0; i < element_count(x); ++i)
      layer.elements.push_back(types[static_cast<size_t>(broadcast_index(i, x, shape))]);
  }
  return call.add(layer, {from}, suffix);
}

namespace {

void read_fixed_point_quantizer(KerasCall& call) {
  const std::string rounding = call.text("RND", "TRN"), overflow = call.text("SAT", "WRAP");
  const auto rounds = hgq_rounding(rounding);
  const auto overflows = hgq_overflow(overflow);
  if (!rounds)
    call.refuse_value("RND", rounding, "TRN, TRN_ZERO, RND, RND_ZERO, RND_INF, RND_MIN_INF or RND_CONV");
  if (!overflows) call.refuse_value("SAT", overflow, "WRAP, SAT, SAT_ZERO or SAT_SYM");
  call.value("shape");      // said again by the variables
  call.value("fusible");    // whether hls4ml may join it with the layer before
  call.value("overrides");  // read with the layers that they name
  auto variables = call.variables({"keep_negative", "bits", "integers"});
  if (call.failed()) return;
  const FloatTensor &signs = variables["keep_negative"], &bits = variables["bits"],
                    &integers = variables["integers"];
  if (signs.shape != bits.shape || integers.shape != bits.shape)
    return call.refuse_shape("keep_negative, bits and integers differ");
  std::vector<Quantizer> types;
  for (size_t i = 0; i < bits.values.size(); ++i) {
    constexpr float farthest = 1000;
    if (!(bits.values[i] >= 0 && bits.values[i] <= max_width) ||
        !(std::fabs(integers.values[i]) <= farthest) || (signs.values[i] != 0 && signs.values[i] != 1))
      return call.refuse_shape(fmt::format("{} bits, keep_negative {}", bits.values[i], signs.values[i]));
    const int width = static_cast<int>(bits.values[i]);
    types.push_back({{width, width == 0 ? 0 : static_cast<int>(integers.values[i]), signs.values[i] == 1},
                     *rounds,
                     *overflows});
  }
  const NodeId made = add_hgq_quantizer(call, call.x(), bits.shape, std::move(types), "");
  if (made >= 0) call.give(made);
}

}  // namespace

std::span<const KerasClass> keras_hgq_classes() {
  static const KerasClass rows[] = {
      {"FixedPointQuantizer", read_fixed_point_quantizer},
      {"hgq>FixedPointQuantizer", read_fixed_point_quantizer},
  };
  return rows;
}

}  // namespace gw
