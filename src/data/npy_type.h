#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gw {

/// The element type of a NumPy array: a kind and bytes per element.
struct NpyType {
  enum class Kind { Float, Signed, Unsigned, Bool };
  Kind kind = Kind::Float;
  int size = 4;             ///< 2, 4 or 8 for Float, 1 for Bool, otherwise 1, 2, 4 or 8
  bool big_endian = false;  ///< of no meaning for one byte

  bool is_integer() const { return kind == Kind::Signed || kind == Kind::Unsigned; }
  bool operator==(const NpyType&) const = default;
};

/// The types that are written.
inline constexpr NpyType npy_f4{NpyType::Kind::Float, 4};
inline constexpr NpyType npy_f8{NpyType::Kind::Float, 8};
inline constexpr NpyType npy_i8{NpyType::Kind::Signed, 8};

/// Reads NumPy's type strings "<f4", ">i2", "|u1", "|b1", "=f8", "f4" (no order: that of this machine, which
/// is little-endian). Nothing if the string is another type: objects ("|O"), texts, complex numbers, dates.
std::optional<NpyType> parse_npy_type(std::string_view text);
/// "<f4", ">i2", "|u1".
std::string to_string(const NpyType& type);

/// Elements as they lie in the file to numbers, `into.size()` of them. A float is rounded to the nearest one,
/// as NumPy's astype does, and may become infinite; integers beyond 2^53 are rounded in a double as well.
void decode(NpyType type, const char* bytes, std::span<float> into);
void decode(NpyType type, const char* bytes, std::span<double> into);

/// Numbers to elements, appended to `bytes`. Floats are rounded half to even; an integer type must hold each
/// value exactly.
void encode(NpyType type, std::span<const float> values, std::string& bytes);
void encode(NpyType type, std::span<const double> values, std::string& bytes);

}  // namespace gw
