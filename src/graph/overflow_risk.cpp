// Where values may leave their types, from the ranges that come with the types.
//
// What a result is cast from is what infer says of the layer when its result has no type. Inside, a layer's
// formula holds every cast that it makes, and every expression its range: a cast is at risk if what it is
// given, once rounded, reaches beyond its type. Casts that read bits on purpose, such as the address of a
// table, are no types of the user's; only those count whose quantizer is an attribute of the layer.
//
// The formula of a matrix layer grows with its weights, and one thing is enough to know of it: the range of
// the exact sum, which infer gives when neither accumulator nor result has a type. A lossy accumulator sums
// rounded products, each of which is off by less than one unit of its last place, and looks at each partial
// sum, none of which lies outside the range of the whole if every input may be zero.

#include "graph/overflow_risk.h"

#include <algorithm>

#include "num/rounding.h"

namespace gw {

namespace {

/// Whether the overflow mode may have to act on values of this range.
bool may_overflow(const Quantizer& q, const Interval& range) {
  const int shift = range.fraction - q.to.fraction();
  const auto rounded = [&](Int128 end) {
    if (shift > 0) return round_shift(end, std::min(shift, 127), q.rounding);
    // Beyond 64 bits it is outside any type.
    constexpr Int128 most = static_cast<Int128>(1) << 64;
    if (end == 0 || shift == 0) return end;
    if (-shift > 62 || end > most || end < -most) return end < 0 ? -most : most;
    return end * (static_cast<Int128>(1) << -shift);
  };
  return rounded(range.lo) < lower_bound(q) || rounded(range.hi) > q.to.highest();
}

/// A quantizer among a layer's attributes.
struct Attribute {
  std::string_view tensor;
  Quantizer quantizer;
};

template <class L>
std::vector<Attribute> quantizers_of(const L& layer) {
  std::vector<Attribute> found;
  L::fields(layer, [&]<class T>(std::string_view name, const T& value) {
    const std::string_view tensor = name == "out" ? "result" : name == "accumulator" ? "accum" : name;
    if constexpr (std::is_same_v<T, Quantizer>) found.push_back({tensor, value});
    if constexpr (std::is_same_v<T, std::optional<Quantizer>>) {
      if (value) found.push_back({tensor, *value});
    }
    if constexpr (std::is_same_v<T, std::vector<Quantizer>>) {
      for (const Quantizer& q : value) found.push_back({"result", q});
    }
  });
  return found;
}

void note(std::vector<OverflowRisk>& risks, std::string_view layer, std::string_view tensor,
          const Quantizer& q, std::int64_t values) {
  if (values == 0) return;
  const auto row = std::find_if(risks.begin(), risks.end(),
                                [&](const OverflowRisk& risk) { return risk.tensor == tensor; });
  if (row != risks.end()) {
    row->values += values;
  } else {
    risks.push_back({std::string(layer), std::string(tensor), q, values});
  }
}

/// How many channels (or elements) of a tensor of this type the quantizer may have to force into its own; all
/// of them if there is no type wide enough.
std::int64_t channels_at_risk(const Quantizer& q, const Result<TensorType>& type, const Shape& shape) {
  if (!type) return shape.back();
  if (type->ranges.empty()) return may_overflow(q, interval_of(*type->fixed)) ? shape.back() : 0;
  return std::count_if(type->ranges.begin(), type->ranges.end(),
                       [&](const Interval& range) { return may_overflow(q, range); });
}

/// The casts of a formula, but those that give its outputs where `inside` says so.
void note_casts(std::vector<OverflowRisk>& risks, const std::vector<Attribute>& attributes,
                const Formula& formula, bool inside, const std::string& name) {
  const auto note_cast = [&](const Quantizer& q, const Interval& range) {
    const auto attribute = std::find_if(attributes.begin(), attributes.end(),
                                        [&](const Attribute& a) { return a.quantizer == q; });
    if (attribute != attributes.end() && may_overflow(q, range)) note(risks, name, attribute->tensor, q, 1);
  };
  const auto& outputs = formula.outputs();
  for (size_t id = 0; id < formula.exprs().size(); ++id) {
    const Expr& expr = formula.exprs()[id];
    if (expr.kind != ExprKind::Cast) continue;
    if (inside && std::find(outputs.begin(), outputs.end(), static_cast<ExprId>(id)) != outputs.end())
      continue;
    note_cast(expr.quantizer, formula[expr.args[0]].range);
  }
  for (const auto& [quantizer, range] : formula.folded_casts()) note_cast(quantizer, range);
}

/// Takes the type of the result from a layer where it may have none.
template <class L>
std::optional<Quantizer> take_result(L& layer) {
  std::optional<Quantizer> result;
  L::fields(layer, [&]<class T>(std::string_view name, T& value) {
    if constexpr (std::is_same_v<T, std::optional<Quantizer>>) {
      if (name == "out") std::swap(result, value);
    }
  });
  return result;
}

/// The type of x with 0 among the values of every element.
TensorType with_zero(TensorType x) {
  for (Interval& range : x.ranges) range = unite(range, {0, 0, range.fraction});
  return x;
}

template <class L>
void note_matrix(std::vector<OverflowRisk>& risks, L layer, std::vector<Operand> inputs,
                 const std::string& name) {
  const std::optional<Quantizer> accumulator = layer.accumulator, out = layer.out;
  layer.accumulator.reset();
  layer.out.reset();
  const Shape& weight = inputs[1].type.shape;
  if (accumulator) inputs[0].type = with_zero(inputs[0].type);
  Result<TensorType> sum = infer(layer, inputs);
  if (accumulator) {
    const std::int64_t rows = element_count(weight) / weight.back() + 1;
    const int fraction = accumulator->to.fraction();
    const Interval slack{-rows, rows, fraction};
    for (Interval& range : sum ? sum->ranges : std::vector<Interval>{}) {
      if (range.fraction > fraction) range = range + slack;
    }
    note(risks, name, "accum", *accumulator, channels_at_risk(*accumulator, sum, weight));
    sum = TensorType{weight, accumulator->to, sum ? sum->ranges : std::vector<Interval>{}};
    for (Interval& range : sum->ranges) range = quantize(*accumulator, range);
  }
  if (out) note(risks, name, "result", *out, channels_at_risk(*out, sum, weight));
}

template <class L>
std::vector<OverflowRisk> risks_of(const L& layer, const Graph& graph, const Node& node) {
  std::vector<OverflowRisk> risks;
  if (quantizers_of(layer).empty()) return risks;
  const std::vector<Operand> inputs = operands(graph, node);
  constexpr bool is_matrix = L::info.inputs == "x, weight, bias";
  if constexpr (is_matrix) {
    note_matrix(risks, layer, inputs, node.name);
  } else {
    L exact = layer;
    const std::optional<Quantizer> result = take_result(exact);
    const std::vector<Attribute> inside = quantizers_of(exact);
    if (!inside.empty())
      note_casts(risks, inside, lower(layer, inputs, node.type).formula, result.has_value(), node.name);
    if (result)
      note(risks, node.name, "result", *result,
           channels_at_risk(*result, infer(exact, inputs), node.type.shape));
  }
  return risks;
}

}  // namespace

std::vector<OverflowRisk> overflow_risks(const Graph& graph) {
  GW_CHECK(graph.is_typed());
  std::vector<OverflowRisk> all;
  for (const Node& node : graph.nodes()) {
    const auto* layer = std::get_if<Layer>(&node.op);
    if (!layer) continue;
    const auto risks = std::visit([&](const auto& l) { return risks_of(l, graph, node); }, *layer);
    all.insert(all.end(), risks.begin(), risks.end());
  }
  return all;
}

}  // namespace gw
