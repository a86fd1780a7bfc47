// The one lossy step of the whole compiler: a real number raw * 2^-fraction becomes a number of a fixed-point
// type.
//
// Every source, a double included, is brought to the form "64-bit integer times a power of two"; a double is
// a 53-bit integer times a power of two, so both kinds share one path. With shift = source fraction - target
// fraction there are two cases:
//   shift > 0   bits are dropped. The result is the floor plus an increment of 0 or 1 that depends on the
//   first
//               dropped bit, on whether any later one is set, on the sign and on the lowest kept bit.
//   shift <= 0  zeros are appended; nothing is lost.
// Both are done in 128 bits, and a shift beyond 64 (left) or 100 (right) changes neither the low 63 bits nor
// the side on which the value leaves the type, so it is cut there. The overflow mode then acts on the exact
// rounded value. A handful of shifts and adds per value.
//
// Source: the rounding and overflow modes as the ap_fixed types define them; SystemC (IEEE 1666, chapter 7)
// defines the same ones under the SC_ names.

#include "num/fixed.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "num/rounding.h"
#include "support/check.h"

namespace gw {
namespace {

struct ModeNames {
  static constexpr std::array<std::string_view, 7> rounding{
      "AP_TRN", "AP_TRN_ZERO", "AP_RND", "AP_RND_ZERO", "AP_RND_INF", "AP_RND_MIN_INF", "AP_RND_CONV"};
  static constexpr std::array<std::string_view, 4> overflow{"AP_WRAP", "AP_SAT", "AP_SAT_ZERO", "AP_SAT_SYM"};
};

/// A finite double as raw * 2^-fraction, exactly.
struct Scaled {
  std::int64_t raw;
  int fraction;
};

Scaled scaled(double value) {
  GW_CHECK(std::isfinite(value));
  constexpr int digits = std::numeric_limits<double>::digits;
  int exponent = 0;
  const double mantissa = std::frexp(value, &exponent);
  return {static_cast<std::int64_t>(std::ldexp(mantissa, digits)), digits - exponent};
}

/// The exact value in units of the target's last bit, rounded but not yet forced into the type. Shifts too
/// far to matter are cut, see above.
Int128 rounded(const Quantizer& q, std::int64_t raw, int fraction) {
  const int shift = fraction - q.to.fraction();
  if (shift > 0) return round_shift(raw, std::min(shift, 100), q.rounding);
  return static_cast<Int128>(raw) * (static_cast<Int128>(1) << std::min(-shift, 64));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::optional<int> parse_int(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The parts of "a, b, c".
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> fields;
  for (auto comma = text.find(','); comma != std::string_view::npos; comma = text.find(',')) {
    fields.push_back(trimmed(text.substr(0, comma)));
    text.remove_prefix(comma + 1);
  }
  fields.push_back(trimmed(text));
  return fields;
}

/// The enumerator whose name, with or without "AP_" or "AC_" before it, is `text`.
template <class Mode, std::size_t count>
std::optional<Mode> parse_mode(std::string_view text, const std::array<std::string_view, count>& names) {
  if (text.starts_with("AP_") || text.starts_with("AC_")) text.remove_prefix(3);
  for (std::size_t i = 0; i < count; ++i) {
    if (text == names[i].substr(3)) return static_cast<Mode>(i);
  }
  return std::nullopt;
}

}  // namespace

std::int64_t quantize(const Quantizer& q, std::int64_t raw, int fraction) {
  return fit(q, rounded(q, raw, fraction));
}

std::int64_t quantize(const Quantizer& q, double value) {
  const Scaled exact = scaled(value);
  return quantize(q, exact.raw, exact.fraction);
}

bool overflows(const Quantizer& q, std::int64_t raw, int fraction) {
  const Int128 value = rounded(q, raw, fraction);
  return value < lower_bound(q) || value > q.to.highest();
}

bool overflows(const Quantizer& q, double value) {
  const Scaled exact = scaled(value);
  return overflows(q, exact.raw, exact.fraction);
}

double to_double(std::int64_t raw, int fraction) { return std::ldexp(static_cast<double>(raw), -fraction); }

std::string to_string(const FixedType& type) {
  return fmt::format("{}<{},{}>", type.is_signed ? "ap_fixed" : "ap_ufixed", type.width, type.integer);
}

std::string to_string(const Quantizer& q) {
  if (q.rounding == Rounding::Trn && q.overflow == Overflow::Wrap) return to_string(q.to);
  std::string text = to_string(q.to);
  text.pop_back();
  return fmt::format("{},{},{}>", text, name(q.rounding), name(q.overflow));
}

std::optional<Quantizer> parse_quantizer(std::string_view text) {
  text = trimmed(text);
  const auto open = text.find('<');
  if (open == std::string_view::npos || text.back() != '>') return std::nullopt;
  std::vector<std::string_view> fields = split(text.substr(open + 1, text.size() - open - 2));

  std::string_view family = trimmed(text.substr(0, open));
  const bool is_catapult = family.starts_with("ac_");
  if (is_catapult || family.starts_with("ap_")) family.remove_prefix(3);
  bool is_signed = true;
  if (!is_catapult && family.starts_with('u')) {
    is_signed = false;
    family.remove_prefix(1);
  }
  const bool is_fixed = family == "fixed";
  if (!is_fixed && family != "int") return std::nullopt;
  const std::size_t extents = is_fixed ? 2 : 1;
  if (is_catapult && fields.size() > extents) {  // the sign is a parameter of its own
    if (fields[extents] != "true" && fields[extents] != "false") return std::nullopt;
    is_signed = fields[extents] == "true";
    fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(extents));
  }
  if (fields.size() < extents || fields.size() > (is_fixed ? 5u : 1u)) return std::nullopt;

  constexpr int limit = 1024;
  const auto width = parse_int(fields[0]);
  const auto integer = is_fixed ? parse_int(fields[1]) : width;
  if (!width || *width < 1 || *width > limit) return std::nullopt;
  if (!integer || *integer < -limit || *integer > limit) return std::nullopt;
  Quantizer q{{*width, *integer, is_signed}, Rounding::Trn, Overflow::Wrap};
  if (fields.size() > 2) {
    const auto rounding = parse_mode<Rounding>(fields[2], ModeNames::rounding);
    if (!rounding) return std::nullopt;
    q.rounding = *rounding;
  }
  if (fields.size() > 3) {
    const auto overflow = parse_mode<Overflow>(fields[3], ModeNames::overflow);
    if (!overflow) return std::nullopt;
    q.overflow = *overflow;
  }
  // The fifth parameter counts the bits that a wrap saturates; only the plain wrap is offered.
  if (fields.size() > 4) {
    const auto saturated = parse_int(fields[4]);
    if (!saturated || *saturated < 0 || (*saturated > 0 && q.overflow == Overflow::Wrap)) return std::nullopt;
  }
  return q;
}

std::string_view name(Rounding rounding) { return ModeNames::rounding[static_cast<std::size_t>(rounding)]; }
std::string_view name(Overflow overflow) { return ModeNames::overflow[static_cast<std::size_t>(overflow)]; }

}  // namespace gw
