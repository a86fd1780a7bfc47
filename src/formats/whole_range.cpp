// Quantizers of files clamp to any two whole numbers; types of n bits have two ends of their own. Where both
// agree (a symmetric range has a mode of its own), saturation is the clamp.

#include "formats/whole_range.h"

#include <algorithm>
#include <bit>

namespace gw {

WholeRange whole_range(std::int64_t least, std::int64_t most, int exponent, Rounding rounding) {
  const auto bits_of = [](std::int64_t value) {
    return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0))));
  };
  const bool is_signed = least < 0;
  const int bits =
      is_signed ? std::max(bits_of(most), bits_of(-(least + 1))) + 1 : std::max(bits_of(most), 1);
  WholeRange made{{{bits, bits + exponent, is_signed}, rounding, Overflow::Sat}};
  const FixedType& type = made.quantizer.to;
  const bool is_symmetric = is_signed && least == -most && most == type.highest();
  if (is_symmetric) made.quantizer.overflow = Overflow::SatSym;
  made.cuts_least = !is_symmetric && least != type.lowest();
  made.cuts_most = most != type.highest();
  return made;
}

}  // namespace gw
