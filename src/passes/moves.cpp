// What layers that only move elements do is asked of the layers themselves: a tensor that holds its own
// indices goes through, and what comes out is the map.

#include "passes/moves.h"

#include <algorithm>

#include "graph/attributes.h"

namespace gw {

namespace {

constexpr std::string_view moving_kinds[] = {"flatten", "reshape", "permute", "crop", "slice", "up_sample"};

}  // namespace

std::optional<TensorType> type_with(const Sight& sight, const Layer& layer,
                                    const std::vector<NodeId>& inputs) {
  const std::vector<Operand> from = operands(sight.graph(), Node{layer, inputs, {}, {}});
  auto type = std::visit([&](const auto& l) { return infer(l, from); }, layer);
  return type ? std::optional(std::move(*type)) : std::nullopt;
}

bool may_have_type(const Sight& sight, NodeId id, const TensorType& type) {
  const TensorType& now = sight[id].type;
  return type == now || sight.type_is_free(id) || (type.fixed == now.fixed && sight.ranges_are_free(id));
}

bool keeps_type(const Sight& sight, NodeId id, const Layer& layer, const std::vector<NodeId>& inputs) {
  const auto type = type_with(sight, layer, inputs);
  return type && may_have_type(sight, id, *type);
}

Interval whole_range(const TensorType& type) {
  if (type.ranges.empty()) return interval_of(*type.fixed);
  Interval range = type.ranges.front();
  for (const Interval& element : type.ranges) range = unite(range, element);
  return range;
}

const Quantizer* cast_of(const Sight& sight, NodeId id) {
  const auto* cast = sight.get<Quantize>(id);
  if (!cast) return nullptr;
  Layer layer = *cast;
  for (const Attribute& attribute : attributes(layer)) {
    const auto* list = std::get_if<std::vector<Quantizer>*>(&attribute.value);
    if (list && !(*list)->empty()) return nullptr;
  }
  return &cast->out;
}

bool only_moves(const Layer& layer) {
  return std::find(std::begin(moving_kinds), std::end(moving_kinds), kind_of(layer)) !=
         std::end(moving_kinds);
}

std::vector<std::int64_t> source_of_each(const Layer& layer, const Shape& from) {
  GW_CHECK(only_moves(layer));
  Tensor indices(from, {31, 31, false});
  for (std::int64_t i = 0; i < indices.size(); ++i) indices.set(i, i);
  const Operand operand{{from, indices.type()}};
  const Tensor* input = &indices;
  const Tensor moved = std::visit(
      [&](const auto& l) {
        return eval(l, {&input, 1}, infer(l, {&operand, 1}).value(), EvalOptions());
      },
      layer);
  std::vector<std::int64_t> sources;
  for (std::int64_t i = 0; i < moved.size(); ++i) sources.push_back(moved.at(i));
  return sources;
}

Layer reshape_to(const Shape& shape) {
  if (shape.size() == 1) return Flatten{};
  return Reshape{shape};
}

}  // namespace gw
