// Intervals against brute force over all values of small ranges, and against the widths that the ap_fixed
// types give to their sums and products.

#include "num/interval.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "modes.h"

namespace gw {
namespace {

constexpr Int128 pinned = ~(static_cast<Int128>(1) << 127);

std::string text(const Interval& a) {
  return std::to_string(static_cast<long long>(a.lo)) + ".." + std::to_string(static_cast<long long>(a.hi)) +
         " * 2^" + std::to_string(-a.fraction);
}

std::vector<Interval> small_intervals() {
  std::vector<Interval> all;
  for (const int fraction : {-1, 0, 2}) {
    for (int lo = -4; lo <= 4; ++lo) {
      for (int hi = lo; hi <= 4; ++hi) all.push_back({lo, hi, fraction});
    }
  }
  return all;
}

/// The image of all pairs of values under an operation on doubles, which are exact here.
void expect_image(const Interval& image, const Interval& a, const Interval& b,
                  const std::function<double(double, double)>& operation) {
  double lo = std::numeric_limits<double>::infinity(), hi = -lo;
  for (auto x = static_cast<std::int64_t>(a.lo); x <= a.hi; ++x) {
    for (auto y = static_cast<std::int64_t>(b.lo); y <= b.hi; ++y) {
      const double value = operation(to_double(x, a.fraction), to_double(y, b.fraction));
      lo = std::min(lo, value);
      hi = std::max(hi, value);
    }
  }
  ASSERT_EQ(to_double(static_cast<std::int64_t>(image.lo), image.fraction), lo)
      << text(a) << " and " << text(b);
  ASSERT_EQ(to_double(static_cast<std::int64_t>(image.hi), image.fraction), hi)
      << text(a) << " and " << text(b);
}

TEST(Interval, OperationsAreTheSmallestImages) {
  const auto all = small_intervals();
  for (const Interval& a : all) {
    for (const Interval& b : all) {
      expect_image(a + b, a, b, [](double x, double y) { return x + y; });
      expect_image(a - b, a, b, [](double x, double y) { return x - y; });
      expect_image(a * b, a, b, [](double x, double y) { return x * y; });
      expect_image(maximum(a, b), a, b, [](double x, double y) { return std::max(x, y); });
      expect_image(minimum(a, b), a, b, [](double x, double y) { return std::min(x, y); });
      if (HasFatalFailure()) return;
      const Interval both = unite(a, b);
      ASSERT_EQ(to_double(static_cast<std::int64_t>(both.lo), both.fraction),
                std::min(to_double(static_cast<std::int64_t>(a.lo), a.fraction),
                         to_double(static_cast<std::int64_t>(b.lo), b.fraction)));
      ASSERT_EQ(to_double(static_cast<std::int64_t>(both.hi), both.fraction),
                std::max(to_double(static_cast<std::int64_t>(a.hi), a.fraction),
                         to_double(static_cast<std::int64_t>(b.hi), b.fraction)));
      ASSERT_EQ((a + b).fraction, std::max(a.fraction, b.fraction));
      ASSERT_EQ((a * b).fraction, a.fraction + b.fraction);
    }
  }
}

TEST(Interval, QuantizedIsTheSmallestImage) {
  for (const int fraction : {-2, 0, 1, 3}) {
    for (int lo = -20; lo <= 20; ++lo) {
      for (int hi = lo; hi <= 20; hi += 3) {
        for (const Rounding rounding : all_roundings) {
          for (const Overflow overflow : all_overflows) {
            for (const FixedType& to : {FixedType{3, 3, true}, FixedType{4, 3, false}, FixedType{4, 5, true},
                                        FixedType{0, 0, true}, FixedType{1, 1, true}}) {
              const Quantizer q{to, rounding, overflow};
              std::int64_t smallest = std::numeric_limits<std::int64_t>::max(), largest = -smallest;
              bool acts = false;
              for (int raw = lo; raw <= hi; ++raw) {
                const std::int64_t image = quantize(q, raw, fraction);
                smallest = std::min(smallest, image);
                largest = std::max(largest, image);
                acts = acts || overflows(q, raw, fraction);
              }
              const Interval expected = acts && overflow == Overflow::Wrap
                                            ? interval_of(to)
                                            : Interval{smallest, largest, to.fraction()};
              const Interval a{lo, hi, fraction};
              ASSERT_EQ(quantize(q, a), expected) << to_string(q) << " of " << text(a) << ": "
                                                  << text(quantize(q, a)) << " and not " << text(expected);
            }
          }
        }
      }
    }
  }
}

TEST(Interval, QuantizedOverLongShifts) {
  const FixedType to{8, 8, true};
  const Interval wide{-(static_cast<Int128>(1) << 100), static_cast<Int128>(1) << 100, 0};
  EXPECT_EQ(quantize({to, Rounding::Trn, Overflow::Sat}, wide), interval_of(to));
  EXPECT_EQ(quantize({to, Rounding::Trn, Overflow::Wrap}, wide), interval_of(to));
  for (const int fraction : {102, 127, 128, 300}) {
    const Interval small{wide.lo, wide.hi, fraction};
    EXPECT_EQ(quantize({to, Rounding::Trn, Overflow::Sat}, small), (Interval{-1, 0, 0}));
    EXPECT_EQ(quantize({to, Rounding::RndConv, Overflow::Sat}, small), (Interval{0, 0, 0}));
    EXPECT_EQ(quantize({to, Rounding::TrnZero, Overflow::Wrap}, small), (Interval{0, 0, 0}));
  }
  // 2^100 * 2^-101 is a tie.
  const Interval half{wide.lo, wide.hi, 101};
  EXPECT_EQ(quantize({to, Rounding::RndInf, Overflow::Sat}, half), (Interval{-1, 1, 0}));
  EXPECT_EQ(quantize({to, Rounding::RndZero, Overflow::Sat}, half), (Interval{0, 0, 0}));
  EXPECT_EQ(quantize({to, Rounding::Trn, Overflow::SatZero}, Interval{1, 3, -200}), interval_of(to));
}

TEST(Interval, TypeOfIsTheNarrowest) {
  for (int lo = -70; lo <= 70; ++lo) {
    for (int hi = lo; hi <= 70; ++hi) {
      const FixedType type = type_of({lo, hi, 3});
      ASSERT_EQ(type.is_signed, lo < 0);
      ASSERT_EQ(type.fraction(), 3);
      ASSERT_TRUE(type.lowest() <= lo && hi <= type.highest()) << lo << ".." << hi;
      if (type.width > 0) {
        const FixedType narrower{type.width - 1, type.integer - 1, type.is_signed};
        ASSERT_FALSE(narrower.lowest() <= lo && hi <= narrower.highest()) << lo << ".." << hi;
      }
    }
  }
  EXPECT_EQ(type_of({0, 0, 5}), (FixedType{0, -5, false}));
  EXPECT_EQ(type_of({-1, 0, 0}), (FixedType{1, 1, true}));
  EXPECT_THROW(type_of({1, 0, 0}), std::logic_error);
}

TEST(Interval, TypeOfATypesValuesIsTheType) {
  for (const bool is_signed : {false, true}) {
    for (int width = 1; width <= max_width; ++width) {
      for (const int integer : {-3, 0, 6, 80}) {
        const FixedType type{width, integer, is_signed};
        EXPECT_EQ(type_of(interval_of(type)), type) << to_string(type);
      }
    }
  }
}

TEST(Interval, WidthsThatTheApTypesGive) {
  const FixedType a{16, 6, true}, b{8, 3, false};
  EXPECT_EQ(type_of(interval_of(a) * interval_of(b)), (FixedType{24, 9, true}));
  EXPECT_EQ(type_of(interval_of(a) + interval_of(b)), (FixedType{17, 7, true}));
  EXPECT_EQ(type_of(interval_of(a) - interval_of(b)), (FixedType{17, 7, true}));
  EXPECT_EQ(type_of(interval_of(std::int64_t{0}, 0) - interval_of(a)), (FixedType{17, 7, true}));
}

TEST(Interval, SumsAndProductsFitTheApTypesAndFillThemForEqualSigns) {
  std::vector<FixedType> types;
  for (const int width : {1, 2, 7, 16, 31}) {
    for (const int integer : {-2, 0, 5, 20}) {
      for (const bool is_signed : {false, true}) types.push_back({width, integer, is_signed});
    }
  }
  const auto holds = [](const FixedType& outer, const FixedType& inner) {
    return outer.fraction() >= inner.fraction() && (outer.is_signed || !inner.is_signed) &&
           outer.integer - outer.is_signed >= inner.integer - inner.is_signed;
  };
  for (const FixedType& a : types) {
    for (const FixedType& b : types) {
      const int s1 = a.is_signed, s2 = b.is_signed;
      const int fraction = std::max(a.fraction(), b.fraction());
      const int integer = std::max(a.integer + (s2 && !s1), b.integer + (s1 && !s2)) + 1;
      const FixedType sum = type_of(interval_of(a) + interval_of(b));
      const FixedType difference = type_of(interval_of(a) - interval_of(b));
      const FixedType product = type_of(interval_of(a) * interval_of(b));
      EXPECT_TRUE(holds({integer + fraction, integer, s1 || s2}, sum))
          << to_string(a) << " + " << to_string(b);
      EXPECT_TRUE(holds({integer + fraction, integer, true}, difference))
          << to_string(a) << " - " << to_string(b);
      EXPECT_TRUE(holds({a.width + b.width, a.integer + b.integer, s1 || s2}, product))
          << to_string(a) << " * " << to_string(b);
      if (a.fraction() == b.fraction() && a.integer == b.integer && s1 == s2) {
        EXPECT_EQ(sum.integer, integer) << to_string(a) << " + " << to_string(b);
      }
      // The product of the two lowest values is the one that needs the last bit; its type has no sign when
      // both operands can only be 0 or -1.
      if (s1 && s2 && a.width > 1 && b.width > 1) {
        EXPECT_EQ(product, (FixedType{a.width + b.width, a.integer + b.integer, true}))
            << to_string(a) << " * " << to_string(b);
      }
    }
  }
}

TEST(Interval, WidestProductsAndSums) {
  const FixedType widest{63, 63, true};
  const Interval all = interval_of(widest);
  EXPECT_EQ(type_of(all * all), (FixedType{126, 126, true}));
  EXPECT_EQ(type_of(all + all), (FixedType{64, 64, true}));
  EXPECT_EQ((all * all).hi, static_cast<Int128>(1) << 124);
  const Interval positive = interval_of(FixedType{63, 63, false});
  EXPECT_EQ(type_of(positive * positive), (FixedType{126, 126, false}));
  EXPECT_EQ(type_of(positive + positive), (FixedType{64, 64, false}));
}

TEST(Interval, EndsBeyond128BitsStayPinned) {
  const Interval all = interval_of(FixedType{63, 63, true});
  const Interval cube = all * all * all;
  EXPECT_EQ(cube.lo, -pinned);
  EXPECT_EQ(cube.hi, pinned);
  EXPECT_GT(type_of(cube).width, max_width);
  const Interval back = cube - cube + interval_of(std::int64_t{-5}, 0);
  EXPECT_EQ(back.lo, -pinned);
  EXPECT_EQ(back.hi, pinned);
  EXPECT_EQ(cube * interval_of(std::int64_t{0}, 0), (Interval{0, 0, 0}));
  EXPECT_EQ(rescaled(all, 100).hi, pinned);
  EXPECT_EQ(rescaled({0, 0, 0}, 500), (Interval{0, 0, 500}));
  const Quantizer q{{8, 8, true}, Rounding::Trn, Overflow::Sat};
  EXPECT_EQ(quantize(q, rescaled(cube, 200)), interval_of(q.to));
}

TEST(Interval, Rescaled) {
  EXPECT_EQ(rescaled({-3, 5, 1}, 4), (Interval{-24, 40, 4}));
  EXPECT_EQ(rescaled({-3, 5, 1}, 1), (Interval{-3, 5, 1}));
  EXPECT_THROW(rescaled({-3, 5, 1}, 0), std::logic_error);
}

TEST(Interval, TooWideTypesAreDefects) {
  const FixedType too_wide{64, 8, false};
  EXPECT_THROW(interval_of(too_wide), std::logic_error);
  EXPECT_THROW(quantize({too_wide, Rounding::Trn, Overflow::Sat}, Interval{0, 1, 0}), std::logic_error);
}

}  // namespace
}  // namespace gw
