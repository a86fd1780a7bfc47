// The one way in which passes change graphs: local rules, a whole new graph built from their replacements.
//
// A sweep goes from the answers backwards and asks the rule for every node that is needed, so that a layer
// that its reader swallowed is never asked itself and never built. Then the new graph is built forwards. What
// the sweep did not touch keeps its type without being inferred again: inference looks at every weight, and a
// pipeline has many passes. Sweeps are repeated until one finds nothing; each rule must make a graph smaller
// or move something one way only.

#include "passes/rewrite.h"

#include <algorithm>
#include <set>

#include "graph/attributes.h"
#include "support/overload.h"

namespace gw {

namespace {

/// Layers whose answers are functions of the values of their inputs, with the cast to `out` as their last
/// step. Not among them: those with tables, which the type of the input addresses or sizes, and averages,
/// which divide.
constexpr std::string_view value_kinds[] = {"dense",
                                            "conv1d",
                                            "conv2d",
                                            "batch_norm",
                                            "relu",
                                            "quantize",
                                            "max_pool1d",
                                            "max_pool2d",
                                            "global_max_pool",
                                            "flatten",
                                            "reshape",
                                            "permute",
                                            "pad",
                                            "crop",
                                            "slice",
                                            "up_sample",
                                            "add",
                                            "subtract",
                                            "multiply",
                                            "maximum",
                                            "minimum",
                                            "dot",
                                            "concatenate",
                                            "clipped_relu",
                                            "leaky_relu",
                                            "thresholded_relu",
                                            "prelu",
                                            "binary_tanh",
                                            "ternary_tanh",
                                            "hard_sigmoid",
                                            "hard_tanh"};

class Sweep {
 public:
  Sweep(Graph& graph, const Rule& rule, OutputNames output_names)
      : owned_(graph),
        sight_(graph),
        output_names_(output_names),
        plans_(graph.nodes().size()),
        is_needed_(graph.nodes().size(), false) {
    plan(rule);
  }

  bool finds_something() const {
    return std::any_of(plans_.begin(), plans_.end(), [](const auto& plan) { return plan.has_value(); }) ||
           std::find(is_needed_.begin(), is_needed_.end(), false) != is_needed_.end();
  }

  /// Takes the constants out of the old graph.
  Result<Graph> build() {
    const Graph& graph = sight_.graph();
    GraphBuilder builder(graph.file());
    for (size_t id = 0; id < plans_.size(); ++id) {
      if (is_needed_[id] && !plans_[id]) names_.insert(graph.nodes()[id].name);
    }
    made_.assign(plans_.size(), -1);
    for (NodeId id = 0; id < static_cast<NodeId>(plans_.size()); ++id) {
      if (!is_needed_[static_cast<size_t>(id)]) continue;
      auto& plan = plans_[static_cast<size_t>(id)];
      made_[static_cast<size_t>(id)] = plan ? build_plan(builder, id, *plan) : build_copy(builder, id);
    }
    for (const NodeId id : graph.outputs()) builder.output(made(id));
    return builder.build();
  }

 private:
  std::vector<bool>::reference needed(NodeId id) { return is_needed_[static_cast<size_t>(id)]; }
  NodeId made(NodeId id) const { return made_[static_cast<size_t>(id)]; }

  void plan(const Rule& rule) {
    const Graph& graph = sight_.graph();
    for (const NodeId id : graph.inputs()) needed(id) = true;
    for (const NodeId id : graph.outputs()) needed(id) = true;
    // What a replacement was made for stays as it was seen until the next sweep.
    std::vector<bool> is_settled(plans_.size(), false);
    for (auto id = static_cast<NodeId>(plans_.size()) - 1; id >= 0; --id) {
      if (!needed(id)) continue;
      auto& plan = plans_[static_cast<size_t>(id)];
      if (sight_.layer(id) && !is_settled[static_cast<size_t>(id)]) plan = rule(sight_, id);
      if (plan && plan->answer >= 0 && sight_.is_output(id)) plan.reset();
      if (sight_.layer(id)) sight_.decide(id, plan ? &*plan : nullptr);
      for (const NodeId input : graph[id].inputs) {
        if (plan) is_settled[static_cast<size_t>(input)] = true;
        if (!plan) needed(input) = true;
      }
      if (!plan) continue;
      const auto read = [&](NodeId old) {
        if (old < 0) return;
        needed(old) = true;
        is_settled[static_cast<size_t>(old)] = true;
      };
      read(plan->answer);
      for (const auto& node : plan->nodes) std::for_each(node.inputs.begin(), node.inputs.end(), read);
    }
  }

  NodeId build_copy(GraphBuilder& builder, NodeId id) {
    const Node& node = sight_[id];
    if (sight_.constant(id)) return builder.copy(node, owned_.take_constant(id));
    std::vector<NodeId> inputs;
    bool is_same = true;
    for (const NodeId input : node.inputs) {
      inputs.push_back(made(input));
      is_same = is_same && builder.type(made(input)) == sight_[input].type;
    }
    const auto* layer = std::get_if<Layer>(&node.op);
    if (is_same || !layer) return builder.copy(node, std::move(inputs));
    return builder.layer(node.name, *layer, std::move(inputs));
  }

  NodeId build_plan(GraphBuilder& builder, NodeId old, Replacement& plan) {
    std::vector<NodeId> own;
    const bool keeps_name = sight_.is_output(old) && output_names_ == OutputNames::Stay;
    if (keeps_name) names_.insert(sight_[old].name);
    const auto resolved = [&](NodeId id) { return id >= 0 ? made(id) : own[static_cast<size_t>(-1 - id)]; };
    for (size_t i = 0; i < plan.nodes.size(); ++i) {
      auto& node = plan.nodes[i];
      std::string name = std::move(node.name);
      if (keeps_name && plan.answer == fresh(static_cast<int>(i))) {
        name = sight_[old].name;
      } else {
        while (!names_.insert(name).second) name += '_';
      }
      std::vector<NodeId> inputs;
      for (const NodeId input : node.inputs) inputs.push_back(resolved(input));
      own.push_back(std::visit(
          Overload{
              [&](Layer& layer) {
                return builder.layer(std::move(name), std::move(layer), std::move(inputs));
              },
              [&](Constant& constant) { return builder.constant_of(std::move(name), std::move(constant)); },
          },
          node.op));
    }
    return resolved(plan.answer);
  }

  Graph& owned_;
  Sight sight_;
  const OutputNames output_names_;
  std::vector<std::optional<Replacement>> plans_;  // of each old node
  std::vector<bool> is_needed_;
  std::vector<NodeId> made_;     // the new node of each old one
  std::set<std::string> names_;  // of the new graph, also of what is still to be built
};

}  // namespace

Sight::Sight(const Graph& graph)
    : graph_(graph),
      readers_(graph.nodes().size()),
      is_output_(graph.nodes().size(), false),
      sees_type_(graph.nodes().size(), false),
      sees_ranges_(graph.nodes().size(), false),
      type_is_seen_(graph.nodes().size(), false),
      ranges_are_seen_(graph.nodes().size(), false) {
  for (const NodeId id : graph.outputs()) is_output_[static_cast<size_t>(id)] = true;
  for (NodeId id = 0; id < static_cast<NodeId>(graph.nodes().size()); ++id) {
    for (const NodeId input : graph[id].inputs) readers_[static_cast<size_t>(input)].push_back(id);
  }
}

bool Sight::type_is_free(NodeId id) const {
  return !is_output(id) && !type_is_seen_[static_cast<size_t>(id)] &&
         std::none_of(readers(id).begin(), readers(id).end(),
                      [&](NodeId reader) { return sees_type_[static_cast<size_t>(reader)]; });
}

bool Sight::ranges_are_free(NodeId id) const {
  return !ranges_are_seen_[static_cast<size_t>(id)] &&
         std::none_of(readers(id).begin(), readers(id).end(),
                      [&](NodeId reader) { return sees_ranges_[static_cast<size_t>(reader)]; });
}

// A cast fixes the type behind it, but what is known of the values goes through it and makes exact types
// further on.
void Sight::decide(NodeId id, const Replacement* replacement) {
  bool type = true, ranges = true;
  if (!replacement) {
    const auto* out = optional_out(*layer(id));
    const bool is_cast = get<Quantize>(id) || (out && *out);
    const bool is_seen = is_cast ? !ranges_are_free(id) : !type_is_free(id);
    const bool by_value = sees_values_only(*layer(id));
    type = !by_value || is_seen;
    ranges = is_seen || (!by_value && !is_cast);
  } else if (replacement->nodes.empty()) {
    type = !type_is_free(id);
    ranges = !ranges_are_free(id);
  }
  sees_type_[static_cast<size_t>(id)] = type;
  sees_ranges_[static_cast<size_t>(id)] = ranges;
  // What stands in its place may read nodes that it did not read itself.
  const auto see = [&](NodeId old) {
    if (old < 0) return;
    if (type) type_is_seen_[static_cast<size_t>(old)] = true;
    if (ranges) ranges_are_seen_[static_cast<size_t>(old)] = true;
  };
  if (!replacement) return;
  see(replacement->answer);
  for (const auto& node : replacement->nodes) std::for_each(node.inputs.begin(), node.inputs.end(), see);
}

bool sees_values_only(const Layer& layer) {
  return std::find(std::begin(value_kinds), std::end(value_kinds), kind_of(layer)) != std::end(value_kinds);
}

std::optional<Quantizer>* optional_out(Layer& layer) {
  return std::visit(
      [](auto& l) -> std::optional<Quantizer>* {
        if constexpr (requires { l.out.has_value(); }) return &l.out;
        return nullptr;
      },
      layer);
}

const std::optional<Quantizer>* optional_out(const Layer& layer) {
  return optional_out(const_cast<Layer&>(layer));
}

Result<Graph> rewrite(Graph graph, const Rule& rule, OutputNames names) {
  while (true) {
    Sweep sweep(graph, rule, names);
    if (!sweep.finds_something()) return graph;
    auto next = sweep.build();
    if (!next) return next;
    graph = std::move(*next);
  }
}

}  // namespace gw
