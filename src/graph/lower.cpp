// From layers to stages. Each layer states its own window and formula; what is left for the graph is to tell
// every stage where its streams come from, and to leave flattens and reshapes out where it can.
//
// These rename elements in row-major order, and a window over a whole (height, width, channels) tensor
// numbers its elements in that same order. So a stage that reads the renamed tensor whole (a dense layer
// behind a flatten) becomes, by exchanging the window alone and not one character of the formula, a stage
// that reads the tensor as it streams by. Only a stage that wants the new pixels one by one, or the world
// outside, makes the renaming a stage of its own, which gathers the tensor.

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

/// Layers whose answer is their input's stream under another shape.
bool renames(const Layer& layer) {
  return std::holds_alternative<Flatten>(layer) || std::holds_alternative<Reshape>(layer);
}

/// A window made for a tensor of shape `said`, on the stream that really comes: `is`. Nothing if it reads
/// single pixels and those differ.
std::optional<Window> on_stream(const Window& window, const Shape& said, const Shape& is) {
  if (pointwise_window(said) == pointwise_window(is)) return window;
  if (!window.is_whole()) return std::nullopt;
  Window whole = whole_window(is);
  whole.repeat_h = window.repeat_h;
  whole.repeat_w = window.repeat_w;
  return whole;
}

class Lowering {
 public:
  explicit Lowering(const Graph& graph) : graph_(graph) {
    for (const NodeId id : graph.inputs()) {
      streams_[id] = {-1 - static_cast<int>(pipeline_.inputs.size()), graph[id].type.shape};
      pipeline_.inputs.push_back(graph[id].type);
      pipeline_.input_names.push_back(graph[id].name);
    }
  }

  Pipeline run() {
    const std::vector<bool> live = live_nodes(graph_);
    for (NodeId id = 0; id < static_cast<NodeId>(graph_.nodes().size()); ++id) {
      const auto* layer = std::get_if<Layer>(&graph_[id].op);
      if (!layer || !live[static_cast<size_t>(id)]) continue;
      streams_[id] = renames(*layer) ? streams_.at(graph_[id].inputs.front())
                                     : Stream{stage_of(id), graph_[id].type.shape};
    }
    for (const NodeId id : graph_.outputs()) {
      pipeline_.outputs.push_back(stage_of(id));
      pipeline_.output_names.push_back(graph_[id].name);
    }
    return std::move(pipeline_);
  }

 private:
  /// The stage that makes this node's tensor in its own shape; made on first use.
  int stage_of(NodeId id) {
    if (const auto made = stages_.find(id); made != stages_.end()) return made->second;
    const Node& node = graph_[id];
    StageLink link;
    link.stage = std::visit([&](const auto& l) { return lower(l, operands(graph_, node), node.type); },
                            std::get<Layer>(node.op));
    link.stage.name = link.layer = node.name;
    for (const NodeId input : node.inputs) {
      const auto stream = streams_.find(input);
      if (stream == streams_.end()) continue;  // a constant is part of the formula
      Window& window = link.stage.windows[link.sources.size()];
      const auto adapted = on_stream(window, graph_[input].type.shape, stream->second.shape);
      if (adapted) window = *adapted;
      link.sources.push_back(adapted ? stream->second.source : stage_of(input));
    }
    GW_CHECK(link.sources.size() == link.stage.windows.size());
    pipeline_.stages.push_back(std::move(link));
    return stages_[id] = static_cast<int>(pipeline_.stages.size()) - 1;
  }

  const Graph& graph_;
  Pipeline pipeline_;
  std::map<NodeId, Stream> streams_;
  std::map<NodeId, int> stages_;
};

}  // namespace

Pipeline lower(const Graph& graph) {
  GW_CHECK(graph.is_typed());
  return Lowering(graph).run();
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
