// When are two casts in a row one cast?
//
// Rounding twice is rounding once if the first rounding does nothing (its unit divides all values), or if
// both truncate downwards and the second unit is not finer: the floor of a floor. On the integer side nothing
// is to be shown where no value can overflow the first type. Where one can, the second mode must forget it
// the same way: wrapping keeps the low bits, so a wrap into fewer bits above the point does not see a wrap
// into more; and a clamp into a range within another does not see the other clamp.

#include "num/join.h"

#include <algorithm>

namespace gw {

namespace {

/// Rounded, but not yet fitted: can any value of `a` then lie outside q's type?
bool can_overflow(const Quantizer& q, const Interval& a) {
  // As many bits above as any rounded value can need.
  Quantizer roomy = q;
  const int fraction = q.to.fraction();
  roomy.to = {max_width, max_width - fraction, true};
  const Interval rounded = quantize(roomy, a);
  const Interval whole = interval_of(q.to);
  const bool is_symmetric = q.overflow == Overflow::SatSym && q.to.is_signed;
  return rounded.lo < whole.lo + (is_symmetric ? 1 : 0) || rounded.hi > whole.hi ||
         rounded == interval_of(roomy.to);
}

/// The ends that saturation clamps to.
Interval clamp_range(const Quantizer& q) {
  Interval range = interval_of(q.to);
  if (q.overflow == Overflow::SatSym && q.to.is_signed) range.lo = -range.hi;
  return range;
}

bool is_saturating(Overflow overflow) { return overflow == Overflow::Sat || overflow == Overflow::SatSym; }

bool lies_within(const Interval& inner, const Interval& outer) {
  const int fraction = std::max(inner.fraction, outer.fraction);
  const Interval a = rescaled(inner, fraction), b = rescaled(outer, fraction);
  return a.lo >= b.lo && a.hi <= b.hi;
}

}  // namespace

bool is_monotone(const Quantizer& q, const Interval& a) {
  return is_saturating(q.overflow) || !can_overflow(q, a);
}

std::optional<Quantizer> join(const Quantizer& first, const Quantizer& second, const Interval& a) {
  if (first.to.width == 0 || second.to.width == 0) return std::nullopt;
  const bool first_rounds = a.fraction > first.to.fraction() && (a.lo != 0 || a.hi != 0);
  const bool is_floor_of_floor = first.rounding == Rounding::Trn && second.rounding == Rounding::Trn &&
                                 second.to.fraction() <= first.to.fraction();
  if (first_rounds && !is_floor_of_floor) return std::nullopt;
  if (!can_overflow(first, a)) return second;
  if (first.overflow == Overflow::Wrap && second.overflow == Overflow::Wrap) {
    // The second rounding may carry over the first type's end, which a wrap then forgets as well; but it
    // must not ask for the sign, which the first wrap has changed.
    const bool rounds_by_sign = second.to.fraction() < first.to.fraction() &&
                                (second.rounding == Rounding::TrnZero ||
                                 second.rounding == Rounding::RndZero || second.rounding == Rounding::RndInf);
    return second.to.integer <= first.to.integer && !rounds_by_sign ? std::optional(second) : std::nullopt;
  }
  if (is_saturating(first.overflow) && is_saturating(second.overflow) &&
      lies_within(clamp_range(second), clamp_range(first))) {
    return second;
  }
  return std::nullopt;
}

}  // namespace gw
