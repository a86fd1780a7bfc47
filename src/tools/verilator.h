#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "support/files.h"
#include "support/process.h"
#include "support/result.h"

namespace gw {

/// A design and the C++ program that drives its model.
struct BenchJob {
  std::string top;
  Files files;             ///< the Verilog, in the order in which it is read, and any data files beside it
  std::string bench;       ///< C++ with a main(); includes "V<top>.h"
  bool from_tool = false;  ///< the Verilog is a tool's netlist: its style is not ours to judge
};

/// Runs `verilator --lint-only -Wall` on the files. Any warning is an error with Verilator's text.
Status lint(const Files& files, const std::string& top, const fs::path& cache_folder);

/// Builds the simulation and returns the path of its program, which stays valid as long as the cache folder.
/// The same bytes are built once: the key is the SHA-256 of the tools' versions, the flags and all files. A
/// build that is killed leaves no program behind.
Result<fs::path> build_bench(const BenchJob& job, const fs::path& cache_folder);

/// How a bench is started: `bench inputs outputs report [--stall-in P] [--stall-out P] [--seed S] [--images
/// N]`.
struct BenchRun {
  fs::path inputs = {};                     ///< read by the bench
  fs::path outputs = {};                    ///< written by it
  fs::path report = {};                     ///< written by it: JSON of clocks measured
  std::optional<double> stall_in = {};      ///< probability that the source pauses at a clock
  std::optional<double> stall_out = {};     ///< probability that the sink refuses at a clock
  std::optional<std::uint64_t> seed = {};   ///< of the stalls
  std::optional<std::int64_t> images = {};  ///< none: all that `inputs` holds
};

/// Runs a built bench and waits. Fails only if it cannot be started; its exit code and text are the caller's
/// to judge.
Result<ProcessResult> run_bench(const fs::path& program, const BenchRun& run);

}  // namespace gw
