#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "num/tensor.h"
#include "study/build.h"
#include "support/files.h"
#include "support/progress.h"

namespace gw {

struct SimulationOptions {
  fs::path cache_folder;         ///< built benches are kept there by content
  fs::path answers_folder = {};  ///< likewise what a bench answered; empty: it answers anew each time
  int threads = 0;               ///< 0: one per core
  std::int64_t stalled = 64;     ///< so many images run a second time with random pauses on both sides
  std::uint64_t seed = 1;        ///< of the pauses
};

/// Where simulated hardware and emulation disagree.
struct Difference {
  std::int64_t image = 0;
  size_t output = 0;  ///< which of the network's outputs
  std::int64_t element = 0;
  std::int64_t emulated = 0, simulated = 0;  ///< raw values
  bool under_stalls = false;
};

struct Simulation {
  std::vector<Tensor> outputs;  ///< the circuit's own bits, one tensor per output
  std::int64_t images = 0;
  std::int64_t stalled_images = 0;
  std::int64_t differing_values = 0;
  std::optional<Difference> first_difference;
  std::int64_t latency_clocks = 0;   ///< measured: first pixel in to last output out
  std::int64_t interval_clocks = 0;  ///< measured: the longest time between consecutive results
  double build_seconds = 0, run_seconds = 0;
};

/// Runs the generated Verilog in Verilator on all images (a tensor per input) and compares every output bit
/// with `emulated` (a tensor per output). Linted first: any warning is an error. Errors also: a bench that
/// does not finish or finds the stream protocol broken; a stop asked for through `progress`. Differing bits
/// are no error here but told in the result.
Result<Simulation> simulate(const Build& build, std::span<const Tensor> images,
                            std::span<const Tensor> emulated, const SimulationOptions& options,
                            Progress& progress);

/// The same for a synthesised netlist of the design behind streams of bytes, with the models of its cells; it
/// is not linted.
Result<Simulation> simulate_netlist(const Build& build, const Files& netlist, std::span<const Tensor> images,
                                    std::span<const Tensor> emulated, const SimulationOptions& options,
                                    Progress& progress);

/// The same for the design as HLS C++, built by g++ and run by its own test bench, whose clocks nobody knows:
/// `project` is what hls_project made, with a test bench for `top`.
Result<Simulation> simulate_hls(const Build& build, const Files& project, const std::string& top,
                                std::span<const Tensor> images, std::span<const Tensor> emulated,
                                const SimulationOptions& options, Progress& progress);

/// An error that names the first value in which circuit and emulation differ, if there is one.
Status require_same_bits(const Simulation& simulation);

}  // namespace gw
