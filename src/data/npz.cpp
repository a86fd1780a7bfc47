// A .npz file is a zip archive of .npy files (support/zip.h). Archives are put together in memory and written
// whole.

#include "data/npz.h"

#include <vector>

#include "support/files.h"
#include "support/messages.h"
#include "support/zip.h"

namespace gw {

namespace {

/// A file that unpacks to more is not believed: a small archive can hold an endless array.
constexpr std::uint64_t largest_member = std::uint64_t{1} << 34;

}  // namespace

Result<NpzArrays> load_npz(const std::filesystem::path& path) {
  const std::string file = path.string();
  const auto packed = read_file(path);
  if (!packed) return packed.errors();
  const auto place = [&](const std::string& member) { return member.empty() ? file : file + "/" + member; };
  ZipReading how;
  how.largest_member = largest_member;
  how.fault = [&](const std::string& member, std::string why) {
    return diagnose(messages::npz_damaged, {place(member)}, std::move(why));
  };
  auto members = read_zip(*packed, how);
  if (!members) return members.errors();

  NpzArrays arrays;
  Diagnostics errors;
  for (ZipMember& member : *members) {
    auto array = parse_npy(member.bytes, place(member.name));
    member.bytes = {};
    std::string name = member.name;
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
    if (!array) {
      errors.insert(errors.end(), array.errors().begin(), array.errors().end());
    } else if (!arrays.try_emplace(name, *std::move(array)).second) {
      errors.push_back(
          diagnose(messages::npz_damaged, {place(member.name)}, "another array has the same name"));
    }
  }
  if (!errors.empty()) return errors;
  return arrays;
}

Status save_npz(const std::filesystem::path& path, const NpzArrays& arrays, NpzPacking packing) {
  std::vector<ZipMember> members;
  members.reserve(arrays.size());
  for (const auto& [name, array] : arrays) members.push_back({name + ".npy", print_npy(array)});
  return write_file(
      path, write_zip(members, packing == NpzPacking::Deflate ? ZipPacking::Deflate : ZipPacking::Store));
}

}  // namespace gw
