// Casts by hand, against a second, slow definition of the roundings, and at the edges of what is
// representable; the text of types.

#include "num/fixed.h"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "modes.h"
#include "num/interval.h"
#include "support/random.h"

namespace gw {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<std::int64_t> cast_all(const Quantizer& q, const std::vector<double>& values) {
  std::vector<std::int64_t> results;
  for (const double value : values) results.push_back(quantize(q, value));
  return results;
}

/// value * 2^-shift rounded, by the distance to the two neighbours as the modes are described in words.
Int128 round_in_words(Int128 value, int shift, Rounding rounding) {
  const Int128 unit = static_cast<Int128>(1) << shift;
  Int128 below = value / unit;
  if (below * unit > value) --below;
  const Int128 to_below = value - below * unit;
  if (to_below == 0) return below;
  const Int128 above = below + 1;
  const Int128 toward_zero = value < 0 ? above : below;
  const Int128 away_from_zero = value < 0 ? below : above;
  const Int128 even = below % 2 == 0 ? below : above;
  if (rounding == Rounding::Trn) return below;
  if (rounding == Rounding::TrnZero) return toward_zero;
  if (2 * to_below < unit) return below;
  if (2 * to_below > unit) return above;
  switch (rounding) {
    case Rounding::Rnd:
      return above;
    case Rounding::RndZero:
      return toward_zero;
    case Rounding::RndInf:
      return away_from_zero;
    case Rounding::RndMinInf:
      return below;
    default:
      return even;
  }
}

/// Forces a rounded value into the type by counting whole turns of its range.
Int128 fit_by_turns(const Quantizer& q, Int128 value) {
  const Int128 low = q.to.lowest(), high = q.to.highest();
  if (q.overflow == Overflow::SatSym && q.to.is_signed && value <= -high) return -high;
  if (value >= low && value <= high) return value;
  switch (q.overflow) {
    case Overflow::Wrap: {
      const Int128 turn = high - low + 1;
      return ((value - low) % turn + turn) % turn + low;
    }
    case Overflow::SatZero:
      return 0;
    default:
      return value < low ? low : high;
  }
}

TEST(Fixed, RoundingTable) {
  const std::vector<double> values{-1.5, -0.5, 0.5, 1.5, 2.5};
  const std::vector<std::pair<Rounding, std::vector<std::int64_t>>> rows{
      {Rounding::Trn, {-2, -1, 0, 1, 2}},       {Rounding::TrnZero, {-1, 0, 0, 1, 2}},
      {Rounding::Rnd, {-1, 0, 1, 2, 3}},        {Rounding::RndZero, {-1, 0, 0, 1, 2}},
      {Rounding::RndMinInf, {-2, -1, 0, 1, 2}}, {Rounding::RndInf, {-2, -1, 1, 2, 3}},
      {Rounding::RndConv, {-2, 0, 0, 2, 2}}};
  for (const auto& [rounding, expected] : rows) {
    EXPECT_EQ(cast_all({{8, 8, true}, rounding, Overflow::Wrap}, values), expected) << name(rounding);
  }
}

TEST(Fixed, OverflowTable) {
  const std::vector<double> values{-20, -9, 8, 9, 20};
  const std::vector<std::pair<Overflow, std::vector<std::int64_t>>> rows{
      {Overflow::Wrap, {-4, 7, -8, -7, 4}},
      {Overflow::Sat, {-8, -8, 7, 7, 7}},
      {Overflow::SatSym, {-7, -7, 7, 7, 7}},
      {Overflow::SatZero, {0, 0, 0, 0, 0}}};
  for (const auto& [overflow, expected] : rows) {
    EXPECT_EQ(cast_all({{4, 4, true}, Rounding::Trn, overflow}, values), expected) << name(overflow);
  }
}

TEST(Fixed, UnsignedOverflow) {
  const std::vector<double> values{-1, 15, 16, 35};
  EXPECT_EQ(cast_all({{4, 4, false}, Rounding::Trn, Overflow::Wrap}, values),
            (std::vector<std::int64_t>{15, 15, 0, 3}));
  EXPECT_EQ(cast_all({{4, 4, false}, Rounding::Trn, Overflow::Sat}, values),
            (std::vector<std::int64_t>{0, 15, 15, 15}));
  EXPECT_EQ(cast_all({{4, 4, false}, Rounding::Trn, Overflow::SatZero}, values),
            (std::vector<std::int64_t>{0, 15, 0, 0}));
  EXPECT_EQ(cast_all({{4, 4, false}, Rounding::Trn, Overflow::SatSym}, values),
            (std::vector<std::int64_t>{0, 15, 15, 15}));
}

TEST(Fixed, SymmetricSaturationMovesTheLowestValue) {
  const Quantizer q{{4, 4, true}, Rounding::Trn, Overflow::SatSym};
  EXPECT_EQ(quantize(q, -8.0), -7);
  EXPECT_TRUE(overflows(q, -8, 0));
  EXPECT_FALSE(overflows(q, -7, 0));
  EXPECT_FALSE(overflows({q.to, q.rounding, Overflow::Sat}, -8, 0));
}

TEST(Fixed, OverflowIsJudgedAfterRounding) {
  // 7.5 fits when truncated and overflows when rounded up.
  EXPECT_FALSE(overflows({{4, 4, true}, Rounding::Trn, Overflow::Sat}, 15, 1));
  EXPECT_TRUE(overflows({{4, 4, true}, Rounding::Rnd, Overflow::Sat}, 15, 1));
  EXPECT_EQ(quantize({{4, 4, true}, Rounding::Rnd, Overflow::Wrap}, 15, 1), -8);
  EXPECT_TRUE(overflows({{4, 4, true}, Rounding::Rnd, Overflow::Sat}, 7.5));
  EXPECT_FALSE(overflows({{4, 4, true}, Rounding::Trn, Overflow::Sat}, 7.5));
  EXPECT_FALSE(overflows({{4, 4, false}, Rounding::TrnZero, Overflow::Sat}, -0.5));
  EXPECT_TRUE(overflows({{4, 4, false}, Rounding::Trn, Overflow::Sat}, -0.5));
}

TEST(Fixed, IntegerBitsBelowZeroAndAboveTheWidth) {
  // <4,-2>: raw * 2^-6.
  EXPECT_EQ(quantize({{4, -2, true}, Rounding::Rnd, Overflow::Sat}, 0.05), 3);
  EXPECT_EQ(quantize({{4, -2, true}, Rounding::Rnd, Overflow::Sat}, 1.0), 7);
  // <4,7>: raw * 2^3.
  EXPECT_EQ(quantize({{4, 7, true}, Rounding::Trn, Overflow::Sat}, 31.0), 3);
  EXPECT_EQ(quantize({{4, 7, true}, Rounding::RndConv, Overflow::Sat}, 36.0), 4);
  EXPECT_EQ(quantize({{4, 7, true}, Rounding::Trn, Overflow::Sat}, -1.0), -1);
}

TEST(Fixed, WidthZeroHoldsOnlyZero) {
  for (const Overflow overflow : all_overflows) {
    const Quantizer q{{0, 0, true}, Rounding::Trn, overflow};
    EXPECT_EQ(quantize(q, 5.0), 0);
    EXPECT_EQ(quantize(q, -5.0), 0);
    EXPECT_TRUE(overflows(q, 5, 0));
    EXPECT_FALSE(overflows(q, 0, 0));
  }
}

TEST(Fixed, LowestAndHighest) {
  EXPECT_EQ((FixedType{63, 63, true}.lowest()), -(std::int64_t{1} << 62));
  EXPECT_EQ((FixedType{63, 63, true}.highest()), (std::int64_t{1} << 62) - 1);
  EXPECT_EQ((FixedType{63, 63, false}.lowest()), 0);
  EXPECT_EQ((FixedType{63, 63, false}.highest()), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ((FixedType{1, 1, true}.lowest()), -1);
  EXPECT_EQ((FixedType{1, 1, true}.highest()), 0);
  EXPECT_EQ((FixedType{0, 0, true}.lowest()), 0);
  EXPECT_EQ((FixedType{0, 0, true}.highest()), 0);
}

TEST(Fixed, RandomWideCastsFollowTheModesInWords) {
  Random random(1);
  for (int trial = 0; trial < 20000; ++trial) {
    const int source_bits = static_cast<int>(random.between(1, 63));
    // Random low bits, or a few ones at either end, so that ties and almost-ties are met.
    std::int64_t raw = static_cast<std::int64_t>(random.bits()) >> (64 - source_bits);
    if (random.below(4) == 0) raw = (raw >> (source_bits / 2)) << (source_bits / 2);
    const int shift = static_cast<int>(random.between(-62, 62));
    const int width = static_cast<int>(random.between(1, 63));
    const int integer = static_cast<int>(random.between(-10, 70));
    for (const Rounding rounding : all_roundings) {
      for (const Overflow overflow : all_overflows) {
        const Quantizer q{{width, integer, random.below(2) == 0}, rounding, overflow};
        const Int128 rounded = shift > 0 ? round_in_words(raw, shift, rounding)
                                         : static_cast<Int128>(raw) * (static_cast<Int128>(1) << -shift);
        const Int128 expected = fit_by_turns(q, rounded);
        const int fraction = q.to.fraction() + shift;
        ASSERT_EQ(quantize(q, raw, fraction), static_cast<std::int64_t>(expected))
            << to_string(q) << " of " << raw << " * 2^" << -fraction;
        const bool acts = rounded != expected || (rounded < q.to.lowest() || rounded > q.to.highest());
        ASSERT_EQ(overflows(q, raw, fraction), acts) << to_string(q) << " of " << raw << " * 2^" << -fraction;
      }
    }
  }
}

TEST(Fixed, WidestTypesKeepTheirEnds) {
  for (const bool is_signed : {false, true}) {
    const FixedType type{63, 20, is_signed};
    for (const Rounding rounding : all_roundings) {
      for (const Overflow overflow : {Overflow::Wrap, Overflow::Sat, Overflow::SatZero}) {
        const Quantizer q{type, rounding, overflow};
        EXPECT_EQ(quantize(q, type.lowest(), type.fraction()), type.lowest());
        EXPECT_EQ(quantize(q, type.highest(), type.fraction()), type.highest());
      }
    }
  }
  const Quantizer sat{{63, 63, true}, Rounding::Trn, Overflow::Sat};
  EXPECT_EQ(quantize(sat, std::numeric_limits<std::int64_t>::max(), 0), sat.to.highest());
  EXPECT_EQ(quantize(sat, std::numeric_limits<std::int64_t>::min(), 0), sat.to.lowest());
  EXPECT_EQ(quantize(sat, std::numeric_limits<std::int64_t>::min(), -64), sat.to.lowest());
  const Quantizer wrap{{63, 63, true}, Rounding::Trn, Overflow::Wrap};
  EXPECT_EQ(quantize(wrap, std::int64_t{1} << 62, 0), wrap.to.lowest());
  EXPECT_EQ(quantize(wrap, std::numeric_limits<std::int64_t>::max(), 0), -1);
}

TEST(Fixed, ShiftsFarBeyondTheWord) {
  constexpr std::int64_t big = std::numeric_limits<std::int64_t>::max();
  for (const int fraction : {63, 64, 65, 99, 100, 101, 126, 127, 128, 1000}) {
    for (const std::int64_t raw : {std::int64_t{1}, big, std::int64_t{-1}, -big}) {
      // |raw * 2^-fraction| < 1, and below 1/2 from 64 fraction bits on.
      const bool negative = raw < 0;
      const bool above_half = fraction == 63 && (raw == big || raw == -big);
      const auto cast = [&](Rounding rounding) {
        return quantize({{8, 8, true}, rounding, Overflow::Sat}, raw, fraction);
      };
      EXPECT_EQ(cast(Rounding::Trn), negative ? -1 : 0) << raw << " " << fraction;
      EXPECT_EQ(cast(Rounding::TrnZero), 0) << raw << " " << fraction;
      for (const Rounding nearest :
           {Rounding::Rnd, Rounding::RndZero, Rounding::RndInf, Rounding::RndMinInf, Rounding::RndConv}) {
        EXPECT_EQ(cast(nearest), above_half ? (negative ? -1 : 1) : 0) << raw << " " << fraction;
      }
    }
  }
  for (const int fraction : {-63, -64, -65, -126, -1000}) {
    EXPECT_EQ(quantize({{8, 8, true}, Rounding::Trn, Overflow::Sat}, 1, fraction), 127);
    EXPECT_EQ(quantize({{8, 8, true}, Rounding::Trn, Overflow::Sat}, -1, fraction), -128);
    EXPECT_EQ(quantize({{8, 8, true}, Rounding::Trn, Overflow::Wrap}, 3, fraction), 0);
    EXPECT_EQ(quantize({{8, 8, true}, Rounding::Trn, Overflow::Sat}, 0, fraction), 0);
  }
}

TEST(Fixed, DoublesAreRoundedFromTheirExactValue) {
  Random random(2);
  for (int trial = 0; trial < 20000; ++trial) {
    const int bits = static_cast<int>(random.between(1, 53));
    const std::int64_t raw = random.between(-(std::int64_t{1} << bits), std::int64_t{1} << bits);
    const int fraction = static_cast<int>(random.between(-70, 130));
    const Quantizer q{{static_cast<int>(random.between(1, 63)), static_cast<int>(random.between(-5, 60)),
                       random.below(2) == 0},
                      all_roundings[random.below(all_roundings.size())],
                      all_overflows[random.below(all_overflows.size())]};
    const double value = to_double(raw, fraction);
    ASSERT_EQ(quantize(q, value), quantize(q, raw, fraction)) << to_string(q) << " of " << value;
    ASSERT_EQ(overflows(q, value), overflows(q, raw, fraction)) << to_string(q) << " of " << value;
  }
}

TEST(Fixed, HugeAndTinyDoubles) {
  const Quantizer wrap{{12, 12, true}, Rounding::Trn, Overflow::Wrap};
  EXPECT_EQ(quantize(wrap, 0x1p60 + 0x1p10), 1024);  // the low bits of an exact sum
  EXPECT_EQ(quantize(wrap, -(0x1p60 + 0x1p10)), -1024);
  EXPECT_EQ(quantize(wrap, 0x1p62 + 0x1p11), -2048);
  EXPECT_EQ(quantize(wrap, 0x1p1000), 0);
  EXPECT_EQ(quantize(wrap, std::numeric_limits<double>::max()), 0);
  const Quantizer sat{{12, 4, true}, Rounding::Trn, Overflow::Sat};
  EXPECT_EQ(quantize(sat, std::numeric_limits<double>::max()), 2047);
  EXPECT_EQ(quantize(sat, std::numeric_limits<double>::lowest()), -2048);
  const double tiny = std::numeric_limits<double>::denorm_min();
  EXPECT_EQ(quantize(sat, tiny), 0);
  EXPECT_EQ(quantize(sat, -tiny), -1);
  EXPECT_EQ(quantize({sat.to, Rounding::Rnd, Overflow::Sat}, -tiny), 0);
  EXPECT_EQ(quantize({sat.to, Rounding::TrnZero, Overflow::Sat}, -tiny), 0);
  EXPECT_EQ(quantize(sat, -0.0), 0);
  // One unit in the last place below a tie.
  EXPECT_EQ(quantize({{8, 8, true}, Rounding::Rnd, Overflow::Sat}, std::nextafter(0.5, 0.0)), 0);
  EXPECT_EQ(quantize({{8, 8, true}, Rounding::RndMinInf, Overflow::Sat}, std::nextafter(0.5, 1.0)), 1);
}

TEST(Fixed, NotANumberAndTooWideAreDefects) {
  const Quantizer q{{8, 8, true}, Rounding::Trn, Overflow::Sat};
  EXPECT_THROW(quantize(q, infinity), std::logic_error);
  EXPECT_THROW(quantize(q, std::nan("")), std::logic_error);
  EXPECT_THROW(overflows(q, -infinity), std::logic_error);
  EXPECT_THROW(quantize({{64, 8, true}, Rounding::Trn, Overflow::Sat}, 1.0), std::logic_error);
  EXPECT_THROW(overflows({{64, 8, true}, Rounding::Trn, Overflow::Sat}, 1.0), std::logic_error);
}

TEST(Fixed, ToDouble) {
  EXPECT_EQ(to_double(-341, 10), -341.0 / 1024.0);
  EXPECT_EQ(to_double(3, -4), 48.0);
  EXPECT_EQ(to_double(0, 2000), 0.0);
}

TEST(FixedText, Printed) {
  EXPECT_EQ(to_string(FixedType{16, 6, true}), "ap_fixed<16,6>");
  EXPECT_EQ(to_string(FixedType{8, -2, false}), "ap_ufixed<8,-2>");
  EXPECT_EQ(to_string(Quantizer{{16, 6, true}}), "ap_fixed<16,6>");
  EXPECT_EQ(to_string(Quantizer{{8, 0, false}, Rounding::RndConv, Overflow::Wrap}),
            "ap_ufixed<8,0,AP_RND_CONV,AP_WRAP>");
  EXPECT_EQ(to_string(Quantizer{{8, 0, true}, Rounding::Trn, Overflow::SatSym}),
            "ap_fixed<8,0,AP_TRN,AP_SAT_SYM>");
}

TEST(FixedText, ParseOfPrintIsTheSame) {
  for (const Rounding rounding : all_roundings) {
    for (const Overflow overflow : all_overflows) {
      for (const bool is_signed : {false, true}) {
        for (const int width : {1, 16, 63, 1024}) {
          for (const int integer : {-7, 0, 6, 70}) {
            const Quantizer q{{width, integer, is_signed}, rounding, overflow};
            EXPECT_EQ(parse_quantizer(to_string(q)), q) << to_string(q);
          }
        }
      }
    }
  }
}

TEST(FixedText, AcceptedSpellings) {
  const Quantizer plain{{16, 6, true}};
  for (const char* text : {"ap_fixed<16,6>", "fixed<16,6>", " ap_fixed < 16 ,\t6 > ", "fixed<16,6,TRN>",
                           "fixed<16,6,AP_TRN,WRAP>", "fixed<16,6,TRN,WRAP,0>"}) {
    EXPECT_EQ(parse_quantizer(text), plain) << text;
  }
  EXPECT_EQ(parse_quantizer("ufixed<8,0,RND_CONV,AP_SAT>"),
            (Quantizer{{8, 0, false}, Rounding::RndConv, Overflow::Sat}));
  EXPECT_EQ(parse_quantizer("ap_int<8>"), (Quantizer{{8, 8, true}}));
  EXPECT_EQ(parse_quantizer("int<8>"), (Quantizer{{8, 8, true}}));
  EXPECT_EQ(parse_quantizer("ap_uint<1>"), (Quantizer{{1, 1, false}}));
  EXPECT_EQ(parse_quantizer("uint< 3 >"), (Quantizer{{3, 3, false}}));
  EXPECT_EQ(parse_quantizer("fixed<16,6,RND,SAT,3>"),
            (Quantizer{{16, 6, true}, Rounding::Rnd, Overflow::Sat}));
  EXPECT_EQ(parse_quantizer("ac_fixed<16,6>"), plain);
  EXPECT_EQ(parse_quantizer("ac_fixed<16, 6, false, AC_RND_CONV, AC_SAT_SYM>"),
            (Quantizer{{16, 6, false}, Rounding::RndConv, Overflow::SatSym}));
  EXPECT_EQ(parse_quantizer("ac_int<8,true>"), (Quantizer{{8, 8, true}}));
  EXPECT_EQ(parse_quantizer("ac_int<8,false>"), (Quantizer{{8, 8, false}}));
}

TEST(FixedText, RefusedSpellings) {
  for (const char* text : {"",
                           " ",
                           "<",
                           ">",
                           "<>",
                           "float",
                           "ap_fixed",
                           "ap_fixed<>",
                           "ap_fixed<16>",
                           "ap_fixed<16,6",
                           "ap_fixed16,6>",
                           "ap_fixed<,>",
                           "ap_fixed<16,>",
                           "ap_fixed<16,6,>",
                           "ap_fixed<16,6,ROUND>",
                           "ap_fixed<16,6,AP_RND,AP_WRAP_SM>",
                           "ap_fixed<16,6,AP_SAT,AP_RND>",
                           "ap_fixed<16,6,RND,WRAP,1>",
                           "ap_fixed<16,6,RND,WRAP,0,0>",
                           "ap_fixed<0,0>",
                           "ap_fixed<-4,2>",
                           "ap_fixed<1025,6>",
                           "ap_fixed<16,1025>",
                           "ap_fixed<16,-1025>",
                           "ap_fixed<99999999999999999999,6>",
                           "ap_fixed<1 6,6>",
                           "ap_fixed<16.0,6>",
                           "ap_fixed<+16,6>",
                           "ap_fixed<16,6>>",
                           "ap_fixed<<16,6>",
                           "ap_int<8,8>",
                           "ap_int<8,RND>",
                           "ap_uint<>",
                           "uap_fixed<8,2>",
                           "ap_ap_fixed<8,2>",
                           "uufixed<8,2>",
                           "ac_ufixed<8,2>",
                           "ac_int<8,1>",
                           "ac_fixed<8,2,AC_RND>",
                           "fixed<8,2,true>",
                           "fixed<8,2,RND,SAT,-1>",
                           "ap_fixed<16,6> x",
                           "ap_fixed<16,6,_RND>",
                           "ap_fixed<16,6,AP_AP_RND>"}) {
    EXPECT_EQ(parse_quantizer(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace gw
