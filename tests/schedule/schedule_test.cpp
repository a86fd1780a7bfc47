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

TEST(Schedule, NamesTheStageThatCannotKeepTheInterval) {
  Random random(5);
  Stage stage = random_matrix_stage(random, {6, 6, 1}, {8, 4, true});
  stage.name = "conv1";
  const auto design = schedule("top", chain_of({&stage, 1}, {{6, 6, 1}, FixedType{8, 4, true}}),
                               *find_part("xcu250-figd2104-2L-e"), {5.0, 20});
  ASSERT_FALSE(design);
  EXPECT_EQ(
      to_string(design.errors().front()),
      "conv1: error: cannot keep an interval of 20 clocks a frame; 36 is the shortest for its streams of one pixel a "
      "clock [interval-too-short]");
}

TEST(Schedule, KeepsEveryStageWithinTheInterval) {
  Random random(6);
  for (int round = 0; round < 20; ++round) {
    const FixedType type = random_type(random, 8);
    const Stage stage = random_matrix_stage(random, {6, 7, 2}, type);
    for (const std::int64_t interval : {42, 100, 1000}) {
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
