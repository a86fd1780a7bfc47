#pragma once

#include <string>

#include "support/files.h"
#include "support/process.h"
#include "support/result.h"

namespace gw {

/// Builds the test bench of a project of HLS C++ with g++, as its build_lib.sh does but without traces, and
/// returns the path of its program, which stays valid as long as the cache folder. The same bytes are built
/// once.
Result<fs::path> build_csim(const Files& project, const std::string& top, const fs::path& cache_folder);

/// Runs a built test bench on the frames in `folder`, a tb_data folder, and waits; its answers go to the file
/// `results`. Fails only if it cannot be started; its exit code and text are the caller's to judge.
Result<ProcessResult> run_csim(const fs::path& program, const fs::path& folder, const fs::path& results);

}  // namespace gw
