#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace gw {

namespace fs = std::filesystem;

/// The whole file as bytes.
Result<std::string> read_file(const fs::path& path);

/// Writes to a temporary name beside `path`, flushes to disk and renames, so that a reader sees the old bytes
/// or the new ones and never a part. Makes missing parent folders.
Status write_file(const fs::path& path, std::string_view bytes);

/// Text files by relative name, as a backend returns them. Deterministic: a map, not a hash.
using Files = std::vector<std::pair<std::string, std::string>>;

/// Writes each file below `folder`; files whose bytes are already there are left untouched (so that their
/// time stamps do not make a build system work again).
Status write_files(const fs::path& folder, const Files& files);

/// SHA-256 of the bytes as 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

}  // namespace gw
