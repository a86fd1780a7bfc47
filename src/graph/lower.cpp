// From layers to stages. Each layer states its own window and formula; what is left for the graph is to tell
// every stage where its streams come from, and to leave flattens out.
//
// A flatten renames elements in row-major order, and a window over a whole (height, width, channels) tensor
// numbers its elements in that same order. So a stage that reads the flat tensor as one pixel of n channels
// becomes, by exchanging the window alone and not one character of the formula, a stage that reads the tensor
// as it streams by.

#include "graph/lower.h"

#include <map>

#include "layers/shapes.h"

namespace gw {

namespace {

/// A node's answer as a stream: which stage or input makes it, and the shape in which it arrives there.
struct Stream {
  int source = 0;
  Shape shape;
};

/// Which nodes some output depends on.
std::vector<bool> live_nodes(const Graph& graph) {
  std::vector<bool> live(graph.nodes().size(), false);
  for (const NodeId id : graph.outputs()) live[static_cast<size_t>(id)] = true;
  for (size_t id = live.size(); id-- > 0;) {
    if (!live[id]) continue;
    for (const NodeId input : graph.nodes()[id].inputs) live[static_cast<size_t>(input)] = true;
  }
  return live;
}

/// The window that reads a streamed tensor whole, in place of one that reads it as a single flat pixel.
Window unflattened(const Window& flat, const Shape& shape) {
  const Window window = whole_window(shape);
  GW_CHECK(flat.is_pointwise() && flat.height == 1 && flat.width == 1 && flat.channels == window.elements());
  return window;
}

}  // namespace

Pipeline lower(const Graph& graph) {
  GW_CHECK(graph.is_typed());
  const std::vector<bool> live = live_nodes(graph);
  Pipeline pipeline;
  std::map<NodeId, Stream> streams;
  for (const NodeId id : graph.inputs()) {
    streams[id] = {-1 - static_cast<int>(pipeline.inputs.size()), graph[id].type.shape};
    pipeline.inputs.push_back(graph[id].type);
    pipeline.input_names.push_back(graph[id].name);
  }
  const auto add_stage = [&](NodeId id) {
    const Node& node = graph[id];
    const Layer& layer = std::get<Layer>(node.op);
    StageLink link;
    link.stage = std::visit([&](const auto& l) { return lower(l, operands(graph, node), node.type); }, layer);
    link.stage.name = node.name;
    for (const NodeId input : node.inputs) {
      const auto stream = streams.find(input);
      if (stream == streams.end()) continue;  // a constant is part of the formula
      Window& window = link.stage.windows[link.sources.size()];
      if (stream->second.shape != graph[input].type.shape) window = unflattened(window, stream->second.shape);
      link.sources.push_back(stream->second.source);
    }
    GW_CHECK(link.sources.size() == link.stage.windows.size());
    pipeline.stages.push_back(std::move(link));
    return static_cast<int>(pipeline.stages.size()) - 1;
  };

  for (NodeId id = 0; id < static_cast<NodeId>(graph.nodes().size()); ++id) {
    const auto* layer = std::get_if<Layer>(&graph[id].op);
    if (!layer || !live[static_cast<size_t>(id)]) continue;
    if (std::holds_alternative<Flatten>(*layer)) {
      streams[id] = streams.at(graph[id].inputs.front());
    } else {
      streams[id] = {add_stage(id), graph[id].type.shape};
    }
  }
  for (const NodeId id : graph.outputs()) {
    const bool is_flatten = std::holds_alternative<Flatten>(std::get<Layer>(graph[id].op));
    pipeline.outputs.push_back(is_flatten ? add_stage(id) : streams.at(id).source);
  }
  return pipeline;
}

std::vector<Tensor> run(const Pipeline& pipeline, std::span<const Tensor> inputs) {
  GW_CHECK(inputs.size() == pipeline.inputs.size());
  std::vector<Tensor> answers;
  answers.reserve(pipeline.stages.size());
  for (const StageLink& link : pipeline.stages) {
    std::vector<const Tensor*> from;
    for (const int source : link.sources) {
      from.push_back(source < 0 ? &inputs[static_cast<size_t>(-1 - source)]
                                : &answers[static_cast<size_t>(source)]);
    }
    answers.push_back(run(link.stage, from));
  }
  std::vector<Tensor> outputs;
  for (const int stage : pipeline.outputs) outputs.push_back(answers[static_cast<size_t>(stage)]);
  return outputs;
}

}  // namespace gw
