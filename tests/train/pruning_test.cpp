// Pruning: the schedule against tfmot's formula, masks against their definition, and what lives through a
// training that prunes.

#include "train/pruning.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "support/random.h"
#include "train/reference.h"

namespace gw::train {
namespace {

const std::string layers =
    "layers: [{name: c1, type: conv2d, filters: 6, kernel: 3, bias: false}, {name: b1, type: batch_norm}, {name: r1, "
    "type: relu}, {name: c2, type: conv2d, filters: 4, kernel: 2}, {name: f, type: flatten}, {name: d1, type: dense, "
    "units: 10}, {name: d2, type: dense, units: 3}, {name: s, type: softmax}]\n";

Network pruned(const std::string& pruning) {
  return network_of("name: small\ninput: {shape: [6, 6, 2]}\n" + layers + "training: {pruning: {" + pruning +
                    "}}\n");
}

std::string complaints(const std::string& pruning) {
  const auto network = parse_network(
      "name: small\ninput: {shape: [6, 6, 2]}\n" + layers + "training: {pruning: {" + pruning + "}}\n",
      "net.yml");
  std::string text;
  if (!network)
    for (const Diagnostic& error : network.errors()) text += to_string(error) + "\n";
  return text;
}

const Parameter& parameter(const Parameters& parameters, const std::string& name) {
  for (const Parameter& p : parameters.trained)
    if (p.name == name) return p;
  ADD_FAILURE() << name;
  return parameters.trained[0];
}

std::int64_t kept(const Parameter& p) {
  return p.mask.empty() ? static_cast<std::int64_t>(p.values.size())
                        : std::count(p.mask.begin(), p.mask.end(), 1);
}

TEST(PruningSchedules, PolynomialDecayIsThatOfTfmot) {
  const Network network = pruned("final_sparsity: 0.5, initial_sparsity: 0.1, begin_epoch: 2, end_epoch: 10");
  const PruningSpec& spec = *network.pruning;
  const std::int64_t epoch = 53;
  EXPECT_DOUBLE_EQ(sparsity_at(spec, 0, epoch), 0.1);
  EXPECT_DOUBLE_EQ(sparsity_at(spec, 2 * epoch, epoch), 0.1);
  for (std::int64_t step = 2 * epoch; step <= 10 * epoch; step += 17) {
    const double done = static_cast<double>(step - 106) / (530 - 106);
    EXPECT_DOUBLE_EQ(sparsity_at(spec, step, epoch), 0.5 + (0.1 - 0.5) * std::pow(1 - done, 3));
  }
  EXPECT_EQ(sparsity_at(spec, 10 * epoch, epoch), 0.5);
  EXPECT_EQ(sparsity_at(spec, 1000 * epoch, epoch), 0.5);
  std::vector<std::int64_t> steps;
  for (std::int64_t step = 0; step < 20 * epoch; ++step)
    if (prunes_at(spec, step, epoch)) steps.push_back(step);
  EXPECT_EQ(steps, (std::vector<std::int64_t>{106, 159, 212, 265, 318, 371, 424, 477, 530}));
}

TEST(PruningSchedules, ConstantPrunesOnceAndTheEndIsAlwaysReached) {
  const Network constant = pruned("schedule: constant, final_sparsity: 0.25, begin_epoch: 1.5");
  EXPECT_EQ(sparsity_at(*constant.pruning, 14, 10), 0);
  EXPECT_EQ(sparsity_at(*constant.pruning, 15, 10), 0.25);
  const Network uneven =
      pruned("final_sparsity: 0.5, begin_epoch: 0, end_epoch: 1, every_epochs: 0.4, exponent: 1");
  std::vector<std::int64_t> once, steps;
  for (std::int64_t step = 0; step < 100; ++step) {
    if (prunes_at(*constant.pruning, step, 10)) once.push_back(step);
    if (prunes_at(*uneven.pruning, step, 10)) steps.push_back(step);
  }
  EXPECT_EQ(once, (std::vector<std::int64_t>{15}));
  EXPECT_EQ(steps, (std::vector<std::int64_t>{0, 4, 8, 10}));
  EXPECT_EQ(sparsity_at(*uneven.pruning, 4, 10), 0.2);
}

TEST(Prune, TheSmallestOfEachLayer) {
  const Network network = pruned("final_sparsity: 0.5, end_epoch: 4, except: [d2]");
  Parameters parameters = initial_parameters(network, 3);
  const Parameters before = parameters;
  ASSERT_TRUE(prune(*network.pruning, network, 0.3, parameters));
  for (const char* name : {"c1.weight", "c2.weight", "d1.weight"}) {
    const Parameter &p = parameter(parameters, name), &old = parameter(before, name);
    const auto count = static_cast<std::int64_t>(p.values.size());
    EXPECT_EQ(kept(p), std::llrint(static_cast<double>(count) * 0.7)) << name;
    float largest_pruned = 0, smallest_kept = INFINITY;
    for (size_t i = 0; i < p.values.size(); ++i) {
      float& bound = p.mask[i] == 0 ? largest_pruned : smallest_kept;
      bound = p.mask[i] == 0 ? std::max(bound, std::abs(old.values[i]))
                             : std::min(bound, std::abs(old.values[i]));
      EXPECT_EQ(p.values[i], p.mask[i] == 0 ? 0 : old.values[i]);
    }
    EXPECT_LT(largest_pruned, smallest_kept);
  }
  EXPECT_TRUE(parameter(parameters, "d2.weight").mask.empty());
  EXPECT_TRUE(parameter(parameters, "c2.bias").mask.empty());
  EXPECT_NEAR(sparsity_of(network, parameters), 0.3, 0.01);

  // What was pruned stays so, even if it is asked for less, and more joins it.
  const Parameters some = parameters;
  ASSERT_TRUE(prune(*network.pruning, network, 0.1, parameters));
  EXPECT_EQ(parameter(parameters, "d1.weight").mask, parameter(some, "d1.weight").mask);
  ASSERT_TRUE(prune(*network.pruning, network, 0.6, parameters));
  const auto &now = parameter(parameters, "d1.weight").mask, &then = parameter(some, "d1.weight").mask;
  for (size_t i = 0; i < now.size(); ++i) EXPECT_LE(now[i], then[i]);
  EXPECT_EQ(kept(parameter(parameters, "d1.weight")), std::llrint(static_cast<double>(now.size()) * 0.4));
}

// A score of w^2 times what the optimiser knows of its gradient, in a layer and over all.
TEST(Prune, BySquaredGradients) {
  for (const char* scope : {"layer", "global"}) {
    const Network network = pruned(
        fmt::format("score: gradient, scope: {}, final_sparsity: 0.5, begin_epoch: 1, end_epoch: 4", scope));
    Parameters parameters = initial_parameters(network, 3);
    std::vector<std::vector<float>> squares;
    for (const Parameter& p : parameters.trained) {
      std::vector<float>& square = squares.emplace_back();
      // Large weights with small gradients, and the other way round.
      for (const float w : p.values) square.push_back(1 / (1e-6f + w * w * std::abs(w)));
    }
    const Parameters before = parameters;
    ASSERT_TRUE(prune(*network.pruning, network, 0.5, parameters, squares));
    float least_pruned = INFINITY, largest_kept = 0;
    for (size_t n = 0; n < parameters.trained.size(); ++n) {
      const Parameter& p = parameters.trained[n];
      if (p.name != "d1.weight") continue;
      for (size_t i = 0; i < p.values.size(); ++i) {
        const float magnitude = std::abs(before.trained[n].values[i]);
        // w^2 * E[g^2] is 1 / |w| here: the largest weights go.
        if (magnitude < 0.02f) continue;
        float& bound = p.mask[i] == 0 ? least_pruned : largest_kept;
        bound = p.mask[i] == 0 ? std::min(bound, magnitude) : std::max(bound, magnitude);
      }
    }
    EXPECT_LT(largest_kept, least_pruned) << scope;
    EXPECT_NEAR(sparsity_of(network, parameters), 0.5, 0.02) << scope;
  }
}

TEST(Prune, GlobalRanksAllLayersTogether) {
  const Network network = pruned("scope: global, final_sparsity: 0.5, end_epoch: 4");
  Parameters parameters = initial_parameters(network, 3);
  std::vector<float> all;
  for (const char* name : {"c1.weight", "c2.weight", "d1.weight", "d2.weight"})
    for (const float w : parameter(parameters, name).values) all.push_back(std::abs(w));
  std::sort(all.begin(), all.end());
  const float bound = all[all.size() / 2];
  const Parameters before = parameters;
  ASSERT_TRUE(prune(*network.pruning, network, 0.5, parameters));
  for (const char* name : {"c1.weight", "c2.weight", "d1.weight", "d2.weight"}) {
    const Parameter& p = parameter(parameters, name);
    for (size_t i = 0; i < p.values.size(); ++i)
      EXPECT_EQ(p.mask[i], std::abs(parameter(before, name).values[i]) < bound ? 0 : 1) << name;
  }
}

TEST(Prune, TwoOfFour) {
  const Network network = pruned("pattern: '2:4', end_epoch: 4");
  EXPECT_EQ(network.pruning->final_sparsity, 0.5);
  Parameters parameters = initial_parameters(network, 3);
  const Parameters before = parameters;
  ASSERT_TRUE(prune(*network.pruning, network, 0.25, parameters));  // on the way: three stay
  EXPECT_EQ(kept(parameter(parameters, "d1.weight")), 36 / 4 * 10 * 3);
  ASSERT_TRUE(prune(*network.pruning, network, 0.5, parameters));
  const Parameter &p = parameter(parameters, "c1.weight"), &old = parameter(before, "c1.weight");
  const size_t rows = 18, channels = 6;  // the last group is of two and stays
  for (size_t c = 0; c < channels; ++c) {
    for (size_t first = 0; first < rows; first += 4) {
      std::vector<float> pruned_values, kept_values;
      for (size_t r = first; r < std::min(rows, first + 4); ++r)
        (p.mask[r * channels + c] == 0 ? pruned_values : kept_values)
            .push_back(std::abs(old.values[r * channels + c]));
      EXPECT_EQ(kept_values.size(), 2u);
      if (pruned_values.empty()) continue;
      EXPECT_LT(*std::max_element(pruned_values.begin(), pruned_values.end()),
                *std::min_element(kept_values.begin(), kept_values.end()));
    }
  }
}

TEST(Prune, WholeFiltersTakeTheirChannelAlong) {
  const Network network = pruned("pattern: filters, final_sparsity: 0.5, end_epoch: 4");
  Parameters parameters = initial_parameters(network, 3);
  for (Parameter& p : parameters.trained)
    if (p.name == "c2.bias" || p.name == "b1.beta") std::fill(p.values.begin(), p.values.end(), 1.0f);
  const Parameters before = parameters;
  ASSERT_TRUE(prune(*network.pruning, network, 0.5, parameters));
  const auto check = [&](const std::string& weight, const std::vector<std::string>& along) {
    const Parameter& p = parameter(parameters, weight);
    const auto channels = static_cast<size_t>(p.shape.back());
    std::vector<double> norms(channels);
    for (size_t i = 0; i < p.values.size(); ++i)
      norms[i % channels] += static_cast<double>(std::abs(parameter(before, weight).values[i]));
    std::vector<double> sorted = norms;
    std::sort(sorted.begin(), sorted.end());
    for (size_t i = 0; i < p.values.size(); ++i)
      EXPECT_EQ(p.mask[i], norms[i % channels] < sorted[channels / 2] ? 0 : 1);
    for (const std::string& other : along)
      for (size_t c = 0; c < channels; ++c)
        EXPECT_EQ(parameter(parameters, other).values[c] == 0, norms[c] < sorted[channels / 2]) << other;
  };
  check("c1.weight", {"b1.gamma", "b1.beta"});
  check("c2.weight", {"c2.bias"});
  EXPECT_TRUE(parameter(parameters, "d2.weight").mask.empty()) << "classes are no filters";
}

TEST(Prune, ALayerWithoutWeightsIsNamed) {
  EXPECT_EQ(
      complaints("final_sparsity: 0.99, end_epoch: 4"),
      "net.yml:3: d2: error: would be left without a weight at a sparsity of 0.99; lower it, or name the layer "
      "under training.pruning.except [pruning-kills]\n");
  EXPECT_EQ(
      complaints("pattern: filters, schedule: constant, final_sparsity: 0.9"),
      "net.yml:3: c2: error: would be left without a weight at a sparsity of 0.9; lower it, or name the layer "
      "under training.pruning.except [pruning-kills]\n");
  // Ranked together, only the weights tell.
  const Network network = pruned("scope: global, final_sparsity: 0.5, end_epoch: 4");
  Parameters parameters = initial_parameters(network, 3);
  for (Parameter& p : parameters.trained)
    if (p.name == "c2.weight")
      for (float& value : p.values) value *= 1e-3f;
  const Parameters before = parameters;
  const auto result = prune(*network.pruning, network, 0.5, parameters);
  ASSERT_FALSE(result);
  EXPECT_EQ(
      to_string(result.errors()[0]),
      "test.yml:3: c2: error: would be left without a weight at a sparsity of 0.5; lower it, or name the layer "
      "under training.pruning.except [pruning-kills]");
  EXPECT_EQ(parameter(parameters, "c1.weight").values, parameter(before, "c1.weight").values);
}

TEST(PruningRecipe, PrintingIsReadBack) {
  for (
      const char* text :
      {"final_sparsity: 0.5, begin_epoch: 2, end_epoch: 10, except: [d2, c1]",
       "pattern: '1:4', end_epoch: 3.5",
       "pattern: filters, schedule: constant, final_sparsity: 0.25, begin_epoch: 0.5",
       "score: gradient, final_sparsity: 0.5, begin_epoch: 2, end_epoch: 10",
       "scope: global, final_sparsity: 0.75, initial_sparsity: 0.25, end_epoch: 2, every_epochs: 0.1, exponent: 2"}) {
    const Network network = pruned(text);
    const std::string printed = print_network(network);
    const auto again = parse_network(printed, "again");
    ASSERT_TRUE(again) << printed << to_string(again.errors()[0]);
    EXPECT_EQ(print_network(*again), printed);
    EXPECT_EQ(again->pruning->final_sparsity, network.pruning->final_sparsity);
    EXPECT_EQ(again->pruning->score, network.pruning->score);
    EXPECT_EQ(again->pruning->except, network.pruning->except);
  }
}

TEST(PruningRecipe, WhatDoesNotGoTogether) {
  EXPECT_EQ(
      complaints("final_sparsity: 0.5, end_epoch: 3, score: gradient"),
      "net.yml:4: training.pruning.score: error: is gradient, but must be magnitude where begin_epoch is 0: "
      "no gradient was seen [value-range]\n");
  EXPECT_EQ(
      complaints("final_sparsity: 1"),
      "net.yml:4: training.pruning.final_sparsity: error: is 1, but must be at least 0 and below 1 [value-range]\n"
      "net.yml:4: training.pruning: error: has no 'end_epoch'; add it [key-missing]\n");
  EXPECT_EQ(
      complaints("final_sparsity: 0.5, begin_epoch: 3, end_epoch: 3, initial_sparsity: 0.6, scope: globe"),
      "net.yml:4: training.pruning.scope: error: unknown value 'globe'; did you mean 'global'? [unknown-value]\n"
      "net.yml:4: training.pruning.end_epoch: error: is 3, but must be above begin_epoch [value-range]\n"
      "net.yml:4: training.pruning.initial_sparsity: error: is 0.6, but must be at most final_sparsity "
      "[value-range]\n");
  EXPECT_EQ(
      complaints("pattern: '4:2', end_epoch: 3, final_sparsity: 0.5"),
      "net.yml:4: training.pruning.pattern: error: is 4:2, but must be single, filters or n:m, such as 2:4 "
      "[value-range]\n");
  EXPECT_EQ(
      complaints("pattern: '2:4', schedule: constant, final_sparsity: 0.5, exponent: 2, scope: global"),
      "net.yml:4: training.pruning.final_sparsity: error: is 0.5, but must be left out where the pattern is n:m, "
      "which settles it [value-range]\n"
      "net.yml:4: training.pruning.scope: error: is global, but must be layer where the pattern is not single "
      "[value-range]\n"
      "net.yml:4: training.pruning.exponent: error: is 2, but must be left out where the schedule is constant "
      "[value-range]\n");
  EXPECT_EQ(
      complaints("final_sparsity: 0.5, end_epoch: 3, except: [d3]"),
      "net.yml: training.pruning.except: error: unknown value 'd3'; did you mean 'd1'? [unknown-value]\n");
  EXPECT_EQ(complaints("final_sparsity: 0.5, end_epoch: 3, except: d2"),
            "net.yml:4: training.pruning.except: error: wants a list of names, but is 'd2' [wrong-kind]\n");
}

}  // namespace
}  // namespace gw::train
