#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cli/design_options.h"
#include "study/build_report.h"
#include "study/frames.h"
#include "tools/hls_build.h"
#include "tools/vendor_tool.h"

namespace gw::cli {

constexpr const char* verilog_backend = "verilog";
/// What --synth asks for if it names no tool.
constexpr const char* c_synthesis = "hls";
/// What --csim asks for if the vendor's compiler is to run the test bench.
constexpr const char* vendors_csim = "vendor";

/// What `build` is told.
struct BuildOptions {
  DesignOptions design;
  std::string folder, name = "network", dataset, backend = verilog_backend, io;
  std::string synth;  ///< which tool synthesises: "yosys", "vivado", "hls" or none
  std::string csim;   ///< what runs the test bench of HLS C++: "g++", "clang++", "vendor" or nothing
  int frames = 0;
  std::uint64_t seed = 1;
  double hours = 0;
  bool synthesise = false, implement = false, bitstream = false, force = false;
  bool cosim = false, validation = false, export_core = false, vsynth = false, reset = false;

  bool is_verilog() const { return backend == verilog_backend; }
  bool counts() const { return synthesise || synth == "yosys"; }
  bool is_vivado() const { return synth == "vivado"; }
  bool simulates() const { return frames > 0 || !dataset.empty(); }
  bool has_plain_csim() const { return !csim.empty() && csim != vendors_csim; }
  HlsCompiler compiler() const {
    return backend == "vivado" ? HlsCompiler::VivadoHls : HlsCompiler::VitisHls;
  }
  /// Of each run of a vendor's tool.
  StageLimits limits() const { return {hours * 3600}; }
};

/// The vendor's stages that an HLS project goes through, with what they build on.
std::vector<HlsStage> hls_stages(const BuildOptions& options);

/// What a build works with; all of it outlives the call.
struct BuildJob {
  const BuildOptions& options;
  const DesignInput& input;
  const Build& made;
  const Frames& frames;
  std::span<const Tensor> emulated;  ///< the right answers to the frames
  const fs::path& cache;
};

/// Writes the design as Verilog, simulates and synthesises it as the options ask.
Status build_verilog(const BuildJob& job, const FoundTool& vivado, BuildReport& report, Session& session);

/// Writes the design as a project of HLS C++, and takes it through a plain compiler and the vendor's tools as
/// the options ask.
Status build_hls(const BuildJob& job, BuildReport& report, Session& session);

/// The stages of a design as a table, and its clocks.
std::string describe(const Build& build);

/// Tells what came of a simulation; an error if a bit of it is wrong.
Status judge_simulation(const BuildJob& job, const Simulation& simulated, const std::string& clocks,
                        BuildReport& report, Session& session);

/// ", 97.75 % of them right", where the right answers are known.
std::string told_accuracy(const Frames& frames, std::span<const Tensor> answers);

/// Tells of runs of a vendor's tool: seconds, logs, critical warnings.
void tell_runs(const std::vector<StageRun>& runs, BuildReport& report, Session& session);

}  // namespace gw::cli
