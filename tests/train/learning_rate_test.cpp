// Learning rates at the ends and between, early stopping, and their place in the file.

#include "train/learning_rate.h"

#include <cmath>

#include <gtest/gtest.h>

#include "train/reference.h"

namespace gw::train {
namespace {

double rate(const RateSpec& spec, std::int64_t step, const History& history = {}) {
  return rate_factor(spec, 10, 20, step, history);
}

History losses(const std::vector<double>& values) {
  History history;
  for (const double value : values) {
    EpochRecord record;
    record.validation = Measure{value, 1 - value};
    history.push_back(record);
  }
  return history;
}

TEST(LearningRate, StaysOrFallsInSteps) {
  EXPECT_EQ(rate({}, 0), 1);
  EXPECT_EQ(rate({}, 199), 1);
  const RateSpec steps{.kind = RateKind::Step, .factor = 0.5, .every_epochs = 2.5};
  EXPECT_EQ(rate(steps, 49), 1);
  EXPECT_EQ(rate(steps, 50), 0.5);
  EXPECT_EQ(rate(steps, 199), 0.125);
}

TEST(LearningRate, CosineEndsAtItsFinalShare) {
  const RateSpec cosine{.kind = RateKind::Cosine, .final = 0.1};
  EXPECT_EQ(rate(cosine, 0), 1);
  EXPECT_NEAR(rate(cosine, 199), 0.1, 1e-12);
  for (const std::int64_t step : {20, 50, 130})
    EXPECT_NEAR(rate(cosine, step), 0.1 + 0.45 * (1 + std::cos(M_PI * static_cast<double>(step) / 199)),
                1e-12);
}

TEST(LearningRate, OneCycleRisesAndFalls) {
  const RateSpec cycle{.kind = RateKind::OneCycle, .rise = 0.25, .start_divisor = 10, .final_divisor = 1000};
  EXPECT_NEAR(rate(cycle, 0), 0.1, 1e-12);
  EXPECT_NEAR(rate(cycle, 199), 0.001, 1e-12);
  double highest = 0;
  for (std::int64_t step = 1; step < 200; ++step) {
    const double now = rate(cycle, step), before = rate(cycle, step - 1);
    EXPECT_TRUE(step >= 50 || now > before);
    EXPECT_TRUE(step <= 51 || now < before);
    highest = std::max(highest, now);
  }
  EXPECT_NEAR(highest, 1, 1e-3);
}

TEST(LearningRate, WarmsUpFirst) {
  const RateSpec spec{.kind = RateKind::Cosine, .warmup_epochs = 2};
  EXPECT_NEAR(rate(spec, 0), 1.0 / 41, 1e-12);
  EXPECT_NEAR(rate(spec, 39), 40.0 / 41, 1e-12);
  EXPECT_EQ(rate(spec, 40), 1);
  EXPECT_NEAR(rate(spec, 199), 0, 1e-12);
}

TEST(LearningRate, FallsOnPlateaus) {
  const RateSpec spec{.kind = RateKind::Plateau, .factor = 0.5, .patience = 2, .min_delta = 0.1};
  EXPECT_EQ(rate(spec, 0, {}), 1);
  EXPECT_EQ(rate(spec, 0, losses({1, 0.5, 0.45})), 1);
  EXPECT_EQ(rate(spec, 0, losses({1, 0.5, 0.45, 0.42})), 0.5);
  EXPECT_EQ(rate(spec, 0, losses({1, 0.5, 0.45, 0.42, 0.3, 0.29})), 0.5);
  EXPECT_EQ(rate(spec, 0, losses({1, 0.5, 0.45, 0.42, 0.41, 0.41})), 0.25);
}

TEST(EarlyStopping, WaitsForPatience) {
  EarlyStopping spec{.patience = 2, .min_delta = 0.01};
  EXPECT_FALSE(stops_early(spec, {}));
  EXPECT_FALSE(stops_early(spec, losses({1, 0.5, 0.6})));
  EXPECT_TRUE(stops_early(spec, losses({1, 0.5, 0.6, 0.495})));
  EXPECT_FALSE(stops_early(spec, losses({1, 0.5, 0.6, 0.48, 0.48})));
  spec.watch = Watched::ValidationAccuracy;
  EXPECT_TRUE(stops_early(spec, losses({0.2, 0.2, 0.2})));
}

const std::string layers =
    "input: {shape: [2, 2, 1]}\nlayers: [{name: f, type: flatten}, {name: d, type: dense, units: 2, l2: 0.01}, {name: s, "
    "type: softmax}]\n";

TEST(Recipe, PrintingIsReadBack) {
  for (
      const char* text :
      {"optimiser: {type: sgd, learning_rate: 0.1, momentum: 0.9, nesterov: true}, gradient_clip: 2",
       "schedule: {type: step, factor: 0.3, every_epochs: 4}, label_smoothing: 0.1, averaging: 0.99",
       "augmentation: {shift: 2, rotation: 10.5, scale: 0.1, shear: 3, elastic: 1, erase: 0.25, noise: 0.05}, "
       "distillation: {teacher: ../big.gw, temperature: 3, weight: 0.5}",
       "schedule: {type: cosine, final: 0.01, warmup_epochs: 1.5}", "schedule: {type: one_cycle, rise: 0.4}",
       "schedule: {type: plateau, patience: 3}, early_stopping: {watch: validation_accuracy, patience: 7, min_delta: "
       "0.001}, freeze_batch_norm: 3.5"}) {
    const Network network = network_of(layers + "training: {" + text + "}\n");
    const std::string printed = print_network(network);
    const auto again = parse_network(printed, "again");
    ASSERT_TRUE(again) << printed << to_string(again.errors()[0]);
    EXPECT_EQ(print_network(*again), printed);
    EXPECT_EQ(again->rate.kind, network.rate.kind);
    EXPECT_EQ(again->layers[1].l2, 0.01);
  }
}

TEST(Recipe, WhatIsWrongIsNamed) {
  const auto complaints = [](const std::string& recipe) {
    const auto network = parse_network(layers + "training: {" + recipe + "}\n", "net.yml");
    std::string text;
    if (!network)
      for (const Diagnostic& error : network.errors()) text += to_string(error) + "\n";
    return text;
  };
  EXPECT_EQ(
      complaints("optimiser: {type: sgd, beta1: 0.9}"),
      "net.yml:3: training.optimiser: error: unknown key 'beta1'; did you mean 'type'? [unknown-key]\n");
  EXPECT_EQ(
      complaints("schedule: {type: cosine, factor: 0.5}"),
      "net.yml:3: training.schedule: error: unknown key 'factor'; did you mean 'final'? [unknown-key]\n");
  EXPECT_EQ(complaints("schedule: {final: 0.5}"),
            "net.yml:3: training.schedule: error: has no 'type'; add it [key-missing]\n"
            "net.yml:3: training.schedule: error: unknown key 'final'; did you mean 'type'? [unknown-key]\n");
  EXPECT_EQ(
      complaints("schedule: {type: step, factor: 1}, averaging: 1, label_smoothing: -0.1"),
      "net.yml:3: training.schedule.factor: error: is 1, but must be above 0 and below 1 [value-range]\n"
      "net.yml:3: training.label_smoothing: error: is -0.1, but must be at least 0 and below 1 [value-range]\n"
      "net.yml:3: training.averaging: error: is 1, but must be at least 0 and below 1 [value-range]\n");
  EXPECT_EQ(
      complaints("augmentation: {scale: 1, blur: 2}, distillation: {temperature: 0}"),
      "net.yml:3: training.augmentation: error: unknown key 'blur'; did you mean 'shear'? [unknown-key]\n"
      "net.yml:3: training.augmentation.scale: error: is 1, but must be at least 0 and below 1 [value-range]\n"
      "net.yml:3: training.distillation: error: has no 'teacher'; add it [key-missing]\n"
      "net.yml:3: training.distillation.temperature: error: is 0, but must be above 0 [value-range]\n");
  EXPECT_EQ(
      complaints("early_stopping: {watch: test_accuracy, patience: 0}"),
      "net.yml:3: training.early_stopping.watch: error: unknown value 'test_accuracy'; did you mean "
      "'validation_accuracy'? [unknown-value]\n"
      "net.yml:3: training.early_stopping.patience: error: is 0, but must be at least 1 [value-range]\n");
}

}  // namespace
}  // namespace gw::train
