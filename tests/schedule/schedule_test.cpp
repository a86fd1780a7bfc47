// Folding to the data rate, and FIFO depths.

#include "schedule/schedule.h"

#include <gtest/gtest.h>

#include "common/chain.h"
#include "common/random_stage.h"

namespace gw {
namespace {

TEST(AffordableClocks, FollowTheDataRate) {
  Window w;
  w.height = w.width = 28;
  w.kernel_h = w.kernel_w = 3;
  EXPECT_EQ(affordable_clocks({&w, 1}, 784), 1);  // 676 windows, 108 other pixels
  w.height = w.width = 13;
  w.channels = 16;
  EXPECT_EQ(affordable_clocks({&w, 1}, 784), 6);  // 121 windows, 48 other pixels
  w.height = w.width = 5;
  EXPECT_EQ(affordable_clocks({&w, 1}, 784), 85);  // 9 windows, 16 others
  w = {};
  EXPECT_EQ(affordable_clocks({&w, 1}, 784), 784);
  w.height = 28;
  w.width = 28;
  EXPECT_EQ(affordable_clocks({&w, 1}, 783), 0);
}

// 40 x 40 positions of 1000 products each: a pixel or a few a clock, but not all at once.
TEST(Schedule, RefusesMoreOperationsAtOnceThanCanBeSynthesised) {
  const FixedType type{8, 4, true};
  Stage stage;
  stage.name = "conv1";
  Window window;
  window.height = window.width = 40;
  stage.windows = {window};
  stage.inputs = {type};
  std::vector<ExprId> outputs;
  for (int o = 0; o < 500; ++o)
    outputs.push_back(
        stage.formula.multiply(stage.formula.load(0, 0, type), stage.formula.constant(o + 2, 0)));
  stage.formula.set_outputs(outputs);
  stage.output = {{40, 40, 500}, FixedType{18, 14, true}};
  const auto design = schedule("top", chain_of({&stage, 1}, {{40, 40, 1}, type}),
                               *find_part("xcu250-figd2104-2L-e"), {5.0, 1});
  ASSERT_FALSE(design);
  EXPECT_EQ(
      to_string(design.errors().front()),
      "error: an interval of 1 clocks a frame needs more operations at once than can be synthesised; 8 is long "
      "enough [interval-too-short]");
}

// A small perceptron that answers every clock.
TEST(Schedule, MakesAFrameAClock) {
  Random random(8);
  const FixedType type{6, 3, true};
  const Stage stage = random_matrix_stage(random, {16}, type);
  const auto design =
      schedule("top", chain_of({&stage, 1}, {{16}, type}), *find_part("xcu250-figd2104-2L-e"), {5.0, 1});
  ASSERT_TRUE(design);
  EXPECT_EQ(design->interval, 1);
  EXPECT_EQ(design->stages.front().busy_clocks, 1);
}

// An element is known to be a multiple of one half, its type counts eighths, and the answer counts halves.
TEST(Schedule, FoldsStagesWhoseElementsAreCoarserThanTheirType) {
  const FixedType type{6, 3, true}, out{9, 8, true};
  Stage stage;
  stage.name = "dense1";
  stage.windows = {Window{}};
  stage.windows[0].channels = 4;
  stage.inputs = {type};
  std::vector<ExprId> outputs;
  for (int o = 0; o < 6; ++o) {
    std::vector<ExprId> terms;
    for (int e = 0; e < 4; ++e)
      terms.push_back(stage.formula.multiply(stage.formula.load(0, e, Interval{-4, 4, 1}),
                                             stage.formula.constant(3 * o + 5 * e + 1, 0)));
    outputs.push_back(stage.formula.sum(std::move(terms)));
  }
  stage.formula.set_outputs(outputs);
  stage.output = {{6}, out};
  // Multipliers cost next to nothing here.
  Part part = *find_part("xc7a100tcsg324-1");
  part.dsp_count = 1'000'000;
  const auto design = schedule("top", chain_of({&stage, 1}, {{4}, type}), part,
                               {.clock_ns = 5, .interval = 100, .clock_share = 0});
  ASSERT_TRUE(design) << to_string(design.errors().front());
  EXPECT_EQ(design->stages.front().style, "folded");
  const std::vector<std::int64_t> window{-16, 4, 12, 8};  // -2, 0.5, 1.5, 1
  const auto answers = evaluate(design->stages.front().circuit, window);
  for (int o = 0; o < 6; ++o) {
    std::int64_t wanted = 0;
    for (int e = 0; e < 4; ++e) wanted += window[static_cast<size_t>(e)] / 4 * (3 * o + 5 * e + 1);
    EXPECT_EQ(answers[static_cast<size_t>(o)], wanted);
  }
}

// Sums of products with weights that are not all small.
Stage dense_stage(int rows, int columns, const FixedType& type) {
  Stage stage;
  stage.name = "dense1";
  stage.windows = {Window{}};
  stage.windows[0].channels = rows;
  stage.inputs = {type};
  std::vector<ExprId> outputs;
  for (int o = 0; o < columns; ++o) {
    std::vector<ExprId> terms;
    for (int e = 0; e < rows; ++e)
      terms.push_back(stage.formula.multiply(stage.formula.load(0, e, type),
                                             stage.formula.constant((37 * e + 101 * o) % 255 - 127, 0)));
    outputs.push_back(stage.formula.sum(std::move(terms)));
  }
  stage.formula.set_outputs(outputs);
  stage.output = {{columns}, FixedType{type.width + 14, type.integer + 14, true}};
  return stage;
}

// A dense layer of 16 inputs and 8 outputs, laid out as a configuration asks.
class LaidOut : public ::testing::Test {
 protected:
  Result<Design> design(MatrixLayout layout, ScheduleOptions options = {}) {
    const FixedType type{6, 3, true};
    const Stage stage = dense_stage(16, 8, type);
    options.layouts[stage.name] = layout;
    return schedule("top", chain_of({&stage, 1}, {{16}, type}), *find_part("xcu250-figd2104-2L-e"), options);
  }
  using Kind = MatrixLayout::Kind;
};

TEST_F(LaidOut, ExactlyAsManyClocksAsAreAskedFor) {
  for (const int clocks : {2, 4, 16, 32}) {
    const auto made = design({Kind::Exact, clocks});
    ASSERT_TRUE(made) << to_string(made.errors().front());
    const StageDesign& stage = made->stages.front();
    EXPECT_EQ(stage.style, "folded");
    EXPECT_EQ(stage.circuit.fold.inner, std::min(clocks, 16));
    EXPECT_EQ(stage.circuit.fold.outer, std::max(1, clocks / 16));
    EXPECT_EQ(made->interval, clocks);
  }
}

TEST_F(LaidOut, AtMostSoManyClocks) {
  const auto at_once = design({Kind::Within, 1}, {.interval = 100});
  ASSERT_TRUE(at_once);
  EXPECT_EQ(at_once->stages.front().style, "adders");
  EXPECT_EQ(at_once->stages.front().busy_clocks, 1);
  const auto shared = design({Kind::Shared, 8});
  ASSERT_TRUE(shared);
  EXPECT_NE(shared->stages.front().style, "adders");
  EXPECT_LE(shared->stages.front().busy_clocks, 8);
  EXPECT_EQ(shared->interval, 8);
  const auto free = design({Kind::Free, 8}, {.interval = 100});
  ASSERT_TRUE(free);
  EXPECT_EQ(free->interval, 100);
}

TEST_F(LaidOut, SaysWhichReuseFactorAnIntervalAllows) {
  const auto made = design({Kind::Exact, 16}, {.interval = 8});
  ASSERT_FALSE(made);
  EXPECT_EQ(
      to_string(made.errors().front()),
      "dense1: error: a reuse factor of 16 takes 16 clocks a frame, but the interval is 8: at most 8 is "
      "possible there [layout-too-slow]");
}

TEST_F(LaidOut, SaysWhatCannotBeShared) {
  const FixedType type{6, 3, true};
  Stage stage;
  stage.name = "pool1";
  stage.windows = {Window{}};
  stage.windows[0].channels = 2;
  stage.inputs = {type};
  stage.formula.set_outputs(
      {stage.formula.maximum(stage.formula.load(0, 0, type), stage.formula.load(0, 1, type))});
  stage.output = {{1}, type};
  const auto made = schedule("top", chain_of({&stage, 1}, {{2}, type}), *find_part("xcu250-figd2104-2L-e"),
                             {.layouts = {{"pool1", {Kind::Shared, 4}}}});
  ASSERT_FALSE(made);
  EXPECT_EQ(
      to_string(made.errors().front()),
      "pool1: error: a reuse factor of 4 cannot be kept: its outputs are no plain sums of products with "
      "one type each (it is depthwise, or its accumulator saturates); give it Strategy Latency and "
      "ReuseFactor 1 [layout-unfit]");
}

TEST(Schedule, TradesAreaForLatency) {
  const FixedType type{8, 4, true};
  const Stage stage = dense_stage(48, 24, type);
  const auto make = [&](ScheduleOptions options) {
    options.adders = {.extra_depth = 1, .effort = 0};
    return schedule("top", chain_of({&stage, 1}, {{48}, type}), *find_part("xcu250-figd2104-2L-e"), options);
  };
  const Part part = *find_part("xcu250-figd2104-2L-e");
  const auto smallest = make({.interval = 3000, .clock_share = 0});
  const auto fastest = make({.interval = 3000, .clock_share = 1});
  ASSERT_TRUE(smallest && fastest);
  ASSERT_GT(smallest->latency, fastest->latency);
  const std::int64_t asked = (smallest->latency + fastest->latency) / 2;
  const auto between = make({.interval = 3000, .most_latency = asked});
  ASSERT_TRUE(between);
  EXPECT_LE(between->latency, asked);
  EXPECT_LE(share(between->cost, part), share(fastest->cost, part));
  const auto refused = make({.interval = 3000, .most_latency = 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(to_string(refused.errors().front()),
            fmt::format(
                "--latency: error: is 1 clocks, but {} is the shortest that was found; a shorter interval, a "
                "slower clock or a larger part may do [latency-too-short]",
                fastest->latency));
}

TEST(Schedule, KeepsEveryStageWithinTheInterval) {
  Random random(6);
  for (int round = 0; round < 20; ++round) {
    const FixedType type = random_type(random, 8);
    const Stage stage = random_matrix_stage(random, {6, 7, 2}, type);
    for (const std::int64_t interval : {3, 7, 21, 42, 100, 1000}) {
      const auto design =
          schedule("top", chain_of({&stage, 1}, {{6, 7, 2}, type}), *find_part("xcu250-figd2104-2L-e"),
                   {.interval = interval, .adders = {.extra_depth = 1, .effort = 0}});
      ASSERT_TRUE(design);
      EXPECT_LE(design->stages.front().busy_clocks, interval);
      EXPECT_GE(design->stages.front().deepest_fifo(), 2);
      EXPECT_GT(design->latency, 0);
    }
  }
}

}  // namespace
}  // namespace gw
