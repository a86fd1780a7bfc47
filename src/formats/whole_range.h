#pragma once

#include <cstdint>

#include "num/fixed.h"

namespace gw {

/// The narrowest fixed-point type of whole numbers from least to most (or of these times 2^exponent), as a
/// saturating quantizer, and which ends it does not clamp to by itself.
struct WholeRange {
  Quantizer quantizer;
  bool cuts_least = false, cuts_most = false;
};
WholeRange whole_range(std::int64_t least, std::int64_t most, int exponent, Rounding rounding);

}  // namespace gw
