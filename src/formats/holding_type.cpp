// A number is a whole number times a power of two; the finest such power and the largest size among all
// numbers are the two ends of the type that holds them. One pass.

#include "formats/holding_type.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace gw {

namespace {

template <class Real>
std::optional<Quantizer> holding(const std::vector<Real>& values) {
  constexpr int none = 10000, digits = 53;
  int finest = none, largest = -none;
  bool is_signed = false;
  for (const Real value : values) {
    if (value == 0 || !std::isfinite(value)) continue;
    int exponent = 0;
    const double part = std::frexp(std::fabs(static_cast<double>(value)), &exponent);
    const auto bits = static_cast<std::uint64_t>(std::ldexp(part, digits));
    largest = std::max(largest, exponent);
    finest = std::min(finest, exponent - digits + std::countr_zero(bits));
    is_signed = is_signed || value < 0;
  }
  if (finest == none) return Quantizer{{1, 1, false}};
  const int sign_bit = is_signed ? 1 : 0, width = largest - finest + sign_bit;
  if (width > max_width) return std::nullopt;
  return Quantizer{{width, largest + sign_bit, is_signed}};
}

}  // namespace

std::optional<Quantizer> holding_type(const std::vector<float>& values) { return holding(values); }
std::optional<Quantizer> holding_type(const std::vector<double>& values) { return holding(values); }

}  // namespace gw
