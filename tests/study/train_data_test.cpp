// Claim: what a network cannot be trained on is said before it is tried, and vectors of real numbers train as
// pictures do: what a quantised network of them answers in training is what its hardware would.

#include "study/train_data.h"

#include <gtest/gtest.h>

#include "graph/evaluate.h"
#include "num/real_cast.h"
#include "study/accuracy.h"
#include "support/random.h"
#include "train/graph.h"
#include "train/trainer.h"

namespace gw {
namespace {

// Vectors of four numbers around one of three corners.
Dataset corners(int count, std::uint64_t seed) {
  Random random(seed);
  Dataset set{"corners", 1, 1, 4, 3, {}, {}, {}};
  for (int n = 0; n < count; ++n) {
    const auto label = static_cast<std::uint8_t>(random.below(3));
    set.labels.push_back(label);
    for (int i = 0; i < 4; ++i)
      set.reals.push_back((i == label ? 0.8f : -0.3f) + static_cast<float>(random.unit()) - 0.5f);
  }
  return set;
}

train::Network network_of(const std::string& input, const std::string& more = "") {
  auto network = train::parse_network(fmt::format(R"yml(name: small
input: {{shape: {}, quantizer: "quantized_bits(6,1)"}}
layers:
  - {{name: flatten, type: flatten}}
  - {{name: dense1, type: dense, units: 8, kernel_quantizer: "quantized_bits(6,0,alpha=1)"}}
  - {{name: act1, type: activation, quantizer: "quantized_relu(6,2)"}}
  - {{name: dense2, type: dense, units: 3, kernel_quantizer: "quantized_bits(6,0,alpha=1)"}}
  - {{name: softmax, type: softmax}}
training:
  epochs: 6
  batch: 32
  optimiser: {{type: adam, learning_rate: 1.0e-2}}
{})yml",
                                                  input, more),
                                      "small.yml");
  EXPECT_TRUE(network) << to_string(network.errors().front());
  return *std::move(network);
}

TEST(TrainData, VectorsOfRealNumbersTrainToTheBitsOfTheHardware) {
  const train::Network network = network_of("[1, 1, 4]");
  const Split data{corners(300, 1), corners(60, 2), corners(200, 3)};
  EXPECT_TRUE(check_fit(data, network));
  SilentProgress progress;
  const auto trained = train::train(network, samples_of(data.train), samples_of(data.validation),
                                    samples_of(data.test), {.threads = 2}, progress);
  ASSERT_TRUE(trained) << to_string(trained.errors().front());
  const auto graph = train::to_graph(network, trained->state.answering());
  ASSERT_TRUE(graph);
  FloatTensor numbers = numbers_of(data.test, 255);
  const Node& input = (*graph)[graph->inputs().front()];
  numbers.shape = input.type.shape;
  const std::vector<Tensor> fed{quantize(*std::get<Input>(input.op).quantizer, numbers)};
  const double share = accuracy(evaluate(*graph, fed).front(), std::span(data.test.labels));
  EXPECT_EQ(share, trained->state.history.back().test->accuracy);
  EXPECT_GT(share, 0.6);  // chance is a third
}

TEST(TrainData, WhatDoesNotFitIsNamed) {
  const Split data{corners(30, 1), corners(6, 2), corners(20, 3)};
  const auto unfit = check_fit(data, network_of("[1, 1, 5]"));
  ASSERT_FALSE(unfit);
  EXPECT_EQ(to_string(unfit.errors().front()),
            "corners: error: its samples are 1x1x4, but the input of 'small' is 1x1x5 [data-shape]");
  Split more = data;
  more.train.classes = 4;
  const auto classes = check_fit(more, network_of("[1, 1, 4]"));
  ASSERT_FALSE(classes);
  EXPECT_EQ(to_string(classes.errors().front()),
            "corners: error: has 4 classes, but 'small' tells 3 apart [data-classes]");
  const auto part = whole_data("mnist:test", "");
  ASSERT_FALSE(part);
  EXPECT_EQ(to_string(part.errors().front()),
            "--data: error: unknown value 'mnist:test'; did you mean 'mnist'? [unknown-value]");
}

TEST(TrainData, PicturesAreNotChangedWhereThereAreNone) {
  const Split data{corners(30, 1), corners(6, 2), corners(20, 3)};
  train::Network network = network_of("[1, 1, 4]");
  network.augmentation.emplace();
  SilentProgress progress;
  const auto trained = train::train(network, samples_of(data.train), {}, {}, {}, progress);
  ASSERT_FALSE(trained);
  EXPECT_EQ(
      to_string(trained.errors().front()),
      "small.yml: training.augmentation: error: changes pictures of bytes, but these samples are real numbers; "
      "leave it out [augment-reals]");
}

TEST(TrainData, SchedulesThatAreCutOffAreToldOf) {
  const train::Network network =
      network_of("[1, 1, 4]", "  pruning: {final_sparsity: 0.5, begin_epoch: 1, end_epoch: 10}\n");
  EXPECT_TRUE(train::schedule_notes(network, 10).empty());
  const Diagnostics notes = train::schedule_notes(network, 0);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(
      to_string(notes.front()),
      "small.yml: training.pruning: warning: ends at epoch 10, but the training after epoch 6: 50 % of the weights "
      "will not be pruned [schedule-cut]");
}

}  // namespace
}  // namespace gw
