// The fixed-point types that generated projects bring along, against the arithmetic of num: every value of
// small types, the ends and random values of wide ones, all roundings and overflows.
#include <cmath>
#include <stdexcept>

#include <ap_int.h>
#include <gtest/gtest.h>
#include <hls_stream.h>

#include "num/interval.h"
#include "num/modes.h"
#include "support/random.h"

namespace gw {
namespace {

template <int W, int I, bool S>
using Plain = ap_fixed_base<W, I, S>;

constexpr ap_q_mode q_mode(Rounding rounding) {
  constexpr ap_q_mode modes[] = {AP_TRN,     AP_TRN_ZERO,    AP_RND,     AP_RND_ZERO,
                                 AP_RND_INF, AP_RND_MIN_INF, AP_RND_CONV};
  return modes[static_cast<int>(rounding)];
}
constexpr ap_o_mode o_mode(Overflow overflow) {
  constexpr ap_o_mode modes[] = {AP_WRAP, AP_SAT, AP_SAT_ZERO, AP_SAT_SYM};
  return modes[static_cast<int>(overflow)];
}

// Every value of a narrow type; of a wide one its ends, their neighbours and random ones.
std::vector<std::int64_t> values_of(const FixedType& type) {
  std::vector<std::int64_t> values;
  if (type.width <= 8) {
    for (std::int64_t raw = type.lowest(); raw <= type.highest(); ++raw) values.push_back(raw);
    return values;
  }
  for (const std::int64_t raw : {type.lowest(), type.lowest() + 1, std::int64_t{0}, std::int64_t{1},
                                 type.highest() - 1, type.highest()})
    values.push_back(raw);
  Random random(static_cast<std::uint64_t>(type.width));
  for (int n = 0; n < 200; ++n) {
    const std::int64_t raw = random.between(type.lowest(), type.highest());
    values.push_back(raw >> random.below(static_cast<std::uint64_t>(type.width)));
  }
  return values;
}

template <int W, int I, bool S>
struct Is {
  static constexpr FixedType type{W, I, S};
  template <ap_q_mode Q, ap_o_mode O>
  using With = ap_fixed_base<W, I, S, Q, O>;
};

template <class From, class To, int mode>
void expect_casts() {
  constexpr Quantizer q{To::type, all_roundings[mode % 7], all_overflows[mode / 7]};
  using Source = typename From::template With<AP_TRN, AP_WRAP>;
  using Target = typename To::template With<q_mode(q.rounding), o_mode(q.overflow)>;
  for (const std::int64_t raw : values_of(From::type)) {
    const Target cast = Source::of_raw(raw);
    ASSERT_EQ(static_cast<std::int64_t>(cast.raw()), quantize(q, raw, From::type.fraction()))
        << raw << " of " << to_string(From::type) << " as " << to_string(q);
  }
}

template <class From, class... To>
void expect_all_casts() {
  const auto each = []<class T, int... modes>(T, std::integer_sequence<int, modes...>) {
    (expect_casts<From, T, modes>(), ...);
  };
  (each(To{}, std::make_integer_sequence<int, 28>()), ...);
}

TEST(HlsTypes, CastsAreThoseOfQuantizers) {
  const auto from = []<class From>(From) {
    expect_all_casts<From, Is<4, 2, true>, Is<4, 2, false>, Is<1, 1, true>, Is<3, 5, true>, Is<5, -1, false>,
                     Is<2, -3, true>, Is<8, 4, true>>();
  };
  from(Is<7, 3, true>{});
  from(Is<6, 2, false>{});
  from(Is<5, -2, true>{});
  from(Is<4, 8, false>{});
}

TEST(HlsTypes, WideCastsAreThoseOfQuantizers) {
  const auto from = []<class From>(From) {
    expect_all_casts<From, Is<33, 11, true>, Is<61, 40, false>, Is<63, 2, true>, Is<5, 70, true>>();
  };
  from(Is<60, 20, true>{});
  from(Is<62, 30, false>{});
  from(Is<63, 63, true>{});
  from(Is<9, -60, true>{});
}

template <class A, class B>
void expect_operations() {
  using One = typename A::template With<AP_TRN, AP_WRAP>;
  using Other = typename B::template With<AP_TRN, AP_WRAP>;
  const int fraction = std::max(A::type.fraction(), B::type.fraction());
  const auto expect = [&](const auto& made, Int128 want, int of_fraction, const char* what) {
    ASSERT_EQ(made.width - made.iwidth, of_fraction) << what;
    ASSERT_TRUE(made.raw() == want) << what;
  };
  for (const std::int64_t x : values_of(A::type)) {
    for (const std::int64_t y : values_of(B::type)) {
      const One a = One::of_raw(x);
      const Other b = Other::of_raw(y);
      const Int128 left = static_cast<Int128>(x) << (fraction - A::type.fraction());
      const Int128 right = static_cast<Int128>(y) << (fraction - B::type.fraction());
      expect(a + b, left + right, fraction, "+");
      expect(a - b, left - right, fraction, "-");
      expect(a * b, static_cast<Int128>(x) * y, A::type.fraction() + B::type.fraction(), "*");
      ASSERT_EQ(a < b, left < right);
      ASSERT_EQ(a <= b, left <= right);
      ASSERT_EQ(a > b, left > right);
      ASSERT_EQ(a >= b, left >= right);
      ASSERT_EQ(a == b, left == right);
      ASSERT_EQ(a != b, left != right);
      ASSERT_EQ(a != 0, x != 0);
      One sum = a;
      sum += b;
      ASSERT_EQ(static_cast<std::int64_t>(sum.raw()),
                quantize({A::type}, static_cast<std::int64_t>(left + right), fraction));
      sum = a;
      sum -= b;
      ASSERT_EQ(static_cast<std::int64_t>(sum.raw()),
                quantize({A::type}, static_cast<std::int64_t>(left - right), fraction));
    }
    expect(-One::of_raw(x), -static_cast<Int128>(x), A::type.fraction(), "-");
  }
}

TEST(HlsTypes, OperationsAreExact) {
  expect_operations<Is<5, 2, true>, Is<4, 3, false>>();
  expect_operations<Is<6, 1, true>, Is<3, -2, true>>();
  expect_operations<Is<4, 6, false>, Is<5, 2, false>>();
  expect_operations<Is<50, 20, true>, Is<12, 3, false>>();
  expect_operations<Is<61, 61, true>, Is<60, 60, true>>();
}

template <class Want, class Made>
void expect_type(const Made&) {
  EXPECT_TRUE((std::is_same_v<Want, Made>)) << Made::width << " " << Made::iwidth;
}

TEST(HlsTypes, ResultsHaveTheirTypes) {
  const ap_fixed<16, 6> a = 1;
  const ap_ufixed<8, 3> b = 1;
  expect_type<Plain<24, 9, true>>(a * b);
  expect_type<Plain<17, 7, true>>(a + b);
  expect_type<Plain<17, 7, true>>(a - b);
  expect_type<Plain<17, 7, true>>(-a);
  expect_type<Plain<9, 4, false>>(b + b);
  expect_type<Plain<9, 4, true>>(b - b);
  expect_type<Plain<10, 5, true>>(ap_fixed<4, 1>(0) + ap_ufixed<8, 3>(0));
}

template <int mode>
void expect_doubles() {
  constexpr Quantizer q{{7, 3, true}, all_roundings[mode % 7], all_overflows[mode / 7]};
  using Target = ap_fixed<7, 3, q_mode(q.rounding), o_mode(q.overflow)>;
  Random random(mode);
  for (int n = 0; n < 400; ++n) {
    // Halves and quarters of the last place, and what lies far below and above it.
    const double value = n < 200 ? (n - 100) / 64.0 : (random.unit() - 0.5) * std::ldexp(1.0, n % 90 - 60);
    ASSERT_EQ(static_cast<std::int64_t>(Target(value).raw()), quantize(q, value)) << value;
  }
}

TEST(HlsTypes, RealNumbersAreRoundedAsTheyAre) {
  []<int... modes>(std::integer_sequence<int, modes...>) { (expect_doubles<modes>(), ...); }
  (std::make_integer_sequence<int, 28>());
  EXPECT_EQ((ap_fixed<60, 4>(-0x1.23456789abcdep+2).to_double()), -0x1.23456789abcdep+2);
}

TEST(HlsTypes, BitsAreReadAndWritten) {
  ap_fixed<16, 6> a = -1.5;
  EXPECT_EQ(a.range(15, 0).to_uint(), 0xfa00u);
  EXPECT_EQ(a.range(9, 8).to_uint(), 2u);
  a.range(15, 0) = 0x8001ull;
  EXPECT_EQ(a.raw(), -0x7fff);
  a.range(3, 1) = 7ull;
  EXPECT_EQ(a.raw(), -0x7fff + 14);
  ap_fixed<63, 63> wide;
  wide.range(62, 0) = static_cast<unsigned long long>(-5);
  EXPECT_EQ(static_cast<std::int64_t>(wide.raw()), -5);
  EXPECT_EQ(wide.range(62, 0).to_uint64(), static_cast<std::uint64_t>(-5) & ~(std::uint64_t{1} << 63));
}

TEST(HlsTypes, IntegersTakeOthersTowardZero) {
  EXPECT_EQ(ap_int<8>(ap_fixed<8, 4>(-2.75)).to_int(), -2);
  EXPECT_EQ(ap_uint<3>(ap_fixed<8, 5>(9.5)).to_uint(), 1u);
  EXPECT_EQ((ap_int<6>(5) * ap_int<4>(-3)).to_double(), -15);
}

TEST(HlsTypes, StreamsKeepTheOrderAndRefuseAnEmptyRead) {
  hls::stream<int> stream("numbers");
  stream.write(1);
  stream.write(2);
  EXPECT_EQ(stream.read(), 1);
  EXPECT_EQ(stream.size(), 1u);
  EXPECT_EQ(stream.read(), 2);
  EXPECT_TRUE(stream.empty());
  EXPECT_THROW(stream.read(), std::logic_error);
}

}  // namespace
}  // namespace gw
