// Reuse factors: the rule as it is written down, and the nearest valid one against a search of all.

#include "formats/config/reuse_factor.h"

#include <gtest/gtest.h>

namespace gw {
namespace {

TEST(ReuseFactor, KnownMatrices) {
  for (const int reuse : {1, 2, 4, 8, 16, 32, 64, 512}) EXPECT_TRUE(is_valid_reuse(16, 32, reuse)) << reuse;
  for (const int reuse : {3, 5, 24, 1024}) EXPECT_FALSE(is_valid_reuse(16, 32, reuse)) << reuse;
  EXPECT_EQ(nearest_reuse(16, 5, 60), 80);
  EXPECT_EQ(nearest_reuse(16, 32, 3), 2);  // 2 and 4 are as near
  EXPECT_EQ(nearest_reuse(16, 32, 1'000'000), 512);
  EXPECT_EQ(nearest_reuse(16, 32, 512, true), 256);
}

TEST(ReuseFactor, TheNearestIsFoundAmongAll) {
  for (int n_in = 1; n_in <= 12; ++n_in) {
    for (int n_out = 1; n_out <= 12; ++n_out) {
      for (const bool unrolled : {false, true}) {
        for (int wanted = 1; wanted <= 150; wanted += 7) {
          int best = 1;
          for (int reuse = 1; reuse <= n_in * n_out; ++reuse) {
            if (is_valid_reuse(n_in, n_out, reuse, unrolled) &&
                std::abs(reuse - wanted) < std::abs(best - wanted))
              best = reuse;
          }
          EXPECT_EQ(nearest_reuse(n_in, n_out, wanted, unrolled), best) << n_in << " x " << n_out;
        }
      }
    }
  }
}

TEST(ReuseFactor, DivisorsOfPixels) {
  EXPECT_EQ(nearest_divisor(36, 5), 4);
  EXPECT_EQ(nearest_divisor(36, 36), 36);
  EXPECT_EQ(nearest_divisor(7, 4), 1);
  EXPECT_EQ(nearest_divisor(1, 9), 1);
}

}  // namespace
}  // namespace gw
