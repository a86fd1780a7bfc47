// Every index once, whatever the threads; and the generator's fixed numbers.
#include "support/threads.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "support/random.h"

namespace gw {
namespace {

TEST(ParallelFor, VisitsEveryIndexOnce) {
  for (const int threads : {0, 1, 2, 7}) {
    std::vector<std::atomic<int>> visits(1000);
    parallel_for(1000, threads, [&](std::int64_t i) { ++visits[static_cast<size_t>(i)]; });
    for (const auto& v : visits) ASSERT_EQ(v, 1);
  }
}

TEST(ParallelFor, NothingToDo) {
  parallel_for(0, 4, [](std::int64_t) { FAIL(); });
}

TEST(ParallelFor, ExceptionComesOut) {
  for (const int threads : {1, 3}) {
    EXPECT_THROW(parallel_for(100, threads,
                              [](std::int64_t i) {
                                if (i == 40) throw std::runtime_error("x");
                              }),
                 std::runtime_error);
  }
}

// The first numbers of splitmix64 from state 0, as its authors' program prints them.
TEST(Random, IsSplitmix64) {
  Random random(0);
  EXPECT_EQ(random.bits(), 0xe220a8397b1dcdafu);
  EXPECT_EQ(random.bits(), 0x6e789e6aa1b965f4u);
  EXPECT_EQ(random.bits(), 0x06c45d188009454fu);
}

TEST(Random, GoesOnFromItsState) {
  Random random(5);
  random.bits();
  Random resumed(random.state());
  EXPECT_EQ(resumed.bits(), random.bits());
}

TEST(Random, StaysInRange) {
  Random random(1);
  bool lowest = false, highest = false;
  for (int i = 0; i < 1000; ++i) {
    const auto x = random.between(-2, 2);
    ASSERT_GE(x, -2);
    ASSERT_LE(x, 2);
    lowest |= x == -2;
    highest |= x == 2;
    ASSERT_LT(random.below(3), 3u);
    const double unit = random.unit();
    ASSERT_GE(unit, 0);
    ASSERT_LT(unit, 1);
  }
  EXPECT_TRUE(lowest && highest);
  random.between(INT64_MIN, INT64_MAX);  // the whole range has no bound that fits 64 bits
}

}  // namespace
}  // namespace gw
