#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw {

/// A table of a FlatBuffers file (flatbuffers.dev, "Internals"): fields by number, each at a place that a
/// table of offsets tells. Nothing is trusted: whatever would lie outside the bytes counts as damage, which
/// the reader of the file asks for once at the end, and reads as the default.
class FlatTable {
 public:
  /// No table: every field is left out.
  FlatTable() = default;
  /// The root of a file; no table if it is cut short. `damage` is set where an offset leads outside.
  static FlatTable root(std::string_view bytes, bool& damage);

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
  FlatTable(std::string_view file, std::size_t position, bool* damage);

  template <class T>
  std::optional<T> read(std::size_t at) const {
    if (at > file_.size() || file_.size() - at < sizeof(T)) {
      *damage_ = true;
      return std::nullopt;
    }
    T value;
    std::memcpy(&value, file_.data() + at, sizeof(T));
    return value;
  }
  std::size_t place(int field) const;
  std::size_t follow(std::size_t at) const;
  std::string_view vector_bytes(int field, std::size_t element) const;

  std::string_view file_;
  std::size_t position_ = 0, fields_ = 0, fields_size_ = 0;
  bool* damage_ = nullptr;
};

}  // namespace gw
