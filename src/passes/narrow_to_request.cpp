// What nobody looks at need not be computed. A layer whose answer is exact makes bits that its readers throw
// away: below the point where they truncate, above it where they wrap or saturate, and whole elements that a
// slice leaves out. What the readers look at together (tensor_request.h) becomes the layer's own last cast.
// Readers that thereby have nothing left to do go.
//
// Only layers whose type nobody chose get one, and none whose type is seen: behind a cast nothing else
// changes, but where an exact type goes on to an answer, or to a table that is addressed by its bits, it has
// to stay. The narrowed network is held to that; of what fails, nothing before it is narrowed.

#include <map>
#include <set>

#include "passes/moves.h"
#include "passes/pass.h"
#include "passes/tensor_request.h"

namespace gw {

namespace {

/// By name of the layer.
using Casts = std::map<std::string, Quantizer>;

bool may_be_cast(const Sight& sight, NodeId id) {
  const Layer* layer = sight.layer(id);
  if (!layer || sight.is_output(id) || !sees_values_only(*layer)) return false;
  const auto* out = optional_out(*layer);
  return out && !*out;
}

Casts casts_of(const Sight& sight, const std::set<std::string>& refused) {
  Casts casts;
  const std::vector<TensorRequest> requests = requests_of(sight.graph());
  for (NodeId id = 0; id < static_cast<NodeId>(requests.size()); ++id) {
    const Node& node = sight[id];
    if (!may_be_cast(sight, id) || refused.contains(node.name)) continue;
    if (const auto cast = narrower_cast(requests[static_cast<size_t>(id)], node.type))
      casts.emplace(node.name, *cast);
  }
  return casts;
}

Result<Graph> with_casts(const Graph& graph, Casts casts) {
  return rewrite(graph, [&](const Sight& sight, NodeId id) -> std::optional<Replacement> {
    const auto cast = casts.find(sight[id].name);
    if (cast == casts.end()) return std::nullopt;
    Layer layer = *sight.layer(id);
    *optional_out(layer) = cast->second;
    casts.erase(cast);
    return Replacement{{{sight[id].name, std::move(layer), sight[id].inputs}}, fresh(0)};
  });
}

/// The layers whose type is seen: answers, and what a layer reads that does not go by values alone.
std::vector<NodeId> seen_types(const Graph& graph) {
  std::vector<NodeId> seen = graph.outputs();
  for (const Node& node : graph.nodes()) {
    const auto* layer = std::get_if<Layer>(&node.op);
    if (layer && !sees_values_only(*layer)) seen.insert(seen.end(), node.inputs.begin(), node.inputs.end());
  }
  return seen;
}

/// Whatever node `id` depends on.
void refuse_before(const Graph& graph, NodeId id, std::set<std::string>& refused) {
  if (!refused.insert(graph[id].name).second) return;
  for (const NodeId input : graph[id].inputs) refuse_before(graph, input, refused);
}

/// Refuses what would change a type that is seen; true if there is nothing.
bool keeps_seen_types(const Graph& before, const Graph& after, std::set<std::string>& refused) {
  bool keeps = true;
  for (const NodeId id : seen_types(before)) {
    const NodeId now = after.find(before[id].name);
    if (now < 0 || after[now].type == before[id].type) continue;  // or nothing depends on it
    refuse_before(before, id, refused);
    keeps = false;
  }
  return keeps;
}

Result<Graph> run_narrow(Graph graph, const Config& config) {
  std::set<std::string> refused;
  while (true) {
    const Casts casts = casts_of(Sight(graph), refused);
    if (casts.empty()) return graph;
    auto narrowed = with_casts(graph, casts);
    if (!narrowed) return graph;
    if (keeps_seen_types(graph, *narrowed, refused)) return drop_identities.run(std::move(*narrowed), config);
  }
}

}  // namespace

const Pass narrow_to_request{"narrow_to_request", "No layer computes bits that none of its readers looks at",
                             run_narrow, true};

}  // namespace gw
