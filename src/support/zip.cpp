// Zip archives by libzip, whose business zip64, data descriptors and checksums are. Nothing is unpacked to
// disk, and no size that the archive states is believed before as many bytes have come. What is written has
// the time stamp that NumPy gives too (1980-01-01), so that the same members make the same bytes.

#include "support/zip.h"

#include <memory>

#include <zip.h>

#include "support/check.h"

namespace gw {

namespace {

struct ErrorText {
  zip_error_t error;
  ErrorText() { zip_error_init(&error); }
  ErrorText(const ErrorText&) = delete;
  ErrorText& operator=(const ErrorText&) = delete;
  ~ErrorText() { zip_error_fini(&error); }
  std::string text() { return zip_error_strerror(&error); }
};

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
template <class T>
using Owned = std::unique_ptr<T, Discard>;

Result<std::string> read_member(zip_t* archive, zip_uint64_t index, const std::string& name,
                                const ZipReading& how) {
  zip_stat_t facts;
  if (zip_stat_index(archive, index, 0, &facts) != 0 || !(facts.valid & ZIP_STAT_SIZE)) {
    return how.fault(name, zip_strerror(archive));
  }
  if (facts.size > how.largest_member) return how.fault(name, "it is too large");
  const Owned<zip_file_t> file(zip_fopen_index(archive, index, 0));
  if (!file) return how.fault(name, zip_strerror(archive));
  // Grown as it comes, since the size in the directory may be a lie.
  std::string bytes, chunk(std::size_t{1} << 20, '\0');
  for (;;) {
    const zip_int64_t step = zip_fread(file.get(), chunk.data(), chunk.size());
    if (step < 0) return how.fault(name, zip_file_strerror(file.get()));
    if (step == 0) break;
    bytes.append(chunk, 0, static_cast<size_t>(step));
    if (bytes.size() > facts.size) break;
  }
  if (bytes.size() != facts.size) return how.fault(name, "its size is not the one that the archive says");
  return bytes;
}

}  // namespace

Result<std::vector<ZipMember>> read_zip(std::string_view packed, const ZipReading& how) {
  if (packed.empty()) return how.fault("", "it has no bytes");
  ErrorText error;
  Owned<zip_source_t> source(zip_source_buffer_create(packed.data(), packed.size(), 0, &error.error));
  const Owned<zip_t> archive(source ? zip_open_from_source(source.get(), ZIP_RDONLY, &error.error) : nullptr);
  if (!archive) return how.fault("", error.text());
  static_cast<void>(source.release());  // now the archive's

  std::vector<ZipMember> members;
  Diagnostics errors;
  const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive.get(), 0));
  for (zip_uint64_t index = 0; index < count; ++index) {
    const char* raw_name = zip_get_name(archive.get(), index, 0);
    std::string name = raw_name ? raw_name : "";
    if (how.wanted && !how.wanted(name)) continue;
    auto bytes = read_member(archive.get(), index, name, how);
    if (bytes) {
      members.push_back({std::move(name), *std::move(bytes)});
    } else {
      errors.insert(errors.end(), bytes.errors().begin(), bytes.errors().end());
    }
  }
  if (!errors.empty()) return errors;
  return members;
}

std::string write_zip(const std::vector<ZipMember>& members, ZipPacking packing) {
  GW_CHECK(!members.empty());  // libzip makes no archive without members
  ErrorText error;
  Owned<zip_source_t> target(zip_source_buffer_create(nullptr, 0, 0, &error.error));
  GW_CHECK(target != nullptr);
  zip_source_keep(target.get());  // closing the archive gives up one hold; the bytes are read afterwards
  Owned<zip_t> archive(zip_open_from_source(target.get(), ZIP_CREATE | ZIP_TRUNCATE, &error.error));
  GW_CHECK(archive != nullptr);
  for (const ZipMember& member : members) {
    zip_source_t* bytes = zip_source_buffer(archive.get(), member.bytes.data(), member.bytes.size(), 0);
    const zip_int64_t index = zip_file_add(archive.get(), member.name.c_str(), bytes, ZIP_FL_ENC_UTF_8);
    GW_CHECK(bytes != nullptr && index >= 0);
    const auto at = static_cast<zip_uint64_t>(index);
    constexpr zip_uint16_t first_of_january_1980 = 1 << 5 | 1;
    const zip_int32_t method = packing == ZipPacking::Deflate ? ZIP_CM_DEFLATE : ZIP_CM_STORE;
    GW_CHECK(zip_set_file_compression(archive.get(), at, method, 0) == 0 &&
             zip_file_set_dostime(archive.get(), at, 0, first_of_january_1980, 0) == 0);
  }
  GW_CHECK(zip_close(archive.get()) == 0);
  static_cast<void>(archive.release());

  GW_CHECK(zip_source_open(target.get()) == 0);
  zip_stat_t facts;
  zip_stat_init(&facts);
  GW_CHECK(zip_source_stat(target.get(), &facts) == 0);
  std::string bytes(facts.size, '\0');
  GW_CHECK(zip_source_read(target.get(), bytes.data(), bytes.size()) == static_cast<zip_int64_t>(facts.size));
  zip_source_close(target.get());
  return bytes;
}

}  // namespace gw
