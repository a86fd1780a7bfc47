#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace gw {

/// The safetensors container (https://github.com/huggingface/safetensors): named arrays behind a JSON header.
/// A file is
///   8 bytes    length of the header, little-endian
///   header     {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ..., "__metadata__":
///   {"key": "text"}} data       the arrays, row-major, little-endian, one behind the other without gaps

/// Types of elements, with the names that the file gives them.
enum class DType { F64, F32, I64, I32, I16, I8, U8 };

std::string_view name(DType type);
/// Bytes of one element.
size_t size_of(DType type);

/// One array of the file as it lies there. The shape may be empty (a single element) or hold zeros.
struct StoredTensor {
  DType type = DType::F32;
  std::vector<std::int64_t> shape;
  std::string bytes;  ///< size_of(type) * product of the shape
};

/// What a file holds; both maps are in the order of their names, so that equal contents are equal bytes.
struct SafeTensors {
  std::map<std::string, StoredTensor> tensors;
  std::map<std::string, std::string> metadata;

  /// Adds an array; T is float, double, std::int64_t, std::int32_t, std::int16_t, std::int8_t or
  /// std::uint8_t.
  template <class T>
  void set(const std::string& name, std::vector<std::int64_t> shape, const std::vector<T>& values);
  /// The values of an array of exactly this type; an error that names file and array if it is not there or of
  /// another type. `file` is only used in messages.
  template <class T>
  Result<std::vector<T>> get(const std::string& name, const std::string& file) const;
};

/// The whole file as bytes.
std::string print_safetensors(const SafeTensors& contents);
/// Reads what print_safetensors writes and every other well-formed file of these element types. Strict: a
/// header that is no such JSON, offsets that leave the data, overlap, leave gaps or do not fit shape and
/// type, are errors that name file and array; no input makes it fail in another way. `file` is only used in
/// messages.
Result<SafeTensors> parse_safetensors(std::string_view bytes, const std::string& file);

/// Written whole or not at all.
Status save_safetensors(const std::filesystem::path& path, const SafeTensors& contents);
Result<SafeTensors> load_safetensors(const std::filesystem::path& path);

}  // namespace gw
