#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/npy_type.h"
#include "support/result.h"

namespace gw {

/// What stands before the elements of a .npy file.
struct NpyHeader {
  NpyType type;
  bool column_major = false;  ///< "fortran_order": the first index runs fastest
  std::vector<std::int64_t> shape;
  std::int64_t size = 0;  ///< of the header in bytes: where the elements begin
};

/// The longest header that is believed; NumPy's own limit for untrusted files is 10000.
inline constexpr std::int64_t max_npy_header = 65536;

/// Reads the header off the first bytes of a file, of which all or at least max_npy_header + 12 must be
/// given.
Result<NpyHeader> parse_npy_header(std::string_view bytes, const std::string& file);

/// A header of version 1.0 for a row-major array. Its length depends on the type and on all extents but the
/// first, so that the first can be filled in later.
std::string print_npy_header(NpyType type, std::span<const std::int64_t> shape);

}  // namespace gw
