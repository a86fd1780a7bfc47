#pragma once

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "support/files.h"

namespace gw {

/// A fresh folder per test that is removed at its end, and fake programs that come first on PATH.
class ToolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "gatewright-tools-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
    path = std::getenv("PATH");
  }
  void TearDown() override {
    ::setenv("PATH", path.c_str(), 1);
    fs::remove_all(folder);
  }

  /// Puts a shell script called `name` before all else on PATH.
  void fake(const std::string& name, const std::string& script) {
    const fs::path program = folder / "bin" / name;
    ASSERT_TRUE(write_file(program, "#!/bin/sh\n" + script + "\n"));
    fs::permissions(program, fs::perms::owner_all);
    ::setenv("PATH", ((folder / "bin").string() + ":" + path).c_str(), 1);
  }

  fs::path cache() const { return folder / "cache"; }
  /// Files and folders left in the cache's work folder.
  int left_in_work() const {
    int count = 0;
    if (!fs::exists(cache() / "jobs")) return 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(cache() / "jobs")) ++count;
    return count;
  }

  fs::path folder;
  std::string path;
};

}  // namespace gw
