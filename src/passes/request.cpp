// The algebra of backward requests: from what is asked of an answer to what is asked of the operands.
//
// The steps are exact statements on real numbers. A truncation to a coarser unit does not see a truncation to
// a finer one (a floor of a floor), rounding to nearest sees one bit more, and roundings that ask whether
// anything was left over see all bits. Wrapping is arithmetic modulo a power of two. Saturation is monotone,
// as every rounding is, so that clamping earlier, at the value that is going to be the end, changes nothing.
// Where two of these meet in a way that is not one of them again, everything is asked for.

#include "passes/request.h"

#include <algorithm>

#include "num/join.h"

namespace gw {

namespace {

using High = Request::High;

bool is_zero(const Interval& a) { return a.lo == 0 && a.hi == 0; }

/// One number in units of 2^-fraction, rounded down or up if they are coarser than its own.
Int128 in_units(Int128 value, int from, int fraction, bool up = false) {
  const int shift = fraction - from;
  if (shift >= 0) return rescaled({value, value, from}, fraction).lo;
  if (shift <= -126) return value < 0 ? (up ? 0 : -1) : (up && value > 0 ? 1 : 0);
  return up ? -(-value >> -shift) : value >> -shift;
}

/// Ends of a clamp behind which everything is rounded down to `fraction` bits.
Interval floored(const Interval& ends, int fraction) {
  if (fraction >= ends.fraction) return ends;
  return {in_units(ends.lo, ends.fraction, fraction), in_units(ends.hi, ends.fraction, fraction), fraction};
}

/// Ends of a clamp of values that have no more than `fraction` bits.
Interval widened(const Interval& ends, int fraction) {
  if (fraction >= ends.fraction) return ends;
  return {in_units(ends.lo, ends.fraction, fraction), in_units(ends.hi, ends.fraction, fraction, true),
          fraction};
}

/// A clamp to `inner` and then to `outer` is one clamp.
Interval within(const Interval& inner, const Interval& outer) {
  const int fraction = std::max(inner.fraction, outer.fraction);
  const Interval a = rescaled(inner, fraction), b = rescaled(outer, fraction);
  return {std::clamp(a.lo, b.lo, b.hi), std::clamp(a.hi, b.lo, b.hi), fraction};
}

/// Of x, of which `fraction` bits are asked for, where `y` is asked of a clamp to `ends` of what has become
/// of it and has no more than `unit` bits.
Request clamped(const Request& y, int fraction, int unit, const Interval& ends) {
  Request x = everything();
  x.fraction = fraction;
  x.high = High::Clamped;
  x.ends = floored(ends, fraction);
  if (y.high == High::Clamped) x.ends = within(x.ends, widened(y.ends, unit));
  return x.ends.lo == x.ends.hi ? Request{} : x;
}

bool asks_for_sign(Rounding rounding) {
  return rounding == Rounding::TrnZero || rounding == Rounding::RndZero || rounding == Rounding::RndInf;
}

/// The bits below the point of x that rounding to `unit` bits sees, `asked` of them being asked for.
int seen_fraction(Rounding rounding, bool is_never_negative, int unit, int asked) {
  if (rounding == Rounding::Trn || (rounding == Rounding::TrnZero && is_never_negative))
    return std::min(unit, asked);
  if (rounding == Rounding::Rnd || (rounding == Rounding::RndInf && is_never_negative)) return unit + 1;
  return Request::every_bit;
}

}  // namespace

Request everything() { return {.is_read = true}; }

Request unite(const Request& a, const Request& b) {
  if (!a.is_read) return b;
  if (!b.is_read) return a;
  Request both = everything();
  both.fraction = std::max(a.fraction, b.fraction);
  if (a.high != b.high) return both;
  both.high = a.high;
  both.integer = std::max(a.integer, b.integer);
  if (a.high == High::Clamped) {
    const int fraction = std::max(a.ends.fraction, b.ends.fraction);
    const Interval one = rescaled(a.ends, fraction), other = rescaled(b.ends, fraction);
    both.ends = {std::min(one.lo, other.lo), std::max(one.hi, other.hi), fraction};
  }
  return both;
}

Request before_cast(const Request& y, const Quantizer& q, const Interval& values) {
  if (!y.is_read || q.to.width == 0) return {};
  const int unit = q.to.fraction();
  const bool rounds = values.fraction > unit && !is_zero(values);
  Request x = everything();
  x.fraction = seen_fraction(q.rounding, values.lo >= 0, unit, y.fraction);
  switch (q.overflow) {
    case Overflow::Sat:
    case Overflow::SatSym: {
      Interval ends = interval_of(q.to);
      if (q.overflow == Overflow::SatSym && q.to.is_signed) ends.lo = -ends.hi;
      return clamped(y, x.fraction, unit, ends);
    }
    case Overflow::SatZero:
      // Whether it overflows is decided by all the bits of the rounded value.
      if (x.fraction < unit) x.fraction = unit;
      return x;
    case Overflow::Wrap:
      break;
  }
  // The rounding of what is asked for must not carry a value over the lowest of the type.
  x.fraction = std::max(x.fraction, 1 - q.to.integer);
  // Also where nothing overflows: then other elements of the tensor, which may, ask for no more.
  const int integer = y.high == High::Modulo ? std::min(y.integer, q.to.integer) : q.to.integer;
  // A multiple of 2^integer more must leave the rounding as it is, evenness included.
  const bool fits = is_monotone(q, values);
  if (integer < 1 - unit || (rounds && asks_for_sign(q.rounding))) {
    if (fits && y.high != High::Modulo) return x;
    x.fraction = std::max(x.fraction, seen_fraction(q.rounding, false, unit, y.fraction));
    return x;
  }
  x.fraction = std::max(x.fraction, 1 - integer);
  x.high = High::Modulo;
  x.integer = integer;
  return x;
}

Request before_clamp(const Request& y, const Interval& ends) {
  return y.is_read ? clamped(y, y.fraction, Request::every_bit, ends) : Request{};
}

Request before_rectifier(const Request& y) {
  Request x = before_choice(y);
  if (!x.is_read || x.high != High::Clamped) return x;
  x.ends.lo = std::clamp<Int128>(0, x.ends.lo, x.ends.hi);
  return x.ends.lo == x.ends.hi ? Request{} : x;
}

Request before_sign(const Request& y) {
  if (!y.is_read) return {};
  return {.is_read = true, .fraction = 0, .high = High::Clamped, .ends = {-1, 0, 0}};
}

Request before_choice(Request y) {
  if (y.high == High::Modulo) y.high = High::All;
  return y;
}

Request before_product(const Request& y, int unit) {
  if (!y.is_read) return {};
  Request x = everything();
  if (y.high != High::Modulo) return x;
  x.high = High::Modulo;
  x.integer = y.integer + unit;
  return x;
}

std::optional<Quantizer> cast_for(const Request& request, const Interval& values) {
  if (!request.is_read) return std::nullopt;
  const FixedType now = type_of(values);
  const int fraction = std::min(request.fraction, now.fraction());
  Quantizer cast{{now.integer + fraction, now.integer, now.is_signed}};
  if (request.high == High::Modulo && request.integer < now.integer)
    cast.to = {request.integer + fraction, request.integer, now.is_signed};
  if (request.high == High::Clamped) {
    const auto low = in_units(values.lo, values.fraction, fraction);
    const auto high = in_units(values.hi, values.fraction, fraction);
    const auto least = in_units(request.ends.lo, request.ends.fraction, fraction);
    const auto most = in_units(request.ends.hi, request.ends.fraction, fraction, true);
    const Interval seen{std::clamp(low, least, most), std::clamp(high, least, most), fraction};
    if (is_zero(seen)) return std::nullopt;
    const FixedType clipped = type_of(seen);
    if (clipped.width < cast.to.width) cast = {clipped, Rounding::Trn, Overflow::Sat};
  }
  return cast.to.width >= 1 ? std::optional(cast) : std::nullopt;
}

}  // namespace gw
