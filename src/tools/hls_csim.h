#pragma once

#include <string>

#include "support/files.h"
#include "support/process.h"
#include "support/progress.h"
#include "support/result.h"
#include "tools/vendor_stage.h"

namespace gw {

/// Builds the test bench of a project of HLS C++ with g++, as its build_lib.sh does but without traces, and
/// returns the path of its program, which stays valid as long as the cache folder. The same bytes are built
/// once.
Result<fs::path> build_csim(const Files& project, const std::string& top, const fs::path& cache_folder);

/// Runs a built test bench on the frames in `folder`, a tb_data folder, and waits; its answers go to the file
/// `results`. Fails only if it cannot be started; its exit code and text are the caller's to judge.
Result<ProcessResult> run_csim(const fs::path& program, const fs::path& folder, const fs::path& results);

/// What the test bench of a project said of the frames in its tb_data.
struct ProjectCsim {
  std::string compiler;  ///< "g++ 12.2.0"
  std::int64_t frames = 0, differing_values = 0;
  StageRun run;
};

/// Builds and runs the test bench in the project's folder by its Makefile, with `compiler` (g++ or clang++);
/// what it says goes to logs/csim_<compiler>.log. Kept like a stage of a vendor's tool, and fails like one:
/// with the first error, which is also the first difference, and its line in the log.
Result<ProjectCsim> csim_in_project(const fs::path& folder, const std::string& top,
                                    const std::string& compiler, Progress& progress);

}  // namespace gw
