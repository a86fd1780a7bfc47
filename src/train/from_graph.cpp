// From a graph to the trainer's network, which it computes in floating point. What a layer of the graph is
// here, the overloads of Walk::add say.

#include <map>

#include "support/messages.h"
#include "train/graph.h"

namespace gw::train {

namespace {

// Walks a graph and collects its layers and numbers.
class Walk {
 public:
  Walk(const Graph& graph, const std::string& file) : graph_(graph), file_(file) {}

  Status walk(FloatModel& model) {
    const std::vector<NodeId> inputs = graph_.inputs();
    if (inputs.size() != 1 || graph_[inputs[0]].type.shape.size() > 3)
      return fail(inputs.empty() ? "" : graph_[inputs[0]].name,
                  "the network must have one input, at most (height, width, channels)");
    model.network.input = graph_[inputs[0]].type.shape;
    NodeId last = inputs[0];
    std::map<NodeId, int> layers{{last, -1}};  // and the network's input
    for (size_t id = 0; id < graph_.nodes().size(); ++id) {
      const Node& node = graph_.nodes()[id];
      const auto* layer = std::get_if<Layer>(&node.op);
      if (layer == nullptr) continue;
      const bool merges = std::holds_alternative<Add>(*layer) || std::holds_alternative<Concatenate>(*layer);
      spec_ = {};
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        const bool is_constant = std::holds_alternative<Constant>(graph_[node.inputs[i]].op);
        if (is_constant == (merges || i == 0))
          return fail(node.name, is_constant ? "it reads a constant" : "its weights are computed");
        if (is_constant) continue;
        spec_.from.push_back(layers.at(node.inputs[i]));
        spec_.reads.push_back(spec_.from.back() < 0 ? "input" : graph_[node.inputs[i]].name);
      }
      spec_.name = node.name;
      spec_.in = merges ? node.type.shape : graph_[node.inputs[0]].type.shape;
      spec_.out = node.type.shape;
      if (spec_.from == std::vector{static_cast<int>(model.network.layers.size()) - 1}) {
        spec_.from.clear();
        spec_.reads.clear();
      }
      if (!std::visit([&](const auto& l) { return add(l, node, model.parameters); }, *layer))
        return fail(node.name, std::string("it is a ") + std::string(kind(node)));
      model.network.layers.push_back(spec_);
      last = static_cast<NodeId>(id);
      layers[last] = static_cast<int>(model.network.layers.size()) - 1;
    }
    for (size_t i = 0; i + 1 < model.network.layers.size(); ++i)
      if (model.network.readers(i).empty()) return fail(model.network.layers[i].name, "no layer reads it");
    if (graph_.outputs() != std::vector<NodeId>{last})
      return fail(graph_[last].name, "it must be the only output");
    if (graph_[last].type.shape.size() != 1)
      return fail(graph_[last].name, "it does not give one value per class");
    return Done{};
  }

 private:
  Diagnostic fail(const std::string& node, const std::string& why) const {
    return diagnose(messages::not_trainable, {file_, 0, node.empty() ? "" : place_of(node)}, why);
  }
  const FloatTensor& values(const Node& node, size_t input) const {
    return std::get<Constant>(graph_[node.inputs[input]].op).values;
  }
  void take(const std::string& what, const FloatTensor& tensor, Parameters& to) const {
    to.trained.push_back({spec_.name + what, tensor.shape, 0, tensor.values});
  }
  void take_product(const Node& node, Parameters& to) {
    spec_.filters = node.type.shape.back();
    take(".weight", values(node, 1), to);
    spec_.bias = node.inputs.size() > 2;
    if (spec_.bias) take(".bias", values(node, 2), to);
  }

  void pad_columns(Padding padding, Pads explicit_pads) {
    const Pads pads = pads_of(padding, explicit_pads, as_image(spec_.in)[1], spec_.kernel_w, spec_.stride_w,
                              spec_.dilation_w);
    spec_.pad_left = pads.before;
    spec_.pad_right = pads.after;
  }
  bool add(const Dense&, const Node& node, Parameters& to) {
    spec_.kind = LayerKind::Dense;
    spec_.in = {static_cast<int>(element_count(spec_.in))};
    take_product(node, to);
    return true;
  }
  bool add(const Conv2D& conv, const Node& node, Parameters& to) {
    spec_.kind = LayerKind::Conv2D;
    spec_.kernel_h = values(node, 1).shape[0];
    spec_.kernel_w = values(node, 1).shape[1];
    spec_.stride_h = conv.stride_h;
    spec_.stride_w = conv.stride_w;
    spec_.dilation_h = conv.dilation_h;
    spec_.dilation_w = conv.dilation_w;
    spec_.groups = conv.groups;
    const Pads rows = pads_of(conv.padding, {conv.pad_top, conv.pad_bottom}, spec_.in[0], spec_.kernel_h,
                              spec_.stride_h, spec_.dilation_h);
    spec_.pad_top = rows.before;
    spec_.pad_bottom = rows.after;
    pad_columns(conv.padding, {conv.pad_left, conv.pad_right});
    take_product(node, to);
    return true;
  }
  bool add(const Conv1D& conv, const Node& node, Parameters& to) {
    spec_.kind = LayerKind::Conv1D;
    spec_.kernel_w = values(node, 1).shape[0];
    spec_.stride_w = conv.stride;
    spec_.dilation_w = conv.dilation;
    spec_.groups = conv.groups;
    pad_columns(conv.padding, {conv.pad_left, conv.pad_right});
    take_product(node, to);
    return true;
  }
  bool add(const BatchNorm&, const Node& node, Parameters& to) {
    spec_.kind = LayerKind::BatchNorm;
    spec_.epsilon = 0;
    take(".gamma", values(node, 1), to);
    take(".beta", values(node, 2), to);
    const size_t channels = values(node, 1).values.size();
    to.statistics.push_back({spec_.name + ".moving_mean", std::vector<float>(channels, 0.0f)});
    to.statistics.push_back({spec_.name + ".moving_variance", std::vector<float>(channels, 1.0f)});
    return true;
  }
  bool add(const MaxPool1D& pool, const Node&, Parameters&) {
    return add_sequence_pool(pool, LayerKind::MaxPool1D);
  }
  bool add(const AveragePool1D& pool, const Node&, Parameters&) {
    return add_sequence_pool(pool, LayerKind::AveragePool1D);
  }
  template <class Pool>
  bool add_sequence_pool(const Pool& pool, LayerKind kind) {
    if (pool.padding != Padding::Explicit || pool.pad_left + pool.pad_right > 0) return false;
    spec_.kind = kind;
    spec_.kernel_w = pool.pool;
    spec_.stride_w = pool.stride;
    return true;
  }
  bool add(const MaxPool2D& pool, const Node&, Parameters&) { return add_pool(pool, LayerKind::MaxPool2D); }
  bool add(const AveragePool2D& pool, const Node&, Parameters&) {
    return add_pool(pool, LayerKind::AveragePool2D);
  }
  template <class Pool>
  bool add_pool(const Pool& pool, LayerKind kind) {
    if (pool.padding != Padding::Explicit ||
        pool.pad_top + pool.pad_left + pool.pad_bottom + pool.pad_right > 0)
      return false;
    spec_.kind = kind;
    spec_.kernel_h = pool.pool_h;
    spec_.kernel_w = pool.pool_w;
    spec_.stride_h = pool.stride_h;
    spec_.stride_w = pool.stride_w;
    return true;
  }
  bool add(const GlobalAveragePool& pool, const Node&, Parameters&) {
    if (pool.keep_dims || spec_.in.size() > 3) return false;
    spec_.kind = LayerKind::GlobalAveragePool;
    const Shape image = as_image(spec_.in);
    spec_.kernel_h = image[0];
    spec_.kernel_w = image[1];
    return true;
  }
  bool add(const Relu&, const Node&, Parameters&) { return spec_.kind = LayerKind::Relu, true; }
  bool add(const Flatten&, const Node&, Parameters&) { return spec_.kind = LayerKind::Flatten, true; }
  bool add(const Softmax&, const Node&, Parameters&) { return spec_.kind = LayerKind::Softmax, true; }
  bool add(const Add&, const Node& node, Parameters&) {
    // What is added is broadcast there, and must be alike here.
    for (const NodeId input : node.inputs)
      if (graph_[input].type.shape != node.type.shape) return false;
    return spec_.kind = LayerKind::Add, true;
  }
  bool add(const Concatenate& layer, const Node& node, Parameters&) {
    const int rank = static_cast<int>(node.type.shape.size());
    return spec_.kind = LayerKind::Concatenate, layer.axis == -1 || layer.axis == rank - 1;
  }
  bool add(const LeakyRelu& l, const Node&, Parameters&) { return function(LayerKind::LeakyRelu, l.alpha); }
  bool add(const ThresholdedRelu& l, const Node&, Parameters&) {
    return function(LayerKind::ThresholdedRelu, l.theta);
  }
  bool add(const ClippedRelu& l, const Node&, Parameters&) { return function(LayerKind::ClippedRelu, l.max); }
  bool add(const HardSigmoid& l, const Node&, Parameters&) {
    return function(LayerKind::HardSigmoid, l.slope) && l.shift == 0.5;
  }
  bool add(const HardTanh& l, const Node&, Parameters&) {
    return function(LayerKind::HardTanh, l.slope) && l.shift == 0.5;
  }
  bool add(const Elu& l, const Node&, Parameters&) { return function(LayerKind::Elu, l.alpha); }
  bool add(const Tanh&, const Node&, Parameters&) { return function(LayerKind::Tanh, 0); }
  bool add(const Sigmoid&, const Node&, Parameters&) { return function(LayerKind::Sigmoid, 0); }
  bool add(const Softplus&, const Node&, Parameters&) { return function(LayerKind::Softplus, 0); }
  bool add(const Softsign&, const Node&, Parameters&) { return function(LayerKind::Softsign, 0); }
  bool add(const Selu&, const Node&, Parameters&) { return function(LayerKind::Selu, 0); }
  bool add(const Silu&, const Node&, Parameters&) { return function(LayerKind::Silu, 0); }
  bool add(const Gelu&, const Node&, Parameters&) { return function(LayerKind::Gelu, 0); }
  bool function(LayerKind kind, double number) {
    spec_.kind = kind;
    spec_.alpha = number;
    return true;
  }
  template <class Other>
  bool add(const Other&, const Node&, Parameters&) {
    return false;
  }

  const Graph& graph_;
  const std::string& file_;
  LayerSpec spec_;
};

}  // namespace

Result<FloatModel> from_graph(const Graph& graph, const std::string& file, double divide_by) {
  FloatModel model;
  model.network.file = model.network.name = file;
  model.network.divide_by = divide_by;
  if (auto done = Walk(graph, file).walk(model); !done) return done.errors();
  if (model.network.layers.empty() || model.network.layers.back().kind != LayerKind::Softmax) {
    LayerSpec softmax;
    softmax.kind = LayerKind::Softmax;
    softmax.name = "softmax";
    softmax.in = softmax.out = graph[graph.outputs()[0]].type.shape;
    model.network.layers.push_back(softmax);
  }
  return model;
}

}  // namespace gw::train
