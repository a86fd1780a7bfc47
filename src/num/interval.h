#pragma once

#include <cstdint>

#include "num/fixed.h"

namespace gw {

__extension__ using Int128 = __int128;

/// Every value that an expression can take: lo..hi in units of 2^-fraction. Kept in 128 bits so that a range
/// that outgrows 63 bits is found and told, not wrapped; an end beyond +-(2^127 - 1) is pinned there, and
/// stays pinned in whatever is computed from it.
struct Interval {
  Int128 lo = 0;
  Int128 hi = 0;
  int fraction = 0;

  bool operator==(const Interval&) const = default;
};

/// All values of the type (at most max_width wide), or one value.
Interval interval_of(const FixedType& type);
Interval interval_of(std::int64_t raw, int fraction);

/// Exact images of the operations. The result's fraction is the larger of the two (sum: of the operands,
/// product: their sum).
Interval operator+(const Interval& a, const Interval& b);
Interval operator-(const Interval& a, const Interval& b);
Interval operator*(const Interval& a, const Interval& b);
Interval maximum(const Interval& a, const Interval& b);
Interval minimum(const Interval& a, const Interval& b);
/// The smallest interval that holds both.
Interval unite(const Interval& a, const Interval& b);
/// The smallest interval that holds what a quantizer can answer for inputs in `a`, in the fraction of q.to;
/// where a wrap acts (or an end is pinned), the whole type.
Interval quantize(const Quantizer& q, const Interval& a);
/// True if the quantizer leaves every value of the interval as it is.
bool changes_nothing(const Quantizer& q, const Interval& a);
/// The same values in units of 2^-fraction; fraction >= a.fraction unless the only value is zero.
Interval rescaled(const Interval& a, int fraction);

/// The narrowest type with that fraction that holds the interval: signed if lo < 0. Its width may be above
/// max_width, which the caller reports. [0,0] gives width 0.
FixedType type_of(const Interval& a);

}  // namespace gw
