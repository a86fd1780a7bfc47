// Layers that change no value: a cast into a type that holds every value, a rectifier of what is never
// negative, a batch norm of scale 1 and shift 0, a reshape, transposition, pad, crop or slice that leaves
// everything where it is. Whether a layer is one follows from the intervals that inference gives each
// element.
//
// A rectifier before a layer that rectifies by itself changes the values, but not what comes of them, and
// goes, too. Dropped are only layers whose own type nobody sees (Sight::type_is_free), unless it is that of
// their input.

#include <algorithm>

#include "graph/attributes.h"
#include "layers/elementwise.h"
#include "passes/moves.h"
#include "passes/pass.h"

namespace gw {

namespace {

/// True for every interval of values that a tensor can take.
template <class Predicate>
bool all_ranges(const TensorType& type, const Predicate& holds) {
  if (type.ranges.empty()) return holds(interval_of(*type.fixed));
  return std::all_of(type.ranges.begin(), type.ranges.end(), holds);
}

bool casts_nothing(const std::optional<Quantizer>& out, const TensorType& x) {
  return !out || all_ranges(x, [&](const Interval& range) { return changes_nothing(*out, range); });
}

bool all_raw(const Tensor& values, std::int64_t raw) {
  for (std::int64_t i = 0; i < values.size(); ++i) {
    if (values.at(i) != raw) return false;
  }
  return true;
}

bool holds_one(const Tensor& values) {
  const int fraction = values.type().fraction();
  return fraction >= 0 && fraction < max_width && all_raw(values, std::int64_t{1} << fraction);
}

bool leaves_in_place(const Sight& sight, const Node& node, const Layer& layer) {
  const Shape& from = sight[node.inputs[0]].type.shape;
  if (from != node.type.shape) return false;
  if (std::holds_alternative<Pad>(layer)) return true;  // adds nothing, or the shape were another
  if (!only_moves(layer)) return false;
  const std::vector<std::int64_t> sources = source_of_each(layer, from);
  for (size_t i = 0; i < sources.size(); ++i) {
    if (sources[i] != static_cast<std::int64_t>(i)) return false;
  }
  return true;
}

bool is_identity(const Sight& sight, NodeId id, const Layer& layer) {
  const Node& node = sight[id];
  const TensorType& x = sight[node.inputs[0]].type;
  if (const Quantizer* cast = cast_of(sight, id)) return casts_nothing(*cast, x);
  if (const auto* relu = std::get_if<Relu>(&layer)) {
    return casts_nothing(relu->out, x) && all_ranges(x, [](const Interval& range) { return range.lo >= 0; });
  }
  if (const auto* clip = std::get_if<ClippedRelu>(&layer)) {
    const Term max = exactly(clip->max);
    const Interval top = interval_of(max.raw, max.fraction);
    return casts_nothing(clip->out, x) && all_ranges(x, [&](const Interval& range) {
             return range.lo >= 0 &&
                    minimum(range, top).hi == rescaled(range, minimum(range, top).fraction).hi;
           });
  }
  if (const auto* norm = std::get_if<BatchNorm>(&layer)) {
    const Constant *scale = sight.constant(node.inputs[1]), *bias = sight.constant(node.inputs[2]);
    return casts_nothing(norm->out, x) && scale && bias && holds_one(*scale->fixed) &&
           all_raw(*bias->fixed, 0);
  }
  return leaves_in_place(sight, node, layer);
}

/// max(max(x, 0), 0) = max(x, 0), and so for every rectifier of a rectifier that rounds nothing.
std::optional<Replacement> without_inner_relu(const Sight& sight, NodeId id, const Layer& layer) {
  const std::string_view kind = kind_of(layer);
  if (kind != "relu" && kind != "clipped_relu") return std::nullopt;
  const NodeId inner = sight[id].inputs[0];
  const auto* relu = sight.get<Relu>(inner);
  if (!relu || relu->out) return std::nullopt;
  const std::vector<NodeId> inputs = sight[inner].inputs;
  if (!keeps_type(sight, id, layer, inputs)) return std::nullopt;
  return Replacement{{{sight[id].name, layer, inputs}}, fresh(0)};
}

std::optional<Replacement> rule(const Sight& sight, NodeId id) {
  const Node& node = sight[id];
  const Layer& layer = *sight.layer(id);
  const NodeId x = node.inputs[0];
  if (!sight.is_output(id) && may_have_type(sight, id, sight[x].type) && is_identity(sight, id, layer)) {
    return Replacement{{}, x};
  }
  return without_inner_relu(sight, id, layer);
}

Result<Graph> run_drop(Graph graph, const Config&) { return rewrite(std::move(graph), rule); }

}  // namespace

const Pass drop_identities{"drop_identities", "No layer is left that answers its input", run_drop, true};

}  // namespace gw
