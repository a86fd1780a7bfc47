// The whole road on a small scale: a network trained on made digits becomes a circuit whose simulated bits
// are those of the emulation, and whose parts go through synthesis. And what happens when something on the
// road is wrong.

#include "study/study.h"

#include <cmath>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "backends/verilator_bench.h"
#include "backends/verilog/verilog.h"
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

StudyNetwork network_of(const char* yaml) {
  auto network = train::parse_network(yaml, "test.yml");
  EXPECT_TRUE(network) << to_string(network.errors().front());
  std::string label = network->name;
  return {.network = *std::move(network), .label = std::move(label)};
}

constexpr const char* quantised_network = R"yml(name: early
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

// Every number in a JSON, as a table shows it to programs.
void collect(const nlohmann::json& json, std::set<std::string>& numbers) {
  if (json.is_number()) numbers.insert(fmt::format("{}", json.get<double>()));
  if (json.is_structured()) {
    for (const auto& member : json) collect(member, numbers);
  }
}

// The exact values of all cells of the page's tables that are numbers.
std::vector<std::string> numbers_of_page(const std::string& html) {
  std::vector<std::string> found;
  for (size_t at = 0; (at = html.find("<td", at)) != html.npos; ++at) {
    const size_t end = html.find('>', at), close = html.find("</td>", at);
    const std::string tag = html.substr(at, end - at);
    const size_t raw = tag.find("data-raw=\"");
    const std::string value = raw == tag.npos ? html.substr(end + 1, close - end - 1)
                                              : tag.substr(raw + 10, tag.find('"', raw + 10) - raw - 10);
    const bool is_number =
        !value.empty() && value.find_first_not_of("0123456789.-+e") == value.npos && value != "-";
    if (is_number) found.push_back(fmt::format("{}", std::stod(value)));
  }
  return found;
}

TEST_F(StudyTest, GoesFromImagesToSynthesisedFirmwareWithTheSameBits) {
  StudyNetwork plain = network_of(small_network);
  plain.published = &published_plain;
  StudyNetwork quantised = network_of(quantised_network);
  quantised.published = &published_6bit;
  quantised.budget.dsp = 0;
  quantised.build_options = "--budget dsp=0";
  const Split data{quarters(800, 1), quarters(100, 2), quarters(200, 3)};
  StudyOptions options;
  options.folder = folder_ / "study";
  options.cache_folder = folder_ / "cache";
  options.seeds = 2;
  options.version = "test";
  const auto study = run_study({plain, quantised}, data, options, progress_);
  ASSERT_TRUE(study) << to_string(study.errors().front());

  const NetworkStudy& first = study->networks.front();
  const AccuracyRow& row = first.accuracy.back();
  EXPECT_EQ(row.epoch, 2);
  EXPECT_EQ(row.differing_values, 0);
  EXPECT_EQ(row.circuit_images, 200);
  EXPECT_EQ(*row.circuit_test, row.fixed_test);  // all test images, the same bits
  EXPECT_GT(row.fixed_test, 0.5);                // chance is a quarter
  EXPECT_EQ(first.interval_clocks, 64);          // one pixel a clock, sustained
  EXPECT_EQ(first.stages.size(), 5u);            // the pool is two: rows, then patches
  EXPECT_GT(first.total.lut, 100);
  EXPECT_GT(first.total.ff, 100);
  ASSERT_EQ(first.seeds.size(), 2u);
  EXPECT_EQ(first.seeds[0].second.back().fixed_test, row.fixed_test);
  EXPECT_EQ(first.seeds[1].first, 2u);

  // The types are those that it was trained in, and the last epoch is the one that it stopped at.
  const NetworkStudy& second = study->networks.back();
  EXPECT_LT(second.accuracy.back().epoch, 10);
  EXPECT_EQ(second.accuracy.back().differing_values, 0);
  EXPECT_EQ(second.types, "the types that it was trained in");
  EXPECT_EQ(second.total.dsp, 0);

  const std::string text = print_json(*study);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["networks"][0]["simulation"]["interval_clocks"], 64);
  EXPECT_EQ(json["networks"][0]["accuracy"][0]["differing_values"], 0);
  EXPECT_EQ(json["networks"][0]["resources"]["synthesised"]["lut"], first.total.lut);
  EXPECT_DOUBLE_EQ(json["networks"][1]["change"]["lut"],
                   static_cast<double>(second.total.lut) / static_cast<double>(first.total.lut) - 1);
  EXPECT_NEAR(json["networks"][1]["published"]["change"]["dsp"], -0.922, 0.0005);
  for (const auto& spread : json["networks"][0]["spread"]) {
    if (spread["measure"] != "fixed test") continue;
    const double one = row.fixed_test, other = first.seeds[1].second.back().fixed_test;
    EXPECT_DOUBLE_EQ(spread["mean"], (one + other) / 2);
    EXPECT_NEAR(spread["deviation"], std::abs(one - other) / std::sqrt(2.0), 1e-12);
    EXPECT_EQ(spread["lowest"], std::min(one, other));
    EXPECT_EQ(spread["highest"], std::max(one, other));
  }
  for (const char* file :
       {"report.html", "report.txt", "quarters/epoch-002.gw", "quarters/seed-2/epoch-002.gw",
        "quarters/firmware/net_quarters.v", "quarters/firmware/bench.cpp", "quarters/firmware/report.html",
        "early/firmware/net_early.v"})
    EXPECT_TRUE(fs::exists(options.folder / file)) << file;

  // What the page's tables show is what the JSON has.
  std::set<std::string> known;
  collect(json, known);
  const auto page = read_file(options.folder / "report.html");
  ASSERT_TRUE(page);
  const std::vector<std::string> shown = numbers_of_page(*page);
  EXPECT_GT(shown.size(), 100u);
  for (const std::string& number : shown) EXPECT_TRUE(known.contains(number)) << number;

  // A second run trains nothing anew, simulates nothing anew, synthesises nothing anew, and says the same.
  const auto again = run_study({plain, quantised}, data, options, progress_);
  ASSERT_TRUE(again) << to_string(again.errors().front());
  EXPECT_GT(first.total.seconds, 0);
  EXPECT_EQ(again->networks[0].total.seconds, 0);  // all from the cache
  EXPECT_EQ(again->networks[0].accuracy.back().fixed_test, row.fixed_test);
  EXPECT_EQ(again->networks[0].total.lut, first.total.lut);
  EXPECT_EQ(again->networks[0].latency_clocks, first.latency_clocks);
}

TEST_F(StudyTest, NetworksOfOneNameAreRefused) {
  const StudyNetwork network = network_of(small_network);
  const Split data{quarters(80, 1), quarters(10, 2), quarters(20, 3)};
  const auto study =
      run_study({network, network}, data, {.folder = folder_, .cache_folder = folder_}, progress_);
  ASSERT_FALSE(study);
  EXPECT_EQ(
      to_string(study.errors().front()),
      "test.yml: error: another network of this study is named 'quarters', too; each has a folder of its name, so "
      "give one another 'name' [study-same-name]");
}

// A bench that would answer otherwise is not asked for what it has answered.
TEST_F(StudyTest, KeptAnswersAreNotSimulatedAgain) {
  const auto model = two_dense(false);
  ASSERT_TRUE(model);
  const auto made = build(*model, eight_bits(), *find_part("xcu250-figd2104-2L-e"), {}, "top");
  ASSERT_TRUE(made);
  const std::vector<Tensor> frames{Tensor({4}, *made->design.inputs.front().type.fixed, 3)};
  const std::vector<Tensor> emulated = evaluate(made->graph, frames);
  const SimulationOptions options{
      .cache_folder = folder_, .answers_folder = folder_ / "answers", .threads = 1};
  const auto first = simulate(*made, frames, emulated, options, progress_);
  ASSERT_TRUE(first) << to_string(first.errors().front());
  const auto program = build_bench({"top", verilog(made->design), verilator_bench(made->design)}, folder_);
  ASSERT_TRUE(program);
  ASSERT_TRUE(write_file(*program, "#!/bin/sh\nexit 7\n"));
  fs::permissions(*program, fs::perms::owner_all);
  const auto again = simulate(*made, frames, emulated, options, progress_);
  ASSERT_TRUE(again) << to_string(again.errors().front());
  EXPECT_EQ(again->outputs, first->outputs);
  EXPECT_EQ(again->latency_clocks, first->latency_clocks);
  EXPECT_EQ(again->stalled_images, first->stalled_images);
  // Other images are other answers.
  std::vector<Tensor> others = frames;
  others[0].set(0, 1);
  EXPECT_FALSE(simulate(*made, others, evaluate(made->graph, others), options, progress_));
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
