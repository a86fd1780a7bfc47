// Elements of NumPy arrays in and out. Each element type is one C++ type; only the half-precision float, for
// which there is none, is put together from its bits (IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction).

#include "data/npy_type.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "support/check.h"

namespace gw {

namespace {

static_assert(std::endian::native == std::endian::little);

struct Half {
  std::uint16_t bits;

  explicit operator double() const {
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double size = std::ldexp(exponent == 0 ? fraction : fraction + 1024, std::max(exponent, 1) - 25);
    if (exponent == 31) {
      size =
          fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
    }
    return bits >> 15 ? -size : size;
  }
  explicit operator float() const { return static_cast<float>(static_cast<double>(*this)); }

  static Half nearest(double value) {
    const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000 : 0);
    const double size = std::fabs(value);
    if (std::isnan(value)) return {static_cast<std::uint16_t>(sign | 0x7e00)};
    if (size >= 65520) return {static_cast<std::uint16_t>(sign | 0x7c00)};
    const int exponent = size < std::ldexp(1, -14) ? -14 : std::ilogb(size);
    // A fraction that rounds up to 2048 carries into the exponent, which is what the next number is.
    const double fraction = std::nearbyint(std::ldexp(size, 10 - exponent));
    return {static_cast<std::uint16_t>(sign + ((exponent + 14) << 10) + static_cast<int>(fraction))};
  }
};

/// Calls f with a value of the C++ type of the elements.
template <class F>
void with_element(NpyType type, F f) {
  using enum NpyType::Kind;
  const auto sized = [&](auto b1, auto b2, auto b4, auto b8) {
    switch (type.size) {
      case 1:
        return f(b1);
      case 2:
        return f(b2);
      case 4:
        return f(b4);
      default:
        return f(b8);
    }
  };
  switch (type.kind) {
    case Float:
      return sized(0.0, Half{}, 0.0F, 0.0);
    case Signed:
      return sized(std::int8_t{}, std::int16_t{}, std::int32_t{}, std::int64_t{});
    case Unsigned:
      return sized(std::uint8_t{}, std::uint16_t{}, std::uint32_t{}, std::uint64_t{});
    case Bool:
      return f(false);
  }
}

template <class To>
void decode_as(NpyType type, const char* bytes, std::span<To> into) {
  with_element(type, [&](auto element) {
    using From = decltype(element);
    if constexpr (std::is_same_v<From, To>) {
      if (!type.big_endian) {
        std::memcpy(into.data(), bytes, into.size_bytes());
        return;
      }
    }
    char turned[sizeof(From)];
    for (To& value : into) {
      std::copy_n(bytes, sizeof(From), turned);
      if (type.big_endian) std::reverse(turned, turned + sizeof(From));
      if constexpr (std::is_same_v<From, bool>) {
        value = turned[0] != 0 ? 1 : 0;
      } else {
        std::memcpy(&element, turned, sizeof(From));
        value = static_cast<To>(element);
      }
      bytes += sizeof(From);
    }
  });
}

template <class From>
void encode_as(NpyType type, std::span<const From> values, std::string& bytes) {
  with_element(type, [&](auto element) {
    using To = decltype(element);
    char turned[sizeof(To)];
    for (const From value : values) {
      if constexpr (std::is_same_v<To, Half>) {
        element = Half::nearest(value);
      } else {
        if constexpr (std::is_integral_v<To>) {
          // The bounds are powers of two and thus exact in every floating-point type.
          const From end =
              std::ldexp(From{1}, std::is_same_v<To, bool> ? 1 : std::numeric_limits<To>::digits);
          GW_CHECK(value == std::trunc(value) && value < end && value >= (std::is_signed_v<To> ? -end : 0));
        }
        element = static_cast<To>(value);
      }
      std::memcpy(turned, &element, sizeof(To));
      if (type.big_endian) std::reverse(turned, turned + sizeof(To));
      bytes.append(turned, sizeof(To));
    }
  });
}

}  // namespace

std::optional<NpyType> parse_npy_type(std::string_view text) {
  using enum NpyType::Kind;
  NpyType type;
  if (!text.empty() && std::string_view("<>|=").find(text[0]) != text.npos) {
    type.big_endian = text[0] == '>';
    text.remove_prefix(1);
  }
  if (text.size() != 2 || text[1] < '1' || text[1] > '8') return std::nullopt;
  type.size = text[1] - '0';
  switch (text[0]) {
    case 'f':
      type.kind = Float;
      break;
    case 'i':
      type.kind = Signed;
      break;
    case 'u':
      type.kind = Unsigned;
      break;
    case 'b':
      type.kind = Bool;
      break;
    default:
      return std::nullopt;
  }
  const bool is_known = type.kind == Bool ? type.size == 1
                                          : std::has_single_bit(static_cast<unsigned>(type.size)) &&
                                                (type.kind != Float || type.size > 1);
  if (type.size == 1) type.big_endian = false;
  return is_known ? std::optional(type) : std::nullopt;
}

std::string to_string(const NpyType& type) {
  const char order = type.size == 1 ? '|' : type.big_endian ? '>' : '<';
  return {order, "fiub"[static_cast<int>(type.kind)], static_cast<char>('0' + type.size)};
}

void decode(NpyType type, const char* bytes, std::span<float> into) { decode_as(type, bytes, into); }
void decode(NpyType type, const char* bytes, std::span<double> into) { decode_as(type, bytes, into); }
void encode(NpyType type, std::span<const float> values, std::string& bytes) {
  encode_as(type, values, bytes);
}
void encode(NpyType type, std::span<const double> values, std::string& bytes) {
  encode_as(type, values, bytes);
}

}  // namespace gw
