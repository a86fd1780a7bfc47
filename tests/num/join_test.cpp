// Casts that are joined or exchanged with a maximum, against all values of small types.

#include "num/join.h"

#include <gtest/gtest.h>

#include "support/random.h"

namespace gw {
namespace {

Quantizer random_quantizer(Random& random) {
  const int width = static_cast<int>(random.between(1, 6));
  return {{width, static_cast<int>(random.between(-2, width + 2)), random.below(2) == 0},
          static_cast<Rounding>(random.below(7)),
          static_cast<Overflow>(random.below(4))};
}

TEST(Join, TwoCastsAreTheOneTheyAreJoinedTo) {
  Random random(71);
  int joined = 0, refused = 0;
  for (int i = 0; i < 60000; ++i) {
    Quantizer first = random_quantizer(random), second = random_quantizer(random);
    if (random.below(2) == 0) first.rounding = second.rounding = Rounding::Trn;
    if (random.below(2) == 0) second.overflow = first.overflow;
    const std::int64_t lo = random.between(-70, 70), hi = random.between(lo, 80);
    const Interval range{lo, hi, static_cast<int>(random.between(-2, 4))};
    const auto one = join(first, second, range);
    ++(one ? joined : refused);
    if (!one) continue;
    for (std::int64_t raw = lo; raw <= hi; ++raw) {
      const std::int64_t middle = quantize(first, raw, range.fraction);
      ASSERT_EQ(quantize(*one, raw, range.fraction), quantize(second, middle, first.to.fraction()))
          << to_string(first) << " " << to_string(second) << " " << raw << "p" << -range.fraction;
    }
  }
  EXPECT_GT(joined, 5000);
  EXPECT_GT(refused, 5000);
}

TEST(Join, MonotoneCastsMayBeExchangedWithAMaximum) {
  Random random(72);
  int monotone = 0;
  for (int i = 0; i < 30000; ++i) {
    const Quantizer q = random_quantizer(random);
    const std::int64_t lo = random.between(-70, 70), hi = random.between(lo, 80);
    const Interval range{lo, hi, static_cast<int>(random.between(-2, 4))};
    if (!is_monotone(q, range)) continue;
    ++monotone;
    for (std::int64_t raw = lo; raw < hi; ++raw) {
      ASSERT_LE(quantize(q, raw, range.fraction), quantize(q, raw + 1, range.fraction)) << to_string(q);
    }
  }
  EXPECT_GT(monotone, 5000);
}

TEST(Join, WhatItKnows) {
  const Interval wide{-1000, 1000, 8};
  const Quantizer trn16{{16, 6, true}}, trn8{{8, 3, true}}, rnd8{{8, 3, true}, Rounding::Rnd, Overflow::Wrap};
  EXPECT_EQ(join(trn16, trn8, wide), trn8);
  EXPECT_EQ(join(trn16, rnd8, wide), rnd8) << "the first drops nothing";
  EXPECT_EQ(join(rnd8, trn8, wide), std::nullopt);
  EXPECT_EQ(join(trn8, trn16, Interval{-100000, 100000, 8}), std::nullopt) << "wraps within fewer bits";
  const Quantizer sat16{{16, 6, true}, Rounding::Trn, Overflow::Sat},
      sat8{{8, 3, true}, Rounding::Trn, Overflow::Sat};
  EXPECT_EQ(join(sat16, sat8, Interval{-100000, 100000, 8}), sat8);
  EXPECT_EQ(join(sat8, sat16, Interval{-100000, 100000, 8}), std::nullopt);
}

}  // namespace
}  // namespace gw
