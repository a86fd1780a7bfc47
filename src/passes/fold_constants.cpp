// A layer that reads constants only is one itself: it is computed here, in double precision, each element
// rounded to float once. That is done on real weights, before anything has a fixed-point type; a cast among
// such layers quantises its values and makes a typed constant, as a quantised weight is one.
//
// Computed are layers that move elements, casts, and arithmetic with broadcasting. Any other layer of
// constants is an error, since no input ever reaches it.

#include <algorithm>
#include <functional>

#include "graph/attributes.h"
#include "passes/moves.h"
#include "passes/pass.h"
#include "support/messages.h"

namespace gw {

namespace {

using Operation = std::function<double(double, double)>;

/// What a layer does to two numbers, and to the next, in order; nothing for other layers.
Operation operation_of(std::string_view kind) {
  if (kind == "add" || kind == "average") return std::plus<double>();
  if (kind == "subtract") return std::minus<double>();
  if (kind == "multiply") return std::multiplies<double>();
  if (kind == "maximum") return [](double a, double b) { return std::max(a, b); };
  if (kind == "minimum") return [](double a, double b) { return std::min(a, b); };
  return nullptr;
}

/// The element of `from` that element i of `to` is made of: extents are aligned at their ends, and one of 1
/// is repeated.
size_t broadcast_index(std::int64_t i, const Shape& to, const Shape& from) {
  std::int64_t index = 0, step = 1;
  for (size_t back = 1; back <= to.size(); ++back) {
    const std::int64_t at = i % to[to.size() - back];
    i /= to[to.size() - back];
    if (back > from.size()) continue;
    const int extent = from[from.size() - back];
    if (extent > 1) index += at * step;
    step *= extent;
  }
  return static_cast<size_t>(index);
}

FloatTensor combined(const std::vector<const FloatTensor*>& inputs, const Shape& shape,
                     std::string_view kind) {
  const Operation operation = operation_of(kind);
  FloatTensor result{shape, 1, {}};
  for (std::int64_t i = 0; i < element_count(shape); ++i) {
    double value = inputs[0]->values[broadcast_index(i, shape, inputs[0]->shape)];
    for (size_t k = 1; k < inputs.size(); ++k)
      value = operation(value, inputs[k]->values[broadcast_index(i, shape, inputs[k]->shape)]);
    if (kind == "average") value /= static_cast<double>(inputs.size());
    result.values.push_back(static_cast<float>(value));
  }
  return result;
}

FloatTensor moved(const FloatTensor& x, const Layer& layer, Shape shape) {
  FloatTensor result{std::move(shape), 1, {}};
  for (const std::int64_t source : source_of_each(layer, x.shape))
    result.values.push_back(x.values[static_cast<size_t>(source)]);
  return result;
}

/// The constant that a layer on real constants is, or nothing.
std::optional<Constant> computed(const Sight& sight, NodeId id) {
  const Node& node = sight[id];
  const Layer& layer = *sight.layer(id);
  std::vector<const FloatTensor*> inputs;
  for (const NodeId input : node.inputs) {
    const Constant* constant = sight.constant(input);
    if (constant->fixed) return std::nullopt;
    inputs.push_back(&constant->values);
  }
  if (const Quantizer* cast = cast_of(sight, id)) {
    Constant quantised{*inputs[0], {}, 0};
    quantised.fixed = quantize(*cast, *inputs[0], &quantised.overflows);
    return quantised;
  }
  const auto* out = optional_out(layer);
  if (out && *out) return std::nullopt;
  if (only_moves(layer)) return Constant{moved(*inputs[0], layer, node.type.shape), {}, 0};
  if (operation_of(kind(node))) return Constant{combined(inputs, node.type.shape, kind(node)), {}, 0};
  return std::nullopt;
}

Result<Graph> run_fold(Graph graph, const Config&) {
  Diagnostics errors;
  auto folded = rewrite(
      std::move(graph),
      [&](const Sight& sight, NodeId id) -> std::optional<Replacement> {
        const std::vector<NodeId>& inputs = sight[id].inputs;
        const bool all_constant =
            std::all_of(inputs.begin(), inputs.end(), [&](NodeId input) { return sight.constant(input); });
        if (!all_constant || !errors.empty()) return std::nullopt;
        auto constant = computed(sight, id);
        if (constant) return Replacement{{{sight[id].name, std::move(*constant)}}, fresh(0)};
        errors.push_back(
            diagnose(messages::only_constants, {sight.graph().file(), 0, place_of(sight[id].name)}));
        return std::nullopt;
      },
      OutputNames::MayChange);
  if (!errors.empty()) return errors;
  return folded;
}

}  // namespace

const Pass fold_constants{"fold_constants", "Every layer depends on an input of the network", run_fold,
                          false};

}  // namespace gw
