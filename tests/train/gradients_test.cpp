// Every gradient that the trainer computes, against central differences of the same network in double
// precision.

#include <cmath>

#include <gtest/gtest.h>

#include "support/random.h"
#include "train/reference.h"

namespace gw::train {
namespace {

struct Case {
  const char* name;
  const char* layers;
  const char* shape = "[8, 7, 2]";
};

// Every kind of layer, every way in which layers join, odd sizes, windows that leave a rest.
const Case cases[] = {
    {"Study",
     "[{name: c1, type: conv2d, filters: 16, kernel: 3, bias: false}, {name: b1, type: batch_norm}, {name: "
     "r1, type: "
     "relu}, {name: p1, type: max_pool2d}, {name: c2, type: conv2d, filters: 24, kernel: 2, bias: false}, "
     "{name: b2, "
     "type: batch_norm}, {name: r2, type: relu}, {name: p2, type: max_pool2d}, {name: f, type: flatten}, "
     "{name: d1, "
     "type: dense, units: 21, bias: false}, {name: b3, type: batch_norm}, {name: r3, type: relu}, {name: d2, "
     "type: "
     "dense, units: 5}, {name: s, type: softmax}]",
     "[11, 12, 1]"},
    {"ConvBiasPool",
     "[{name: c1, type: conv2d, filters: 5, kernel: [3, 2], init: he_uniform}, {name: p1, type: max_pool2d}, "
     "{name: "
     "r1, type: relu}, {name: f, type: flatten}, {name: d1, type: dense, units: 3}, {name: s, type: "
     "softmax}]"},
    {"ConvBiasReluPoolConv",
     "[{name: c1, type: conv2d, filters: 4, kernel: 2}, {name: r1, type: relu}, {name: p1, type: "
     "max_pool2d}, {name: "
     "c2, type: conv2d, filters: 6, kernel: [2, 1], init: glorot_uniform}, {name: f, type: flatten}, {name: "
     "d1, type: "
     "dense, units: 3}, {name: s, type: softmax}]"},
    {"StridedConvNormWithoutPool",
     "[{name: c1, type: conv2d, filters: 7, kernel: 3, stride: [2, 1], bias: false}, {name: b1, type: "
     "batch_norm, "
     "epsilon: 0.01}, {name: c2, type: conv2d, filters: 3, kernel: 2, stride: 2, bias: false}, {name: b2, "
     "type: "
     "batch_norm}, {name: r2, type: relu}, {name: f, type: flatten}, {name: d1, type: dense, units: 4}, "
     "{name: s, "
     "type: softmax}]"},
    {"OverlappingPool",
     "[{name: c1, type: conv2d, filters: 9, kernel: 2, bias: false}, {name: b1, type: batch_norm}, {name: "
     "p1, type: "
     "max_pool2d, pool: 3, stride: 2}, {name: r1, type: relu}, {name: f, type: flatten}, {name: d1, type: "
     "dense, "
     "units: 3}, {name: s, type: softmax}]"},
    {"OddPool",
     "[{name: c1, type: conv2d, filters: 3, kernel: 2}, {name: p1, type: max_pool2d, pool: [1, 3], stride: "
     "[2, 1]}, "
     "{name: c2, type: conv2d, filters: 4, kernel: 2, bias: false}, {name: b2, type: batch_norm}, {name: f, "
     "type: "
     "flatten}, {name: d1, type: dense, units: 3}, {name: s, type: softmax}]"},
    {"SparsePool",
     "[{name: c1, type: conv2d, filters: 3, kernel: 2, bias: false}, {name: b1, type: batch_norm}, {name: "
     "p1, type: "
     "max_pool2d, pool: 2, stride: 3}, {name: f, type: flatten}, {name: d1, type: dense, units: 3}, {name: "
     "s, type: "
     "softmax}]"},
    {"NormFirst",
     "[{name: b0, type: batch_norm}, {name: r0, type: relu}, {name: c1, type: conv2d, filters: 4, kernel: "
     "3}, {name: "
     "f, type: flatten}, {name: d1, type: dense, units: 3}, {name: s, type: softmax}]"},
    {"PoolFirst",
     "[{name: p0, type: max_pool2d}, {name: c1, type: conv2d, filters: 4, kernel: 2}, {name: f, type: "
     "flatten}, "
     "{name: d1, type: dense, units: 3}, {name: s, type: softmax}]"},
    {"NormPoolFirst",
     "[{name: b0, type: batch_norm}, {name: p0, type: max_pool2d}, {name: c1, type: conv2d, filters: 4, "
     "kernel: 2}, "
     "{name: f, type: flatten}, {name: d1, type: dense, units: 3}, {name: s, type: softmax}]"},
    {"NormAfterReluAndFlatten",
     "[{name: c1, type: conv2d, filters: 4, kernel: 3}, {name: r1, type: relu}, {name: b1, type: "
     "batch_norm}, {name: "
     "p1, type: max_pool2d}, {name: f, type: flatten}, {name: b2, type: batch_norm}, {name: d1, type: dense, "
     "units: 6}, "
     "{name: r2, type: relu}, {name: b3, type: batch_norm}, {name: d2, type: dense, units: 3, bias: false}, "
     "{name: s, "
     "type: softmax}]"},
    {"PaddedAndDepthwise",
     "[{name: c1, type: conv2d, filters: 6, kernel: 3, padding: same, bias: false}, {name: b1, type: batch_norm}, "
     "{name: r1, type: relu}, {name: p1, type: max_pool2d}, {name: c2, type: conv2d, filters: 12, kernel: [3, 2], "
     "groups: 6, padding: same, stride: [1, 2], bias: false}, {name: b2, type: batch_norm}, {name: r2, type: relu}, "
     "{name: c3, type: conv2d, filters: 5, kernel: 1}, {name: f, type: flatten}, {name: d1, type: dense, units: 3}, "
     "{name: s, type: softmax}]"},
    {"GroupsDilationAndPads",
     "[{name: c1, type: conv2d, filters: 4, kernel: 2, padding: [2, 0, 1, 3], dilation: [3, 2]}, {name: c2, type: "
     "conv2d, filters: 8, kernel: [2, 3], groups: 2, padding: [0, 1, 0, 0]}, {name: p2, type: max_pool2d}, {name: r2, "
     "type: relu}, {name: f, type: flatten}, {name: d1, type: dense, units: 3}, {name: s, type: softmax}]"},
    {"AveragePools",
     "[{name: a0, type: average_pool2d, pool: [2, 1]}, {name: c1, type: conv2d, filters: 6, kernel: 2, bias: false}, "
     "{name: b1, type: batch_norm}, {name: r1, type: relu}, {name: a1, type: average_pool2d, pool: [2, 3], stride: [1, "
     "2]}, {name: b2, type: batch_norm}, {name: c2, type: conv2d, filters: 5, kernel: 1}, {name: r2, type: relu}, "
     "{name: g, type: global_average_pool}, {name: d1, type: dense, units: 3}, {name: s, type: softmax}]"},
    {"Sequences",
     "[{name: c1, type: conv1d, filters: 6, kernel: 3, padding: same, bias: false}, {name: b1, type: batch_norm}, {name: "
     "r1, type: relu}, {name: p1, type: max_pool1d}, {name: c2, type: depthwise_conv1d, kernel: 2, multiplier: 2, "
     "padding: causal, dilation: 2}, {name: r2, type: relu}, {name: c3, type: conv1d, filters: 4, kernel: 3, stride: 2, "
     "padding: [0, 2], groups: 2}, {name: a3, type: average_pool1d, pool: 2, stride: 1}, {name: f, type: flatten}, "
     "{name: d1, type: dense, units: 3}, {name: s, type: softmax}]",
     "[19, 3]"},
    {"SequenceToAMean",
     "[{name: c1, type: conv1d, filters: 5, kernel: 4}, {name: p1, type: max_pool1d, pool: 3, stride: 2}, {name: g, type: "
     "global_average_pool}, {name: d1, type: dense, units: 3}, {name: s, type: softmax}]",
     "[17, 2]"},
    {"Features",
     "[{name: d1, type: dense, units: 9, bias: false}, {name: b1, type: batch_norm}, {name: r1, type: relu}, {name: d2, "
     "type: dense, units: 4}, {name: s, type: softmax}]",
     "[16]"},
    {"Functions",
     "[{name: c1, type: conv2d, filters: 6, kernel: 2}, {name: a1, type: leaky_relu, alpha: 0.3}, {name: p1, type: "
     "max_pool2d}, {name: c2, type: conv2d, filters: 5, kernel: 2, bias: false}, {name: b2, type: batch_norm}, {name: a2, "
     "type: tanh}, {name: f, type: flatten}, {name: d1, type: dense, units: 6}, {name: a3, type: sigmoid}, {name: d2, "
     "type: dense, units: 6}, {name: a4, type: softplus}, {name: d3, type: dense, units: 6}, {name: a5, type: softsign}, "
     "{name: d4, type: dense, units: 6}, {name: a6, type: elu, alpha: 0.7}, {name: d5, type: dense, units: 6}, {name: a7, "
     "type: selu}, {name: d6, type: dense, units: 3}, {name: s, type: softmax}]"},
    {"StraightFunctions",
     "[{name: c1, type: conv2d, filters: 6, kernel: 2}, {name: a1, type: hard_sigmoid}, {name: p1, type: max_pool2d}, "
     "{name: c2, type: conv2d, filters: 5, kernel: 2, bias: false}, {name: b2, type: batch_norm}, {name: a2, type: "
     "hard_tanh}, {name: f, type: flatten}, {name: d1, type: dense, units: 8}, {name: a3, type: clipped_relu, max: 0.5}, "
     "{name: d2, type: dense, units: 8}, {name: a4, type: thresholded_relu, theta: 0.1}, {name: d3, type: dense, units: "
     "3}, {name: s, type: softmax}]"},
    {"FunctionsThatFall",
     "[{name: c1, type: conv2d, filters: 6, kernel: 2}, {name: a1, type: silu}, {name: p1, type: max_pool2d}, {name: c2, "
     "type: conv2d, filters: 5, kernel: 2, bias: false}, {name: b2, type: batch_norm}, {name: a2, type: gelu}, {name: p2, "
     "type: max_pool2d, pool: [1, 2]}, {name: f, type: flatten}, {name: d1, type: dense, units: 3}, {name: s, type: "
     "softmax}]"},
    {"Residual",
     "[{name: c1, type: conv2d, filters: 6, kernel: 3, padding: same, bias: false}, {name: b1, type: batch_norm}, {name: "
     "r1, type: relu}, {name: c2, type: conv2d, filters: 6, kernel: 3, padding: same, bias: false}, {name: b2, type: "
     "batch_norm}, {name: r2, type: relu}, {name: c3, type: conv2d, filters: 6, kernel: 3, padding: same, bias: false}, "
     "{name: b3, type: batch_norm}, {name: add, type: add, from: [b3, r1]}, {name: r3, type: relu}, {name: p3, type: "
     "max_pool2d}, {name: f, type: flatten}, {name: d1, type: dense, units: 3}, {name: s, type: softmax}]"},
    {"ConcatenatedWithTheInput",
     "[{name: c1, type: conv2d, filters: 3, kernel: 3, padding: same}, {name: k1, type: concatenate, from: [c1, input]}, "
     "{name: b1, type: batch_norm}, {name: r1, type: relu}, {name: c2, type: conv2d, filters: 4, kernel: 2, stride: 2}, "
     "{name: p2, type: max_pool2d, from: r1}, {name: a2, type: average_pool2d, from: r1}, {name: c3, type: conv2d, "
     "filters: 4, kernel: [1, 1], from: p2}, {name: k2, type: concatenate, from: [c3, a2, p2]}, {name: f, type: flatten}, "
     "{name: d1, type: dense, units: 5}, {name: f2, type: flatten, from: c2}, {name: k3, type: concatenate, from: [d1, "
     "f2]}, {name: d2, type: dense, units: 3}, {name: s, type: softmax}]"},
    {"SumOfThree",
     "[{name: d1, type: dense, units: 6}, {name: r1, type: relu}, {name: d2, type: dense, units: 6}, {name: t2, type: "
     "tanh}, {name: d3, type: dense, units: 6, from: r1}, {name: sum, type: add, from: [t2, d3, r1]}, {name: b, type: "
     "batch_norm}, {name: d4, type: dense, units: 3}, {name: s, type: softmax}]",
     "[10]"},
    {"DepthwiseByName",
     "[{name: c1, type: depthwise_conv2d, kernel: 3, multiplier: 3, stride: [1, 2]}, {name: r1, type: relu}, {name: f, "
     "type: flatten}, {name: d1, type: dense, units: 3}, {name: s, type: softmax}]"},
    {"EndsWithAGlobalAverage",
     "[{name: c1, type: conv2d, filters: 4, kernel: 3}, {name: r1, type: relu}, {name: c2, type: conv2d, filters: 3, "
     "kernel: 1}, {name: g, type: global_average_pool}, {name: s, type: softmax}]"},
    {"EndsWithRelu",
     "[{name: f, type: flatten}, {name: d1, type: dense, units: 6}, {name: d2, type: dense, units: 4}, "
     "{name: r, type: "
     "relu}, {name: s, type: softmax}]"},
    {"EndsWithNorm",
     "[{name: f, type: flatten}, {name: d1, type: dense, units: 40, bias: false}, {name: b1, type: "
     "batch_norm}, {name: "
     "d2, type: dense, units: 17, bias: false}, {name: b2, type: batch_norm}, {name: s, type: softmax}]"},
};

class Gradients : public testing::TestWithParam<Case> {};

// Every gradient against the slope of the reference's loss: all of a small parameter, some `most` of a large
// one. `training`: with the batch's own statistics.
void expect_slopes(const Parameters& computed, Reference& reference, const Samples& samples,
                   const std::vector<std::int32_t>& order, bool training, size_t most) {
  double largest = 0;
  for (const Parameter& parameter : computed.trained)
    for (const float value : parameter.gradient)
      largest = std::max(largest, static_cast<double>(std::abs(value)));
  ASSERT_GT(largest, 1e-3);
  const double step = 1e-6;
  for (const Parameter& parameter : computed.trained) {
    for (size_t i = 0; i < parameter.values.size(); i += 1 + parameter.values.size() / most) {
      double& value = reference.at(parameter.name, i);
      const double before = value;
      value = before + step;
      const double above = reference.loss(samples, order, training);
      value = before - step;
      const double below = reference.loss(samples, order, training);
      value = before;
      EXPECT_NEAR(parameter.gradient[i], (above - below) / (2 * step), 2e-5 * largest)
          << parameter.name << "[" << i << "]";
    }
  }
}

TEST_P(Gradients, AgreeWithFiniteDifferences) {
  const Network network =
      network_of(std::string("input: {shape: ") + GetParam().shape + "}\nlayers: " + GetParam().layers);
  Parameters parameters = initial_parameters(network, 3);
  Random random(5);
  // Away from their first values, and with batch norms that turn a channel around.
  for (Parameter& parameter : parameters.trained)
    for (float& value : parameter.values)
      value = value * (random.below(3) == 0 ? -1.0f : 1.0f) + static_cast<float>(random.unit() - 0.5) * 0.2f;
  const int count = 11;  // no multiple of a chunk
  const RandomSamples data(network, count, 7);
  const std::vector<std::int32_t> order{4, 0, 10, 3, 7, 7, 2, 9, 1, 8};
  Reference reference(network, parameters);
  const double loss = reference.loss(data.samples(), order, true);
  const auto statistics = reference.batch_statistics();

  Model model(network, 10, 2);  // chunks of 8: one full and one not
  Parameters computed = parameters;
  const Score score = model.gradients(computed, data.samples(), order);
  EXPECT_NEAR(score.loss(), loss, 1e-5 * std::abs(loss));
  EXPECT_EQ(score.count, static_cast<std::int64_t>(order.size()));
  expect_slopes(computed, reference, data.samples(), order, true, 60);
  for (const Statistic& statistic : computed.statistics) {
    const bool mean = statistic.name.find(".moving_mean") != std::string::npos;
    for (size_t c = 0; c < statistic.values.size(); ++c)
      EXPECT_NEAR(statistic.values[c], 0.99 * (mean ? 0 : 1) + 0.01 * statistics.at(statistic.name)[c], 1e-6)
          << statistic.name << "[" << c << "]";
  }
}

// With batch norms at rest training is the function that answers are, and has its slopes.
TEST_P(Gradients, AgreeWithFiniteDifferencesOfFrozenStatistics) {
  const Network network =
      network_of(std::string("input: {shape: ") + GetParam().shape + "}\nlayers: " + GetParam().layers);
  Parameters parameters = initial_parameters(network, 3);
  Random random(8);
  for (Parameter& parameter : parameters.trained)
    for (float& value : parameter.values) value += static_cast<float>(random.unit() - 0.5) * 0.2f;
  for (Statistic& statistic : parameters.statistics)
    for (float& value : statistic.values) value = static_cast<float>(0.25 + random.unit());
  const RandomSamples data(network, 11, 7);
  const std::vector<std::int32_t> order{4, 0, 10, 3, 7, 2};
  Reference reference(network, parameters);
  Model model(network, 10, 2);
  model.freeze_statistics(true);
  Parameters computed = parameters;
  const Score score = model.gradients(computed, data.samples(), order);
  EXPECT_NEAR(score.loss(), reference.loss(data.samples(), order, false), 1e-4);
  expect_slopes(computed, reference, data.samples(), order, false, 20);
  for (size_t i = 0; i < computed.statistics.size(); ++i)
    EXPECT_EQ(computed.statistics[i].values, parameters.statistics[i].values);
}

TEST_P(Gradients, AnswersUseTheRunningStatistics) {
  const Network network =
      network_of(std::string("input: {shape: ") + GetParam().shape + "}\nlayers: " + GetParam().layers);
  Parameters parameters = initial_parameters(network, 11);
  Random random(2);
  for (Statistic& statistic : parameters.statistics)
    for (float& value : statistic.values) value = static_cast<float>(0.25 + random.unit());
  const RandomSamples data(network, 21, 13);
  std::vector<std::int32_t> order(21);
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int32_t>(i);
  Reference reference(network, parameters);
  const double loss = reference.loss(data.samples(), order, false);

  Model model(network, 8, 2);  // three batches, the last of them not full
  const Score score = model.score(parameters, data.samples());
  EXPECT_NEAR(score.loss(), loss, 1e-5 * std::abs(loss));
  const std::vector<float> logits = model.logits(parameters, data.samples());
  const auto classes = static_cast<size_t>(network.classes());
  ASSERT_EQ(logits.size(), 21 * classes);
  std::int64_t correct = 0;
  for (size_t i = 0; i < 21; ++i) {
    const std::vector<double>& expected = reference.logits()[i];
    for (size_t k = 0; k < classes; ++k) EXPECT_NEAR(logits[i * classes + k], expected[k], 2e-5);
    const auto best = std::max_element(expected.begin(), expected.end()) - expected.begin();
    correct += best == data.labels[i] ? 1 : 0;
  }
  EXPECT_EQ(score.correct, correct);
}

std::string case_name(const testing::TestParamInfo<Case>& test) { return test.param.name; }

INSTANTIATE_TEST_SUITE_P(Networks, Gradients, testing::ValuesIn(cases), case_name);

TEST(Model, GivesTheSameBitsOnAnyNumberOfThreads) {
  const Network network =
      network_of(std::string("input: {shape: ") + cases[0].shape + "}\nlayers: " + cases[0].layers);
  const RandomSamples data(network, 200, 1);
  std::vector<std::int32_t> order(200);
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int32_t>(i);
  std::vector<Parameters> results;
  for (const int threads : {1, 2, 5}) {
    Parameters parameters = initial_parameters(network, 1);
    Model model(network, 256, threads);
    for (int step = 0; step < 3; ++step) model.gradients(parameters, data.samples(), order);
    results.push_back(parameters);
  }
  for (size_t r = 1; r < results.size(); ++r) {
    for (size_t p = 0; p < results[0].trained.size(); ++p)
      EXPECT_EQ(results[r].trained[p].gradient, results[0].trained[p].gradient) << results[0].trained[p].name;
    for (size_t p = 0; p < results[0].statistics.size(); ++p)
      EXPECT_EQ(results[r].statistics[p].values, results[0].statistics[p].values)
          << results[0].statistics[p].name;
  }
}

TEST(Parameters, PenaltyAndItsGradient) {
  const Network network = network_of(
      "input: {shape: [1, 1, 2]}\nlayers: [{name: f, type: flatten}, {name: d, type: dense, units: 2, l1: "
      "0.5}, {name: "
      "s, type: softmax}]");
  Parameters parameters = initial_parameters(network, 1);
  parameters.trained[0].values = {0.25f, -2.0f, 0.0f, 1.0f};
  parameters.trained[0].gradient = {1, 1, 1, 1};
  parameters.trained[1].values = {5, 5};
  EXPECT_EQ(penalty(parameters), 0.5 * 3.25);
  add_penalty_gradient(parameters);
  EXPECT_EQ(parameters.trained[0].gradient, (std::vector<float>{1.5f, 0.5f, 1.0f, 1.5f}));
  EXPECT_EQ(parameters.trained[1].gradient, (std::vector<float>{0, 0}));
  parameters.trained[0].l2 = 0.25;
  parameters.trained[0].gradient = {1, 1, 1, 1};
  EXPECT_EQ(penalty(parameters), 0.5 * 3.25 + 0.25 * 5.0625);
  add_penalty_gradient(parameters);
  EXPECT_EQ(parameters.trained[0].gradient, (std::vector<float>{1.625f, -0.5f, 1.0f, 2.0f}));
}

const char* const dropped =
    "input: {shape: [6, 6, 1]}\nlayers: [{name: o0, type: dropout, rate: 0.25}, {name: c1, type: conv2d, filters: 4, "
    "kernel: 3}, {name: o1, type: dropout, rate: 0.5}, {name: f, type: flatten}, {name: d1, "
    "type: dense, units: 5}, {name: o2, type: dropout, rate: 0.1}, {name: s, type: softmax}]\n";

// Training is random, but one step with one noise is a function; its own differences, in single precision,
// are what its gradients are held to.
TEST(Dropout, AndLabelSmoothingHaveTheGradientsOfTheirLoss) {
  for (const char* recipe : {"", "training: {label_smoothing: 0.2}\n"}) {
    const Network network = network_of(std::string(dropped) + recipe);
    Parameters parameters = initial_parameters(network, 3);
    const RandomSamples data(network, 40, 7);
    std::vector<std::int32_t> order(40);
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int32_t>(i);
    Model model(network, 40, 2);
    const auto loss = [&](Parameters& at) { return model.gradients(at, data.samples(), order, 99).loss(); };
    Parameters computed = parameters;
    loss(computed);
    double largest = 0;
    for (const Parameter& p : computed.trained)
      for (const float g : p.gradient) largest = std::max(largest, std::abs(static_cast<double>(g)));
    for (size_t p = 0; p < parameters.trained.size(); ++p) {
      for (size_t i = 0; i < parameters.trained[p].values.size(); i += 7) {
        float& value = parameters.trained[p].values[i];
        const float before = value, step = 0.0078125f;
        value = before + step;
        const double above = loss(parameters);
        value = before - step;
        const double below = loss(parameters);
        value = before;
        EXPECT_NEAR(computed.trained[p].gradient[i], (above - below) / (2 * static_cast<double>(step)),
                    3e-3 * largest)
            << parameters.trained[p].name << "[" << i << "]";
      }
    }
  }
}

// Central differences of the loss, which is the textbook's of the answers.
TEST(SquaredError, HasTheGradientsOfItsLoss) {
  const Network network = network_of(
      "input: {shape: [5, 2]}\nlayers: [{name: c1, type: conv1d, filters: 4, kernel: 2}, {name: a1, type: softsign}, {name: "
      "f, type: flatten}, {name: d1, type: dense, units: 3}, {name: a2, type: elu}]\ntraining: {loss: "
      "mean_squared_error}\n");
  Parameters parameters = initial_parameters(network, 3);
  Random random(4);
  std::vector<float> reals, targets;
  for (int i = 0; i < 20 * 10; ++i) reals.push_back(static_cast<float>(random.unit() - 0.5));
  for (int i = 0; i < 20 * 3; ++i) targets.push_back(static_cast<float>(random.unit() - 0.5));
  const Samples samples{.pixels = {}, .labels = {}, .reals = reals, .targets = targets, .outputs = 3};
  std::vector<std::int32_t> order(20);
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int32_t>(i);
  Model model(network, 20, 2);
  const auto loss = [&](Parameters& at) {
    const std::vector<float> answers = model.logits(at, samples);
    double sum = 0;
    for (size_t i = 0; i < answers.size(); ++i)
      sum += std::pow(static_cast<double>(answers[i]) - static_cast<double>(targets[i]), 2);
    return sum / 60;
  };
  Parameters computed = parameters;
  EXPECT_NEAR(model.gradients(computed, samples, order).loss(), loss(parameters), 1e-6);
  EXPECT_NEAR(model.score(parameters, samples).loss(), loss(parameters), 1e-6);
  for (size_t p = 0; p < parameters.trained.size(); ++p) {
    for (size_t i = 0; i < parameters.trained[p].values.size(); ++i) {
      float& value = parameters.trained[p].values[i];
      const float before = value, step = 0.00390625f;
      value = before + step;
      const double above = loss(parameters);
      value = before - step;
      const double below = loss(parameters);
      value = before;
      EXPECT_NEAR(computed.trained[p].gradient[i], (above - below) / (2 * static_cast<double>(step)), 1e-4)
          << parameters.trained[p].name << "[" << i << "]";
    }
  }
}

TEST(Dropout, DropsItsShareAndKeepsTheMean) {
  const Network network = network_of(
      "input: {shape: [40, 40, 1], divide_by: 1}\nlayers: [{name: o, type: dropout, rate: 0.3}, {name: f, type: "
      "flatten}, {name: d, type: dense, units: 2, bias: false}, {name: s, type: softmax}]\n");
  Parameters parameters = initial_parameters(network, 1);
  std::fill(parameters.trained[0].values.begin(), parameters.trained[0].values.end(), 0.0f);
  const std::vector<std::uint8_t> pixels(1600, 1), labels{0};
  Model model(network, 1, 1);
  // With weights of 0 the gradient is the input times -1/2.
  const auto kept = [&](std::uint64_t noise) {
    model.gradients(parameters, {pixels, labels}, std::vector<std::int32_t>{0}, noise);
    std::vector<bool> is_kept;
    for (size_t i = 0; i < 1600; ++i) {
      const float g = parameters.trained[0].gradient[2 * i];
      EXPECT_TRUE(g == 0 || g == -0.5f * static_cast<float>(1 / 0.7)) << g;
      is_kept.push_back(g != 0);
    }
    return is_kept;
  };
  const std::vector<bool> one = kept(5);
  EXPECT_NEAR(static_cast<double>(std::count(one.begin(), one.end(), true)), 0.7 * 1600, 60);
  EXPECT_EQ(kept(5), one);
  EXPECT_NE(kept(6), one);
  // Answers drop nothing.
  for (float& w : parameters.trained[0].values) w = 1;
  EXPECT_EQ(model.logits(parameters, {pixels, labels}), (std::vector<float>{1600, 1600}));
}

}  // namespace
}  // namespace gw::train
