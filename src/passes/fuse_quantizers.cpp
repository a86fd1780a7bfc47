// A cast behind a layer that rounds nothing is that layer's last step: the exact value need not exist as a
// tensor. Where the layer casts its answer itself, the two casts become one if one can do both (num/join.h).

#include "num/join.h"
#include "passes/moves.h"
#include "passes/pass.h"

namespace gw {

namespace {

/// The layer of node `id` with `next` behind it, joined to its own cast if it has one.
std::optional<Layer> with_cast(const Sight& sight, NodeId id, const Quantizer& next) {
  Layer layer = *sight.layer(id);
  if (!sees_values_only(layer)) return std::nullopt;
  if (auto* cast = std::get_if<Quantize>(&layer)) {
    const Quantizer* first = cast_of(sight, id);
    const auto both = first ? join(*first, next, whole_range(sight[sight[id].inputs[0]].type)) : std::nullopt;
    if (!both) return std::nullopt;
    cast->out = *both;
    return layer;
  }
  std::optional<Quantizer>* out = optional_out(layer);
  if (!out) return std::nullopt;
  if (*out) {
    const Quantizer first = **out;
    out->reset();
    const auto exact = type_with(sight, layer, sight[id].inputs);
    *out = exact && exact->fixed ? join(first, next, whole_range(*exact)) : std::nullopt;
    if (!*out) return std::nullopt;
    return layer;
  }
  *out = next;
  return layer;
}

std::optional<Replacement> fuse(const Sight& sight, NodeId id) {
  const Quantizer* cast = cast_of(sight, id);
  if (!cast) return std::nullopt;
  const NodeId before = sight[id].inputs[0];
  if (!sight.layer(before) || !sight.has_one_reader(before)) return std::nullopt;
  auto layer = with_cast(sight, before, *cast);
  if (!layer || !keeps_type(sight, id, *layer, sight[before].inputs)) return std::nullopt;
  return Replacement{{{sight[before].name, std::move(*layer), sight[before].inputs}}, fresh(0)};
}

Result<Graph> run_fuse(Graph graph, const Config&) { return rewrite(std::move(graph), fuse); }

}  // namespace

const Pass fuse_quantizers{"fuse_quantizers", "A cast is the last step of the layer before it", run_fuse,
                           true};

}  // namespace gw
