// A cast that keeps the order of values may be exchanged with a maximum: max(q(a), q(b)) = q(max(a, b)).
//
// It goes before the pool where it makes the values narrower, since there it is mostly free - dropped bits
// are wires, and the layer before the pool takes the cast as its last step - while the comparators, the line
// buffer and the stream of the pool all shrink with the width. A cast that makes values wider stays behind.

#include <algorithm>

#include "graph/attributes.h"
#include "num/join.h"
#include "passes/moves.h"
#include "passes/pass.h"

namespace gw {

namespace {

/// A maximum over a window that casts nothing, neither its answer nor on the way.
bool is_exact_max_pool(Layer layer) {
  const std::string_view kind = kind_of(layer);
  if (kind != "max_pool1d" && kind != "max_pool2d" && kind != "global_max_pool") return false;
  const std::vector<Attribute> all = attributes(layer);
  return std::all_of(all.begin(), all.end(), [](const Attribute& a) { return quantizers(a.value).empty(); });
}

std::optional<Replacement> rule(const Sight& sight, NodeId id) {
  const Quantizer* cast = cast_of(sight, id);
  if (!cast) return std::nullopt;
  const NodeId pool = sight[id].inputs[0];
  const Layer* layer = sight.layer(pool);
  if (!layer || !is_exact_max_pool(*layer) || !sight.has_one_reader(pool)) return std::nullopt;
  const NodeId x = sight[pool].inputs[0];
  const TensorType& from = sight[x].type;
  if (cast->to.width >= from.fixed->width || !is_monotone(*cast, whole_range(from))) return std::nullopt;
  const auto narrow = type_with(sight, Quantize{*cast}, {x});
  if (!narrow) return std::nullopt;
  const Operand operand{*narrow};
  const auto type = std::visit([&](const auto& l) { return infer(l, {&operand, 1}); }, *layer);
  if (!type || !may_have_type(sight, id, *type)) return std::nullopt;
  return Replacement{{{sight[id].name, Quantize{*cast}, {x}}, {sight[pool].name, *layer, {fresh(0)}}},
                     fresh(1)};
}

Result<Graph> run_exchange(Graph graph, const Config&) { return rewrite(std::move(graph), rule); }

}  // namespace

const Pass quantize_before_pool{"quantize_before_pool",
                                "Casts that make values narrower stand before a maximum over a window",
                                run_exchange, true};

}  // namespace gw
