// Folding to the data rate, and FIFO depths.

#include "schedule/schedule.h"

#include <gtest/gtest.h>

#include "common/random_stage.h"

namespace gw {
namespace {

TEST(AffordableClocks, FollowTheDataRate) {
  Window w;
  w.height = w.width = 28;
  w.kernel_h = w.kernel_w = 3;
  EXPECT_EQ(affordable_clocks(w, 784), 1);  // 676 windows, 108 other pixels
  w.height = w.width = 13;
  w.channels = 16;
  EXPECT_EQ(affordable_clocks(w, 784), 6);  // 121 windows, 48 other pixels
  w.height = w.width = 5;
  EXPECT_EQ(affordable_clocks(w, 784), 85);  // 9 windows, 16 others
  w = {};
  EXPECT_EQ(affordable_clocks(w, 784), 784);
  w.height = 28;
  w.width = 28;
  EXPECT_EQ(affordable_clocks(w, 783), 0);
}

TEST(Schedule, NamesTheStageThatCannotKeepTheInterval) {
  Random random(5);
  Stage stage = random_matrix_stage(random, {6, 6, 1}, {8, 4, true});
  stage.name = "conv1";
  const auto design = schedule("top", std::span(&stage, 1), {{6, 6, 1}, FixedType{8, 4, true}},
                               *find_part("xcu250-figd2104-2L-e"), {5.0, 20});
  ASSERT_FALSE(design);
  EXPECT_EQ(
      to_string(design.errors().front()),
      "conv1: error: cannot keep an interval of 20 clocks a frame; 36 is the shortest for its stream of one pixel a "
      "clock [interval-too-short]");
}

// All of them in one run.
TEST(Schedule, NamesTheStagesThatNoCircuitIsMadeFor) {
  const auto stage_on = [](const Window& window, const std::string& name) {
    Stage stage;
    stage.name = name;
    stage.windows = {window};
    stage.inputs = {FixedType{8, 4, true}};
    stage.formula.set_outputs({stage.formula.load(0, 0, stage.inputs[0])});
    stage.output = {{window.output_height(), window.output_width(), 1}, stage.inputs[0]};
    return stage;
  };
  Window window;
  window.height = window.width = 6;
  std::vector<Stage> chain;
  Window padded = window, cropped = window, repeated = window, dilated = window;
  padded.pad_left = 1;
  chain.push_back(stage_on(padded, "padded"));
  cropped.width = 7;
  cropped.pad_top = -1;
  chain.push_back(stage_on(cropped, "cropped"));
  repeated.height = 5, repeated.width = 7;
  repeated.repeat_h = 2;
  chain.push_back(stage_on(repeated, "repeated"));
  dilated.height = 10, dilated.width = 7;
  dilated.kernel_h = dilated.dilation_h = 2;
  chain.push_back(stage_on(dilated, "dilated"));
  chain.push_back(stage_on(window, "reordered"));
  chain.push_back(stage_on(window, "two"));
  chain.back().windows.push_back(window);
  const auto design = schedule("top", chain, {{6, 6, 1}, FixedType{8, 4, true}},
                               *find_part("xcu250-figd2104-2L-e"), {5.0, 0});
  ASSERT_FALSE(design);
  std::vector<std::string> seen, wanted;
  for (const Diagnostic& error : design.errors()) seen.push_back(to_string(error));
  const std::pair<const char*, const char*> needs[] = {
      {"padded", "padding around its input"},
      {"cropped", "pixels at the border of its input to be left out"},
      {"repeated", "each pixel of its input several times"},
      {"dilated", "a window with gaps"},
      {"reordered", "the pixels of a tensor that the stage before gives all at once"},
      {"two", "several input streams at once"}};
  for (const auto& [name, need] : needs) {
    wanted.push_back(
        std::string(name) + ": error: needs " + need +
        ", which can be predicted but not yet be built as a circuit; take the layer out of the design "
        "[stage-not-built]");
  }
  EXPECT_EQ(seen, wanted);
}

TEST(Schedule, KeepsEveryStageWithinTheInterval) {
  Random random(6);
  for (int round = 0; round < 20; ++round) {
    const FixedType type = random_type(random, 8);
    const Stage stage = random_matrix_stage(random, {6, 7, 2}, type);
    for (const std::int64_t interval : {42, 100, 1000}) {
      const auto design = schedule("top", std::span(&stage, 1), {{6, 7, 2}, type},
                                   *find_part("xcu250-figd2104-2L-e"), {5.0, interval});
      ASSERT_TRUE(design);
      EXPECT_LE(design->stages.front().busy_clocks, interval);
      EXPECT_GE(design->stages.front().fifo_depth, 2);
      EXPECT_GT(design->latency, 0);
    }
  }
}

}  // namespace
}  // namespace gw
