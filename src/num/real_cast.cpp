// Casts between real and fixed-point numbers, a run of values at a time.
//
// A real number in units of the target's last bit is y = x * 2^fraction, which is exact. It is cut towards
// zero to an integer t; d = y - t is exact too and has the sign of y, and each rounding is t plus one where d
// lies above a threshold, minus one where it lies below another:
//   Trn        d < 0 down                    TrnZero    never
//   Rnd        d >= 1/2 up, d < -1/2 down    RndZero    d > 1/2 up, d < -1/2 down
//   RndMinInf  d > 1/2 up, d <= -1/2 down    RndInf     d >= 1/2 up, d <= -1/2 down
//   RndConv    as RndInf where t is odd, as RndZero where it is even
// "At least 1/2" is "more than the number before 1/2". So a run takes a multiplication, two conversions and
// two comparisons a value, which compilers vectorise, where the definition takes 128-bit integers. Values
// that the integer does not hold with room to spare send their run through the definition; so do the few
// types for which the scaling could leave the range of the floating-point type.

#include "num/real_cast.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "num/rounding.h"
#include "support/check.h"

namespace gw {

namespace {

constexpr std::size_t run_length = 256;

/// Reals of R become integers of I. For each rounding: t + (d > up) - (d < down), for an odd and an even t.
template <class R>
struct Thresholds {
  R up, down;
};

template <class R>
struct Scaling {
  R unit;   ///< 2^fraction
  R limit;  ///< below it in magnitude, a scaled value and its neighbours are integers of I
  Thresholds<R> odd, even;
};

template <class R>
Scaling<R> scaling_of(const Quantizer& q, R limit) {
  constexpr R half = R{1} / 2, one = 1;
  const R below = std::nextafter(half, R{0});
  const auto thresholds = [&](bool odd) -> Thresholds<R> {
    switch (q.rounding) {
      case Rounding::Trn:
        return {one, 0};
      case Rounding::TrnZero:
        return {one, -one};
      case Rounding::Rnd:
        return {below, -half};
      case Rounding::RndZero:
        return {half, -half};
      case Rounding::RndMinInf:
        return {half, -below};
      case Rounding::RndInf:
        return {below, -below};
      case Rounding::RndConv:
        return odd ? Thresholds<R>{below, -below} : Thresholds<R>{half, -half};
    }
    defect(__FILE__, __LINE__, "no such rounding");
  };
  return {std::ldexp(one, q.to.fraction()), limit, thresholds(true), thresholds(false)};
}

/// Whether multiplying with 2^fraction keeps every bit of a value of R, but for those that become infinite.
/// (Scaling down could cut bits off the smallest numbers.)
template <class R>
bool scales_exactly(int fraction) {
  return fraction >= 0 && fraction < std::numeric_limits<R>::max_exponent;
}

/// The values as rounded integers; false, with `to` in disorder, if one of them is too large.
template <class I, class R>
bool round_run(const Scaling<R>& scaling, bool by_parity, const R* from, I* to, std::size_t n) {
  const R unit = scaling.unit, limit = scaling.limit;
  int outside = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const R y = from[i] * unit;
    outside |= !(std::abs(y) < limit);
  }
  if (outside != 0) return false;
  const auto [up, down] = scaling.even;
  if (by_parity) {
    const auto [odd_up, odd_down] = scaling.odd;
    for (std::size_t i = 0; i < n; ++i) {
      const R y = from[i] * unit;
      const I cut = static_cast<I>(y);
      const R rest = y - static_cast<R>(cut);
      const I odd = (rest > odd_up) - (rest < odd_down), even = (rest > up) - (rest < down);
      to[i] = cut + ((cut & 1) != 0 ? odd : even);
    }
    return true;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const R y = from[i] * unit;
    const I cut = static_cast<I>(y);
    const R rest = y - static_cast<R>(cut);
    to[i] = cut + (rest > up) - (rest < down);
  }
  return true;
}

template <class I, class T>
std::int64_t fit_run(const Quantizer& q, const I* from, T* to, std::size_t n, bool count) {
  const I low = static_cast<I>(lower_bound(q)), high = static_cast<I>(q.to.highest());
  std::int64_t outside = 0;
  if (count) {
    for (std::size_t i = 0; i < n; ++i) outside += (from[i] < low) | (from[i] > high);
  }
  switch (q.overflow) {
    case Overflow::Wrap: {
      using U = std::make_unsigned_t<I>;
      const U mask = static_cast<U>((std::uint64_t{1} << q.to.width) - 1), start = static_cast<U>(low);
      for (std::size_t i = 0; i < n; ++i)
        to[i] = static_cast<T>(((static_cast<U>(from[i]) - start) & mask) + start);
      break;
    }
    case Overflow::Sat:
    case Overflow::SatSym:
      for (std::size_t i = 0; i < n; ++i) {
        const I raised = from[i] < low ? low : from[i];
        to[i] = static_cast<T>(raised > high ? high : raised);
      }
      break;
    case Overflow::SatZero:
      for (std::size_t i = 0; i < n; ++i)
        to[i] = static_cast<T>((from[i] < low) | (from[i] > high) ? I{0} : from[i]);
      break;
  }
  return outside;
}

/// One value at a time, by the definition of the cast.
template <class R, class T>
std::int64_t quantize_any(const Quantizer& q, const R* from, T* to, std::size_t n, bool count) {
  std::int64_t outside = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double value = from[i];
    to[i] = static_cast<T>(quantize(q, value));
    if (count && overflows(q, value)) ++outside;
  }
  return outside;
}

template <class I, class R, class T>
std::int64_t quantize_by(const Quantizer& q, std::span<const R> values, T* to, bool count) {
  // Half of what I holds, so that a rounded value and, for a wrap, its distance to the lowest fit it.
  const Scaling<R> scaling = scaling_of<R>(q, static_cast<R>(I{1} << (std::numeric_limits<I>::digits - 1)));
  I rounded[run_length];
  std::int64_t outside = 0;
  for (std::size_t first = 0; first < values.size(); first += run_length) {
    const std::size_t n = std::min(run_length, values.size() - first);
    const R* from = values.data() + first;
    outside += round_run(scaling, q.rounding == Rounding::RndConv, from, rounded, n)
                   ? fit_run(q, rounded, to + first, n, count)
                   : quantize_any(q, from, to + first, n, count);
  }
  return outside;
}

template <class R>
std::int64_t quantize_values(const Quantizer& q, std::span<const R> values, Tensor& y, std::int64_t first,
                             bool count) {
  GW_CHECK(q.to == y.type() && first >= 0);
  GW_CHECK(first + static_cast<std::int64_t>(values.size()) <= y.batch() * y.size());
  return std::visit(
      [&]<class T>(std::vector<T>& lane) {
        T* to = lane.data() + first;
        if (!scales_exactly<R>(q.to.fraction()))
          return quantize_any(q, values.data(), to, values.size(), count);
        if (q.to.width < std::numeric_limits<std::int32_t>::digits)
          return quantize_by<std::int32_t>(q, values, to, count);
        return quantize_by<std::int64_t>(q, values, to, count);
      },
      y.lanes());
}

template <class R>
void dequantize_values(const Tensor& x, std::int64_t first, std::span<R> values) {
  GW_CHECK(first >= 0 && first + static_cast<std::int64_t>(values.size()) <= x.batch() * x.size());
  const int fraction = x.type().fraction();
  // A product with a power of two is exact as long as neither it nor the power leaves the normal numbers.
  using Limits = std::numeric_limits<R>;
  const bool scales = -fraction > Limits::min_exponent && max_width - fraction < Limits::max_exponent;
  const R unit = scales ? std::ldexp(R{1}, -fraction) : R{0};
  std::visit(
      [&](const auto& lane) {
        const auto* from = lane.data() + first;
        for (std::size_t i = 0; i < values.size(); ++i) {
          const R value = static_cast<R>(from[i]);
          values[i] = scales ? value * unit : std::ldexp(value, -fraction);
        }
      },
      x.lanes());
}

}  // namespace

std::int64_t quantize_run(const Quantizer& q, std::span<const float> values, Tensor& y, std::int64_t first,
                          bool count) {
  return quantize_values(q, values, y, first, count);
}

std::int64_t quantize_run(const Quantizer& q, std::span<const double> values, Tensor& y, std::int64_t first,
                          bool count) {
  return quantize_values(q, values, y, first, count);
}

void dequantize_run(const Tensor& x, std::int64_t first, std::span<float> values) {
  dequantize_values(x, first, values);
}

void dequantize_run(const Tensor& x, std::int64_t first, std::span<double> values) {
  dequantize_values(x, first, values);
}

}  // namespace gw
