#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gw {

/// What was inside a compressed file, or why it cannot be had.
struct Inflated {
  std::string bytes;
  std::string fault;  ///< "" if all is well; otherwise a clause for a message, such as "its end is missing"
};

/// True if the bytes open as a gzip file does (1f 8b), whatever the file is called.
bool is_gzip(std::string_view bytes);

/// Decompresses a gzip file (RFC 1952; several members in a row are one file) whose contents may have at most
/// `limit` bytes: a small file can unpack to an endless one.
Inflated gunzip(std::string_view bytes, std::uint64_t limit);

}  // namespace gw
