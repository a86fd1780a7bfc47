// Casts as a few shifts, additions and comparisons on whole registers.
//
// A right shift rounds down; each rounding is that shift after the right number is added, and the number
// depends at most on the sign and on the lowest bit that is kept:
//   half = 2^(shift - 1)
//   Trn        0             TrnZero    2^shift - 1 if negative (up to the next integer)
//   Rnd        half          RndZero    half - 1, half if negative
//   RndMinInf  half - 1      RndInf     half, half - 1 if negative
//   RndConv    half - 1, half if the kept bit is odd
// Lanes of 32 or 64 bits are wide enough if the interval of the values says so; that is looked at here, once
// a layer, so that the loops need not look at each value.

#include "layers/lane_cast.h"

#include <limits>

#include "num/rounding.h"

namespace gw {

namespace {

template <class T>
bool holds(Int128 lo, Int128 hi) {
  return lo >= std::numeric_limits<T>::min() && hi <= std::numeric_limits<T>::max();
}

}  // namespace

Fit fit_of(Overflow overflow) {
  switch (overflow) {
    case Overflow::Wrap:
      return Fit::Wrap;
    case Overflow::Sat:
    case Overflow::SatSym:
      return Fit::Clamp;
    case Overflow::SatZero:
      return Fit::Zero;
  }
  defect(__FILE__, __LINE__, "no such overflow mode");
}

template <class T>
std::optional<CastSteps<T>> rounding_steps(Rounding rounding, const Interval& values, int fraction) {
  constexpr int bits = std::numeric_limits<T>::digits;  // without the sign
  if (!holds<T>(values.lo, values.hi)) return std::nullopt;
  CastSteps<T> steps;
  const int shift = values.fraction - fraction;
  if (shift <= 0) {
    if (values.lo == 0 && values.hi == 0) return steps;
    if (shift <= -bits || !holds<T>(values.lo << -shift, values.hi << -shift)) return std::nullopt;
    steps.left = -shift;
    return steps;
  }
  const Int128 unit = static_cast<Int128>(1) << std::min(shift, bits);
  const Int128 most_added = rounding == Rounding::Trn ? 0 : unit;
  if (shift >= bits || !holds<T>(values.lo - most_added, values.hi + most_added)) return std::nullopt;
  steps.right = shift;
  const T half = static_cast<T>(unit / 2);
  switch (rounding) {
    case Rounding::Trn:
      break;
    case Rounding::TrnZero:
      steps.negative = static_cast<T>(unit - 1);
      break;
    case Rounding::Rnd:
      steps.base = half;
      break;
    case Rounding::RndZero:
      steps.base = half - 1, steps.negative = 1;
      break;
    case Rounding::RndInf:
      steps.base = half, steps.negative = -1;
      break;
    case Rounding::RndMinInf:
      steps.base = half - 1;
      break;
    case Rounding::RndConv:
      steps.base = half - 1, steps.odd = 1;
      break;
  }
  return steps;
}

template <class T>
std::optional<CastSteps<T>> cast_steps(const Quantizer& q, const Interval& values) {
  std::optional<CastSteps<T>> steps = rounding_steps<T>(q.rounding, values, q.to.fraction());
  if (!steps) return std::nullopt;
  const auto rounded = [&](Int128 end) {
    return steps->right > 0 ? round_shift(end, steps->right, q.rounding) : end << steps->left;
  };
  const Int128 low = lower_bound(q), high = q.to.highest();
  if (rounded(values.lo) >= low && rounded(values.hi) <= high) return steps;
  if (!holds<T>(low, high)) return std::nullopt;
  steps->fit = fit_of(q.overflow);
  steps->low = static_cast<T>(low);
  steps->high = static_cast<T>(high);
  steps->mask = static_cast<T>((std::uint64_t{1} << q.to.width) - 1);
  return steps;
}

template std::optional<CastSteps<std::int32_t>> rounding_steps(Rounding, const Interval&, int);
template std::optional<CastSteps<std::int64_t>> rounding_steps(Rounding, const Interval&, int);
template std::optional<CastSteps<std::int32_t>> cast_steps(const Quantizer&, const Interval&);
template std::optional<CastSteps<std::int64_t>> cast_steps(const Quantizer&, const Interval&);

Lane lane_of(const FixedType& type) {
  const int bits = type.width + (type.is_signed ? 0 : 1);
  return bits <= 16 ? Lane::Int16 : bits <= 32 ? Lane::Int32 : Lane::Int64;
}

Lane lane_of(const Tensor& x) { return static_cast<Lane>(x.lanes().index()); }

const void* address_of(const Tensor& x, std::int64_t index) {
  return std::visit([&](const auto& lane) -> const void* { return lane.data() + index; }, x.lanes());
}

void* address_of(Tensor& x, std::int64_t index) {
  return std::visit([&](auto& lane) -> void* { return lane.data() + index; }, x.lanes());
}

const Kernels& kernels_of(const EvalOptions& options) {
  return options.kernels ? *options.kernels : kernels();
}

template <>
const LaneKernels<std::int32_t>& lane_kernels(const Kernels& kernels) {
  return kernels.narrow;
}
template <>
const LaneKernels<std::int64_t>& lane_kernels(const Kernels& kernels) {
  return kernels.wide;
}

}  // namespace gw
