#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw {

/// The state of reading a FlatBuffers file: its reader asks once, at the end, whether all went well.
struct FlatReading {
  explicit FlatReading(std::string_view file)
      : bytes(file), left(4 * file.size() + (std::uint64_t{1} << 20)) {}

  std::string_view bytes;
  bool is_damaged = false;  ///< an offset leads outside, or the file is read again and again
  /// Bytes of vectors that may still be read: any number of fields may name the same vector.
  std::uint64_t left;
};

/// A table of a FlatBuffers file (flatbuffers.dev, "Internals"): fields by number, each at a place that a
/// table of offsets tells. Nothing is trusted: whatever would lie outside the bytes counts as damage and
/// reads as the default.
class FlatTable {
 public:
  /// No table: every field is left out.
  FlatTable() = default;
  /// The root of the file; no table if it is cut short. `reading` outlives all tables.
  static FlatTable root(FlatReading& reading);

  bool is_there() const { return position_ > 0; }

  /// A number, or `otherwise` where the field is left out.
  template <class T>
  T number(int field, T otherwise) const {
    const std::size_t at = place(field);
    return at == 0 ? otherwise : read<T>(at).value_or(otherwise);
  }
  FlatTable table(int field) const;
  std::string text(int field) const;
  /// All of a vector's numbers.
  template <class T>
  std::vector<T> numbers(int field) const {
    std::vector<T> values;
    const std::string_view bytes = vector_bytes(field, sizeof(T));
    values.resize(bytes.size() / sizeof(T));
    if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  std::string_view bytes(int field) const { return vector_bytes(field, 1); }
  std::vector<FlatTable> tables(int field) const;

 private:
  FlatTable(FlatReading* reading, std::size_t position);

  template <class T>
  std::optional<T> read(std::size_t at) const {
    if (at > file().size() || file().size() - at < sizeof(T)) {
      reading_->is_damaged = true;
      return std::nullopt;
    }
    T value;
    std::memcpy(&value, file().data() + at, sizeof(T));
    return value;
  }
  std::size_t place(int field) const;
  std::size_t follow(std::size_t at) const;
  std::string_view vector_bytes(int field, std::size_t element) const;

  std::string_view file() const { return reading_->bytes; }

  FlatReading* reading_ = nullptr;
  std::size_t position_ = 0, fields_ = 0, fields_size_ = 0;
};

}  // namespace gw
