#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace gw {

struct ProcessOptions {
  std::filesystem::path folder = {};  ///< working folder; empty: the caller's
  std::filesystem::path log = {};     ///< stdout and stderr go there; empty: they are captured
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< added to the caller's
  /// Is handed what the program said since the last call, at least five times a second, also when that is
  /// nothing; false ends the program and all that it started. Such a program runs in a process group of its
  /// own, so that ^C reaches it only through here.
  std::function<bool(std::string_view said)> watch = {};
};

struct ProcessResult {
  int exit_code = 0;     ///< 128 + signal number if a signal ended it
  std::string output;    ///< stdout and stderr together, when no log was asked for
  double seconds = 0;    ///< wall time
  bool stopped = false;  ///< `watch` ended it
};

/// Runs `arguments[0]` (looked up on PATH) and waits for it; no shell is involved. Fails only if the program
/// cannot be started; a non-zero exit code is the caller's to judge.
Result<ProcessResult> run_process(const std::vector<std::string>& arguments,
                                  const ProcessOptions& options = {});

/// The full path of a program on PATH, or "".
std::string find_program(const std::string& name);

}  // namespace gw
