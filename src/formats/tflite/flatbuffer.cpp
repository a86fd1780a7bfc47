// FlatBuffers without generated code: a table begins with the distance back to its list of field offsets; a
// field is at the table's place plus its offset, and holds a number or the distance forward to a table, a
// vector or a text. Every step is checked against the file's size, so that no file can make it read outside;
// tables are only followed as deep as the schema of their reader goes, and all vectors together are no more
// than a few times the file, so that none can make it run forever.

#include "formats/tflite/flatbuffer.h"

namespace gw {

FlatTable::FlatTable(FlatReading* reading, std::size_t position) : reading_(reading) {
  const auto back = read<std::int32_t>(position);
  if (!back) return;
  const std::int64_t fields = static_cast<std::int64_t>(position) - *back;
  if (fields < 0 || fields > static_cast<std::int64_t>(file().size())) {
    reading->is_damaged = true;
    return;
  }
  const auto size = read<std::uint16_t>(static_cast<std::size_t>(fields));
  if (!size) return;
  position_ = position;
  fields_ = static_cast<std::size_t>(fields);
  fields_size_ = *size;
}

FlatTable FlatTable::root(FlatReading& reading) {
  FlatTable start;
  start.reading_ = &reading;
  const std::size_t at = start.follow(0);
  return at == 0 ? start : FlatTable(&reading, at);
}

std::size_t FlatTable::place(int field) const {
  const std::size_t entry = 4 + 2 * static_cast<std::size_t>(field);
  if (position_ == 0 || entry + 2 > fields_size_) return 0;
  const auto offset = read<std::uint16_t>(fields_ + entry);
  return offset && *offset > 0 ? position_ + *offset : 0;
}

std::size_t FlatTable::follow(std::size_t at) const {
  const auto distance = read<std::uint32_t>(at);
  if (!distance || *distance == 0 || *distance > file().size() - at) {
    reading_->is_damaged = true;
    return 0;
  }
  return at + *distance;
}

FlatTable FlatTable::table(int field) const {
  const std::size_t at = place(field), target = at == 0 ? 0 : follow(at);
  return target == 0 ? FlatTable() : FlatTable(reading_, target);
}

std::string_view FlatTable::vector_bytes(int field, std::size_t element) const {
  const std::size_t at = place(field), target = at == 0 ? 0 : follow(at);
  if (target == 0) return {};
  const auto count = read<std::uint32_t>(target);
  if (!count) return {};
  const std::size_t first = target + 4;
  if (*count > (file().size() - first) / element || *count * element > reading_->left) {
    reading_->is_damaged = true;
    return {};
  }
  reading_->left -= *count * element;
  return file().substr(first, *count * element);
}

std::string FlatTable::text(int field) const { return std::string(vector_bytes(field, 1)); }

std::vector<FlatTable> FlatTable::tables(int field) const {
  std::vector<FlatTable> found;
  const std::string_view offsets = vector_bytes(field, 4);
  for (std::size_t i = 0; i < offsets.size(); i += 4) {
    const std::size_t target = follow(static_cast<std::size_t>(offsets.data() - file().data()) + i);
    if (target == 0) return found;
    found.push_back(FlatTable(reading_, target));
  }
  return found;
}

}  // namespace gw
