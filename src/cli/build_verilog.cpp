// The half of `build` that ends in Verilog: written, simulated, counted by Yosys, and taken on to a bitstream
// by open tools or through Vivado.
#include <algorithm>

#include "backends/verilator_bench.h"
#include "backends/verilog/verilog.h"
#include "cli/build_options.h"
#include "report/table.h"
#include "study/bitstream.h"
#include "study/project_folder.h"
#include "study/simulate.h"
#include "study/synthesise.h"
#include "study/vivado.h"
#include "support/messages.h"

namespace gw::cli {

namespace {

// The bits of the part, and the netlist that they were made of in a simulation.
Status run_bitstream(const BuildJob& job, Session& session) {
  const BuildOptions& options = job.options;
  const Build& made = job.made;
  const auto stream = make_bitstream(made, job.cache / "bitstream", session.progress());
  if (!stream) return stream.errors();
  const auto simulated =
      simulate_netlist(made, stream->netlist, job.frames.inputs, job.emulated,
                       {.cache_folder = job.cache / "simulation", .seed = options.seed}, session.progress());
  if (!simulated) return simulated.errors();
  if (auto same = require_same_bits(*simulated); !same) return same;
  const fs::path file = fs::path(options.folder) / (options.name + ".bin");
  if (auto written = write_file(file, stream->bits); !written) return written;

  const auto use = [&](const char* kind) {
    const auto found = stream->placement.use.find(kind);
    return found == stream->placement.use.end()
               ? std::string("0")
               : fmt::format("{} of {}", grouped(found->second.used), grouped(found->second.available));
  };
  const auto cells = [&](const char* type) {
    const auto found = stream->cells.find(type);
    return found == stream->cells.end() ? 0 : found->second;
  };
  session.print(fmt::format(
      "Netlist simulated on {} frames: {} differing values{}\n"
      "Placed: {} LUT4, {} logic cells, {} block memories{}\n"
      "Clock: {:.1f} MHz by nextpnr, {:.1f} MHz by icetime; {} frames a second\n"
      "Bitstream: {} ({} bytes)\n",
      simulated->images, simulated->differing_values, told_accuracy(job.frames, simulated->outputs),
      grouped(cells("SB_LUT4")), use("ICESTORM_LC"), use("ICESTORM_RAM"),
      made.part.dsp_count > 0 ? ", " + use("ICESTORM_DSP") + " multiplier blocks" : "",
      stream->placement.fmax_mhz, stream->icetime_mhz,
      grouped(static_cast<long long>(stream->frames_a_second(made.design.interval))), file.string(),
      grouped(static_cast<long long>(stream->bits.size()))));
  const double reached_ns = 1000 / stream->placement.fmax_mhz;
  if (reached_ns > made.design.clock_ns) {
    const auto slowest = std::max_element(
        made.design.stages.begin(), made.design.stages.end(),
        [](const StageDesign& a, const StageDesign& b) { return a.slowest_ns < b.slowest_ns; });
    session.report(diagnose(messages::clock_missed, {"", 0, slowest->name},
                            fmt::format("{:g}", made.design.clock_ns), fmt::format("{:.2f}", reached_ns),
                            "after placement; this stage is the slowest by the delay model"));
  }
  return Done{};
}

Status go_through_vivado(const BuildJob& job, const FoundTool& vivado, BuildReport& report,
                         Session& session) {
  const BuildOptions& options = job.options;
  const VivadoGoal goal = options.bitstream   ? VivadoGoal::Bitstream
                          : options.implement ? VivadoGoal::Implemented
                                              : VivadoGoal::Synthesised;
  const auto ran = run_vivado(job.made, goal, vivado, fs::path(options.folder) / "vivado", options.limits(),
                              session.progress());
  if (!ran) return ran.errors();
  tell_runs(ran->runs, report, session);
  report.vendor.emplace_back("synthesised", ran->synthesised);
  if (ran->implemented) report.vendor.emplace_back("implemented", *ran->implemented);
  session.print(vendor_text(report.vendor));
  if (!ran->bits.empty()) session.print(fmt::format("Bitstream: {}\n", ran->bits.string()));
  return Done{};
}

}  // namespace

Status build_verilog(const BuildJob& job, const FoundTool& vivado, BuildReport& report, Session& session) {
  const BuildOptions& options = job.options;
  const Build& made = job.made;
  Files files = verilog(made.design);
  files.emplace_back("bench.cpp", verilator_bench(made.design));
  if (auto written = write_project(options.folder, files, options.force); !written) return written;
  report.files = files;
  report.lap("write");
  session.print(describe(made));
  for (const Diagnostic& note : shortcomings(made)) session.report(note);
  if (options.simulates()) {
    const auto simulated =
        simulate(made, job.frames.inputs, job.emulated,
                 {.cache_folder = job.cache / "simulation", .seed = options.seed}, session.progress());
    if (!simulated) return simulated.errors();
    const std::string clocks = fmt::format(", latency {} clocks, interval {} clocks",
                                           simulated->latency_clocks, simulated->interval_clocks);
    if (auto same = judge_simulation(job, *simulated, clocks, report, session); !same) return same;
  }
  if (options.counts()) {
    const auto counted = synthesise(made, job.cache / "synthesis", 0, session.progress());
    if (!counted) return counted.errors();
    const Utilisation& u = counted->total;
    session.print(fmt::format("After Yosys: {} LUT, {} FF, {} DSP, {:.1f} BRAM\n", grouped(u.lut),
                              grouped(u.ff), grouped(u.dsp), u.bram()));
    report.synthesised = *counted;
    report.lap("synthesise");
  }
  if (options.is_vivado()) return go_through_vivado(job, vivado, report, session);
  if (options.bitstream) return run_bitstream(job, session);
  return Done{};
}

}  // namespace gw::cli
