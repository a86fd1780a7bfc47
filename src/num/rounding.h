#pragma once

#include <cstdint>

#include "num/fixed.h"
#include "num/interval.h"
#include "support/check.h"

/// The two halves of a cast, on 128-bit integers: rounding, then forcing into the type. Shared by the casts
/// of values and of intervals.
namespace gw {

/// value * 2^-shift rounded to an integer; shift in [1, 127].
inline Int128 round_shift(Int128 value, int shift, Rounding rounding) {
  const Int128 floor = value >> shift;
  const bool negative = value < 0;
  const bool half = ((value >> (shift - 1)) & 1) != 0;                             // first dropped bit
  const bool rest = (value & ((static_cast<Int128>(1) << (shift - 1)) - 1)) != 0;  // any later one
  const bool odd = (floor & 1) != 0;
  bool up = false;
  switch (rounding) {
    case Rounding::Trn:
      break;
    case Rounding::TrnZero:
      up = negative && (half || rest);
      break;
    case Rounding::Rnd:
      up = half;
      break;
    case Rounding::RndZero:
      up = half && (negative || rest);
      break;
    case Rounding::RndInf:
      up = half && (!negative || rest);
      break;
    case Rounding::RndMinInf:
      up = half && rest;
      break;
    case Rounding::RndConv:
      up = half && (odd || rest);
      break;
  }
  return floor + (up ? 1 : 0);
}

/// The smallest raw value that q can answer: with SatSym the negative of the largest. A type wider than
/// max_width is a defect.
inline std::int64_t lower_bound(const Quantizer& q) {
  GW_CHECK(q.to.width >= 0 && q.to.width <= max_width);
  return q.overflow == Overflow::SatSym && q.to.is_signed ? -q.to.highest() : q.to.lowest();
}

/// An integer in units of the target's last bit, forced into the type by the overflow mode.
inline std::int64_t fit(const Quantizer& q, Int128 value) {
  const std::int64_t low = lower_bound(q);
  const std::int64_t high = q.to.highest();
  if (value >= low && value <= high) return static_cast<std::int64_t>(value);
  switch (q.overflow) {
    case Overflow::Wrap: {
      // Kept bits are moved to the top of a word so that the shift back extends the sign or zeros.
      if (q.to.width == 0) return 0;
      const int unused = 64 - q.to.width;
      const std::uint64_t top = static_cast<std::uint64_t>(value) << unused;
      return q.to.is_signed ? static_cast<std::int64_t>(top) >> unused
                            : static_cast<std::int64_t>(top >> unused);
    }
    case Overflow::Sat:
    case Overflow::SatSym:
      return value < low ? low : high;
    case Overflow::SatZero:
      return 0;
  }
  defect(__FILE__, __LINE__, "no such overflow mode");
}

}  // namespace gw
