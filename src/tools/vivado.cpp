// Vivado on generated Verilog, without a project file: read, synthesise, place, route, write.
//
// Each step is a process of its own that begins from the checkpoint of the one before, so that what is
// finished survives whatever comes later. Blocks are counted out of context, as papers do: with I/O buffers a
// design with wide ports fits no package. A bitstream must have them; pins are then left to Vivado, whose
// checks for pins that nobody chose (NSTD-1, UCIO-1) are turned down to warnings. Sources: UG835, UG894.

#include "tools/vivado.h"

#include <algorithm>

#include "support/messages.h"
#include "tools/workshop.h"

namespace gw {
namespace {

constexpr std::string_view checkpoint = "write_checkpoint -force {0}.dcp\n";

std::string clock_constraint(const VivadoJob& job) {
  return fmt::format("create_clock -name {0} -period {1:.3f} [get_ports {0}]\n", job.clock_port,
                     job.clock_ns);
}

std::string reports(std::string_view prefix) {
  return fmt::format(
      "report_utilization -file {0}_utilisation.rpt\n"
      "report_timing_summary -file {0}_timing.rpt\n",
      prefix);
}

std::string synth_script(const VivadoJob& job) {
  std::string text = fmt::format("# {}: Verilog to a netlist of {}.\n", job.top, job.part.name);
  for (const auto& [name, bytes] : job.files) {
    if (name.ends_with(".v")) text += "read_verilog rtl/" + name + "\n";
    if (name.ends_with(".sv")) text += "read_verilog -sv rtl/" + name + "\n";
  }
  text += "read_xdc clock.xdc\n";
  text += fmt::format("synth_design -top {} -part {}{}\n", job.top, job.part.name,
                      job.goal == VivadoGoal::Bitstream ? "" : " -mode out_of_context");
  return text + reports("synth") + fmt::format(fmt::runtime(checkpoint), "synth");
}

std::string implement_script(const VivadoJob& job) {
  return fmt::format("# {}: placed and routed.\nopen_checkpoint synth.dcp\n", job.top) +
         "opt_design\nplace_design\nphys_opt_design\nroute_design\n" + reports("implement") +
         "report_power -file implement_power.rpt\n" + fmt::format(fmt::runtime(checkpoint), "implement");
}

std::string bitstream_script(const VivadoJob& job) {
  return fmt::format(
      "# {0}: what the part is loaded with. No board has chosen pins.\n"
      "open_checkpoint implement.dcp\n"
      "set_property SEVERITY {{Warning}} [get_drc_checks NSTD-1]\n"
      "set_property SEVERITY {{Warning}} [get_drc_checks UCIO-1]\n"
      "write_bitstream -force {0}.bit\n",
      job.top);
}

// The stages of a goal, in order.
struct Step {
  std::string name;
  std::string script;
  std::vector<std::string> leaves;
};

std::vector<Step> steps_of(const VivadoJob& job) {
  std::vector<Step> steps{
      {"synth", synth_script(job), {"synth.dcp", "synth_utilisation.rpt", "synth_timing.rpt"}}};
  if (job.goal != VivadoGoal::Synthesised) {
    steps.push_back(
        {"implement",
         implement_script(job),
         {"implement.dcp", "implement_utilisation.rpt", "implement_timing.rpt", "implement_power.rpt"}});
  }
  if (job.goal == VivadoGoal::Bitstream)
    steps.push_back({"bitstream", bitstream_script(job), {job.top + ".bit"}});
  return steps;
}

// All reports of a stage in one.
Result<DesignReport> read_stage(const fs::path& folder, const std::vector<std::string>& leaves) {
  DesignReport report;
  for (const std::string& name : leaves) {
    if (!name.ends_with(".rpt")) continue;
    const fs::path file = folder / name;
    const auto text = read_file(file);
    if (!text) return text.errors();
    auto read = read_design_report(*text, file.string());
    if (!read) return read.errors();
    merge(report, std::move(*read));
  }
  return report;
}

}  // namespace

Files vivado_scripts(const VivadoJob& job) {
  Files files{{"clock.xdc", clock_constraint(job)}};
  for (Step& step : steps_of(job)) files.emplace_back(step.name + ".tcl", std::move(step.script));
  return files;
}

Status check_vivado(const Part& part) {
  if (part.family.starts_with("xc")) return Done{};
  return diagnose(messages::synthesis_unserved, {}, std::string(part.name), std::string(part.family),
                  "those of AMD (xc7, xcu, xcup)");
}

Result<VivadoResult> run_vivado(const VivadoJob& job, const FoundTool& vivado, const fs::path& folder,
                                const StageLimits& limits, Progress& progress) {
  if (auto served = check_vivado(job.part); !served) return served.errors();
  if (auto written = write_files(folder / "rtl", job.files); !written) return written.errors();
  const Files scripts = vivado_scripts(job);
  if (auto written = write_files(folder, scripts); !written) return written.errors();
  std::string key = content_key({vivado.version, clock_constraint(job)}, job.files);
  const std::vector<Step> steps = steps_of(job);
  std::vector<VendorStage> stages;
  for (const Step& step : steps) {
    key = content_key({key, step.script}, {});
    stages.push_back(
        {step.name,
         step.name + " of '" + job.top + "'",
         {vivado.path, "-mode", "batch", "-nojournal", "-nolog", "-notrace", "-source", step.name + ".tcl"},
         key,
         step.leaves});
  }
  auto runs = run_stages(stages, folder, limits, progress);
  if (!runs) return runs.errors();
  for (const StageRun& run : *runs) {
    // Two drivers on a net: the netlist is another circuit, and Vivado goes on.
    for (const std::string& doubt : run.doubts) {
      if (doubt.find("[Synth 8-6859]") != std::string::npos)
        return diagnose(messages::tool_warned, {run.log.string(), 0, run.name}, "vivado", "  " + doubt);
    }
  }
  VivadoResult result;
  result.runs = std::move(*runs);
  auto synthesised = read_stage(folder, steps[0].leaves);
  if (!synthesised) return synthesised.errors();
  result.synthesised = std::move(*synthesised);
  if (steps.size() > 1) {
    auto implemented = read_stage(folder, steps[1].leaves);
    if (!implemented) return implemented.errors();
    result.implemented = std::move(*implemented);
  }
  if (job.goal == VivadoGoal::Bitstream) result.bits = folder / (job.top + ".bit");
  return result;
}

}  // namespace gw
