// A design in pieces through Yosys: each stage is a module of its own, and all FIFOs are one, so that pieces
// run in parallel and an unchanged one is never synthesised again. The wires between them cost nothing.

#include "study/synthesise.h"

#include "backends/verilog/verilog.h"
#include "tools/yosys.h"

namespace gw {

Result<SynthesisedDesign> synthesise(const Build& build, const fs::path& cache_folder, int threads,
                                     Progress& progress) {
  const std::vector<StageDesign>& stages = build.design.stages;
  std::vector<SynthesisJob> jobs;
  for (const StageDesign& stage : stages) jobs.push_back({stage.module, verilog_stage_files(stage)});
  std::vector<FifoShape> fifos;
  for (const StageDesign& stage : stages) {
    for (const InputStream& stream : stage.streams) {
      if (stream.fifo_depth > 0) fifos.push_back({stream.fifo_depth, stream.beat_bits()});
    }
  }
  for (const StreamPort& port : build.design.outputs) {
    if (port.buffered) fifos.push_back({2, port.bits()});
  }
  if (!fifos.empty()) jobs.push_back({"fifos", verilog_fifo_files("fifos", fifos)});
  const auto counted = synthesise_all(jobs, build.part, {.cache_folder = cache_folder}, threads, progress);
  if (!counted) return counted.errors();
  SynthesisedDesign result;
  for (size_t j = 0; j < jobs.size(); ++j) {
    if (j < stages.size()) {
      result.stages.push_back((*counted)[j]);
    } else {
      result.fifos += (*counted)[j];
    }
    result.total += (*counted)[j];
  }
  return result;
}

}  // namespace gw
