// Quantisation without training: how close the answers stay, and what each of its parts is good for.

#include "train/quantise.h"

#include <cmath>

#include <gtest/gtest.h>

#include "graph/evaluate.h"
#include "support/random.h"
#include "train/layer_fit.h"
#include "train/optimiser.h"
#include "train/reference.h"

namespace gw::train {
namespace {

/// A network of that text with its first weights.
FloatModel untrained(const char* text) {
  FloatModel model{network_of(text), {}};
  model.parameters = initial_parameters(model.network, 1);
  model.network.file = "net.gw";
  return model;
}

const char* const text =
    "input: {shape: [9, 9, 2]}\nlayers: [{name: c1, type: conv2d, filters: 6, kernel: 3, bias: false}, {name: b1, type: "
    "batch_norm, momentum: 0.8, debias: true}, {name: r1, type: relu}, {name: p1, type: max_pool2d}, {name: c2, type: "
    "conv2d, filters: 8, kernel: 2, stride: [1, 2]}, {name: r2, type: relu}, {name: f, type: flatten}, {name: d1, type: "
    "dense, units: 12, bias: false}, {name: b2, type: batch_norm, momentum: 0.8, debias: true}, {name: r3, type: relu}, "
    "{name: d2, type: dense, units: 4}, {name: s, type: softmax}]\n";

class Quantise : public testing::Test {
 protected:
  // Trained a little, with channels of very different sizes, which a network in floating point does not mind.
  Quantise() {
    Optimiser adam({.learning_rate = 0.01}, source.parameters);
    Model model(source.network, 40, 1);
    std::vector<std::int32_t> order(40);
    Random random(9);
    for (int step = 0; step < 40; ++step) {
      for (std::int32_t& image : order) image = static_cast<std::int32_t>(random.below(200));
      model.gradients(source.parameters, data.samples(), order);
      adam.step(source.parameters);
    }
    for (Parameter& parameter : source.parameters.trained) {
      const bool is_scale = parameter.name == "b1.gamma" || parameter.name == "b1.beta";
      for (size_t i = 0; i < parameter.values.size(); ++i) {
        if (is_scale) parameter.values[i] *= std::exp2(static_cast<float>(i) - 3);
        if (parameter.name == "c2.weight")
          parameter.values[i] *= std::exp2(3 - static_cast<float>(i / 8 % 6));
      }
    }
  }

  // The mean square of how far the answers are from those in floating point.
  double error(const QuantiseOptions& options) const {
    const auto made = quantise(source, data.samples(), options);
    EXPECT_TRUE(made) << to_string(made.errors()[0]);
    const std::vector<float> wanted = Model(source.network, 64, 1).logits(source.parameters, data.samples());
    const std::vector<float> answers = Model(made->network, 64, 1).logits(made->parameters, data.samples());
    double sum = 0, squares = 0;
    for (size_t i = 0; i < wanted.size(); ++i) {
      const double off = static_cast<double>(answers[i]) - static_cast<double>(wanted[i]);
      sum += off * off;
      squares += static_cast<double>(wanted[i]) * static_cast<double>(wanted[i]);
    }
    return sum / squares;
  }

  FloatModel source{network_of(text), initial_parameters(network_of(text), 5)};
  RandomSamples data{source.network, 200, 3};
};

TEST_F(Quantise, ManyBitsAnswerTheSame) {
  for (const bool equalises : {false, true})
    EXPECT_LT(error({.weight_bits = 14, .activation_bits = 14, .input_bits = 10, .equalises = equalises}),
              2e-5);
}

TEST_F(Quantise, EachPartBringsTheAnswersCloser) {
  const QuantiseOptions plain{.weight_bits = 4, .activation_bits = 5, .equalises = false, .rounds = false};
  QuantiseOptions equal = plain, round = plain, both = plain;
  equal.equalises = both.equalises = true;
  round.rounds = both.rounds = true;
  EXPECT_LT(error(equal), 0.9 * error(plain));
  EXPECT_LT(error(round), 0.7 * error(plain));
  EXPECT_LT(error(both), 0.9 * std::min(error(equal), error(round)));
}

TEST_F(Quantise, TheGraphAnswersWhatTheNetworkDoes) {
  const auto made = quantise(source, data.samples(), {.weight_bits = 4, .activation_bits = 4});
  ASSERT_TRUE(made);
  Model model(made->network, 50, 2);
  ASSERT_TRUE(model.is_exact(made->parameters));
  const std::vector<float> logits = model.logits(made->parameters, data.samples());
  const auto graph = to_graph(made->network, made->parameters);
  ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
  FloatTensor x{source.network.input, 200, {}};
  for (const std::uint8_t pixel : data.pixels) x.values.push_back(static_cast<float>(pixel / 255.0));
  const Tensor answers = evaluate(*graph, std::vector<FloatTensor>{x}).front();
  for (size_t i = 0; i < logits.size(); ++i)
    ASSERT_EQ(static_cast<double>(logits[i]),
              to_double(answers.at(static_cast<std::int64_t>(i)), answers.type().fraction()));
  for (const Node& node : graph->nodes()) {
    if (node.name == "c1.weight") {
      EXPECT_LE(node.type.fixed->width, 4 + 6);
    }
  }
}

// Sequences are images of one row.
TEST(QuantiseSequences, ManyBitsAnswerTheSame) {
  FloatModel source{
      network_of(
          "input: {shape: [12, 2]}\nlayers: [{name: c1, type: conv1d, filters: 4, kernel: 3, padding: same}, {name: "
          "r1, type: relu}, {name: p1, type: max_pool1d}, {name: c2, type: conv1d, filters: 4, kernel: 2, groups: 2}, "
          "{name: r2, type: relu}, {name: f, type: flatten}, {name: d, type: dense, units: 3}, {name: s, type: "
          "softmax}]\n"),
      {}};
  source.parameters = initial_parameters(source.network, 5);
  const RandomSamples data(source.network, 100, 3);
  const auto made =
      quantise(source, data.samples(), {.weight_bits = 14, .activation_bits = 14, .input_bits = 10});
  ASSERT_TRUE(made) << to_string(made.errors()[0]);
  const std::vector<float> wanted = Model(source.network, 64, 1).logits(source.parameters, data.samples());
  const std::vector<float> answers = Model(made->network, 64, 1).logits(made->parameters, data.samples());
  for (size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(answers[i], wanted[i], 5e-3);
}

TEST_F(Quantise, TheSameBitsOnAnyNumberOfThreads) {
  const auto one = quantise(source, data.samples(), {.weight_bits = 5, .activation_bits = 4, .threads = 1});
  const auto three = quantise(source, data.samples(), {.weight_bits = 5, .activation_bits = 4, .threads = 3});
  for (size_t i = 0; i < one->parameters.trained.size(); ++i)
    EXPECT_EQ(one->parameters.trained[i].values, three->parameters.trained[i].values);
}

TEST_F(Quantise, WhatCannotBeDoneIsSaid) {
  const auto complaint = [](const Result<FloatModel>& result) {
    return result ? std::string("none") : to_string(result.errors()[0]);
  };
  source.network.file = "net.gw";
  EXPECT_EQ(complaint(quantise(source, {}, {})),
            "net.gw: input: error: cannot be trained without calibration samples [samples-missing]");
  Samples cut = data.samples();
  cut.pixels = cut.pixels.first(100);
  EXPECT_EQ(complaint(quantise(source, cut, {})),
            "net.gw: input: error: the calibration samples are 100 numbers for 200 labels, but the network's "
            "input is 9x9x2 [samples-size]");
  const FloatModel third = untrained(
      "input: {shape: [3, 3, 1]}\nlayers: [{name: g, type: global_average_pool}, {name: d, type: "
      "dense, units: 2}, {name: s, type: softmax}]\n");
  EXPECT_EQ(
      complaint(quantise(third, RandomSamples(third.network, 4, 1).samples(), {})),
      "net.gw: node 'g': error: is the mean of 9 pixels, but must be of a power of two in a quantised network, "
      "where other means are rounded [value-range]");
  const FloatModel first = untrained(
      "input: {shape: [2, 2, 1]}\nlayers: [{name: b, type: batch_norm}, {name: f, type: "
      "flatten}, {name: d, type: dense, units: 2}, {name: s, type: softmax}]\n");
  const RandomSamples few(first.network, 4, 1);
  EXPECT_EQ(
      complaint(quantise(first, few.samples(), {})),
      "net.gw: node 'b': error: is a batch norm in a quantised network that has no convolution or dense right before "
      "it to be folded into [norm-not-folded]");
  const FloatModel curved = untrained(
      "input: {shape: [4]}\nlayers: [{name: d, type: dense, units: 2}, {name: t, type: tanh}, "
      "{name: s, type: softmax}]\n");
  EXPECT_EQ(
      complaint(quantise(curved, RandomSamples(curved.network, 4, 1).samples(), {})),
      "net.gw: node 't': error: is tanh, but must be one of a chain of layers with rectifiers alone to be quantised "
      "without training [value-range]");
}

// The descent ends where no single step of any weight makes the error smaller, pruned weights stay 0, and the
// bias takes out the mean.
TEST(LayerFit, EndsAtALeastError) {
  LayerSpec dense;
  dense.kind = LayerKind::Dense;
  dense.in = {12};
  dense.out = {3};
  Random random(4);
  std::vector<float> inputs, coarse, weights, biases{0.5f, -1, 0};
  for (int i = 0; i < 12 * 80; ++i) {
    // Neighbours are alike, which is what rounding each to the nearest does not know.
    const float value = i % 2 == 0 ? static_cast<float>(random.unit()) : inputs.back() + 0.01f;
    inputs.push_back(value);
    coarse.push_back(std::nearbyint(8 * value) / 8);
  }
  for (int i = 0; i < 36; ++i) weights.push_back(static_cast<float>(random.unit() - 0.5));
  weights[4] = 0;
  const std::vector<float> steps{-2, -3, -2};
  const Windows plain = windows_of(dense, inputs), quantised = windows_of(dense, coarse);
  ASSERT_EQ(plain.count(), 80u);
  const auto error_of = [&](const std::vector<float>& w, size_t o) {
    // Centred.
    std::vector<double> off;
    double mean = 0, sum = 0;
    for (size_t n = 0; n < 80; ++n) {
      double y = 0;
      for (size_t i = 0; i < 12; ++i)
        y += static_cast<double>(w[i * 3 + o] * coarse[n * 12 + i] - weights[i * 3 + o] * inputs[n * 12 + i]);
      off.push_back(y);
      mean += y / 80;
    }
    for (const double y : off) sum += (y - mean) * (y - mean);
    return sum;
  };
  std::vector<float> near = weights, fitted = weights, near_bias = biases, fitted_bias = biases;
  LayerFit(plain, quantised).fit(0, 3, near, near_bias, steps, {-8, 7}, false);
  LayerFit(plain, quantised).fit(0, 3, fitted, fitted_bias, steps, {-8, 7}, true);
  for (size_t i = 0; i < 36; ++i) {
    const float step = std::exp2(steps[i % 3]);
    EXPECT_EQ(near[i], std::nearbyint(weights[i] / step) * step);
    EXPECT_EQ(fitted[i], std::nearbyint(fitted[i] / step) * step);
  }
  EXPECT_EQ(fitted[4], 0);
  for (size_t o = 0; o < 3; ++o) {
    const double least = error_of(fitted, o);
    EXPECT_LE(least, error_of(near, o));
    for (size_t i = 0; i < 12; ++i) {
      for (const float by : {-1.0f, 1.0f}) {
        if (i * 3 + o == 4) continue;
        std::vector<float> moved = fitted;
        moved[i * 3 + o] += by * std::exp2(steps[o]);
        EXPECT_GT(error_of(moved, o), least - 2e-2) << i << " of " << o;  // but for the weights' own error
      }
    }
    double mean = 0;
    for (size_t n = 0; n < 80; ++n)
      for (size_t i = 0; i < 12; ++i)
        mean += static_cast<double>(fitted[i * 3 + o] * coarse[n * 12 + i] -
                                    weights[i * 3 + o] * inputs[n * 12 + i]) /
                80;
    EXPECT_NEAR(mean + static_cast<double>(fitted_bias[o]) - static_cast<double>(biases[o]), 0, 1e-5);
  }
}

// A window of a convolution is what a loop over it reads.
TEST(Windows, AreThePatchesOfTheLayer) {
  LayerSpec conv;
  conv.kind = LayerKind::Conv2D;
  conv.in = {4, 5, 2};
  conv.out = {3, 2, 1};
  conv.kernel_h = 2;
  conv.kernel_w = 3;
  conv.stride_w = 2;
  std::vector<float> inputs;
  for (int i = 0; i < 2 * 40; ++i) inputs.push_back(static_cast<float>(i));
  const Windows windows = windows_of(conv, inputs);
  ASSERT_EQ(windows.width, 12u);
  ASSERT_EQ(windows.count(), 12u);
  // Image 1, row 2, column 1.
  const std::vector<float> last(windows.values.end() - 12, windows.values.end());
  EXPECT_EQ(last, (std::vector<float>{64, 65, 66, 67, 68, 69, 74, 75, 76, 77, 78, 79}));

  // The second group of a padded one with a tap left out between each two: image 1, row 2, column 2.
  conv.out = {3, 3, 2};
  conv.stride_w = 2;
  conv.dilation_h = 2;
  conv.pad_top = conv.pad_left = 1;
  conv.pad_right = 1;
  conv.groups = 2;
  const Windows second = windows_of(conv, inputs, 1);
  ASSERT_EQ(second.width, 6u);
  const std::vector<float> tail(second.values.end() - 6, second.values.end());
  EXPECT_EQ(tail, (std::vector<float>{57, 59, 0, 77, 79, 0}));
}

}  // namespace
}  // namespace gw::train
