// Between the trainer's network and the graph that the rest of the compiler works on. Both keep values
// channels last, convolution weights as (kernel_h, kernel_w, in, out) and dense weights as (in, out), so
// nothing is reordered.
//
// A quantised network becomes a typed graph. Its constants are those that training computes with, its sums
// are exact, and what rounds is what rounds in training: the input, the weights, the biases and the
// activations. The softmax stays behind: the largest answer is the largest before it, and two that differ
// might be rounded to one.

#include "train/graph.h"

#include <algorithm>
#include <cmath>

#include "support/check.h"
#include "support/messages.h"
#include "train/quantised_layer.h"
#include "train/survivors.h"

namespace gw::train {

namespace {

// The parameters in the order in which layers ask for them.
class Taker {
 public:
  explicit Taker(const Parameters& parameters) : parameters_(parameters) {}
  const Parameter& trained() { return parameters_.trained.at(next_trained_++); }
  const Statistic& statistic() { return parameters_.statistics.at(next_statistic_++); }

 private:
  const Parameters& parameters_;
  size_t next_trained_ = 0, next_statistic_ = 0;
};

// Batch norm as y = x * scale + bias.
std::vector<NodeId> norm_constants(GraphBuilder& builder, const LayerSpec& layer, Taker& taker,
                                   const Survivors& survivors) {
  const std::vector<float>&gamma = taker.trained().values, &beta = taker.trained().values;
  const std::vector<float>&mean = taker.statistic().values, &variance = taker.statistic().values;
  FloatTensor scale{{layer.in.back()}, 1, {}}, bias = scale;
  for (size_t c = 0; c < gamma.size(); ++c) {
    const double factor =
        static_cast<double>(gamma[c]) / std::sqrt(static_cast<double>(variance[c]) + layer.epsilon);
    scale.values.push_back(static_cast<float>(factor));
    bias.values.push_back(
        static_cast<float>(static_cast<double>(beta[c]) - factor * static_cast<double>(mean[c])));
  }
  return {builder.constant(layer.name + ".scale", survivors.of_channels(scale)),
          builder.constant(layer.name + ".bias", survivors.of_channels(bias))};
}

Layer layer_of(const LayerSpec& spec) {
  switch (spec.kind) {
    case LayerKind::Conv2D: {
      Conv2D conv;
      conv.stride_h = spec.stride_h;
      conv.stride_w = spec.stride_w;
      conv.dilation_h = spec.dilation_h;
      conv.dilation_w = spec.dilation_w;
      conv.groups = spec.groups;
      conv.pad_top = spec.pad_top;
      conv.pad_left = spec.pad_left;
      conv.pad_bottom = spec.pad_bottom;
      conv.pad_right = spec.pad_right;
      return conv;
    }
    case LayerKind::MaxPool2D: {
      MaxPool2D pool;
      pool.pool_h = spec.kernel_h;
      pool.pool_w = spec.kernel_w;
      pool.stride_h = spec.stride_h;
      pool.stride_w = spec.stride_w;
      return pool;
    }
    case LayerKind::AveragePool2D: {
      AveragePool2D pool;
      pool.pool_h = spec.kernel_h;
      pool.pool_w = spec.kernel_w;
      pool.stride_h = spec.stride_h;
      pool.stride_w = spec.stride_w;
      return pool;
    }
    case LayerKind::GlobalAveragePool:
      return GlobalAveragePool{};
    case LayerKind::Dense:
      return Dense{};
    case LayerKind::BatchNorm:
      return BatchNorm{};
    case LayerKind::Relu:
      return Relu{};
    case LayerKind::Flatten:
      return Flatten{};
    case LayerKind::Softmax:
      return Softmax{};
    case LayerKind::Activation:  // quantised networks alone have it
    case LayerKind::Dropout:
      break;
  }
  GW_CHECK(false);
}

// `types`: one, or one for each channel.
Layer activation_layer(const QuantizerSpec& spec, const Quantizer& type, std::vector<Quantizer> types) {
  if (spec.is_sign()) return BinaryTanh{};
  // Without a sign a saturating cast rectifies.
  if (types.size() > 1) return Quantize{.out = type, .elements = std::move(types)};
  if (spec.kind == QuantizerKind::Relu) return Relu{.out = type};
  Quantize quantize;
  quantize.out = type;
  return quantize;
}

Result<Graph> quantised_graph(const Network& network, const Parameters& parameters) {
  GraphBuilder builder(network.file);
  const Quantizer input = input_type(*network.input_quantizer);
  NodeId value = builder.input("input", network.input, input);
  int fraction = input.to.fraction();
  const std::vector<Block> blocks = make_blocks(network, 1);
  Survivors survivors(network, parameters);
  auto matrix = blocks.begin(), activation = blocks.begin();  // the next that may have one
  for (const LayerSpec& layer : network.layers) {
    switch (layer.kind) {
      case LayerKind::Conv2D:
      case LayerKind::Dense: {
        while (!matrix->kernel_quantizer) ++matrix;
        QuantisedLayer quantised(*matrix++);
        quantised.load(parameters, fraction);
        fraction = quantised.fraction();
        const Shape& shape = parameters.trained[static_cast<size_t>((matrix - 1)->weight)].shape;
        std::vector<NodeId> inputs{
            value,
            builder.constant(layer.name + ".weight", survivors.weight(layer, {shape, 1, quantised.weights()}),
                             quantised.weight_type())};
        if (!quantised.biases().empty())
          inputs.push_back(builder.constant(layer.name + ".bias",
                                            survivors.of_channels({{shape.back()}, 1, quantised.biases()}),
                                            quantised.bias_type()));
        value = builder.layer(layer.name, layer_of(layer), inputs);
        break;
      }
      case LayerKind::Activation: {
        while (!activation->quantizer) ++activation;
        const Quantizer type = activation_type(*activation, parameters);
        fraction = type.to.fraction();
        value =
            builder.layer(layer.name,
                          activation_layer(*layer.quantizer, type,
                                           survivors.of_channels(activation_types(*activation, parameters))),
                          {value});
        ++activation;
        break;
      }
      case LayerKind::Flatten:
        survivors.flatten(layer.in);
        [[fallthrough]];
      case LayerKind::Relu:
      case LayerKind::MaxPool2D:
      case LayerKind::AveragePool2D:
      case LayerKind::GlobalAveragePool:
        value = builder.layer(layer.name, layer_of(layer), {value});
        if (is_average(layer.kind)) {
          // The mean of a power of two is exact, with so many more bits behind the point.
          while (!matrix->average) ++matrix;
          fraction += static_cast<int>(std::lround(std::log2(layer.kernel_h * layer.kernel_w)));
          ++matrix;
        }
        break;
      case LayerKind::BatchNorm:  // folded
      case LayerKind::Dropout:    // for training alone
      case LayerKind::Softmax:
        break;
    }
  }
  builder.output(value);
  return builder.build();
}

// Walks a graph and collects the layers and numbers of a chain.
class Chain {
 public:
  Chain(const Graph& graph, const std::string& file) : graph_(graph), file_(file) {}

  Status walk(FloatModel& model) {
    const std::vector<NodeId> inputs = graph_.inputs();
    if (inputs.size() != 1 || graph_[inputs[0]].type.shape.size() != 3)
      return fail(inputs.empty() ? "" : graph_[inputs[0]].name,
                  "the network must have one input, (height, width, channels)");
    model.network.input = graph_[inputs[0]].type.shape;
    NodeId last = inputs[0];
    for (size_t id = 0; id < graph_.nodes().size(); ++id) {
      const Node& node = graph_.nodes()[id];
      const auto* layer = std::get_if<Layer>(&node.op);
      if (layer == nullptr) continue;
      if (node.inputs.empty() || node.inputs[0] != last)
        return fail(node.name, "it does not read the layer before it");
      for (size_t i = 1; i < node.inputs.size(); ++i)
        if (!std::holds_alternative<Constant>(graph_[node.inputs[i]].op))
          return fail(node.name, "its weights are computed");
      spec_ = {};
      spec_.name = node.name;
      spec_.in = graph_[last].type.shape;
      spec_.out = node.type.shape;
      if (!std::visit([&](const auto& l) { return add(l, node, model.parameters); }, *layer))
        return fail(node.name, std::string("it is a ") + std::string(kind(node)));
      model.network.layers.push_back(spec_);
      last = static_cast<NodeId>(id);
    }
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

  // The pads of a convolution, also where its input settles them.
  void pad(const Conv2D& conv) {
    if (conv.padding == Padding::Explicit) {
      spec_.pad_top = conv.pad_top;
      spec_.pad_left = conv.pad_left;
      spec_.pad_bottom = conv.pad_bottom;
      spec_.pad_right = conv.pad_right;
      return;
    }
    const auto split = [&](int in, int out, int extent, int stride, int& before, int& after) {
      const int all = std::max(0, (out - 1) * stride + extent - in);
      before = conv.padding == Padding::Same ? all / 2 : all - all / 2;
      after = all - before;
    };
    split(spec_.in[0], spec_.out[0], spec_.extent_h(), spec_.stride_h, spec_.pad_top, spec_.pad_bottom);
    split(spec_.in[1], spec_.out[1], spec_.extent_w(), spec_.stride_w, spec_.pad_left, spec_.pad_right);
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
    pad(conv);
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
    if (pool.keep_dims || spec_.in.size() != 3) return false;
    spec_.kind = LayerKind::GlobalAveragePool;
    spec_.kernel_h = spec_.in[0];
    spec_.kernel_w = spec_.in[1];
    return true;
  }
  bool add(const Relu&, const Node&, Parameters&) { return spec_.kind = LayerKind::Relu, true; }
  bool add(const Flatten&, const Node&, Parameters&) { return spec_.kind = LayerKind::Flatten, true; }
  bool add(const Softmax&, const Node&, Parameters&) { return spec_.kind = LayerKind::Softmax, true; }
  template <class Other>
  bool add(const Other&, const Node&, Parameters&) {
    return false;
  }

  const Graph& graph_;
  const std::string& file_;
  LayerSpec spec_;
};

}  // namespace

Result<Graph> to_graph(const Network& network, const Parameters& parameters) {
  if (network.is_quantised()) return quantised_graph(network, parameters);
  GraphBuilder builder(network.file);
  Taker taker(parameters);
  Survivors survivors(network, parameters);
  NodeId value = builder.input("input", network.input);
  for (const LayerSpec& layer : network.layers) {
    if (layer.kind == LayerKind::Dropout) continue;
    std::vector<NodeId> inputs{value};
    if (layer.kind == LayerKind::Conv2D || layer.kind == LayerKind::Dense) {
      const Parameter& weight = taker.trained();
      inputs.push_back(
          builder.constant(weight.name, survivors.weight(layer, {weight.shape, 1, weight.values})));
      if (layer.bias) {
        const Parameter& bias = taker.trained();
        inputs.push_back(builder.constant(bias.name, survivors.of_channels({bias.shape, 1, bias.values})));
      }
    }
    if (layer.kind == LayerKind::BatchNorm) {
      const std::vector<NodeId> constants = norm_constants(builder, layer, taker, survivors);
      inputs.insert(inputs.end(), constants.begin(), constants.end());
    }
    if (layer.kind == LayerKind::Flatten) survivors.flatten(layer.in);
    value = builder.layer(layer.name, layer_of(layer), inputs);
  }
  builder.output(value);
  return builder.build();
}

Result<FloatModel> from_graph(const Graph& graph, const std::string& file, double divide_by) {
  FloatModel model;
  model.network.file = model.network.name = file;
  model.network.divide_by = divide_by;
  if (auto done = Chain(graph, file).walk(model); !done) return done.errors();
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
