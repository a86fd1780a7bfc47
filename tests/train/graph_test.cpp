// The trained network as a graph, and a graph as a network.

#include "train/graph.h"

#include <cmath>

#include <gtest/gtest.h>

#include "graph/evaluate.h"
#include "graph/evaluate_real.h"
#include "support/random.h"
#include "train/pruning.h"
#include "train/reference.h"

namespace gw::train {
namespace {

const char* const text =
    "name: small\ninput: {shape: [7, 8, 2], divide_by: 200}\nlayers: [{name: c1, type: conv2d, filters: 5, "
    "kernel: [3, "
    "2], stride: [1, 2], bias: false}, {name: b1, type: batch_norm}, {name: r1, type: relu}, {name: p1, "
    "type: "
    "max_pool2d, pool: [2, 1]}, {name: c2, type: conv2d, filters: 4, kernel: 2}, {name: f, type: flatten}, "
    "{name: d1, "
    "type: dense, units: 6, bias: false}, {name: b2, type: batch_norm, epsilon: 0.01}, {name: d2, type: "
    "dense, units: "
    "3}, {name: s, type: softmax}]\n";

Parameters random_parameters(const Network& network) {
  Parameters parameters = initial_parameters(network, 1);
  Random random(2);
  for (Parameter& parameter : parameters.trained)
    for (float& value : parameter.values) value += static_cast<float>(random.unit() - 0.5);
  for (Statistic& statistic : parameters.statistics)
    for (float& value : statistic.values) value = static_cast<float>(random.unit() + 0.1);
  return parameters;
}

// The graph's own real numbers, behind its softmax, are those of training.
void expect_real_answers(const Graph& graph, const Network& network, const RandomSamples& data,
                         const std::vector<float>& logits) {
  const auto size = static_cast<size_t>(network.outputs()), images = logits.size() / size;
  DoubleTensor x{network.input, static_cast<int>(images), {}};
  for (const std::uint8_t pixel : data.pixels) x.values.push_back(pixel / 255.0);
  const DoubleTensor answers = evaluate_real(graph, std::vector<DoubleTensor>{x}).front();
  for (size_t first = 0; first < logits.size(); first += size) {
    double sum = 0;
    for (size_t k = first; k < first + size; ++k) sum += std::exp(static_cast<double>(logits[k]));
    for (size_t k = first; k < first + size; ++k)
      EXPECT_NEAR(answers.values[k], std::exp(static_cast<double>(logits[k])) / sum, 1e-5);
  }
}

TEST(TrainGraph, HasANodeForEachLayerAndItsConstants) {
  const Network network = network_of(text);
  const Parameters parameters = random_parameters(network);
  const auto graph = to_graph(network, parameters);
  ASSERT_TRUE(graph);
  std::vector<std::string> names;
  for (const Node& node : graph->nodes()) names.push_back(std::string(kind(node)) + " " + node.name);
  EXPECT_EQ(names, (std::vector<std::string>{
                       "input input",        "constant c1.weight", "conv2d c1",         "constant b1.scale",
                       "constant b1.bias",   "batch_norm b1",      "relu r1",           "max_pool2d p1",
                       "constant c2.weight", "constant c2.bias",   "conv2d c2",         "flatten f",
                       "constant d1.weight", "dense d1",           "constant b2.scale", "constant b2.bias",
                       "batch_norm b2",      "constant d2.weight", "constant d2.bias",  "dense d2",
                       "softmax s"}));
  for (const LayerSpec& layer : network.layers)
    EXPECT_EQ((*graph)[graph->find(layer.name)].type.shape, layer.out) << layer.name;
  const auto& weight = std::get<Constant>((*graph)[graph->find("c1.weight")].op).values;
  EXPECT_EQ(weight.shape, (Shape{3, 2, 2, 5}));
  EXPECT_EQ(weight.values, parameters.trained[0].values);
}

TEST(TrainGraph, ComesBackWithTheSameAnswers) {
  const Network network = network_of(text);
  const Parameters parameters = random_parameters(network);
  const auto graph = to_graph(network, parameters);
  ASSERT_TRUE(graph);
  const auto back = from_graph(*graph, "small.gwm", 200);
  ASSERT_TRUE(back);
  const RandomSamples data(network, 9, 3);
  Model before(network, 4, 1), after(back->network, 4, 1);
  const std::vector<float> expected = before.logits(parameters, data.samples());
  const std::vector<float> logits = after.logits(back->parameters, data.samples());
  ASSERT_EQ(logits.size(), expected.size());
  for (size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i], expected[i], 1e-4);
}

TEST(TrainGraph, PadsGroupsAndMeansComeBack) {
  const Network network = network_of(
      "input: {shape: [7, 8, 2]}\nlayers: [{name: c1, type: conv2d, filters: 4, kernel: 3, padding: same, stride: [2, 1]}, "
      "{name: r1, type: relu}, {name: a1, type: average_pool2d, pool: 2}, {name: c2, type: conv2d, filters: 8, kernel: 2, "
      "groups: 4, dilation: [1, 2], padding: [0, 2, 1, 0]}, {name: g, type: global_average_pool}, {name: d, type: dense, "
      "units: 3}, {name: s, type: softmax}]\n");
  const Parameters parameters = random_parameters(network);
  const auto graph = to_graph(network, parameters);
  ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
  const auto back = from_graph(*graph, "pads.gwm");
  ASSERT_TRUE(back) << to_string(back.errors()[0]);
  const RandomSamples data(network, 5, 3);
  const std::vector<float> expected = Model(network, 4, 1).logits(parameters, data.samples());
  EXPECT_EQ(Model(back->network, 4, 1).logits(back->parameters, data.samples()), expected);
  // Padding that follows from the input is the same as numbers.
  GraphBuilder same("same.gwm");
  const NodeId in = same.input("x", {5, 6, 1});
  Conv2D conv;
  conv.padding = Padding::SameLower;
  conv.stride_h = 2;
  const NodeId w = same.constant("w", {{4, 3, 1, 2}, 1, std::vector<float>(24, 0.5f)});
  const NodeId c = same.layer("c", conv, {in, w});
  MaxPool2D pool;
  pool.pad_left = 1;
  same.output(same.layer("f", Flatten{}, {c}));
  const auto lower = from_graph(*same.build(), "same.gwm");
  ASSERT_TRUE(lower) << to_string(lower.errors()[0]);
  const LayerSpec& layer = lower->network.layers[0];
  EXPECT_EQ((std::vector{layer.pad_top, layer.pad_bottom, layer.pad_left, layer.pad_right}),
            (std::vector{2, 1, 1, 1}));

  GraphBuilder padded("net.gwm");
  const NodeId y = padded.input("x", {4, 4, 1});
  padded.output(padded.layer("f", Flatten{}, {padded.layer("p", pool, {y})}));
  EXPECT_EQ(
      to_string(from_graph(*padded.build(), "net.gwm").errors()[0]),
      "net.gwm: node 'p': error: is not computed in floating point, which takes layers of a network file: "
      "it is a max_pool2d [not-trainable]");
}

// The layers of a sequence are those that a file of another tool has there.
TEST(TrainGraph, SequencesAndFeaturesComeBack) {
  const Network network = network_of(
      "input: {shape: [19, 2]}\nlayers: [{name: c1, type: conv1d, filters: 4, kernel: 3, padding: same, stride: 2}, {name: "
      "r1, type: relu}, {name: p1, type: max_pool1d}, {name: c2, type: depthwise_conv1d, kernel: 2, padding: causal, "
      "multiplier: 2}, {name: a2, type: average_pool1d, pool: 3, stride: 1}, {name: g, type: global_average_pool}, {name: "
      "d, type: dense, units: 3}, {name: s, type: softmax}]\n");
  const Parameters parameters = random_parameters(network);
  const auto graph = to_graph(network, parameters);
  ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
  std::vector<std::string> kinds;
  for (const LayerSpec& layer : network.layers) {
    kinds.emplace_back(kind((*graph)[graph->find(layer.name)]));
    EXPECT_EQ((*graph)[graph->find(layer.name)].type.shape, layer.out) << layer.name;
  }
  EXPECT_EQ(kinds, (std::vector<std::string>{"conv1d", "relu", "max_pool1d", "conv1d", "average_pool1d",
                                             "global_average_pool", "dense", "softmax"}));
  EXPECT_EQ((*graph)[graph->find("c2.weight")].type.shape, (Shape{2, 1, 8}));
  const auto back = from_graph(*graph, "sequence.gwm");
  ASSERT_TRUE(back) << to_string(back.errors()[0]);
  const RandomSamples data(network, 5, 3);
  const std::vector<float> expected = Model(network, 4, 1).logits(parameters, data.samples());
  EXPECT_EQ(Model(back->network, 4, 1).logits(back->parameters, data.samples()), expected);
  expect_real_answers(*graph, network, data, expected);

  // Padding that follows from the input is the same as numbers.
  GraphBuilder causal("causal.gwm");
  const NodeId in = causal.input("x", {6, 1});
  Conv1D conv;
  conv.padding = Padding::Causal;
  conv.dilation = 2;
  const NodeId w = causal.constant("w", {{3, 1, 2}, 1, std::vector<float>(6, 0.5f)});
  causal.output(causal.layer("f", Flatten{}, {causal.layer("c", conv, {in, w})}));
  const auto read = from_graph(*causal.build(), "causal.gwm");
  ASSERT_TRUE(read) << to_string(read.errors()[0]);
  EXPECT_EQ((std::vector{read->network.layers[0].pad_left, read->network.layers[0].pad_right}),
            (std::vector{4, 0}));
}

// Half of the filters go, and with them what reads them; the answers stay.
TEST(TrainGraph, PrunedFiltersLeaveTheNetwork) {
  std::string quantised(text);
  const auto put = [&](const std::string& after, const std::string& what) {
    quantised.insert(quantised.find(after) + after.size(), what);
  };
  put("divide_by: 200", ", quantizer: 'quantized_bits(6,1,keep_negative=0)'");
  for (const char* layer : {"kernel: [3, 2]", "filters: 4", "units: 6", "units: 3"})
    put(layer, ", kernel_quantizer: 'quantized_bits(6,1,alpha=auto_po2)'");
  quantised.replace(quantised.find("type: relu"), 10, "type: activation, quantizer: 'quantized_relu(5,1)'");
  for (const std::string& file : {std::string(text), quantised}) {
    const Network network = network_of(
        file + "training: {pruning: {pattern: filters, schedule: constant, final_sparsity: 0.5}}\n");
    Parameters parameters = random_parameters(network);
    ASSERT_TRUE(prune(*network.pruning, network, 0.5, parameters));
    const auto graph = to_graph(network, parameters);
    ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
    const auto shape = [&](const char* name) { return (*graph)[graph->find(name)].type.shape; };
    EXPECT_EQ(shape("c1.weight"), (Shape{3, 2, 2, 2}));
    EXPECT_EQ(shape("c2.weight"), (Shape{2, 2, 2, 2}));
    EXPECT_EQ(shape("d1.weight"), (Shape{6, 3}));
    EXPECT_EQ(shape("d2.weight"), (Shape{3, 3}));
    const RandomSamples data(network, 9, 3);
    const std::vector<float> logits = Model(network, 4, 1).logits(parameters, data.samples());
    if (network.is_quantised()) {
      FloatTensor x{network.input, 9, {}};
      for (const std::uint8_t pixel : data.pixels) x.values.push_back(static_cast<float>(pixel / 200.0));
      const Tensor answers = evaluate(*graph, std::vector<FloatTensor>{x}).front();
      for (size_t i = 0; i < logits.size(); ++i)
        EXPECT_EQ(static_cast<double>(logits[i]),
                  to_double(answers.at(static_cast<std::int64_t>(i)), answers.type().fraction()));
    } else {
      const auto back = from_graph(*graph, "small.gw", 200);
      ASSERT_TRUE(back);
      const std::vector<float> again = Model(back->network, 4, 1).logits(back->parameters, data.samples());
      for (size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(again[i], logits[i], 1e-4);
    }
  }
}

TEST(TrainGraph, BranchesAndFunctionsComeBack) {
  const Network network = network_of(
      "input: {shape: [7, 8, 2]}\nlayers: [{name: c1, type: conv2d, filters: 4, kernel: 3, padding: same}, {name: a1, type: "
      "leaky_relu, alpha: 0.2}, {name: c2, type: conv2d, filters: 4, kernel: 1}, {name: a2, type: hard_tanh}, {name: c3, "
      "type: conv2d, filters: 4, kernel: 1, from: a1}, {name: a3, type: elu}, {name: add, type: add, from: [a2, a3, a1]}, "
      "{name: t, type: thresholded_relu}, {name: k, type: concatenate, from: [t, input]}, {name: c4, type: conv2d, filters: "
      "3, kernel: 2}, {name: a4, type: clipped_relu}, {name: a5, type: hard_sigmoid}, {name: a6, type: softsign}, {name: "
      "a7, type: silu}, {name: g, type: global_average_pool}, {name: d1, type: dense, units: 5}, {name: e1, type: tanh}, "
      "{name: d2, type: dense, units: 5}, {name: e2, type: sigmoid}, {name: e3, type: softplus}, {name: e4, type: selu}, "
      "{name: e5, type: gelu}, {name: d, type: dense, units: 3}, {name: s, type: softmax}]\n");
  const Parameters parameters = random_parameters(network);
  const auto graph = to_graph(network, parameters);
  ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
  const auto back = from_graph(*graph, "branches.gwm");
  ASSERT_TRUE(back) << to_string(back.errors()[0]);
  const RandomSamples data(network, 5, 3);
  const std::vector<float> expected = Model(network, 4, 1).logits(parameters, data.samples());
  EXPECT_EQ(Model(back->network, 4, 1).logits(back->parameters, data.samples()), expected);
  expect_real_answers(*graph, network, data, expected);
}

// A filter that is all pruned stays where its answers are added to others.
TEST(TrainGraph, BranchesKeepTheirFilters) {
  const Network network = network_of(
      "input: {shape: [6, 6, 1], quantizer: 'quantized_bits(4,0,keep_negative=0)'}\nlayers: [{name: c1, type: conv2d, "
      "filters: 4, kernel: 3, padding: same, kernel_quantizer: 'quantized_bits(4,0)'}, {name: a1, type: activation, "
      "quantizer: 'quantized_relu(4,1)'}, {name: c2, type: conv2d, filters: 4, kernel: 3, padding: same, bias: false, "
      "kernel_quantizer: 'quantized_bits(4,0)'}, {name: b2, type: batch_norm}, {name: sum, type: add, from: [b2, a1]}, "
      "{name: a2, type: activation, quantizer: 'quantized_relu(4,2)'}, {name: f, type: flatten}, {name: d, type: dense, "
      "units: 3, kernel_quantizer: 'quantized_bits(4,0)'}, {name: s, type: softmax}]\ntraining: {pruning: {schedule: "
      "constant, final_sparsity: 0.5, except: [c1]}}\n");
  Parameters parameters = random_parameters(network);
  ASSERT_TRUE(prune(*network.pruning, network, 0.5, parameters));
  EXPECT_NEAR(sparsity_of(network, parameters), 0.5, 0.01);
  for (Parameter& parameter : parameters.trained) {
    if (!parameter.name.starts_with("c2.") && !parameter.name.starts_with("b2.")) continue;
    parameter.mask.resize(parameter.values.size(), 1);
    for (size_t i = 2; i < parameter.mask.size(); i += 4) parameter.mask[i] = 0;
  }
  apply_masks(parameters);
  const auto graph = to_graph(network, parameters);
  ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
  EXPECT_EQ((*graph)[graph->find("c2")].type.shape, (Shape{6, 6, 4}));
  const RandomSamples data(network, 9, 3);
  const std::vector<float> logits = Model(network, 4, 1).logits(parameters, data.samples());
  FloatTensor x{network.input, 9, {}};
  for (const std::uint8_t pixel : data.pixels) x.values.push_back(static_cast<float>(pixel / 255.0));
  const Tensor answers = evaluate(*graph, std::vector<FloatTensor>{x}).front();
  for (size_t i = 0; i < logits.size(); ++i)
    EXPECT_EQ(static_cast<double>(logits[i]),
              to_double(answers.at(static_cast<std::int64_t>(i)), answers.type().fraction()));
}

TEST(TrainGraph, RefusesWhatItDoesNotCompute) {
  GraphBuilder builder("net.gwm");
  const NodeId x = builder.input("x", {2, 2, 1});
  const NodeId r = builder.layer("r", Relu{}, {x});
  builder.output(builder.layer("f", Flatten{}, {x}));
  builder.output(r);
  const auto graph = builder.build();
  ASSERT_TRUE(graph);
  const auto model = from_graph(*graph, "net.gwm");
  ASSERT_FALSE(model);
  EXPECT_EQ(
      to_string(model.errors()[0]),
      "net.gwm: node 'r': error: is not computed in floating point, which takes layers of a network file: "
      "no layer reads it [not-trainable]");
}

}  // namespace
}  // namespace gw::train
