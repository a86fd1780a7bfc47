// From the trainer's network to the graph that the rest of the compiler works on. Both keep values
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
#include "train/element_function.h"
#include "train/quantised_layer.h"
#include "train/survivors.h"

namespace gw::train {

namespace {

// What layers answer, by their positions; -1 is the network's input.
template <class Answer>
class Answers {
 public:
  explicit Answers(Answer input) : all_{std::move(input)} {}
  void push(Answer answer) { all_.push_back(std::move(answer)); }
  const Answer& operator[](int layer) const { return all_[static_cast<size_t>(layer + 1)]; }
  const Answer& last() const { return all_.back(); }

 private:
  std::vector<Answer> all_;
};

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
    case LayerKind::Conv1D: {
      Conv1D conv;
      conv.stride = spec.stride_w;
      conv.dilation = spec.dilation_w;
      conv.groups = spec.groups;
      conv.pad_left = spec.pad_left;
      conv.pad_right = spec.pad_right;
      return conv;
    }
    case LayerKind::MaxPool1D:
      return MaxPool1D{.pool = spec.kernel_w, .stride = spec.stride_w};
    case LayerKind::AveragePool1D:
      return AveragePool1D{.pool = spec.kernel_w, .stride = spec.stride_w};
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
    case LayerKind::Add:
      return Add{};
    case LayerKind::Concatenate:
      return Concatenate{};
    case LayerKind::Activation:  // quantised networks alone have it
    case LayerKind::Dropout:
      break;
    default:
      return function_layer(spec, std::nullopt);
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
  struct Value {
    NodeId node;
    int fraction;  // bits behind the point
  };
  Answers<Value> answers({builder.input("input", network.input, input), input.to.fraction()});
  const std::vector<Block> blocks = make_blocks(network, 1);
  Survivors survivors(network, parameters);
  auto matrix = blocks.begin(), activation = blocks.begin();  // the next that may have one
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const LayerSpec& layer = network.layers[i];
    const std::vector<int> sources = network.sources(i);
    auto [value, fraction] = answers[sources[0]];
    if (network.ends(i)) break;
    switch (layer.kind) {
      case LayerKind::Conv2D:
      case LayerKind::Conv1D:
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
      case LayerKind::Add:
      case LayerKind::Concatenate: {
        std::vector<NodeId> inputs;
        for (const int source : sources) {
          inputs.push_back(answers[source].node);
          fraction = std::max(fraction, answers[source].fraction);
        }
        value = builder.layer(layer.name, layer_of(layer), inputs);
        break;
      }
      case LayerKind::Flatten:
        survivors.flatten(layer.in);
        [[fallthrough]];
      case LayerKind::Relu:
      case LayerKind::MaxPool2D:
      case LayerKind::MaxPool1D:
      case LayerKind::AveragePool2D:
      case LayerKind::AveragePool1D:
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
        break;
      default: {
        while (!activation->quantizer) ++activation;
        const Quantizer type = activation_type(*activation++, parameters);
        fraction = type.to.fraction();
        value = builder.layer(layer.name, function_layer(layer, type), {value});
      }
    }
    answers.push({value, fraction});
  }
  builder.output(answers.last().node);
  return builder.build();
}

}  // namespace

Result<Graph> to_graph(const Network& network, const Parameters& parameters) {
  if (network.is_quantised()) return quantised_graph(network, parameters);
  GraphBuilder builder(network.file);
  Taker taker(parameters);
  Survivors survivors(network, parameters);
  Answers<NodeId> answers(builder.input("input", network.input));
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const LayerSpec& layer = network.layers[i];
    std::vector<NodeId> inputs;
    for (const int source : network.sources(i)) inputs.push_back(answers[source]);
    if (layer.kind == LayerKind::Dropout) {
      answers.push(inputs[0]);
      continue;
    }
    if (has_weights(layer.kind)) {
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
    answers.push(builder.layer(layer.name, layer_of(layer), inputs));
  }
  builder.output(answers.last());
  return builder.build();
}

}  // namespace gw::train
