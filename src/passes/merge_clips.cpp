// Chains of maxima and minima with constants, which importers leave behind for every clip:
//
//     max(max(x, a), b)            max(x, max(a, b)); minima alike
//     max(x, 0)                    a rectifier, which costs no comparison
//     min(relu(x), a), a > 0       a rectifier with a ceiling
//     clipped_relu(clipped_relu)   one, with the lower ceiling
//
// The inner layer must round nothing and have no other reader.

#include <algorithm>

#include "layers/elementwise.h"
#include "passes/constant_operand.h"
#include "passes/moves.h"
#include "passes/pass.h"

namespace gw {

namespace {

std::optional<Replacement> one_layer(const Sight& sight, NodeId id, Layer layer, NodeId x) {
  if (!keeps_type(sight, id, layer, {x})) return std::nullopt;
  return Replacement{{{sight[id].name, std::move(layer), {x}}}, fresh(0)};
}

/// The one value of all elements of a constant.
std::optional<double> one_value(const Sight& sight, NodeId constant) {
  const Tensor& values = *sight.constant(constant)->fixed;
  for (std::int64_t i = 1; i < values.size(); ++i) {
    if (values.at(i) != values.at(0)) return std::nullopt;
  }
  const double value = to_double(values.at(0), values.type().fraction());
  const Term read = exactly(value), is = normalised(values.at(0), values.type().fraction());
  return read.raw == is.raw && read.fraction == is.fraction ? std::optional(value) : std::nullopt;
}

template <class L>
std::optional<Replacement> joined(const Sight& sight, NodeId id, const L& outer,
                                  const WithConstant& operands) {
  const auto* inner = sight.get<L>(operands.x);
  const auto below = inner && !inner->out && sight.has_one_reader(operands.x)
                         ? with_constant(sight, operands.x)
                         : std::nullopt;
  if (!below) return std::nullopt;
  constexpr bool is_maximum = std::is_same_v<L, Maximum>;
  auto bound = combined(
      sight, below->constant, operands.constant, sight[id].type.shape,
      [](const Interval& a, const Interval& b) { return is_maximum ? maximum(a, b) : minimum(a, b); });
  if (!bound) return std::nullopt;
  const Operand from[] = {{sight[below->x].type, nullptr},
                          {{bound->fixed->shape(), bound->fixed->type()}, &*bound->fixed}};
  const auto type = infer(outer, from);
  if (!type || type->shape != sight[id].type.shape || !may_have_type(sight, id, *type)) return std::nullopt;
  return Replacement{
      {{sight[operands.constant].name, std::move(*bound)}, {sight[id].name, outer, {below->x, fresh(0)}}},
      fresh(1)};
}

std::optional<Replacement> clipped_twice(const Sight& sight, NodeId id, ClippedRelu outer) {
  const NodeId x = sight[id].inputs[0];
  const auto* inner = sight.get<ClippedRelu>(x);
  if (!inner || inner->out || !sight.has_one_reader(x)) return std::nullopt;
  outer.max = std::min(outer.max, inner->max);
  return one_layer(sight, id, outer, sight[x].inputs[0]);
}

std::optional<Replacement> rule(const Sight& sight, NodeId id) {
  if (const auto* clip = sight.get<ClippedRelu>(id)) return clipped_twice(sight, id, *clip);
  const auto* above = sight.get<Maximum>(id);
  const auto* below = sight.get<Minimum>(id);
  const auto operands = above || below ? with_constant(sight, id) : std::nullopt;
  if (!operands) return std::nullopt;
  const auto value = one_value(sight, operands->constant);
  if (above) {
    if (auto one = joined(sight, id, *above, *operands)) return one;
    return value == 0.0 ? one_layer(sight, id, Relu{above->out}, operands->x) : std::nullopt;
  }
  if (auto one = joined(sight, id, *below, *operands)) return one;
  const auto* relu = sight.get<Relu>(operands->x);
  if (!relu || relu->out || !sight.has_one_reader(operands->x) || !value || *value <= 0) return std::nullopt;
  return one_layer(sight, id, ClippedRelu{*value, below->out}, sight[operands->x].inputs[0]);
}

Result<Graph> run_merge(Graph graph, const Config&) { return rewrite(std::move(graph), rule); }

}  // namespace

const Pass merge_clips{"merge_clips", "No maximum or minimum with constants follows another one", run_merge,
                       true};

}  // namespace gw
