#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gw {

/// A fixed-point type: value = raw * 2^-(width - integer), raw in two's complement of `width` bits (or
/// unsigned). `integer` counts the sign bit and may be negative or larger than `width`. Width is 0 to 63; a
/// type of width 0 holds only zero.
struct FixedType {
  int width = 0;
  int integer = 0;
  bool is_signed = true;

  int fraction() const { return width - integer; }
  /// Smallest and largest raw value; width at most max_width.
  std::int64_t lowest() const { return is_signed && width > 0 ? -(std::int64_t{1} << (width - 1)) : 0; }
  std::int64_t highest() const {
    const int bits = is_signed && width > 0 ? width - 1 : width;
    return static_cast<std::int64_t>((std::uint64_t{1} << bits) - 1);
  }
  bool operator==(const FixedType&) const = default;
};

/// The widest type that raw 64-bit values can hold exactly with room for one more sign.
inline constexpr int max_width = 63;

/// How the bits below the kept ones are used (names of the ap_fixed quantisation modes).
enum class Rounding { Trn, TrnZero, Rnd, RndZero, RndInf, RndMinInf, RndConv };
/// What becomes of a value outside the type (names of the ap_fixed overflow modes).
enum class Overflow { Wrap, Sat, SatZero, SatSym };

/// The one lossy step: casts any value to type `to`.
struct Quantizer {
  FixedType to;
  Rounding rounding = Rounding::Trn;
  Overflow overflow = Overflow::Wrap;
  bool operator==(const Quantizer&) const = default;
};

/// The value raw * 2^-fraction rounded and wrapped or clamped into q.to; returns the raw value there.
/// Exact for every raw and every fraction; q.to.width must be at most max_width.
std::int64_t quantize(const Quantizer& q, std::int64_t raw, int fraction);

/// As above for a real number: the exact value of `value` is rounded. `value` must be finite.
std::int64_t quantize(const Quantizer& q, double value);

/// True if `raw * 2^-fraction`, once rounded, is a value on which the overflow mode has to act: one outside
/// q.to, and with SatSym also the lowest of a signed type.
bool overflows(const Quantizer& q, std::int64_t raw, int fraction);
bool overflows(const Quantizer& q, double value);

/// raw * 2^-fraction as a double; exact up to 53 significant bits.
double to_double(std::int64_t raw, int fraction);

/// "ap_fixed<16,6>", "ap_ufixed<8,0>".
std::string to_string(const FixedType& type);
/// "ap_fixed<16,6>" or, if the modes are not the defaults, "ap_fixed<16,6,AP_RND,AP_SAT>".
std::string to_string(const Quantizer& q);

/// Reads "ap_fixed<16,6>", "ap_ufixed<8,0,AP_RND_CONV,AP_SAT>", "fixed<16,6,RND,SAT>", "ufixed<..>",
/// "ap_int<8>", "ap_uint<8>", "int<8>", "uint<8>", and Catapult's "ac_fixed<16,6,true,AC_RND,AC_SAT>",
/// "ac_int<8,false>"; spaces between the parts are ignored, mode names with or without "AP_" or "AC_". A
/// fifth parameter, the bits that a wrap saturates, may be given and must be 0 with a wrap. Nothing if the
/// text is no type, its width is outside [1, 1024] or its integer bits are outside [-1024, 1024]. A width
/// above max_width is returned as it stands, so that the caller can say which limit it breaks.
std::optional<Quantizer> parse_quantizer(std::string_view text);

/// Names of the modes as in ap_types, "AP_TRN" and so on.
std::string_view name(Rounding rounding);
std::string_view name(Overflow overflow);

}  // namespace gw
