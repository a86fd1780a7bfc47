#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "data/npy.h"

namespace gw {

/// Named arrays, as numpy.savez writes them: a zip archive with a .npy file per array, stored or deflated.
using NpzArrays = std::map<std::string, NpyArray>;

/// Reads all arrays. Errors: not a zip archive, a damaged or encrypted member, one that is no .npy file
/// (named "file.npz/member.npy"), two members of one name.
Result<NpzArrays> load_npz(const std::filesystem::path& path);

/// Writes the arrays, of which there is at least one, in the order of their names; equal arrays give equal
/// bytes.
enum class NpzPacking { Store, Deflate };
Status save_npz(const std::filesystem::path& path, const NpzArrays& arrays, NpzPacking packing);

}  // namespace gw
