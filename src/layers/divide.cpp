// Division by a constant, as a formula.
//
// A power of two moves the point. For an odd n, the quotient of an integer N is that of a multiplication by
// R * 2^-s, R = ceil(2^s / n), truncated: with e = R * n - 2^s, 0 < e < n, the product is
//   N * R / 2^s = N / n + N * e / (n * 2^s),
// and where |N| * e < 2^s the second part is below 1 / n, while N / n is at least 1 / n away from the next
// integer; so truncation gives the same (Granlund, Montgomery, Division by Invariant Integers using
// Multiplication, 1994). The smallest such s is taken for the largest |N| of the range. N counts units of the
// result or of the value, whichever is finer: a coarser result only asks for the quotient by n * 2^k, to
// which the same bound applies.
//
// The product is about twice as wide as N. Where it would pass 63 bits, the magnitude is divided as by hand,
// some 20 bits at a time, each step's remainder standing before the next bits. The intervals of a formula do
// not know that a remainder is below n; a cast that wraps says it, and loses nothing.

#include "layers/divide.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "num/rounding.h"

namespace gw {

namespace {

Int128 magnitude_of(const Interval& range) { return std::max(range.hi, -range.lo); }

int bits_of(Int128 value) {
  int bits = 0;
  for (; value > 0; value >>= 1) ++bits;
  return bits;
}

/// The type of `bits` unsigned bits down to 2^-fraction.
FixedType bits_at(int bits, int fraction) { return {bits, bits - fraction, false}; }

/// The values without what is below 2^-fraction.
Interval truncated(const Interval& range, int fraction) {
  const int shift = range.fraction - fraction;
  if (shift <= 0) return range;
  if (shift > 126) return {0, 0, fraction};
  return {round_shift(range.lo, shift, Rounding::TrnZero), round_shift(range.hi, shift, Rounding::TrnZero),
          fraction};
}

/// The value in the type that the range needs. What is too wide for any type stays as it is, and is found by
/// whoever asks for the widest value of the formula.
ExprId narrowed(Formula& formula, ExprId value, const Interval& range) {
  const FixedType type = type_of(range);
  return type.width > max_width ? value : formula.cast({type, Rounding::TrnZero, Overflow::Wrap}, value);
}

ExprId truncated(Formula& formula, ExprId value, int fraction) {
  return narrowed(formula, value, truncated(formula[value].range, fraction));
}

/// The values divided by n and truncated; |values| * 2^(fraction - range.fraction) below 2^126.
Interval quotient(const Interval& range, int n, int fraction) {
  const Interval whole = truncated(range, fraction);
  const Int128 scale = static_cast<Int128>(1) << (fraction - whole.fraction);
  return {whole.lo * scale / n, whole.hi * scale / n, fraction};
}

struct Reciprocal {
  std::int64_t raw;
  int fraction;
};

/// R * 2^-s for |N| <= most and an odd n, or nothing if R would not fit.
std::optional<Reciprocal> reciprocal(Int128 most, int n) {
  for (int s = bits_of(most); s <= 90; ++s) {
    const Int128 power = static_cast<Int128>(1) << s;
    const Int128 r = (power + n - 1) / n;
    const Int128 excess = r * n - power;
    // Beyond 2^90 nothing is looked for, so that neither product wraps.
    if (most >= (static_cast<Int128>(1) << 90)) return std::nullopt;
    if (most * excess >= power) continue;
    if (r >= (static_cast<Int128>(1) << 62)) return std::nullopt;
    return Reciprocal{static_cast<std::int64_t>(r), s};
  }
  return std::nullopt;
}

/// By one multiplication, if no value gets too wide.
std::optional<ExprId> divide_at_once(Formula& formula, ExprId value, int n, int fraction) {
  const Interval& range = formula[value].range;
  const int finer = std::max(fraction - range.fraction, 0);
  if (finer > 60 || bits_of(magnitude_of(range)) > max_width) return std::nullopt;
  const auto r = reciprocal(magnitude_of(range) * (static_cast<Int128>(1) << std::min(finer, 60)), n);
  if (!r || type_of(range * interval_of(r->raw, r->fraction)).width > max_width) return std::nullopt;
  return truncated(formula, formula.multiply(value, formula.constant(r->raw, r->fraction)), fraction);
}

/// A magnitude, never negative, some bits at a time from the highest.
ExprId divide_by_hand(Formula& formula, ExprId value, int n, int fraction) {
  const int divisor_bits = bits_of(n);
  const int step = std::max(1, 30 - divisor_bits);
  ExprId remainder = formula.constant(0, 0);
  std::vector<ExprId> quotient{remainder};
  for (int at = formula[value].range.fraction - bits_of(formula[value].range.hi); at < fraction;) {
    const int next = std::min(at + step, fraction);
    const ExprId bits = formula.cast({bits_at(next - at, next), Rounding::Trn, Overflow::Wrap}, value);
    const ExprId dividend = formula.add(remainder, bits);
    const auto digits = divide_at_once(formula, dividend, n, next);
    GW_CHECK(digits);  // at most 31 bits, so that the product has at most 62
    quotient.push_back(*digits);
    remainder = formula.cast({bits_at(divisor_bits, next), Rounding::Trn, Overflow::Wrap},
                             formula.subtract(dividend, formula.multiply(*digits, formula.constant(n, 0))));
    at = next;
  }
  return formula.sum(std::move(quotient));
}

}  // namespace

ExprId divide(Formula& formula, ExprId value, int n, int fraction) {
  GW_CHECK(n >= 1);
  const int twos = std::countr_zero(static_cast<unsigned>(n));
  value = formula.multiply(value, formula.constant(1, twos));
  const int odd = n >> twos;
  if (odd == 1) return truncated(formula, value, fraction);
  if (const auto quotient = divide_at_once(formula, value, odd, fraction)) return *quotient;

  const Interval range = formula[value].range;
  GW_CHECK(fraction - range.fraction <= 60);
  const ExprId zero = formula.constant(0, 0);
  ExprId magnitude = value;
  if (range.lo < 0) magnitude = formula.maximum(formula.maximum(value, formula.subtract(zero, value)), zero);
  ExprId y = divide_by_hand(formula, magnitude, odd, fraction);
  if (range.lo < 0) y = formula.select(formula.is_negative(value), formula.subtract(zero, y), y);
  return narrowed(formula, y, quotient(range, odd, fraction));
}

}  // namespace gw
