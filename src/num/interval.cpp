// Interval arithmetic on exact integers. A sum's range is the sum of the ranges, a product's is spanned by
// the four products of the ends, so every image here is the smallest interval (Moore, Interval Analysis,
// 1966). All seven roundings are monotone and so is clamping: the image of an interval under them is spanned
// by the images of its ends, and only wrapping can scatter it over the whole type.
//
// 128 bits hold every sum and product of two 63-bit operands. What grows beyond is pinned to the symmetric
// ends +-(2^127 - 1) and stays there, whatever is added or multiplied: type_of() still shows it as too wide,
// which is what the caller reports.

#include "num/interval.h"

#include <algorithm>
#include <initializer_list>

#include "num/rounding.h"
#include "support/check.h"

namespace gw {
namespace {

constexpr Int128 ceiling = ~(static_cast<Int128>(1) << 127);

bool is_pinned(Int128 value) { return value >= ceiling || value <= -ceiling; }

Int128 pinned_add(Int128 a, Int128 b) {
  if (is_pinned(a)) return a;
  if (is_pinned(b)) return b;
  Int128 sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return a < 0 ? -ceiling : ceiling;
  return std::clamp(sum, -ceiling, ceiling);
}

Int128 pinned_multiply(Int128 a, Int128 b) {
  Int128 product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return (a < 0) != (b < 0) ? -ceiling : ceiling;
  return std::clamp(product, -ceiling, ceiling);
}

/// value * 2^shift, shift >= 0.
Int128 pinned_shift(Int128 value, int shift) {
  if (value == 0 || shift == 0) return value;
  if (shift >= 127) return value < 0 ? -ceiling : ceiling;
  return pinned_multiply(value, static_cast<Int128>(1) << shift);
}

/// An end of an interval in units of the target's last bit, rounded.
Int128 rounded_end(const Quantizer& q, Int128 value, int shift) {
  if (is_pinned(value)) return value;
  if (shift <= 0) return pinned_shift(value, -shift);
  if (shift <= 127) return round_shift(value, shift, q.rounding);
  // Here |value * 2^-shift| < 1/2, so that one bit in the lowest place stands for any value of its sign.
  return round_shift((value > 0) - (value < 0), 100, q.rounding);
}

/// Bits of the smallest two's complement (or, for values that are never negative, plain) integer that holds
/// both.
int bits_for(Int128 lo, Int128 hi) {
  const bool is_signed = lo < 0;
  const auto magnitude = [](Int128 value) { return value < 0 ? ~value : value; };
  Int128 rest = magnitude(lo) | magnitude(hi);
  int bits = is_signed ? 1 : 0;
  for (; rest != 0; rest >>= 1) ++bits;
  return bits;
}

}  // namespace

Interval interval_of(const FixedType& type) {
  GW_CHECK(type.width >= 0 && type.width <= max_width);
  return {type.lowest(), type.highest(), type.fraction()};
}

Interval interval_of(std::int64_t raw, int fraction) { return {raw, raw, fraction}; }

Interval rescaled(const Interval& a, int fraction) {
  if (a.lo == 0 && a.hi == 0) return {0, 0, fraction};
  GW_CHECK(fraction >= a.fraction);
  const int shift = fraction - a.fraction;
  return {pinned_shift(a.lo, shift), pinned_shift(a.hi, shift), fraction};
}

Interval operator+(const Interval& a, const Interval& b) {
  const int fraction = std::max(a.fraction, b.fraction);
  const Interval x = rescaled(a, fraction);
  const Interval y = rescaled(b, fraction);
  return {pinned_add(x.lo, y.lo), pinned_add(x.hi, y.hi), fraction};
}

Interval operator-(const Interval& a, const Interval& b) { return a + Interval{-b.hi, -b.lo, b.fraction}; }

Interval operator*(const Interval& a, const Interval& b) {
  const auto [lo, hi] = std::minmax({pinned_multiply(a.lo, b.lo), pinned_multiply(a.lo, b.hi),
                                     pinned_multiply(a.hi, b.lo), pinned_multiply(a.hi, b.hi)});
  return {lo, hi, a.fraction + b.fraction};
}

Interval maximum(const Interval& a, const Interval& b) {
  const int fraction = std::max(a.fraction, b.fraction);
  const Interval x = rescaled(a, fraction);
  const Interval y = rescaled(b, fraction);
  return {std::max(x.lo, y.lo), std::max(x.hi, y.hi), fraction};
}

Interval minimum(const Interval& a, const Interval& b) {
  const int fraction = std::max(a.fraction, b.fraction);
  const Interval x = rescaled(a, fraction);
  const Interval y = rescaled(b, fraction);
  return {std::min(x.lo, y.lo), std::min(x.hi, y.hi), fraction};
}

Interval unite(const Interval& a, const Interval& b) {
  // Zero is a multiple of every unit, so that it makes none finer.
  const auto is_zero = [](const Interval& range) { return range.lo == 0 && range.hi == 0; };
  const int fraction = is_zero(a)   ? b.fraction
                       : is_zero(b) ? a.fraction
                                    : std::max(a.fraction, b.fraction);
  const Interval x = rescaled(a, fraction);
  const Interval y = rescaled(b, fraction);
  return {std::min(x.lo, y.lo), std::max(x.hi, y.hi), fraction};
}

Interval quantize(const Quantizer& q, const Interval& a) {
  const int fraction = q.to.fraction();
  const int shift = a.fraction - fraction;
  const Int128 lo = rounded_end(q, a.lo, shift);
  const Int128 hi = rounded_end(q, a.hi, shift);
  const Int128 low = lower_bound(q);
  const Int128 high = q.to.highest();
  if (is_pinned(lo) || is_pinned(hi)) return {low, high, fraction};
  if (lo >= low && hi <= high) return {lo, hi, fraction};
  switch (q.overflow) {
    case Overflow::Wrap:
      return {low, high, fraction};
    case Overflow::Sat:
    case Overflow::SatSym:
      return {fit(q, lo), fit(q, hi), fraction};
    case Overflow::SatZero:
      break;
  }
  // What lies inside the type stays, the rest becomes zero. A source coarser than the target only reaches
  // multiples of its own unit, hence the rounding of the type's ends to those.
  const int step = shift < 0 ? std::min(-shift, 126) : 0;
  const Int128 below = std::min(hi, (high >> step) * (static_cast<Int128>(1) << step));
  const Int128 above = std::max(lo, -((-low >> step) * (static_cast<Int128>(1) << step)));
  if (above > below) return {0, 0, fraction};
  return {std::min<Int128>(above, 0), std::max<Int128>(below, 0), fraction};
}

bool changes_nothing(const Quantizer& q, const Interval& a) {
  if (a.fraction > q.to.fraction()) return a.lo == 0 && a.hi == 0;
  const Interval whole = rescaled(a, q.to.fraction());
  return whole.lo >= lower_bound(q) && whole.hi <= q.to.highest();
}

FixedType type_of(const Interval& a) {
  GW_CHECK(a.lo <= a.hi);
  const int width = bits_for(a.lo, a.hi);
  return {width, width - a.fraction, a.lo < 0};
}

}  // namespace gw
