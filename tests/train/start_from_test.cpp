// Trainings that begin where another ended.

#include "train/start_from.h"

#include <cmath>

#include <gtest/gtest.h>
#include <unistd.h>

#include "graph/model_file.h"
#include "support/files.h"
#include "train/checkpoint.h"
#include "train/graph.h"
#include "train/pruning.h"
#include "train/reference.h"
#include "train/teacher.h"
#include "train/trainer.h"

namespace gw::train {
namespace {

const char* const plain_text =
    "name: plain\ninput: {shape: [6, 6, 1]}\nlayers: [{name: c1, type: conv2d, filters: 5, kernel: 3, bias: false}, "
    "{name: b1, type: batch_norm, momentum: 0.9, debias: true}, {name: a1, type: relu}, {name: f, type: flatten}, "
    "{name: d1, type: dense, units: 3}, {name: s, type: softmax}]\ntraining: {epochs: 2, batch: 32, pruning: {schedule: "
    "constant, final_sparsity: 0.4, begin_epoch: 0, except: [d1]}}\n";

const char* const quantised_text =
    "name: fine\ninput: {shape: [6, 6, 1], quantizer: 'quantized_bits(10,0,keep_negative=0)'}\nlayers: [{name: c1, type: "
    "conv2d, filters: 5, kernel: 3, bias: false, kernel_quantizer: 'quantized_bits(12,2,alpha=learned_po2)'}, {name: b1, "
    "type: batch_norm, momentum: 0.9, debias: true}, {name: a1, type: activation, quantizer: 'quantized_relu(12,3)'}, "
    "{name: f, type: flatten}, {name: d1, type: dense, units: 3, kernel_quantizer: 'quantized_bits(12,2)'}, {name: s, "
    "type: softmax}]\ntraining: {epochs: 1, batch: 32}\n";

class StartFrom : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder);
    const auto trained = train(plain, data.samples(), {}, {}, {.folder = folder}, silent);
    ASSERT_TRUE(trained);
    source = trained->state;
    const auto graph = to_graph(plain, source.parameters);
    ASSERT_TRUE(graph && save_model(folder / "plain.gw", *graph));
  }
  void TearDown() override { fs::remove_all(folder); }

  std::string complaint(const std::string& file, const Network& network) const {
    const auto result = parameters_from(folder / file, network, data.samples(), 1, 1);
    std::string text;
    if (!result)
      for (const Diagnostic& error : result.errors()) text += to_string(error) + "\n";
    for (size_t at = text.find(folder.string()); at != text.npos; at = text.find(folder.string()))
      text.replace(at, folder.string().size(), "FOLDER");
    return text;
  }

  fs::path folder = fs::path(testing::TempDir()) / ("gatewright_from_" + std::to_string(getpid()));
  Network plain = network_of(plain_text), quantised = network_of(quantised_text);
  RandomSamples data{plain, 160, 4};
  Checkpoint source;
  SilentProgress silent;
};

TEST_F(StartFrom, ACheckpointGivesItsNumbersAndMasks) {
  const auto same = parameters_from(folder / "latest.safetensors", plain, data.samples(), 9, 1);
  ASSERT_TRUE(same) << to_string(same.errors()[0]);
  for (size_t i = 0; i < same->trained.size(); ++i) {
    EXPECT_EQ(same->trained[i].values, source.parameters.trained[i].values);
    EXPECT_EQ(same->trained[i].mask, source.parameters.trained[i].mask);
  }
  for (size_t i = 0; i < same->statistics.size(); ++i)
    EXPECT_EQ(same->statistics[i].values, source.parameters.statistics[i].values);

  // In many bits the quantised network answers nearly the same.
  const auto fine = parameters_from(folder / "latest.safetensors", quantised, data.samples(), 9, 1);
  ASSERT_TRUE(fine) << to_string(fine.errors()[0]);
  EXPECT_EQ(fine->trained[1].name, "c1.weight_step");
  const std::vector<float> before = Model(plain, 32, 1).logits(source.parameters, data.samples());
  const std::vector<float> after = Model(quantised, 32, 1).logits(*fine, data.samples());
  for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(before[i], after[i], 0.02);
}

TEST_F(StartFrom, AModelFileKeepsItsAnswers) {
  const auto again = parameters_from(folder / "plain.gw", plain, data.samples(), 9, 1);
  ASSERT_TRUE(again) << to_string(again.errors()[0]);
  EXPECT_EQ(again->trained[0].mask, source.parameters.trained[0].mask);
  Model model(plain, 32, 1);
  const std::vector<float> before = model.logits(source.parameters, data.samples());
  const std::vector<float> after = model.logits(*again, data.samples());
  for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(before[i], after[i], 1e-4);
  // And its batch norms, measured on these very images, answer the same from a batch's own statistics.
  std::vector<std::int32_t> order(160);
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int32_t>(i);
  Parameters trained = *again;
  const Score training = Model(plain, 160, 1).gradients(trained, data.samples(), order);
  EXPECT_NEAR(training.loss(), model.score(*again, data.samples()).loss(), 1e-5);

  const auto fine = parameters_from(folder / "plain.gw", quantised, data.samples(), 9, 1);
  ASSERT_TRUE(fine);
  const std::vector<float> narrow = Model(quantised, 32, 1).logits(*fine, data.samples());
  for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(before[i], narrow[i], 0.02);
}

TEST_F(StartFrom, LearnedStepsSpreadOverWhatHasOneOfItsOwnNow) {
  std::string text(quantised_text);
  const Checkpoint tuned =
      train(quantised, data.samples(), {}, {}, {.folder = folder / "tuned"}, silent)->state;
  const std::string shared = "quantized_bits(12,2,alpha=learned_po2)";
  text.replace(text.find(shared), shared.size(), "quantized_bits(12,2,learned_bits=weight)");
  const auto own =
      parameters_from(folder / "tuned" / "latest.safetensors", network_of(text), data.samples(), 9, 1);
  ASSERT_TRUE(own) << to_string(own.errors()[0]);
  EXPECT_EQ(own->trained[1].shape, own->trained[0].shape);
  EXPECT_NE(tuned.parameters.trained[1].values[0], -9.0f);
  EXPECT_EQ(own->trained[1].values, std::vector<float>(45, tuned.parameters.trained[1].values[0]));
}

// A step that was learned for four bits has its top four doublings above it.
TEST_F(StartFrom, ATopBeginsAboveTheBitsThatThereWere) {
  std::string text(quantised_text);
  const auto with = [&](const std::string& quantizer) {
    std::string changed = text;
    const std::string before = "quantized_relu(12,3)";
    changed.replace(changed.find(before), before.size(), quantizer);
    return network_of(changed);
  };
  const Network four = with("quantized_relu(4,1,alpha=learned_po2)");
  const Checkpoint tuned = train(four, data.samples(), {}, {}, {.folder = folder / "four"}, silent)->state;
  const auto own = parameters_from(folder / "four" / "latest.safetensors",
                                   with("quantized_relu(6,0,learned_bits=channel)"), data.samples(), 9, 1);
  ASSERT_TRUE(own) << to_string(own.errors()[0]);
  const auto values = [](const Parameters& parameters, const std::string& name) {
    for (const Parameter& parameter : parameters.trained)
      if (parameter.name == name) return parameter.values;
    return std::vector<float>();
  };
  const float step = values(tuned.parameters, "a1.step").at(0);
  EXPECT_EQ(values(*own, "a1.step"), std::vector<float>(5, step));
  EXPECT_EQ(values(*own, "a1.top"), std::vector<float>(5, std::nearbyint(step) + 4));
}

TEST_F(StartFrom, TrainingGoesOnWithTheMasks) {
  const auto tuned =
      train(quantised, data.samples(), {}, {}, {.from = folder / "latest.safetensors"}, silent);
  ASSERT_TRUE(tuned);
  const Parameter& weight = tuned->state.parameters.trained[0];
  EXPECT_EQ(weight.mask, source.parameters.trained[0].mask);
  EXPECT_EQ(std::count(weight.mask.begin(), weight.mask.end(), 0), 18);
  for (size_t i = 0; i < weight.mask.size(); ++i) EXPECT_TRUE(weight.mask[i] == 1 || weight.values[i] == 0);
  EXPECT_NE(weight.values, source.parameters.trained[0].values);
}

// A student that sees nothing but its teacher comes close to it.
TEST_F(StartFrom, TeachersTeach) {
  std::string text(plain_text);
  const auto student = [&](const std::string& recipe) {
    Network network = network_of(text.substr(0, text.find("training:")) +
                                 "training: {epochs: 25, batch: 32, optimiser: "
                                 "{type: adam, learning_rate: 0.02}, distillation: {teacher: " +
                                 recipe + "}}\n");
    network.file = (folder / "student.yml").string();
    return network;
  };
  const auto apart = [&](const Parameters& parameters) {
    const std::vector<float> theirs = Model(plain, 32, 1).logits(source.parameters, data.samples());
    const std::vector<float> own = Model(plain, 32, 1).logits(parameters, data.samples());
    double sum = 0;
    for (size_t i = 0; i < own.size(); i += 3)
      for (size_t k = 1; k < 3; ++k)
        sum += std::abs(static_cast<double>(own[i + k] - own[i] - theirs[i + k] + theirs[i]));
    return sum;
  };
  for (const char* recipe : {"plain.gw, weight: 1, temperature: 2", "latest.safetensors, weight: 1"}) {
    const Network network = student(recipe);
    const auto taught = train(network, data.samples(), {}, {}, {.seed = 5}, silent);
    ASSERT_TRUE(taught) << to_string(taught.errors()[0]);
    EXPECT_LT(apart(taught->state.parameters), 0.4 * apart(initial_parameters(network, 5))) << recipe;
  }
  // With pictures that change, the teacher answers what the student sees.
  Network changing = student("plain.gw, weight: 1");
  changing.augmentation = AugmentSpec{};
  Network same = student("plain.gw, weight: 1");
  changing.epochs = same.epochs = 2;
  EXPECT_EQ(train(changing, data.samples(), {}, {}, {.seed = 5}, silent)->state.parameters.trained[0].values,
            train(same, data.samples(), {}, {}, {.seed = 5}, silent)->state.parameters.trained[0].values);
}

TEST_F(StartFrom, TeachersOfOtherThingsAreRefused) {
  const auto complain = [&](const char* shape, int classes) {
    const Network other = network_of(std::string("input: {shape: ") + shape +
                                     "}\nlayers: [{name: f, type: flatten}, {name: d, type: dense, units: " +
                                     std::to_string(classes) + "}, {name: s, type: softmax}]\n");
    const auto teacher = load_teacher(folder / "plain.gw", other);
    std::string text = teacher ? "none" : to_string(teacher.errors()[0]);
    text.replace(text.find(folder.string()), folder.string().size(), "FOLDER");
    return text;
  };
  EXPECT_EQ(
      complain("[5, 6, 1]", 3),
      "FOLDER/plain.gw: error: cannot teach this network: its input is 6x6x1, not 5x6x1 [teacher-refused]");
  EXPECT_EQ(
      complain("[6, 6, 1]", 4),
      "FOLDER/plain.gw: error: cannot teach this network: it tells 3 classes apart, not 4 [teacher-refused]");
}

TEST_F(StartFrom, WhatDoesNotFitIsNamed) {
  std::string other(plain_text);
  other.replace(other.find("filters: 5"), 10, "filters: 4");
  other.replace(other.find("name: d1"), 8, "name: d2");
  other.replace(other.find("[d1]"), 4, "[d2]");
  EXPECT_EQ(
      complaint("latest.safetensors", network_of(other)),
      "FOLDER/latest.safetensors: error: cannot be started from: its 'c1.weight' has the shape 3x3x1x5, not "
      "3x3x1x4 [start-refused]\n"
      "FOLDER/latest.safetensors: error: cannot be started from: its 'b1.gamma' has the shape 5, not 4 "
      "[start-refused]\n"
      "FOLDER/latest.safetensors: error: cannot be started from: its 'b1.beta' has the shape 5, not 4 "
      "[start-refused]\n"
      "FOLDER/latest.safetensors: error: cannot be started from: it has no 'd2.weight' [start-refused]\n"
      "FOLDER/latest.safetensors: error: cannot be started from: it has no 'd2.bias' [start-refused]\n"
      "FOLDER/latest.safetensors: error: cannot be started from: no layer here has its 'd1.weight' "
      "[start-refused]\n"
      "FOLDER/latest.safetensors: error: cannot be started from: no layer here has its 'd1.bias' "
      "[start-refused]\n");
  EXPECT_NE(complaint("absent.gw", plain).find("[file-unreadable]"), std::string::npos);
}

}  // namespace
}  // namespace gw::train
