// The whole road on a small scale: a network trained on made digits becomes a circuit whose simulated bits
// are those of the emulation, and whose parts go through synthesis. And what happens when something on the
// road is wrong.

#include "study/study.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "backends/verilator_bench.h"
#include "backends/verilog.h"
#include "graph/evaluate.h"
#include "support/random.h"
#include "tools/verilator.h"

namespace gw {
namespace {

class StudyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("gatewright_study_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
  SilentProgress progress_;
};

// Images of 8 x 8 whose class is the quarter in which the light is.
Dataset quarters(int count, std::uint64_t seed) {
  Random random(seed);
  Dataset set{"quarters", 8, 8, 1, 4, {}, {}};
  for (int n = 0; n < count; ++n) {
    const auto label = static_cast<std::uint8_t>(random.below(4));
    set.labels.push_back(label);
    for (int i = 0; i < 64; ++i) {
      const bool lit = (i / 8 / 4) * 2 + i % 8 / 4 == label;
      set.pixels.push_back(static_cast<std::uint8_t>(random.below(lit ? 256 : 64)));
    }
  }
  return set;
}

constexpr const char* small_network = R"(name: quarters
input: {shape: [8, 8, 1], divide_by: 255}
layers:
  - {name: conv1, type: conv2d, filters: 2, kernel: [3, 3], bias: false}
  - {name: bn1, type: batch_norm}
  - {name: relu1, type: relu}
  - {name: pool1, type: max_pool2d, pool: [2, 2]}
  - {name: flatten, type: flatten}
  - {name: dense1, type: dense, units: 4, bias: true}
  - {name: softmax, type: softmax}
training:
  epochs: 2
  batch: 50
  loss: categorical_crossentropy
  optimiser: {type: adam, learning_rate: 1.0e-2}
)";

TEST_F(StudyTest, GoesFromImagesToSynthesisedFirmwareWithTheSameBits) {
  const auto network = train::parse_network(small_network, "quarters.yml");
  ASSERT_TRUE(network) << to_string(network.errors().front());
  const Split data{quarters(800, 1), quarters(100, 2), quarters(200, 3)};
  StudyOptions options;
  options.folder = folder_ / "study";
  options.cache_folder = folder_ / "cache";
  options.images = 200;
  const auto report = run_study(*network, data, options, progress_);
  ASSERT_TRUE(report) << to_string(report.errors().front());

  const AccuracyRow& row = report->accuracy.back();
  EXPECT_EQ(row.epoch, 2);
  EXPECT_EQ(row.differing_values, 0);
  EXPECT_EQ(row.circuit_images, 200);
  EXPECT_EQ(*row.circuit_test, row.fixed_test);  // all test images, the same bits
  EXPECT_GT(row.fixed_test, 0.5);                // chance is a quarter
  EXPECT_EQ(report->interval_clocks, 64);        // one pixel a clock, sustained
  EXPECT_EQ(report->stages.size(), 4u);
  EXPECT_GT(report->total.lut, 100);
  EXPECT_GT(report->total.ff, 100);

  const auto json = nlohmann::json::parse(print_json(*report));
  EXPECT_EQ(json["simulation"]["interval_clocks"], 64);
  EXPECT_EQ(json["accuracy"][0]["differing_values"], 0);
  EXPECT_EQ(json["resources"]["synthesised"]["lut"], report->total.lut);
  EXPECT_TRUE(fs::exists(options.folder / "verilog" / "quarters.v"));
  EXPECT_TRUE(fs::exists(options.folder / "report.json"));

  // A second run trains nothing anew, synthesises nothing anew, and says the same.
  const auto again = run_study(*network, data, options, progress_);
  ASSERT_TRUE(again) << to_string(again.errors().front());
  EXPECT_GT(report->total.seconds, 0);
  EXPECT_EQ(again->total.seconds, 0);  // all from the cache
  EXPECT_EQ(again->accuracy.back().fixed_test, row.fixed_test);
  EXPECT_EQ(again->total.lut, report->total.lut);
}

// The types are those that it was trained in, and the last epoch is the one that it stopped at.
TEST_F(StudyTest, TakesNetworksThatAreQuantisedAndStopEarly) {
  constexpr const char* early = R"yml(name: early
input: {shape: [8, 8, 1], quantizer: "quantized_bits(3,0,keep_negative=0)"}
layers:
  - {name: flatten, type: flatten}
  - {name: dense1, type: dense, units: 4, kernel_quantizer: "quantized_bits(4,0)"}
  - {name: softmax, type: softmax}
training:
  epochs: 40
  batch: 50
  optimiser: {type: adam, learning_rate: 1.0e-2}
  early_stopping: {patience: 1, min_delta: 10}
)yml";
  const auto network = train::parse_network(early, "early.yml");
  ASSERT_TRUE(network) << to_string(network.errors().front());
  StudyOptions options;
  options.folder = folder_ / "study";
  options.cache_folder = folder_ / "cache";
  options.images = 20;
  const auto report =
      run_study(*network, {quarters(200, 1), quarters(50, 2), quarters(40, 3)}, options, progress_);
  ASSERT_TRUE(report) << to_string(report.errors().front());
  EXPECT_LT(report->accuracy.back().epoch, 10);
  EXPECT_EQ(report->accuracy.back().differing_values, 0);
  EXPECT_EQ(report->types, "the types that it was trained in");
  EXPECT_NE(print_text(*report).find("seed 1, the types that it was trained in\n"), std::string::npos);
}

Result<Graph> two_dense(bool branch) {
  GraphBuilder builder("model");
  const auto weights = [](int n, int m) {
    FloatTensor w{{n, m}, 1, {}};
    for (int i = 0; i < n * m; ++i) w.values.push_back(0.25f * static_cast<float>(i % 5 - 2));
    return w;
  };
  const NodeId x = builder.input("x", {4});
  const NodeId a = builder.layer("a", Dense{}, {x, builder.constant("a.weight", weights(4, 3))});
  const NodeId b =
      builder.layer("b", Dense{}, {branch ? x : a, builder.constant("b.weight", weights(branch ? 4 : 3, 2))});
  if (branch) builder.output(a);
  builder.output(b);
  return builder.build();
}

Config eight_bits() {
  Config config;
  config.precision.model["default"] = Quantizer{{8, 4, true}, Rounding::Trn, Overflow::Wrap};
  return config;
}

TEST_F(StudyTest, BuildsBranches) {
  const auto model = two_dense(true);
  ASSERT_TRUE(model);
  const auto made = build(*model, eight_bits(), *find_part("xcu250-figd2104-2L-e"), {}, "top");
  ASSERT_TRUE(made) << to_string(made.errors().front());
  const std::vector<Tensor> frames{Tensor({4}, *made->design.inputs.front().type.fixed, 3)};
  const auto simulated = simulate(*made, frames, evaluate(made->graph, frames),
                                  {.cache_folder = folder_, .threads = 1}, progress_);
  ASSERT_TRUE(simulated) << to_string(simulated.errors().front());
  EXPECT_EQ(simulated->outputs.size(), 2);
  EXPECT_EQ(simulated->differing_values, 0);
}

TEST_F(StudyTest, TellsABenchThatFails) {
  const auto model = two_dense(false);
  ASSERT_TRUE(model);
  const auto made = build(*model, eight_bits(), *find_part("xcu250-figd2104-2L-e"), {}, "top");
  ASSERT_TRUE(made);
  const std::vector<Tensor> frames{Tensor({4}, *made->design.inputs.front().type.fixed, 3)};
  const std::vector<Tensor> emulated = evaluate(made->graph, frames);
  // The built bench is replaced by one that fails.
  const auto program = build_bench({"top", verilog(made->design), verilator_bench(made->design)}, folder_);
  ASSERT_TRUE(program) << to_string(program.errors().front());
  ASSERT_TRUE(write_file(*program, "#!/bin/sh\necho it broke\nexit 7\n"));
  fs::permissions(*program, fs::perms::owner_all);
  const auto simulated =
      simulate(*made, frames, emulated, {.cache_folder = folder_, .threads = 1}, progress_);
  ASSERT_FALSE(simulated);
  EXPECT_EQ(to_string(simulated.errors().front()),
            program->string() + ": error: the simulation ended with code 7: it broke\n [bench-failed]");
}

TEST_F(StudyTest, NamesTheFirstDifference) {
  const auto model = two_dense(false);
  ASSERT_TRUE(model);
  const auto made = build(*model, eight_bits(), *find_part("xcu250-figd2104-2L-e"), {}, "top");
  ASSERT_TRUE(made);
  const std::vector<Tensor> frames{Tensor({4}, *made->design.inputs.front().type.fixed, 3)};
  std::vector<Tensor> emulated = evaluate(made->graph, frames);
  emulated[0].set(3, emulated[0].at(3) + 1);  // a lie: image 1, output 1
  const auto simulated =
      simulate(*made, frames, emulated, {.cache_folder = folder_, .stalled = 0}, progress_);
  ASSERT_TRUE(simulated) << to_string(simulated.errors().front());
  EXPECT_EQ(simulated->differing_values, 1);
  const auto same = require_same_bits(*simulated);
  ASSERT_FALSE(same);
  EXPECT_EQ(
      to_string(same.errors().front()),
      "error: circuit and emulation differ in 1 values, first in image 1, output 1: emulated 1, simulated 0 (raw); this is a "
      "defect of Gatewright [bits-differ]");
}

}  // namespace
}  // namespace gw
