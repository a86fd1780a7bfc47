#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "support/result.h"

namespace gw {

/// One program of a vendor's that no package brings.
struct VendorTool {
  std::string_view program;    ///< its file in <installation>/bin
  std::string_view product;    ///< what it is installed with
  std::string_view purpose;    ///< completes "it is needed to ..."
  std::string_view variables;  ///< name folders in which it may be installed, the likeliest first, by blanks
  std::string_view ask;        ///< the argument that makes it tell its version
  std::string_view oldest;     ///< first version that is served, "2018.2"
  std::string_view newest;     ///< last one, or ""
};

/// Every program of vendors that this folder starts; no other.
std::span<const VendorTool> all_vendor_tools();

/// Folders of installations by the name of the variable that says so (XILINX_VIVADO ...), as the caller read
/// them from the environment; a variable that is not set is not in it.
using Installations = std::map<std::string, std::string, std::less<>>;

/// The variables that rows of the table name, each once.
std::span<const std::string_view> installation_variables();

/// Where the program is, on PATH or in an installation, or "".
std::string find_vendor_tool(const VendorTool& tool, const Installations& installations);

/// What the program at `path` says its version is, "2019.2".
Result<std::string> vendor_tool_version(const VendorTool& tool, const std::string& path);

/// A program that is there and of a version that is served.
struct FoundTool {
  std::string path, version;
};

/// The row of that name, found and asked. Errors: not there, another version than is served.
Result<FoundTool> require_vendor_tool(std::string_view program, const Installations& installations);

}  // namespace gw
