// The state of the adder search: what is taken back leaves no trace, and its counts are those of a plain map.

#include "circuit/shared_sums.h"

#include <map>

#include <gtest/gtest.h>

#include "circuit/pair_counts.h"

namespace gw {
namespace {

ConstantMatrix random_matrix(Random& random) {
  ConstantMatrix matrix;
  matrix.rows = static_cast<int>(random.between(2, 10));
  matrix.columns = static_cast<int>(random.between(2, 10));
  for (int i = 0; i < matrix.rows * matrix.columns; ++i) matrix.weights.push_back(random.between(-99, 99));
  // Inputs of many widths: a sum that is remembered with another's range then has another price.
  for (int r = 0; r < matrix.rows; ++r)
    matrix.inputs.push_back({0, std::int64_t{1} << random.between(0, 20), 0});
  return matrix;
}

TEST(SharedSums, WhatIsTakenBackCostsWhatItDid) {
  Random random(5);
  int undone = 0;
  for (int round = 0; round < 30; ++round) {
    SCOPED_TRACE(round);
    const ConstantMatrix matrix = random_matrix(random);
    const int limit = round % 2 == 0 ? -1 : SharedSums::least_depth(matrix) + 1;
    SharedSums sums(matrix, limit, random.bits());
    sums.share_greedily(0);
    for (int step = 0; step < 200; ++step) {
      const long cost = sums.cost(), adders = sums.adders();
      const long change = sums.change_at_random();
      ASSERT_EQ(sums.cost() - cost, change) << step;
      if (change < 0 || random.below(4) == 0) continue;
      sums.undo();
      ++undone;
      ASSERT_EQ(sums.cost(), cost) << step;
      ASSERT_EQ(sums.adders(), adders) << step;
    }
  }
  EXPECT_GT(undone, 1000);
}

TEST(PairCounts, CountsWhatAMapCounts) {
  Random random(7);
  PairCounts counts;
  std::map<std::uint64_t, std::int32_t> expected;
  // Three times as many keys as before, then a tenth of them: the table grows and shrinks on the way.
  for (const std::uint64_t keys : {300u, 20'000u, 2'000u, 60'000u, 10u}) {
    for (int step = 0; step < 200'000; ++step) {
      const std::uint64_t key = random.below(keys) * 0x1000400801u;
      const bool add = expected.size() < keys / 2 || random.below(2) == 0;
      if (add) {
        ASSERT_EQ(counts.put(key), ++expected[key]);
      } else if (const auto next = expected.lower_bound(key); next != expected.end()) {
        const std::uint64_t gone = next->first;
        counts.take(gone);
        if (--next->second == 0) expected.erase(next);
        const auto left = expected.find(gone);
        ASSERT_EQ(counts.count(gone), left == expected.end() ? 0 : left->second);
      }
    }
    while (expected.size() > keys / 4) {
      counts.take(expected.begin()->first);
      if (--expected.begin()->second == 0) expected.erase(expected.begin());
    }
    std::map<std::uint64_t, std::int32_t> seen;
    counts.for_each(
        [&](std::uint64_t key, std::int32_t count) { EXPECT_TRUE(seen.emplace(key, count).second); });
    EXPECT_EQ(seen, expected);
  }
}

}  // namespace
}  // namespace gw
