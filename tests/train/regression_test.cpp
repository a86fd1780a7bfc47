// A training of real numbers: what it learns, what it tells, and that it resumes as any other.

#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/files.h"
#include "support/random.h"
#include "train/emulate.h"
#include "train/reference.h"
#include "train/stop_after.h"
#include "train/trainer.h"

namespace gw::train {
namespace {

// y = (x0 - x1, x2^2 + x3 / 2) of four numbers between -1 and 1.
struct NumberSamples {
  NumberSamples(int count, std::uint64_t seed) {
    Random random(seed);
    for (int i = 0; i < count; ++i) {
      float x[4];
      for (float& value : x) reals.push_back(value = static_cast<float>(2 * random.unit() - 1));
      targets.insert(targets.end(), {x[0] - x[1], x[2] * x[2] + x[3] / 2});
    }
  }
  Samples samples() const {
    return {.pixels = {}, .labels = {}, .reals = reals, .targets = targets, .outputs = 2};
  }
  std::vector<float> reals, targets;
};

const char* const real_network =
    "name: real\ninput: {shape: [4]}\nlayers: [{name: d1, type: dense, units: 24}, {name: a1, type: tanh}, {name: d2, type: "
    "dense, units: 24}, {name: r2, type: relu}, {name: d3, type: dense, units: 2}]\ntraining: {epochs: 20, batch: 32, loss: "
    "mean_squared_error, optimiser: {type: adam, learning_rate: 0.01}, schedule: {type: plateau}, early_stopping: "
    "{patience: 10}}\n";
const char* const quantised_real_network =
    "name: real\ninput: {shape: [4], quantizer: 'quantized_bits(8,0)'}\nlayers: [{name: d1, type: dense, units: 24, "
    "kernel_quantizer: 'quantized_bits(8,1)'}, {name: a1, type: tanh, quantizer: 'quantized_bits(8,0)'}, {name: d2, type: "
    "dense, units: 24, kernel_quantizer: 'quantized_bits(8,1)'}, {name: r2, type: activation, quantizer: "
    "'quantized_relu(8,2)'}, {name: d3, type: dense, units: 2, kernel_quantizer: 'quantized_bits(8,1)'}]\ntraining: "
    "{epochs: 20, batch: 32, loss: mean_squared_error, optimiser: {type: adam, learning_rate: 0.01}}\n";

class Regression : public testing::Test {
 protected:
  void SetUp() override {
    folder = fs::path(testing::TempDir()) / ("gatewright_numbers_" + std::to_string(getpid()) + "_" +
                                             testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  fs::path folder;
  SilentProgress silent;
};

TEST_F(Regression, IsLearned) {
  const NumberSamples some(400, 1), others(100, 2), last(100, 3);
  for (const char* text : {real_network, quantised_real_network}) {
    const Network real = network_of(text);
    const fs::path own = folder / (real.is_quantised() ? "fixed" : "float");
    const auto run_real = [&](Progress& progress, TrainOptions options) {
      auto result = train(real, some.samples(), others.samples(), last.samples(), options, progress);
      EXPECT_TRUE(result) << to_string(result.errors()[0]);
      return *result;
    };
    const Training whole = run_real(silent, {.folder = own});
    const EpochRecord& record = whole.state.history.back();
    ASSERT_TRUE(record.test && record.test->error);
    // The mean of the targets has an error of 0.5 and a loss of 0.5 or so.
    EXPECT_LT(*record.test->error, 0.1);
    EXPECT_LT(record.test->loss, 0.02);
    EXPECT_LT(*record.training.error, 0.1);
    // What is told is what the answers are: those of the emulator where the network is quantised.
    if (real.is_quantised()) {
      const auto emulated = emulated_score(real, whole.state.answering(), last.samples(), 1);
      ASSERT_TRUE(emulated);
      EXPECT_EQ(emulated->error(), *record.test->error);
      EXPECT_EQ(emulated->loss(), record.test->loss);
    }
    const std::vector<float> answers = Model(real, 16, 1).logits(whole.state.answering(), last.samples());
    double squares = 0, errors = 0;
    for (size_t i = 0; i < answers.size(); ++i) {
      const double error = static_cast<double>(answers[i]) - static_cast<double>(last.targets[i]);
      squares += error * error / 200;
      errors += std::abs(error) / 200;
    }
    EXPECT_NEAR(record.test->loss, squares, real.is_quantised() ? 2e-3 : 1e-6);
    EXPECT_NEAR(*record.test->error, errors, real.is_quantised() ? 1e-2 : 1e-6);
    // Stopped in the middle of an epoch and resumed, the same bits and the same history.
    const fs::path again = own / "again";
    StopAfter stop(20);
    run_real(stop, {.folder = again});
    const Training resumed = run_real(silent, {.folder = again, .resume = true});
    for (size_t p = 0; p < whole.state.parameters.trained.size(); ++p)
      EXPECT_EQ(resumed.state.parameters.trained[p].values, whole.state.parameters.trained[p].values);
    EXPECT_EQ(resumed.state.history.back().test, record.test);
    EXPECT_EQ(resumed.state.history[1].training, whole.state.history[1].training);
    const std::string table = print_csv(whole.state.history), json = print_json(whole.state.history);
    EXPECT_EQ(table.substr(0, table.find('\n')),
              "epoch,seconds,penalty,training_loss,training_mean_absolute_error,validation_loss,"
              "validation_mean_absolute_error,test_loss,test_mean_absolute_error");
    EXPECT_NE(json.find("\"test_mean_absolute_error\": " + fmt::format("{}", *record.test->error)),
              std::string::npos);
    EXPECT_EQ(json.find("accuracy"), std::string::npos);
  }
}

TEST_F(Regression, SamplesThatDoNotFit) {
  const NumberSamples some(40, 1);
  const Network real = network_of(real_network);
  const auto told = [&](const Network& of, Samples samples) {
    const auto result = train(of, samples, {}, {}, {}, silent);
    return result ? "none" : to_string(result.errors()[0]) + "\n";
  };
  Network plain = real;
  plain.early_stopping.reset();
  Samples flat = some.samples();
  flat.outputs = 1;
  flat.targets = flat.targets.first(40);
  EXPECT_EQ(
      told(plain, flat),
      "test.yml: input: error: the training samples have 1 real numbers each to be answered, but the network "
      "answers 2 [samples-targets]\n");
  const std::vector<std::uint8_t> labels(40, 0);
  EXPECT_EQ(
      told(plain, {.pixels = {}, .labels = labels, .reals = some.reals}),
      "test.yml: input: error: the training samples have labels, but the network is trained on real numbers "
      "[samples-answers]\n");
  const Network classes = network_of(
      "input: {shape: [4]}\nlayers: [{name: d, type: dense, units: 2}, {name: s, type: softmax}]\n");
  EXPECT_EQ(
      told(classes, some.samples()),
      "test.yml: input: error: the training samples have real numbers to be answered, but the network is trained "
      "on classes [samples-answers]\n");
}

}  // namespace
}  // namespace gw::train
