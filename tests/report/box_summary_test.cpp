// Claim: quartiles are those of a plain computation on the sorted values, to the last bit, for random and for
// extreme values.

#include "report/box_summary.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "support/random.h"

namespace gw {
namespace {

/// NumPy's default: the value at position p (n - 1), linear between neighbours. Written apart from ours: it
/// sorts doubles, and walks to the position.
double plain_quantile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  double position = p * static_cast<double>(values.size() - 1);
  size_t at = 0;
  while (position >= 1 && at + 1 < values.size()) --position, ++at;
  if (at + 1 == values.size()) return values[at];
  const double a = values[at], b = values[at + 1];
  return position >= 0.5 ? b - (b - a) * (1 - position) : a + (b - a) * position;
}

TEST(BoxSummary, QuartilesEqualAPlainComputation) {
  Random random(5);
  for (int n = 0; n < 300; ++n) {
    std::vector<double> values, magnitudes;
    const auto count = 1 + random.below(40);
    std::int64_t zeros = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      const int kind = static_cast<int>(random.below(6));
      float value = static_cast<float>(random.unit() * 8 - 4);
      if (kind == 0) value = 0;
      if (kind == 1) value = 1e-38f;
      if (kind == 2) value = -3e38f;
      if (kind == 3) value = std::floor(value);
      values.push_back(value);
      if (value == 0) {
        ++zeros;
      } else {
        magnitudes.push_back(std::abs(static_cast<double>(value)));
      }
    }
    Magnitudes gathered;
    gathered.add(std::span<const double>(values).first(values.size() / 2));
    gathered.add(std::span<const double>(values).subspan(values.size() / 2));
    const BoxSummary box = gathered.summary();
    EXPECT_EQ(box.zeros, zeros);
    ASSERT_EQ(box.count, static_cast<std::int64_t>(magnitudes.size()));
    if (magnitudes.empty()) continue;
    EXPECT_EQ(box.lowest, plain_quantile(magnitudes, 0));
    EXPECT_EQ(box.first_quartile, plain_quantile(magnitudes, 0.25));
    EXPECT_EQ(box.median, plain_quantile(magnitudes, 0.5));
    EXPECT_EQ(box.third_quartile, plain_quantile(magnitudes, 0.75));
    EXPECT_EQ(box.highest, plain_quantile(magnitudes, 1));
  }
}

// Printed by NumPy 1.26: np.quantile([1, 2, 4, 8, 16, 32], [.25, .5, .75]).
TEST(BoxSummary, KnownQuartiles) {
  Magnitudes gathered;
  gathered.add(std::vector<double>{-32, 16, 8, -4, 2, 1, 0});
  const BoxSummary box = gathered.summary();
  EXPECT_EQ(box.first_quartile, 2.5);
  EXPECT_EQ(box.median, 6);
  EXPECT_EQ(box.third_quartile, 14);
}

TEST(BoxSummary, OfNothingAndOfOneValue) {
  Magnitudes nothing;
  nothing.add(std::vector<double>{0, 0});
  EXPECT_EQ(nothing.summary().count, 0);
  EXPECT_EQ(nothing.summary().zeros, 2);
  Magnitudes one;
  one.add(std::vector<double>{-0.75});
  const BoxSummary box = one.summary();
  for (const double value : {box.lowest, box.first_quartile, box.median, box.third_quartile, box.highest})
    EXPECT_EQ(value, 0.75);
}

}  // namespace
}  // namespace gw
