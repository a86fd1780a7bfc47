// What writing a graph as ONNX is made of: names, constants, and casts.
//
// Problem: QONNX has one quantizer, which rounds in five ways and holds what is too large at the ends of its
// type; ours rounds in seven ways and may wrap. Approach: what a layer's answer can be is known, so that most
// casts are such a quantizer as they stand. The others are put together from quantizers and exact arithmetic:
//
//   round half up            floor(x + half a unit)
//   round half down          -floor(-x + half a unit)
//   wrap to 2^I values       x - floor((x + 2^(I-1)) / 2^I) * 2^I, the floor a quantizer whose unit is 2^I
//
// and a last quantizer says the type again. Cost: five nodes for a wrap that can act.

#include "formats/onnx/writer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "support/messages.h"

namespace gw {
namespace {

constexpr std::int64_t opset = 13, quantizer_opset = 1;
constexpr std::string_view quantizer_domain = "qonnx.custom_op.general";

std::string rounding_name(Rounding rounding) {
  switch (rounding) {
    case Rounding::Trn:
    case Rounding::Rnd:
    case Rounding::RndMinInf:
      return "FLOOR";
    case Rounding::TrnZero:
      return "DOWN";
    case Rounding::RndConv:
      return "ROUND";
    case Rounding::RndInf:
      return "HALF_UP";
    case Rounding::RndZero:
      return "HALF_DOWN";
  }
  return "";
}

// A type that holds the interval with a value to spare on either side.
FixedType roomy(const Interval& range) { return type_of({range.lo - 1, range.hi + 1, range.fraction}); }

// The nearest type that QONNX has: no bits are one, and one with a sign, which it takes for -1 and 1, are
// two.
FixedType sayable(const FixedType& type) {
  if (type.width == 0) return {1, 1 - type.fraction(), false};
  if (type.is_signed && type.width == 1) return {2, type.integer + 1, true};
  return type;
}

// The narrowest type of one value.
FixedType type_of_value(double value) {
  int exponent = 0;
  double mantissa = std::frexp(value, &exponent);
  int fraction = -exponent;
  while (mantissa != std::trunc(mantissa)) {
    mantissa *= 2;
    ++fraction;
  }
  return type_of(interval_of(static_cast<std::int64_t>(mantissa), fraction));
}

}  // namespace

OnnxWriter::OnnxWriter(const Graph& graph, const OnnxExportOptions& options)
    : graph_(graph), options_(options) {
  made_.file.path = graph.file();
  made_.file.opsets[""] = opset;
  if (!options.is_float) made_.file.opsets[std::string(quantizer_domain)] = quantizer_opset;
  // A node's own name stands for its answer.
  for (const Node& node : graph.nodes()) taken_.insert(node.name);
}

void OnnxWriter::at(NodeId id) { id_ = id; }

std::string OnnxWriter::free_name(const std::string& wanted) {
  std::string name = wanted;
  for (int n = 1; !taken_.insert(name).second; ++n) name = fmt::format("{}.{}", wanted, n);
  return name;
}

void OnnxWriter::refuse(std::string why) {
  errors_.push_back(
      diagnose(messages::export_unsayable, {graph_.file(), 0, place_of(node().name)}, std::move(why)));
}

void OnnxWriter::warn(std::string what) {
  made_.notes.push_back(
      diagnose(messages::export_inexact, {graph_.file(), 0, place_of(node().name)}, std::move(what)));
}

std::string OnnxWriter::add(const std::string& op, std::vector<std::string> inputs, Attributes attributes,
                            const std::string& domain) {
  const std::string answer = free_name(node().name + "." + op);
  // The first operator that computes has the node's name, by which a configuration may then speak of it.
  const bool computes = op != "Transpose" && op != "Quant" && op != "Identity";
  std::string name = computes && !node_names_.contains(node().name) ? node().name : node().name + "_" + op;
  for (int n = 1; !node_names_.insert(name).second; ++n) name = fmt::format("{}_{}_{}", node().name, op, n);
  made_.file.nodes.push_back({op, domain, name, std::move(inputs), {answer}, std::move(attributes)});
  return answer;
}

std::string OnnxWriter::initializer(OnnxArray array) {
  const std::string name = array.name;
  made_.file.initializers.try_emplace(name, std::move(array));
  return name;
}

std::string OnnxWriter::numbers(std::vector<std::int64_t> values) {
  OnnxArray array{free_name(node().name + ".numbers"), {static_cast<std::int64_t>(values.size())}, true, {}};
  array.values.assign(values.begin(), values.end());
  return initializer(std::move(array));
}

std::string OnnxWriter::quant(const std::string& x, const FixedType& type, const std::string& rounding,
                              bool is_narrow) {
  if (type.width > max_width) {
    refuse("it takes a value of more than 63 bits");
    return x;
  }
  // Names that no node has: the same few numbers serve the whole file.
  const auto number = [&](const std::string& name, double value) {
    return initializer({"quantizer/" + name, {}, false, {value}});
  };
  const std::string scale =
      number(fmt::format("scale_2^{}", -type.fraction()), std::ldexp(1.0, -type.fraction()));
  const std::string bits = number(fmt::format("bits_{}", type.width), type.width);
  return add("Quant", {x, scale, number("zero", 0), bits},
             {{"signed", std::int64_t{type.is_signed}},
              {"narrow", std::int64_t{is_narrow}},
              {"rounding_mode", rounding}},
             std::string(quantizer_domain));
}

std::string OnnxWriter::reals(OnnxShape shape, std::vector<double> values) {
  OnnxArray array{free_name(node().name + ".reals"), std::move(shape), false, std::move(values)};
  for (double& value : array.values) {
    const double held = static_cast<float>(value);
    if (held != value && !is_float()) refuse(fmt::format("{} is no single-precision number", value));
    value = held;
  }
  return initializer(std::move(array));
}

std::string OnnxWriter::scalar(double value, const OnnxShape& shape) {
  const std::string name =
      reals(shape, std::vector<double>(static_cast<size_t>(element_count(shape)), value));
  if (is_float()) return name;
  return quant(name, sayable(value == 0 ? FixedType{1, 1, false} : type_of_value(value)), "ROUND");
}

std::string OnnxWriter::weights(NodeId id, const OnnxShape& shape, const std::vector<int>& order) {
  const Node& held = graph_[id];
  const auto& constant = std::get<Constant>(held.op);
  const bool is_typed = constant.fixed && !is_float();
  OnnxArray array{"", {held.type.shape.begin(), held.type.shape.end()}, false, {}};
  if (is_typed || constant.values.values.empty()) {
    GW_CHECK(constant.fixed);
    for (std::int64_t i = 0; i < constant.fixed->size(); ++i) {
      const double value = to_double(constant.fixed->at(i), constant.fixed->type().fraction());
      if (static_cast<double>(static_cast<float>(value)) != value) {
        refuse(fmt::format("'{}' holds {}, which is no single-precision number", held.name, value));
        return held.name;
      }
      array.values.push_back(value);
    }
  } else {
    array.values.assign(constant.values.values.begin(), constant.values.values.end());
  }
  if (!order.empty()) array = transposed(std::move(array), order);
  array.shape = shape;
  // The first reader has the plain name; one that wants it in another shape brings its own.
  const auto known = made_.file.initializers.find(held.name);
  array.name = known == made_.file.initializers.end() ||
                       (known->second.shape == array.shape && known->second.values == array.values)
                   ? held.name
                   : free_name(held.name + "." + node().name);
  const std::string name = initializer(std::move(array));
  if (!is_typed) return name;
  return quant(name, sayable(constant.fixed->type()), "ROUND");
}

std::string OnnxWriter::tensor(NodeId id) {
  if (const auto found = names_.find(id); found != names_.end()) return found->second;
  OnnxShape shape(graph_[id].type.shape.begin(), graph_[id].type.shape.end());
  shape.insert(shape.begin(), 1);
  return weights(id, shape);
}

std::string OnnxWriter::cast(std::string x, const Quantizer& quantizer, const Interval& given) {
  if (is_float()) return x;
  const FixedType& to = quantizer.to;
  const int fraction = to.fraction();
  const bool rounds = given.fraction > fraction;
  const double half = std::ldexp(0.5, -fraction);
  // What is there once it is rounded, before anything overflows.
  Interval range = given;
  if (rounds) {
    const auto unit = Int128{1} << (given.fraction - fraction);
    range = {given.lo / unit - 1, given.hi / unit + 1, fraction};
    const Quantizer no_overflow{roomy(range), quantizer.rounding, Overflow::Sat};
    if (no_overflow.to.width <= max_width) range = quantize(no_overflow, given);
  } else {
    range = rescaled(given, fraction);
  }
  // A symmetric type has one value less.
  const bool is_even = quantizer.overflow == Overflow::SatSym && to.is_signed && to.width > 0;
  const bool fits = range.lo >= to.lowest() + (is_even ? 1 : 0) && range.hi <= to.highest();
  std::string rounding = rounds ? rounding_name(quantizer.rounding) : "ROUND";
  if (rounds && quantizer.rounding == Rounding::Rnd) x = add("Add", {x, scalar(half)});
  if (rounds && quantizer.rounding == Rounding::RndMinInf) {
    x = add("Sub", {scalar(half), x});
    x = quant(x, roomy({-range.hi, -range.lo, range.fraction}), "FLOOR");
    x = add("Mul", {x, scalar(-1)});
    rounding = "ROUND";
  }
  const FixedType target = sayable(to);
  const bool is_held = target == to;  // at its own ends
  if (fits) return quant(x, target, rounding);
  switch (quantizer.overflow) {
    case Overflow::Sat:
    case Overflow::SatSym:
      if (!is_held) break;
      return quant(x, target, rounding, is_even);
    case Overflow::SatZero:
      break;
    case Overflow::Wrap: {
      x = quant(x, roomy(range), rounding);
      std::string shifted = x;
      Interval places = range;
      if (to.is_signed) {
        shifted = add("Add", {x, scalar(std::ldexp(1.0, to.integer - 1))});
        places = {range.lo + to.highest() + 1, range.hi + to.highest() + 1, fraction};
      }
      const auto turn = Int128{1} << to.width;
      const Interval turns{places.lo / turn - 1, places.hi / turn + 1, fraction - to.width};
      const std::string whole = quant(shifted, roomy(turns), "FLOOR");
      return quant(add("Sub", {x, whole}), target, "ROUND");
    }
  }
  refuse(fmt::format("no quantizer of QONNX overflows as {} does", to_string(quantizer)));
  return x;
}

std::string OnnxWriter::cast_input(const std::string& x, const Quantizer& quantizer) {
  if (is_float()) return x;
  if (quantizer.overflow == Overflow::Wrap)
    warn(
        fmt::format("an input that is held at the ends of {}, where it wraps here", to_string(quantizer.to)));
  // Far more than fits, and far finer: what can come of real numbers.
  constexpr int finer = 20;
  const FixedType& to = quantizer.to;
  const Interval any = interval_of(FixedType{to.width + finer + 1, to.integer + 1, true});
  Quantizer held = quantizer;
  if (held.overflow == Overflow::Wrap) held.overflow = Overflow::Sat;
  return cast(x, held, any);
}

void OnnxWriter::write_outputs() {
  for (const NodeId id : graph_.outputs()) {
    at(id);
    const bool is_free = std::none_of(made_.file.outputs.begin(), made_.file.outputs.end(),
                                      [&](const OnnxPort& port) { return port.name == node().name; });
    const bool is_layer = std::holds_alternative<Layer>(node().op);
    const std::string name = is_free && is_layer ? node().name : free_name(node().name + ".answer");
    OnnxShape shape(node().type.shape.begin(), node().type.shape.end());
    shape.insert(shape.begin(), -1);
    made_.file.outputs.push_back({name, std::move(shape)});
    add("Identity", {tensor(id)});
    made_.file.nodes.back().outputs = {name};
  }
}

Result<OnnxExport> OnnxWriter::finish() {
  if (!errors_.empty()) return errors_;
  return std::move(made_);
}

}  // namespace gw
