// hls4ml's inference of types, as its pass infer_precision_types does it: a page of width arithmetic.

#include "passes/hls4ml_types.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace gw {

namespace {

int ceil_log2(std::int64_t n) {
  return n <= 1 ? 0 : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(n - 1)));
}

/// Integer bits of a type once it is part of a signed result.
int integer_in(const FixedType& type, bool is_signed) {
  return type.integer + (is_signed && !type.is_signed ? 1 : 0);
}

Quantizer type_of(int integer, int fraction, bool is_signed) {
  return {{integer + fraction, integer, is_signed}};
}

}  // namespace

Quantizer declared_matrix(const FixedType& x, const FixedType& weight, const FixedType& bias,
                          std::int64_t terms) {
  return declared_sum(declared_product(x, weight, terms).to, bias);
}

Quantizer declared_affine(const FixedType& x, const FixedType& scale, const FixedType& bias) {
  return declared_matrix(x, scale, bias, 1);
}

Quantizer declared_sum(const FixedType& a, const FixedType& b, bool subtract) {
  const bool either = a.is_signed || b.is_signed;
  const int integer = std::max(integer_in(a, either), integer_in(b, either)) + 1;
  return type_of(integer, std::max(a.fraction(), b.fraction()), either || subtract);
}

Quantizer declared_product(const FixedType& a, const FixedType& b, std::int64_t terms) {
  return type_of(a.integer + b.integer + ceil_log2(terms), a.fraction() + b.fraction(),
                 a.is_signed || b.is_signed);
}

Quantizer declared_union(const Quantizer& a, const Quantizer& b) {
  const bool either = a.to.is_signed || b.to.is_signed;
  Quantizer both = type_of(std::max(integer_in(a.to, either), integer_in(b.to, either)),
                           std::max(a.to.fraction(), b.to.fraction()), either);
  both.rounding = a.rounding != Rounding::Trn ? a.rounding : b.rounding;
  both.overflow = a.overflow != Overflow::Wrap ? a.overflow : b.overflow;
  return both;
}

Quantizer declared_mean(const FixedType& x, std::int64_t count) {
  const int extra = ceil_log2(count);
  return type_of(x.integer + extra, x.fraction() + extra, x.is_signed);
}

Quantizer declared_parameter(double value) {
  if (value == 0) return {{1, 1, false}};
  // value = mantissa * 2^exponent, the mantissa a whole number without zeros at its end
  int exponent = 0;
  auto mantissa = static_cast<std::int64_t>(
      std::ldexp(std::frexp(std::abs(value), &exponent), std::numeric_limits<double>::digits));
  exponent -= std::numeric_limits<double>::digits;
  const int zeros = std::countr_zero(static_cast<std::uint64_t>(mantissa));
  mantissa >>= zeros;
  exponent += zeros;
  const int bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(mantissa)));
  const int sign = value < 0 ? 1 : 0;
  return {{sign + std::min(bits, 8), sign + bits + exponent, value < 0}};
}

Quantizer capped(const Quantizer& declared, const FixedType& maximum) {
  Quantizer result = declared;
  result.to.width = std::min(declared.to.width, maximum.width);
  result.to.integer = std::min(declared.to.integer, maximum.integer);
  return result;
}

}  // namespace gw
