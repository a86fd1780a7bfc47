#pragma once

#include <optional>

#include "num/interval.h"

namespace gw {

/// True if x <= y gives q(x) <= q(y) for all values in `a`: a maximum may be taken before or after it. Every
/// rounding is monotone; so is every overflow mode that has nothing to do, and saturation.
bool is_monotone(const Quantizer& q, const Interval& a);

/// One quantizer that answers second(first(x)) for every x in `a`, or nothing where no simple one does.
std::optional<Quantizer> join(const Quantizer& first, const Quantizer& second, const Interval& a);

}  // namespace gw
