#pragma once

#include "formula/formula.h"

namespace gw {

/// value / n, n >= 1, truncated toward zero to a multiple of 2^-fraction: exactly that for every value in the
/// range of `value`, by multiplications with constants. No value inside is wider than 63 bits if `value` is
/// not.
ExprId divide(Formula& formula, ExprId value, int n, int fraction);

}  // namespace gw
