#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "num/tensor.h"
#include "support/result.h"

namespace gw {

/// What an HDF5 file holds, as far as Keras uses the format, in plain types: no other file sees the library.

/// Numbers of any type, as single precision.
struct Hdf5Dataset {
  std::vector<std::int64_t> shape;  ///< empty for a single number
  std::vector<float> values;        ///< row-major
  std::string unusable;             ///< why there are no values, or ""
};

/// Groups are there by what they hold. Paths begin with '/'.
struct Hdf5File {
  std::map<std::string, Hdf5Dataset> datasets;
  /// Attributes of text, one or several, by the path of their object and "@" and their name.
  std::map<std::string, std::vector<std::string>> texts;

  /// The attribute, or null.
  const std::vector<std::string>* attribute(const std::string& object, const std::string& name) const;
  /// True if anything lies below this group.
  bool has_group(const std::string& path) const;
  /// The names of what lies directly in the group, each once, in order.
  std::vector<std::string> members(const std::string& group) const;
};

/// True if the bytes begin as an HDF5 file does.
bool is_hdf5(std::string_view bytes);

/// Reads the bytes of a file; `path` is only used in messages. The state of an optimizer is left out. Errors:
/// whatever the library cannot follow, links to other files, and more objects, values or depth than a model
/// has.
Result<Hdf5File> read_hdf5(std::string_view bytes, const std::string& path);

}  // namespace gw
