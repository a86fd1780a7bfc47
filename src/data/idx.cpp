// IDX is a header of 4 + 4 n bytes and raw data. It carries no checksum, so the only defences against a cut
// or foreign file are its first bytes and the rule that header and length agree exactly; both are applied
// before a byte of data is believed.

#include "data/idx.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "data/gzip.h"
#include "support/messages.h"

namespace gw {

namespace {

constexpr std::uint64_t largest_file = std::uint64_t{1} << 32;

std::string join(const std::vector<std::uint32_t>& shape) {
  std::string out;
  for (const auto size : shape) out += (out.empty() ? "" : " x ") + std::to_string(size);
  return out;
}

}  // namespace

Result<IdxArray> parse_idx(std::string_view bytes, std::string file) {
  std::string unpacked;
  if (is_gzip(bytes)) {
    Inflated inflated = gunzip(bytes, largest_file);
    if (!inflated.fault.empty()) return diagnose(messages::gzip_damaged, {file}, inflated.fault);
    unpacked = std::move(inflated.bytes);
    bytes = unpacked;
  }
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  if (bytes.size() < 4)
    return diagnose(messages::idx_header, {file}, static_cast<std::int64_t>(bytes.size()));
  const std::size_t rank = byte(3);
  if (byte(0) != 0 || byte(1) != 0 || byte(2) != 0x08 || rank < 1 || rank > 4) {
    const auto seen = fmt::format("{:02x} {:02x} {:02x} {:02x}", byte(0), byte(1), byte(2), byte(3));
    return diagnose(messages::idx_magic, {file}, seen);
  }
  const std::size_t header = 4 + 4 * rank;
  if (bytes.size() < header)
    return diagnose(messages::idx_header, {file}, static_cast<std::int64_t>(bytes.size()));

  std::vector<std::uint32_t> shape;
  for (std::size_t at = 4; at < header; at += 4) {
    shape.push_back(std::uint32_t{byte(at)} << 24 | std::uint32_t{byte(at + 1)} << 16 |
                    std::uint32_t{byte(at + 2)} << 8 | byte(at + 3));
  }
  if (std::find(shape.begin(), shape.end(), 0u) != shape.end()) {
    return diagnose(messages::idx_empty, {file}, join(shape));
  }
  // Peeling the dimensions off the real length, one by one, cannot overflow as their product could.
  const std::uint64_t present = bytes.size() - header;
  std::uint64_t rest = present;
  bool fits = true;
  for (const std::uint32_t size : shape) {
    fits = fits && rest % size == 0 && size <= std::numeric_limits<int>::max();
    rest /= size;
  }
  if (!fits || rest != 1) {
    return diagnose(messages::idx_size, {file}, join(shape), static_cast<std::int64_t>(present));
  }
  IdxArray array{std::move(file), {}, {}};
  array.shape.assign(shape.begin(), shape.end());
  array.values.assign(bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end());
  return array;
}

Result<IdxArray> read_idx(const fs::path& path) {
  const auto bytes = read_file(path);
  if (!bytes) return bytes.errors();
  return parse_idx(*bytes, path.string());
}

Result<Dataset> dataset_from_idx(std::string name, int classes, IdxArray images, IdxArray labels) {
  GW_CHECK(classes >= 1 && classes <= 256);
  Diagnostics errors;
  const auto wants = [&](const IdxArray& array, const char* what) {
    errors.push_back(
        diagnose(messages::idx_rank, {array.file}, what, static_cast<std::int64_t>(array.shape.size())));
  };
  if (images.shape.size() < 3) wants(images, "3 dimensions (image, row, column) or 4 (and channel)");
  if (labels.shape.size() != 1) wants(labels, "1 dimension (label)");
  if (!errors.empty()) return errors;

  if (images.shape[0] != labels.shape[0]) {
    errors.push_back(
        diagnose(messages::idx_counts, {labels.file}, labels.shape[0], images.file, images.shape[0]));
  }
  const auto bad = [&](std::uint8_t label) { return label >= classes; };
  if (const auto first = std::find_if(labels.values.begin(), labels.values.end(), bad);
      first != labels.values.end()) {
    errors.push_back(diagnose(messages::idx_label,
                              {labels.file, 0, fmt::format("label {}", first - labels.values.begin())},
                              *first, classes - 1, std::count_if(first, labels.values.end(), bad)));
  }
  if (!errors.empty()) return errors;
  const int channels = images.shape.size() == 4 ? images.shape[3] : 1;
  return Dataset{std::move(name), images.shape[1],          images.shape[2],         channels,
                 classes,         std::move(images.values), std::move(labels.values)};
}

}  // namespace gw
