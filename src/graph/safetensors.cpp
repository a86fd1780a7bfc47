// Reading and writing the safetensors container.
//
// The header is untrusted JSON that says where to read: so every claim in it is held to the file before a
// byte is copied. Sorted by where they begin, the arrays must tile the data exactly; that one rule excludes
// overlaps, gaps, and ends outside the file. Products of shapes are computed with a check for overflow. The
// writer sorts arrays by name and pads the header with spaces to a multiple of eight bytes, so that the data
// is aligned where the file is mapped.
//
// Bytes are copied as they are, which is right on the little-endian machines that the format is made for.

#include "graph/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "support/files.h"
#include "support/json_depth.h"
#include "support/messages.h"

namespace gw {

namespace {

static_assert(std::endian::native == std::endian::little,
              "the arrays of a file would need their bytes swapped");

using Json = nlohmann::json;

constexpr size_t length_bytes = 8;
/// The limit that the format itself sets, against headers made to exhaust the memory.
constexpr std::uint64_t longest_header = 100'000'000;
constexpr const char* metadata_key = "__metadata__";

struct TypeRow {
  DType type;
  std::string_view name;
  size_t size;
};
constexpr TypeRow type_rows[]{{DType::F64, "F64", 8}, {DType::F32, "F32", 4}, {DType::I64, "I64", 8},
                              {DType::I32, "I32", 4}, {DType::I16, "I16", 2}, {DType::I8, "I8", 1},
                              {DType::U8, "U8", 1}};

const TypeRow& row_of(DType type) { return type_rows[static_cast<size_t>(type)]; }

template <class T>
constexpr DType type_of();
template <>
constexpr DType type_of<double>() {
  return DType::F64;
}
template <>
constexpr DType type_of<float>() {
  return DType::F32;
}
template <>
constexpr DType type_of<std::int64_t>() {
  return DType::I64;
}
template <>
constexpr DType type_of<std::int32_t>() {
  return DType::I32;
}
template <>
constexpr DType type_of<std::int16_t>() {
  return DType::I16;
}
template <>
constexpr DType type_of<std::int8_t>() {
  return DType::I8;
}
template <>
constexpr DType type_of<std::uint8_t>() {
  return DType::U8;
}

std::string place_of_tensor(const std::string& name) { return fmt::format("tensor '{}'", name); }

/// Bytes of an array, or nothing if they cannot be counted.
std::optional<std::int64_t> byte_count(DType type, const std::vector<std::int64_t>& shape) {
  auto count = static_cast<std::int64_t>(size_of(type));
  for (const std::int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(count, extent, &count)) return std::nullopt;
  }
  return count;
}

/// One array as the header describes it.
struct Entry {
  std::string name;
  DType type = DType::F32;
  std::vector<std::int64_t> shape;
  std::int64_t begin = 0, end = 0;
};

/// A whole number that is not negative and fits; JSON also has 1.5, 1e300 and -1.
std::optional<std::int64_t> count_in(const Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) return std::nullopt;
  const auto count = value.get<std::int64_t>();
  return count >= 0 ? std::optional(count) : std::nullopt;
}

std::optional<std::vector<std::int64_t>> counts_in(const Json& value) {
  if (!value.is_array()) return std::nullopt;
  std::vector<std::int64_t> counts;
  for (const Json& element : value) {
    const auto count = count_in(element);
    if (!count) return std::nullopt;
    counts.push_back(*count);
  }
  return counts;
}

class Reader {
 public:
  Reader(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  Result<SafeTensors> read() {
    const auto header = read_header();
    if (!header) return header.errors();
    for (const auto& [key, value] : header->items()) {
      if (key == metadata_key) {
        read_metadata(value);
      } else {
        read_entry(key, value);
      }
    }
    if (errors_.empty()) check_tiling();
    if (!errors_.empty()) return std::move(errors_);
    for (const Entry& entry : entries_) {
      contents_.tensors[entry.name] = {
          entry.type, entry.shape,
          std::string(
              data_.substr(static_cast<size_t>(entry.begin), static_cast<size_t>(entry.end - entry.begin)))};
    }
    return std::move(contents_);
  }

 private:
  Diagnostic wrong_file(std::string what) const {
    return diagnose(messages::safetensors_header, {file_}, std::move(what));
  }
  void wrong_entry(const std::string& item, std::string what) {
    errors_.push_back(diagnose(messages::safetensors_entry, {file_, 0, item}, std::move(what)));
  }

  Result<Json> read_header() {
    if (bytes_.size() < length_bytes) return wrong_file(fmt::format("it has only {} bytes", bytes_.size()));
    std::uint64_t length = 0;
    std::memcpy(&length, bytes_.data(), length_bytes);
    const std::uint64_t rest = bytes_.size() - length_bytes;
    if (length > rest || length > longest_header) {
      return wrong_file(
          fmt::format("its first 8 bytes promise a header of {} bytes, but {} follow", length, rest));
    }
    const std::string_view text = bytes_.substr(length_bytes, length);
    data_ = bytes_.substr(length_bytes + length);

    if (is_json_too_deep(text)) return wrong_file("its header is nested too deeply");
    // A name said twice would hide one of its arrays.
    std::set<std::string> seen;
    std::string twice;
    const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
      if (depth != 1 || event != Json::parse_event_t::key) return true;
      if (!seen.insert(parsed.get<std::string>()).second) twice = parsed.get<std::string>();
      return true;
    };
    Json header = Json::parse(text.begin(), text.end(), watch, false);
    if (header.is_discarded()) return wrong_file("its header is not JSON");
    if (!header.is_object()) return wrong_file("its header is not a JSON object");
    if (!twice.empty()) return wrong_file(fmt::format("its header names '{}' twice", twice));
    return header;
  }

  void read_metadata(const Json& value) {
    if (!value.is_object()) return wrong_entry(metadata_key, "it is not a JSON object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) {
        wrong_entry(metadata_key, fmt::format("the value of '{}' is not a text", key));
      } else {
        contents_.metadata[key] = text.get<std::string>();
      }
    }
  }

  void read_entry(const std::string& name, const Json& value) {
    const std::string item = place_of_tensor(name);
    if (!value.is_object()) return wrong_entry(item, "it is not a JSON object");
    for (const auto& [key, unused] : value.items()) {
      if (key != "dtype" && key != "shape" && key != "data_offsets") {
        return wrong_entry(item, fmt::format("it has a key '{}'", key));
      }
    }
    Entry entry{name, {}, {}, 0, 0};
    const Json type = value.value("dtype", Json());
    const auto row = std::find_if(std::begin(type_rows), std::end(type_rows), [&](const TypeRow& r) {
      return type.is_string() && type.get_ref<const std::string&>() == r.name;
    });
    if (row == std::end(type_rows)) {
      return wrong_entry(item, "its dtype is none of F64, F32, I64, I32, I16, I8, U8");
    }
    entry.type = row->type;
    const auto shape = counts_in(value.value("shape", Json()));
    if (!shape) return wrong_entry(item, "its shape is not a list of whole numbers");
    entry.shape = *shape;
    const auto offsets = counts_in(value.value("data_offsets", Json()));
    if (!offsets || offsets->size() != 2 || (*offsets)[0] > (*offsets)[1]) {
      return wrong_entry(item, "its data_offsets are not two ascending whole numbers");
    }
    entry.begin = (*offsets)[0];
    entry.end = (*offsets)[1];
    if (const auto size = static_cast<std::int64_t>(data_.size()); entry.end > size) {
      errors_.push_back(
          diagnose(messages::safetensors_outside, {file_, 0, item}, entry.begin, entry.end, size));
      return;
    }
    const auto needed = byte_count(entry.type, entry.shape);
    if (!needed) return wrong_entry(item, "its shape has more elements than any file");
    if (*needed != entry.end - entry.begin) {
      errors_.push_back(diagnose(messages::safetensors_size, {file_, 0, item}, entry.end - entry.begin,
                                 fmt::format("[{}]", fmt::join(entry.shape, ", ")), std::string(row->name),
                                 *needed));
      return;
    }
    entries_.push_back(std::move(entry));
  }

  /// Each array begins where the one before it ends, and the last ends where the file does.
  void check_tiling() {
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    std::int64_t end = 0;
    for (const Entry& entry : entries_) {
      if (entry.begin != end) {
        errors_.push_back(
            diagnose(messages::safetensors_place, {file_, 0, place_of_tensor(entry.name)}, entry.begin, end));
        return;
      }
      end = entry.end;
    }
    if (const auto size = static_cast<std::int64_t>(data_.size()); end != size) {
      errors_.push_back(diagnose(messages::safetensors_rest, {file_}, size, end));
    }
  }

  std::string_view bytes_, data_;
  const std::string& file_;
  std::vector<Entry> entries_;
  SafeTensors contents_;
  Diagnostics errors_;
};

}  // namespace

std::string_view name(DType type) { return row_of(type).name; }
size_t size_of(DType type) { return row_of(type).size; }

template <class T>
void SafeTensors::set(const std::string& name, std::vector<std::int64_t> shape,
                      const std::vector<T>& values) {
  StoredTensor tensor{type_of<T>(), std::move(shape), {}};
  tensor.bytes.resize(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  GW_CHECK(byte_count(tensor.type, tensor.shape) == static_cast<std::int64_t>(tensor.bytes.size()));
  GW_CHECK(name != metadata_key);
  tensors[name] = std::move(tensor);
}

template <class T>
Result<std::vector<T>> SafeTensors::get(const std::string& name, const std::string& file) const {
  const Place place{file, 0, place_of_tensor(name)};
  const auto found = tensors.find(name);
  if (found == tensors.end()) {
    std::vector<std::string> names;
    for (const auto& [other, unused] : tensors) names.push_back(other);
    return diagnose(messages::tensor_absent, place, nearest(name, names));
  }
  const StoredTensor& tensor = found->second;
  if (tensor.type != type_of<T>()) {
    return diagnose(messages::tensor_type, place, std::string(gw::name(type_of<T>())),
                    std::string(gw::name(tensor.type)));
  }
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

template void SafeTensors::set(const std::string&, std::vector<std::int64_t>, const std::vector<double>&);
template void SafeTensors::set(const std::string&, std::vector<std::int64_t>, const std::vector<float>&);
template void SafeTensors::set(const std::string&, std::vector<std::int64_t>,
                               const std::vector<std::int64_t>&);
template void SafeTensors::set(const std::string&, std::vector<std::int64_t>,
                               const std::vector<std::int32_t>&);
template void SafeTensors::set(const std::string&, std::vector<std::int64_t>,
                               const std::vector<std::int16_t>&);
template void SafeTensors::set(const std::string&, std::vector<std::int64_t>,
                               const std::vector<std::int8_t>&);
template void SafeTensors::set(const std::string&, std::vector<std::int64_t>,
                               const std::vector<std::uint8_t>&);
template Result<std::vector<double>> SafeTensors::get(const std::string&, const std::string&) const;
template Result<std::vector<float>> SafeTensors::get(const std::string&, const std::string&) const;
template Result<std::vector<std::int64_t>> SafeTensors::get(const std::string&, const std::string&) const;
template Result<std::vector<std::int32_t>> SafeTensors::get(const std::string&, const std::string&) const;
template Result<std::vector<std::int16_t>> SafeTensors::get(const std::string&, const std::string&) const;
template Result<std::vector<std::int8_t>> SafeTensors::get(const std::string&, const std::string&) const;
template Result<std::vector<std::uint8_t>> SafeTensors::get(const std::string&, const std::string&) const;

std::string print_safetensors(const SafeTensors& contents) {
  Json header = Json::object();
  if (!contents.metadata.empty()) header[metadata_key] = contents.metadata;
  size_t offset = 0;
  for (const auto& [name, tensor] : contents.tensors) {
    const size_t end = offset + tensor.bytes.size();
    header[name] = {
        {"dtype", gw::name(tensor.type)}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string bytes(length_bytes, '\0');
  const std::uint64_t length = text.size();
  std::memcpy(bytes.data(), &length, length_bytes);
  bytes += text;
  for (const auto& [name, tensor] : contents.tensors) bytes += tensor.bytes;
  return bytes;
}

Result<SafeTensors> parse_safetensors(std::string_view bytes, const std::string& file) {
  return Reader(bytes, file).read();
}

Status save_safetensors(const std::filesystem::path& path, const SafeTensors& contents) {
  return write_file(path, print_safetensors(contents));
}

Result<SafeTensors> load_safetensors(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  if (!bytes) return bytes.errors();
  return parse_safetensors(*bytes, path.string());
}

}  // namespace gw
