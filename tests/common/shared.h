#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace gw::testing {

/// A file or folder of the test data that are handed round beside the project (environment variable
/// GATEWRIGHT_SHARED): model files of others and answers of other tools. Empty if they are not there, which
/// is said: the test then has nothing to compare with.
inline std::filesystem::path shared(const std::string& name) {
  const char* folder = std::getenv("GATEWRIGHT_SHARED");
  const auto path = std::filesystem::path(folder ? folder : "") / name;
  if (folder && std::filesystem::exists(path)) return path;
  std::printf("not compared: %s is not there (GATEWRIGHT_SHARED)\n", name.c_str());
  return {};
}

}  // namespace gw::testing
