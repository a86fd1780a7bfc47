#pragma once

#include <optional>
#include <string>
#include <vector>

#include "support/files.h"
#include "support/progress.h"
#include "support/result.h"
#include "target/part.h"
#include "tools/design_report.h"
#include "tools/vendor_stage.h"
#include "tools/vendor_tool.h"

namespace gw {

/// How far Vivado goes.
enum class VivadoGoal {
  Synthesised,  ///< a netlist, counted and timed with estimated wires
  Implemented,  ///< placed and routed, counted and timed with real ones, and its power
  Bitstream,    ///< the file that the part is loaded with
};

/// Verilog for Vivado.
struct VivadoJob {
  std::string top;
  Files files;  ///< .v and .sv are read in this order; other files only lie beside them
  Part part;
  double clock_ns = 0;
  std::string clock_port = "aclk";
  VivadoGoal goal = VivadoGoal::Synthesised;
};

struct VivadoResult {
  std::vector<StageRun> runs;
  DesignReport synthesised;
  std::optional<DesignReport> implemented;
  fs::path bits;  ///< of the goal Bitstream
};

/// The scripts and constraints for a job, exactly as they are run: clock.xdc, synth.tcl, and implement.tcl
/// and bitstream.tcl as far as the goal goes.
Files vivado_scripts(const VivadoJob& job);

/// An error that names the families if Vivado does not serve the part.
Status check_vivado(const Part& part);

/// Runs Vivado in `folder`, which gets the sources (rtl/), scripts, checkpoints, reports and logs; finished
/// stages of the same job are kept. Without the goal Bitstream the design is synthesised out of context: no
/// I/O buffers, ports left open. A bitstream takes pins of Vivado's choice. Errors: those of run_stages, and
/// a netlist with several drivers on a net.
Result<VivadoResult> run_vivado(const VivadoJob& job, const FoundTool& vivado, const fs::path& folder,
                                const StageLimits& limits, Progress& progress);

}  // namespace gw
