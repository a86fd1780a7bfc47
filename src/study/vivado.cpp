// A design as a job for Vivado.

#include "study/vivado.h"

#include "backends/byte_stream.h"
#include "backends/verilog/verilog.h"

namespace gw {

Result<VivadoResult> run_vivado(const Build& build, VivadoGoal goal, const FoundTool& vivado,
                                const fs::path& folder, const StageLimits& limits, Progress& progress) {
  const bool on_pins = goal == VivadoGoal::Bitstream;
  VivadoJob job;
  job.top = on_pins ? byte_stream_ports(build.design).name : build.design.name;
  job.files = on_pins ? verilog_byte_stream(build.design) : verilog(build.design);
  job.part = build.part;
  job.clock_ns = build.design.clock_ns;
  job.goal = goal;
  return run_vivado(job, vivado, folder, limits, progress);
}

}  // namespace gw
