// Layers that change the order or the shape of a tensor, made fewer:
//
//     reshape(reshape(x))          one reshape to the last shape
//     permute(permute(x))          one transposition, the two composed
//     permute(x), order unchanged  a reshape: only extents of 1 were moved
//     dense(flatten(permute(x)))   dense(flatten(x)) with the rows of its weights transposed instead
//     f(reshape(x))                reshape(f(x)), where f does the same to every element; so for permute
//
// The one but last is what becomes of channels-first networks: hardware would have to buffer the whole tensor
// for the transposition, and the weights can be in any order for free. A dense layer that casts every partial
// sum with saturation depends on the order of its sum and is left alone; a sum that wraps does not. The last
// makes pixels of what would else be done to the tensor as a whole: a pixel a clock, and by the layer before
// it. Identities that remain are dropped by drop_identities.

#include <algorithm>

#include "graph/attributes.h"
#include "passes/moves.h"
#include "passes/pass.h"

namespace gw {

namespace {

bool is_reshape(const Sight& sight, NodeId id) { return sight.get<Flatten>(id) || sight.get<Reshape>(id); }

std::optional<Replacement> one_layer(const Sight& sight, NodeId id, Layer layer, NodeId input) {
  if (!keeps_type(sight, id, layer, {input})) return std::nullopt;
  return Replacement{{{sight[id].name, std::move(layer), {input}}}, fresh(0)};
}

bool keeps_order(const Permute& permute, const Shape& from) {
  // Extents of 1 may stand anywhere; the others must stay in order.
  int last = -1;
  for (const int axis : permute.axes) {
    if (from[static_cast<size_t>(axis)] == 1) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

std::optional<Replacement> merged_permute(const Sight& sight, NodeId id, const Permute& outer) {
  const NodeId x = sight[id].inputs[0];
  if (keeps_order(outer, sight[x].type.shape))
    return one_layer(sight, id, reshape_to(sight[id].type.shape), x);
  const auto* inner = sight.get<Permute>(x);
  if (!inner) return std::nullopt;
  Permute both;
  for (const int axis : outer.axes) both.axes.push_back(inner->axes[static_cast<size_t>(axis)]);
  return one_layer(sight, id, std::move(both), sight[x].inputs[0]);
}

Tensor with_rows(const Tensor& weight, const std::vector<std::int64_t>& row_of_each) {
  const std::int64_t columns = weight.size() / static_cast<std::int64_t>(row_of_each.size());
  Tensor moved(weight.shape(), weight.type());
  for (size_t row = 0; row < row_of_each.size(); ++row) {
    for (std::int64_t c = 0; c < columns; ++c)
      moved.set(row_of_each[row] * columns + c, weight.at(static_cast<std::int64_t>(row) * columns + c));
  }
  return moved;
}

/// dense(flatten(permute(x))) with the transposition in the weights.
std::optional<Replacement> permuted_rows(const Sight& sight, NodeId id, const Dense& dense) {
  const NodeId flat = sight[id].inputs[0];
  if (!is_reshape(sight, flat) || sight[flat].type.shape.size() != 1) return std::nullopt;
  const NodeId permuted = sight[flat].inputs[0];
  const auto* permute = sight.get<Permute>(permuted);
  const Constant* weight = sight.constant(sight[id].inputs[1]);
  const bool any_order = !dense.accumulator || dense.accumulator->overflow == Overflow::Wrap;
  if (!permute || !weight || !any_order) return std::nullopt;
  const NodeId x = sight[permuted].inputs[0];
  // Row i of the weights meets element sources[i] of x.
  const auto sources = source_of_each(*permute, sight[x].type.shape);
  Tensor rows = with_rows(*weight->fixed, sources);
  FloatTensor values = weight->values;
  const size_t columns = values.values.size() / sources.size();
  for (size_t row = 0; row < sources.size(); ++row) {
    for (size_t c = 0; c < columns; ++c)
      values.values[static_cast<size_t>(sources[row]) * columns + c] =
          weight->values.values[row * columns + c];
  }
  std::vector<NodeId> inputs = sight[id].inputs;
  inputs[0] = fresh(0);
  inputs[1] = fresh(1);
  Constant moved{std::move(values), std::move(rows), weight->overflows};
  return Replacement{{{sight[flat].name, Flatten{}, {x}},
                      {sight[sight[id].inputs[1]].name, std::move(moved)},
                      {sight[id].name, dense, std::move(inputs)}},
                     fresh(2)};
}

/// The one input of a layer that does the same to every element of it; constants of one number beside it.
std::optional<size_t> only_stream(const Sight& sight, NodeId id) {
  static constexpr std::string_view kinds[] = {"quantize", "relu",    "add",    "subtract",
                                               "multiply", "maximum", "minimum"};
  const Layer* layer = sight.layer(id);
  if (std::find(std::begin(kinds), std::end(kinds), kind_of(*layer)) == std::end(kinds)) return std::nullopt;
  if (sight.get<Quantize>(id) && !cast_of(sight, id))
    return std::nullopt;  // elements with casts of their own
  std::optional<size_t> stream;
  for (size_t i = 0; i < sight[id].inputs.size(); ++i) {
    const Constant* constant = sight.constant(sight[id].inputs[i]);
    if (constant && constant->fixed->size() == 1) continue;
    if (constant || stream) return std::nullopt;
    stream = i;
  }
  return stream;
}

/// f(reshape(x)) or f(permute(x)) the other way round. An answer of the network stays the layer that it is.
std::optional<Replacement> before_the_move(const Sight& sight, NodeId id) {
  const auto stream = only_stream(sight, id);
  if (!stream || sight.is_output(id)) return std::nullopt;
  std::vector<NodeId> inputs = sight[id].inputs;
  const NodeId move = inputs[*stream];
  const bool moves = is_reshape(sight, move) || sight.get<Permute>(move);
  if (!moves || !sight.has_one_reader(move)) return std::nullopt;
  const NodeId x = inputs[*stream] = sight[move].inputs[0];
  const auto type = type_with(sight, *sight.layer(id), inputs);
  if (!type || type->shape != sight[x].type.shape) return std::nullopt;
  const Operand operand{*type};
  const auto moved = std::visit([&](const auto& l) { return infer(l, {&operand, 1}); }, *sight.layer(move));
  if (!moved || moved->shape != sight[id].type.shape || !may_have_type(sight, id, *moved))
    return std::nullopt;
  return Replacement{{{sight[id].name, *sight.layer(id), std::move(inputs)},
                      {sight[move].name, *sight.layer(move), {fresh(0)}}},
                     fresh(1)};
}

std::optional<Replacement> rule(const Sight& sight, NodeId id) {
  if (auto moved = before_the_move(sight, id)) return moved;
  if (const auto* permute = sight.get<Permute>(id)) return merged_permute(sight, id, *permute);
  if (const auto* dense = sight.get<Dense>(id)) return permuted_rows(sight, id, *dense);
  if (is_reshape(sight, id) && is_reshape(sight, sight[id].inputs[0])) {
    return one_layer(sight, id, reshape_to(sight[id].type.shape), sight[sight[id].inputs[0]].inputs[0]);
  }
  return std::nullopt;
}

Result<Graph> run_merge(Graph graph, const Config&) { return rewrite(std::move(graph), rule); }

}  // namespace

const Pass merge_shapes{"merge_shapes",
                        "No two reshapes or transpositions follow each other, and what they feed needs them",
                        run_merge, true};

}  // namespace gw
