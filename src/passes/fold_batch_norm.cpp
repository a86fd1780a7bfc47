// Batch norm at inference is y = scale * x + shift per channel, and the layer before it is x = weight . input
// + bias. Both are linear, so together they are one layer with weight * scale and bias * scale + shift: no
// multiplier is left of the batch norm. The joint weights are computed in single precision, each step rounded,
// as hls4ml does: its bits are ours.
//
// Joined are a convolution or dense layer and a batch norm that alone reads its answer. A layer that already
// states a type for its answer or its accumulator rounds between the two and stays as it is. The joint layer
// keeps the name of the convolution or dense layer. Source: Jacob et al., Quantization and Training of Neural
// Networks, CVPR 2018, section 3.2.

#include <map>

#include "passes/pass.h"
#include "support/messages.h"

namespace gw {

namespace {

const FloatTensor* constant_of(const Graph& graph, NodeId id) {
  const auto* constant = std::get_if<Constant>(&graph[id].op);
  return constant ? &constant->values : nullptr;
}

bool all_constant(const Graph& graph, const Node& node) {
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (!constant_of(graph, node.inputs[i])) return false;
  }
  return true;
}

/// True for a convolution or dense layer on constants that rounds nothing of its own accord.
bool is_foldable_matrix(const Graph& graph, const Node& node) {
  const auto* layer = std::get_if<Layer>(&node.op);
  if (!layer || !all_constant(graph, node)) return false;
  return std::visit(
      [](const auto& l) {
        if constexpr (requires { l.reuse; }) return !l.out && !l.accumulator;
        return false;
      },
      *layer);
}

/// How often each node is read, by layers and as an output of the network.
std::vector<int> count_users(const Graph& graph) {
  std::vector<int> users(graph.nodes().size(), 0);
  for (const NodeId id : graph.outputs()) ++users[static_cast<size_t>(id)];
  for (const Node& node : graph.nodes()) {
    for (const NodeId input : node.inputs) ++users[static_cast<size_t>(input)];
  }
  return users;
}

/// For every batch norm that can be joined with the layer before it: that layer.
std::map<NodeId, NodeId> folds(const Graph& graph, const std::vector<int>& users) {
  std::map<NodeId, NodeId> found;
  for (NodeId id = 0; id < static_cast<NodeId>(graph.nodes().size()); ++id) {
    const Node& node = graph[id];
    const auto* layer = std::get_if<Layer>(&node.op);
    if (!layer || !std::holds_alternative<BatchNorm>(*layer) || !all_constant(graph, node)) continue;
    const NodeId before = node.inputs.front();
    if (users[static_cast<size_t>(before)] == 1 && is_foldable_matrix(graph, graph[before]))
      found[id] = before;
  }
  return found;
}

/// values[.., c] * scale[c]
FloatTensor scaled(FloatTensor values, const FloatTensor& scale) {
  for (size_t i = 0; i < values.values.size(); ++i) {
    values.values[i] *= scale.values[i % scale.values.size()];
  }
  return values;
}

/// bias[c] * scale[c] + shift[c]; no bias reads as 0.
FloatTensor shifted(const FloatTensor* bias, const FloatTensor& scale, FloatTensor shift) {
  if (!bias) return shift;
  for (size_t c = 0; c < shift.values.size(); ++c) {
    const float product = bias->values[c] * scale.values[c];
    shift.values[c] = product + shift.values[c];
  }
  return shift;
}

/// A name that no node of the graph has: `wanted` itself, or with an underscore or more behind it.
std::string free_name(const Graph& graph, std::string wanted) {
  while (graph.find(wanted) >= 0) wanted += '_';
  return wanted;
}

Result<Graph> run_fold(const Graph& graph, const Config& config) {
  const std::vector<int> users = count_users(graph);
  const std::map<NodeId, NodeId> folded = folds(graph, users);
  std::map<NodeId, NodeId> joined_with;  // the other way round
  Diagnostics errors;
  for (const auto& [norm, matrix] : folded) {
    joined_with[matrix] = norm;
    if (!config.precision.by_name.contains(graph[norm].name)) continue;
    errors.push_back(diagnose(messages::batch_norm_is_folded, {graph.file(), 0, place_of(graph[norm].name)},
                              graph[matrix].name, "LayerName." + graph[matrix].name));
  }
  if (!errors.empty()) return errors;

  GraphBuilder builder(graph.file());
  std::map<NodeId, NodeId> made;
  const auto constant = [&](NodeId id) {
    if (!made.contains(id))
      made[id] = builder.constant_of(graph[id].name, std::get<Constant>(graph[id].op));
    return made[id];
  };
  // Joint values take the name of the old ones, unless another layer still reads those.
  const auto joint = [&](NodeId old, const std::string& otherwise, FloatTensor values) {
    const bool is_free = old >= 0 && users[static_cast<size_t>(old)] == 1;
    return builder.constant(is_free ? graph[old].name : free_name(graph, otherwise), std::move(values));
  };

  for (NodeId id = 0; id < static_cast<NodeId>(graph.nodes().size()); ++id) {
    const Node& node = graph[id];
    if (const auto* input = std::get_if<Input>(&node.op)) {
      made[id] = builder.input(node.name, node.type.shape, input->quantizer);
      continue;
    }
    const auto* layer = std::get_if<Layer>(&node.op);
    if (!layer) continue;  // constants come with the layers that read them
    if (folded.contains(id)) {
      made[id] = made.at(folded.at(id));
      continue;
    }
    std::vector<NodeId> inputs;
    if (const auto norm = joined_with.find(id); norm != joined_with.end()) {
      const Node& batch_norm = graph[norm->second];
      const FloatTensor& scale = *constant_of(graph, batch_norm.inputs[1]);
      const FloatTensor& shift = *constant_of(graph, batch_norm.inputs[2]);
      const NodeId bias = node.inputs.size() > 2 ? node.inputs[2] : -1;
      inputs = {
          made.at(node.inputs[0]),
          joint(node.inputs[1], node.name + ".weight", scaled(*constant_of(graph, node.inputs[1]), scale)),
          joint(bias, node.name + ".bias",
                shifted(bias < 0 ? nullptr : constant_of(graph, bias), scale, shift))};
    } else {
      for (const NodeId from : node.inputs) {
        inputs.push_back(constant_of(graph, from) ? constant(from) : made.at(from));
      }
    }
    made[id] = builder.layer(node.name, *layer, std::move(inputs));
  }
  for (const NodeId id : graph.outputs()) builder.output(made.at(id));
  return builder.build();
}

}  // namespace

const Pass fold_batch_norm{"fold_batch_norm",
                           "Every batch norm behind a convolution or dense layer that feeds only it is part "
                           "of that layer's weights and bias",
                           run_fold, false};

}  // namespace gw
