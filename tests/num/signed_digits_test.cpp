// Signed digits against plain integer arithmetic.

#include "num/signed_digits.h"

#include <limits>

#include <gtest/gtest.h>

namespace gw {
namespace {

TEST(CanonicalDigits, GiveTheValueWithoutNeighbours) {
  for (std::int64_t value = -5000; value <= 5000; ++value) {
    std::int64_t sum = 0;
    int last = -2;
    for (const SignedDigit digit : canonical_digits(value)) {
      sum += (digit.negative ? -1 : 1) * (std::int64_t{1} << digit.shift);
      EXPECT_GE(digit.shift, last + 2) << value;
      last = digit.shift;
    }
    EXPECT_EQ(sum, value);
  }
}

TEST(CanonicalDigits, AreAsFewAsKnown) {
  EXPECT_EQ(canonical_digits(0).size(), 0u);
  EXPECT_EQ(canonical_digits(64).size(), 1u);
  EXPECT_EQ(canonical_digits(63).size(), 2u);
  EXPECT_EQ(canonical_digits(-1).size(), 1u);
  EXPECT_EQ(canonical_digits(0x5555).size(), 8u);
  EXPECT_EQ(canonical_digits(std::numeric_limits<std::int64_t>::max()).size(), 2u);
}

}  // namespace
}  // namespace gw
