// A configuration to begin with, as hls4ml writes one: every type that can be chosen is there to be changed.

#include "formats/config/draft.h"

#include "formats/config/classes.h"
#include "formats/config/reuse_factor.h"
#include "graph/attributes.h"

namespace gw {

namespace {

using Types = PrecisionConfig::Types;

/// What can be said of one node: its types as they come, sums and results exact.
void draft_node(const Graph& graph, const Node& node, const ConfigDraft& draft, Types& types,
                LayerSettings& settings) {
  const auto* original = std::get_if<Layer>(&node.op);
  if (!original) {
    const auto& stated = std::get<Input>(node.op).quantizer;
    types["result"] = stated ? *stated : draft.precision;
    return;
  }
  Layer layer = *original;
  const std::vector<std::string> tensors = configured_inputs(layer);
  for (size_t i = 0; i < node.inputs.size() && i < tensors.size(); ++i) {
    const auto* constant = std::get_if<Constant>(&graph[node.inputs[i]].op);
    if (!constant || tensors[i].empty()) continue;
    types[tensors[i]] = constant->fixed ? Quantizer{constant->fixed->type()} : draft.precision;
  }
  for (const Attribute& attribute : attributes(layer)) {
    const auto tensor = configured_name(attribute.name);
    if (const auto* type = std::get_if<Quantizer*>(&attribute.value); type && tensor) types[*tensor] = **type;
    if (const auto* type = std::get_if<std::optional<Quantizer>*>(&attribute.value); type && tensor) {
      if (**type) types[*tensor] = **type;
      if (!**type && (*tensor == "result" || *tensor == "accum")) types[*tensor] = std::nullopt;
    }
    if (attribute.name == "table_size") settings.table_size = *std::get<int*>(attribute.value);
    if (attribute.name == "implementation")
      settings.implementation = std::string(std::get<ChoiceRef>(attribute.value).name());
  }
  // The parameter of an activation is a number that hls4ml finds a type for.
  if (types.contains("param") && !types["param"]) types.erase("param");
  const std::string_view of = kind(node);
  if (of == "leaky_relu" || of == "elu" || of == "thresholded_relu") types["param"] = std::nullopt;
}

bool is_matrix(const Node& node) {
  const std::string_view of = kind(node);
  return of == "dense" || of == "conv1d" || of == "conv2d";
}

/// The draft's reuse factor, or the nearest one that the node's matrix allows.
int reuse_of(const Graph& graph, const Node& node, const ConfigDraft& draft) {
  if (draft.strategy == Strategy::Auto || draft.strategy == Strategy::Latency) return draft.reuse_factor;
  if (draft.strategy == Strategy::DistributedArithmetic) return 1;
  const Shape& weight = graph[node.inputs[1]].type.shape;
  return static_cast<int>(nearest_reuse(element_count(weight) / weight.back(), weight.back(),
                                        draft.reuse_factor, draft.strategy == Strategy::ResourceUnrolled));
}

/// True if all convolutions of the node's kind are depthwise, or none is: then the kind is a class.
bool is_class(const Graph& graph, const Node& node) {
  for (const Node& other : graph.nodes()) {
    if (kind(other) == kind(node) && is_depthwise(graph, other) != is_depthwise(graph, node)) return false;
  }
  return true;
}

}  // namespace

Config draft_config(const Graph& graph, const ConfigDraft& draft) {
  Config config;
  config.project.backend = draft.backend;
  config.precision.model["default"] = draft.precision;
  config.model.reuse_factor = draft.reuse_factor;
  config.model.strategy = draft.strategy;
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<Constant>(node.op)) continue;
    const std::string of(kind(node));
    const bool by_kind = draft.granularity == Granularity::Type && is_class(graph, node);
    const bool described = draft.granularity != Granularity::Model && !configurable_tensors(of).empty();
    if (described) {
      Types types;
      LayerSettings settings;
      draft_node(graph, node, draft, types, settings);
      Types& said = by_kind ? config.precision.by_kind[of] : config.precision.by_name[node.name];
      LayerSettings& set = by_kind ? config.by_kind[of] : config.by_name[node.name];
      said.insert(types.begin(), types.end());
      set = settings;
    }
    if (!is_matrix(node)) continue;
    const int reuse = reuse_of(graph, node, draft);
    if (draft.granularity == Granularity::Name || reuse != draft.reuse_factor) {
      config.by_name[node.name].reuse_factor = reuse;
      config.precision.by_name[node.name];
    }
  }
  return config;
}

}  // namespace gw
