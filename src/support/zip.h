#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace gw {

/// A file inside a zip archive.
struct ZipMember {
  std::string name;
  std::string bytes;
};

struct ZipReading {
  /// Members that are wanted, by name; none: all.
  std::function<bool(const std::string& name)> wanted;
  /// A member that unpacks to more is refused: a small archive can hold an endless file.
  std::uint64_t largest_member = 0;
  /// How what is wrong is told: of a member, or of the archive, whose name is "".
  std::function<Diagnostic(const std::string& member, std::string why)> fault;
};

/// Reads members out of the bytes of an archive, in its order, packed or not, zip64 or not. Errors: bytes
/// that are no archive; members that are damaged, encrypted or larger than allowed, all of them.
Result<std::vector<ZipMember>> read_zip(std::string_view bytes, const ZipReading& how);

/// The bytes of an archive of at least one member; equal members give equal bytes.
enum class ZipPacking { Store, Deflate };
std::string write_zip(const std::vector<ZipMember>& members, ZipPacking packing);

}  // namespace gw
