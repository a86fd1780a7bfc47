#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "support/result.h"

namespace gw {

/// One external program that Gatewright starts.
struct Tool {
  std::string_view program;  ///< as looked up on PATH
  std::string_view purpose;  ///< completes "it is needed to ..."
  std::string_view package;  ///< Debian package that brings it
  std::string_view ask;      ///< the argument that makes it tell its version; "": it has none
};

/// Every program that this folder starts; no other.
std::span<const Tool> all_tools();

/// Looks for all of `programs` (rows of the table; anything else is a defect) and starts none of them. Fails
/// with one `tool-missing` error per program that is not on PATH, so that a user installs all of them in one
/// go.
Status require_tools(std::initializer_list<std::string_view> programs);

/// Where the program is and what it says its version is ("0.23"), or "" for what is not known.
struct ToolState {
  std::string path, version;
};
ToolState tool_state(const Tool& tool);

}  // namespace gw
