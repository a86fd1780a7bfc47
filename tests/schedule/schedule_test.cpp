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

TEST(Schedule, KeepsEveryStageWithinTheInterval) {
  Random random(6);
  for (int round = 0; round < 20; ++round) {
    const FixedType type = random_type(random, 8);
    const Stage stage = random_matrix_stage(random, {6, 7, 2}, type);
    for (const std::int64_t interval : {3, 7, 21, 42, 100, 1000}) {
      const auto design = schedule("top", chain_of({&stage, 1}, {{6, 7, 2}, type}),
                                   *find_part("xcu250-figd2104-2L-e"), {5.0, interval});
      ASSERT_TRUE(design);
      EXPECT_LE(design->stages.front().busy_clocks, interval);
      EXPECT_GE(design->stages.front().deepest_fifo(), 2);
      EXPECT_GT(design->latency, 0);
    }
  }
}

}  // namespace
}  // namespace gw
