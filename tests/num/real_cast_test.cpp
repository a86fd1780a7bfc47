// Runs of real numbers against the cast of one real number, which is the definition.

#include "num/real_cast.h"

#include <cmath>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

#include "num/modes.h"
#include "support/random.h"

namespace gw {
namespace {

template <class R>
class RealCast : public ::testing::Test {};
using Reals = ::testing::Types<float, double>;
TYPED_TEST_SUITE(RealCast, Reals);

// Around every step and half step of the type and its ends, far outside, and the smallest there are.
template <class R>
std::vector<R> hard_values(Random& random, const FixedType& type) {
  std::vector<R> values{0,
                        R{-0.0},
                        std::numeric_limits<R>::denorm_min(),
                        -std::numeric_limits<R>::denorm_min(),
                        std::numeric_limits<R>::max(),
                        std::numeric_limits<R>::lowest(),
                        std::numeric_limits<R>::min()};
  for (int n = 0; n < 700; ++n) {
    const std::int64_t raw = n % 4 == 0   ? type.lowest() + random.between(-2, 2)
                             : n % 4 == 1 ? type.highest() + random.between(-2, 2)
                                          : random.between(type.lowest(), type.highest());
    const R exact =
        static_cast<R>(std::ldexp(static_cast<double>(2 * raw + random.between(0, 1)), -type.fraction() - 1));
    values.push_back(exact);
    values.push_back(std::nextafter(exact, std::numeric_limits<R>::max()));
    values.push_back(std::nextafter(exact, std::numeric_limits<R>::lowest()));
    if (n % 50 == 0) values.push_back(static_cast<R>(std::ldexp(random.unit() - 0.5, n - type.fraction())));
  }
  std::erase_if(values, [](R value) { return !std::isfinite(value); });
  return values;
}

TYPED_TEST(RealCast, EqualsTheCastOfOneValue) {
  using R = TypeParam;
  Random random(31);
  for (const int width : {0, 1, 2, 5, 8, 15, 16, 17, 24, 30, 31, 32, 33, 52, 53, 62, 63}) {
    for (const int fraction : {-40, -3, 0, 1, 10, width, width + 20, 127, 128, 200, 1000, 1030}) {
      for (const bool is_signed : {true, false}) {
        const FixedType type{width, width - fraction, is_signed};
        const std::vector<R> values = hard_values<R>(random, type);
        for (const Rounding rounding : all_roundings) {
          for (const Overflow overflow : all_overflows) {
            const Quantizer q{type, rounding, overflow};
            Tensor y({static_cast<int>(values.size()) + 3}, type);
            const std::int64_t outside = quantize_run(q, std::span(values), y, 3, true);
            std::int64_t wanted_outside = 0;
            for (size_t i = 0; i < values.size(); ++i) {
              const double value = values[i];
              ASSERT_EQ(y.at(static_cast<std::int64_t>(i) + 3), quantize(q, value))
                  << to_string(q) << " " << value;
              wanted_outside += overflows(q, value) ? 1 : 0;
            }
            ASSERT_EQ(outside, wanted_outside) << to_string(q);
            ASSERT_EQ(quantize_run(q, std::span(values), y, 3, false), 0);
          }
        }
      }
    }
  }
}

// Values that fit a 32-bit integer, so that whole runs take the fast way, with the count of both modes.
TYPED_TEST(RealCast, EqualsItWhereNoValueIsLarge) {
  using R = TypeParam;
  Random random(32);
  for (const Rounding rounding : all_roundings) {
    for (const Overflow overflow : all_overflows) {
      const Quantizer q{{7, 3, random.below(2) == 0}, rounding, overflow};
      std::vector<R> values;
      for (int n = 0; n < 1000; ++n) values.push_back(static_cast<R>(random.between(-400, 400)) / 64);
      Tensor y({1000}, q.to);
      const std::int64_t outside = quantize_run(q, std::span(values), y, 0, true);
      std::int64_t wanted_outside = 0;
      for (size_t i = 0; i < values.size(); ++i) {
        const double value = values[i];
        ASSERT_EQ(y.at(static_cast<std::int64_t>(i)), quantize(q, value)) << to_string(q) << " " << value;
        wanted_outside += overflows(q, value) ? 1 : 0;
      }
      EXPECT_GT(outside, 0);
      EXPECT_EQ(outside, wanted_outside) << to_string(q);
    }
  }
}

TYPED_TEST(RealCast, WhatIsNotFiniteIsADefect) {
  using R = TypeParam;
  Tensor y({2}, {16, 6, true});
  for (const R value : {std::numeric_limits<R>::infinity(), std::numeric_limits<R>::quiet_NaN()}) {
    const std::vector<R> values{1, value};
    EXPECT_THROW(quantize_run({{16, 6, true}}, std::span(values), y, 0, false), std::logic_error);
  }
}

TYPED_TEST(RealCast, BackToRealNumbers) {
  using R = TypeParam;
  Random random(33);
  for (const int width : {1, 8, 16, 24, 32, 53, 63}) {
    for (const int fraction : {-80, 0, 10, 90, 130, 160, 1040, 1100}) {
      Tensor x({100}, {width, width - fraction, true});
      for (int i = 0; i < 100; ++i) x.set(i, random.between(x.type().lowest(), x.type().highest()));
      std::vector<R> values(98);
      dequantize_run(x, 2, std::span(values));
      for (int i = 0; i < 98; ++i) {
        EXPECT_EQ(values[static_cast<size_t>(i)], std::ldexp(static_cast<R>(x.at(i + 2)), -fraction));
      }
    }
  }
}

}  // namespace
}  // namespace gw
