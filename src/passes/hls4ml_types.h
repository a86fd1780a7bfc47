#pragma once

#include <cstdint>

#include "num/fixed.h"

namespace gw {

/// The types that hls4ml declares where a configuration says `auto`: inferred from the widths of types alone,
/// never from values, and as wide as the worst case needs. Here a tensor has the exact type, which is
/// narrower and holds the same values; the declared one still matters where bits depend on it: a `maximum`
/// cuts it, the tables of a softmax are addressed by its top bits, an average pool answers in it. Widths may
/// exceed 63 bits.

/// Of a sum of `terms` products and a bias, the accumulator's too: W and I are those of the product and
/// ceil(log2 terms) more, then one more for the bias.
Quantizer declared_matrix(const FixedType& x, const FixedType& weight, const FixedType& bias,
                          std::int64_t terms);
/// Of x * scale + bias.
Quantizer declared_affine(const FixedType& x, const FixedType& scale, const FixedType& bias);
/// Of a + b, a - b (always signed) and (a + b) / 2.
Quantizer declared_sum(const FixedType& a, const FixedType& b, bool subtract = false);
/// Of a * b, and of the sum of `terms` such products.
Quantizer declared_product(const FixedType& a, const FixedType& b, std::int64_t terms = 1);
/// That holds both: of a maximum, a minimum, a concatenation. The rounding and overflow are the first's that
/// is not the usual one.
Quantizer declared_union(const Quantizer& a, const Quantizer& b);
/// Of the sum of the `count` pixels of an average pool's window, and of its quotient.
Quantizer declared_mean(const FixedType& x, std::int64_t count);
/// Of a parameter of an activation: the value's own bits, 8 and a sign at most.
Quantizer declared_parameter(double value);

/// The type with no more bits, and no more before the point, than `maximum`.
Quantizer capped(const Quantizer& declared, const FixedType& maximum);

}  // namespace gw
