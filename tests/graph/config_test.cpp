// Which setting of a configuration reaches a layer.

#include "graph/config.h"

#include <gtest/gtest.h>

namespace gw {
namespace {

TEST(Config, WithoutAWordLayersAreBuiltAtOnce) {
  const Config config;
  EXPECT_EQ(config.strategy("dense", "d0"), Strategy::Auto);
  EXPECT_EQ(config.reuse_factor("dense", "d0"), 1);
  EXPECT_EQ(config.parallelization_factor("conv2d", "c0"), 1);
  EXPECT_EQ(config.setting("softmax", "s0", &LayerSettings::table_size), std::nullopt);
}

TEST(Config, TheNarrowerWordWins) {
  Config config;
  config.model.reuse_factor = 2;
  config.by_kind["dense"].reuse_factor = 3;
  config.by_name["d0"].reuse_factor = 4;
  config.by_name["d1"].strategy = Strategy::Resource;
  EXPECT_EQ(config.reuse_factor("conv2d", "c0"), 2);
  EXPECT_EQ(config.reuse_factor("dense", "d1"), 3);
  EXPECT_EQ(config.reuse_factor("dense", "d0"), 4);
  EXPECT_EQ(config.strategy("dense", "d1"), Strategy::Resource);
  EXPECT_EQ(config.strategy("dense", "d0"), Strategy::Auto);
}

TEST(Config, AnEntryOfItsOwnHidesTheModelsParallelizationFactor) {
  Config config;
  config.model.parallelization_factor = 2;
  config.by_kind["conv2d"].parallelization_factor = 3;
  config.by_name["c0"].reuse_factor = 1;
  config.precision.by_name["c1"]["result"] = std::nullopt;
  config.precision.by_kind["conv1d"]["result"] = std::nullopt;
  EXPECT_EQ(config.parallelization_factor("conv2d", "c0"), 1);
  EXPECT_EQ(config.parallelization_factor("conv2d", "c1"), 1);
  EXPECT_EQ(config.parallelization_factor("conv2d", "c2"), 3);
  EXPECT_EQ(config.parallelization_factor("conv1d", "c3"), 1);
  EXPECT_EQ(config.parallelization_factor("dense", "d0"), 2);
}

}  // namespace
}  // namespace gw
