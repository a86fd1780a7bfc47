// Netlists for iCE40 parts, to be placed and simulated.
//
// Yosys' own flow for the family on the whole design, which is small if it is to fit. Products that alumacc
// merged into sums are taken apart again first (see yosys.cpp). Memories that are meant for look-up tables,
// of which this family can write none, become flip-flops. -abc9 maps with the part's delays.

#include "tools/yosys_netlist.h"

#include <nlohmann/json.hpp>

#include "support/messages.h"
#include "support/process.h"
#include "tools/step.h"
#include "tools/yosys_log.h"

namespace gw {

namespace {

std::string script(const SynthesisJob& job, const Part& part, bool use_dsp) {
  std::string sources;
  for (const auto& [name, text] : job.files) {
    if (name.ends_with(".v")) sources += " " + name;
  }
  const std::string flow = fmt::format("synth_ice40 -device {} -abc9 -top {}{}",
                                       part.device.starts_with("up")   ? "u"
                                       : part.device.starts_with("lp") ? "lp"
                                                                       : "hx",
                                       job.top, use_dsp && part.dsp_count > 0 ? " -dsp" : "");
  return fmt::format(
      "read_verilog -sv{0}\n"
      "{1} -run begin:map_ram\n"
      "maccmap -unmap\nopt\nwreduce\nopt_clean\n"
      "setattr -unset ram_style t:$mem_v2 a:ram_style=distributed %i\n"
      "{1} -run map_ram:json\n"
      "check -noinit\n"
      "tee -q -o stat.json stat -json\n"
      "write_json netlist.json\n"
      "write_verilog -noattr netlist.v\n",
      sources, flow);
}

// The cell models lie where Yosys was installed. Verilator does not know default values of ports.
Result<std::string> cell_models() {
  const fs::path program = find_program("yosys");
  const fs::path models = program.parent_path().parent_path() / "share" / "yosys" / "ice40" / "cells_sim.v";
  auto text = read_file(models);
  if (text) *text = "`define NO_ICE40_DEFAULT_ASSIGNMENTS\n" + *text;
  return text;
}

}  // namespace

Result<Netlist> ice40_netlist(const SynthesisJob& job, const Part& part, const SynthesisOptions& options) {
  GW_CHECK(part.family == "ice40" && !part.device.empty());
  const auto version = yosys_version();
  if (!version) return version.errors();
  auto models = cell_models();
  if (!models) return models.errors();
  Step step{"module '" + job.top + "'",
            job.top + "-netlist",
            *version,
            {"yosys", "-Q", "-s", "netlist.ys"},
            job.files,
            {"netlist.json", "netlist.v", "stat.json"}};
  step.files.emplace_back("netlist.ys", script(job, part, options.use_dsp));
  auto made = run_step(step, options.cache_folder, judge_yosys_log);
  if (!made) return made.errors();
  Netlist netlist{std::move((*made)[0].second), std::move((*made)[1].second), std::move(*models), {}};
  const auto json = nlohmann::json::parse((*made)[2].second, nullptr, false);
  if (!json.is_object() || !json.contains("design"))
    return diagnose(messages::tool_output, {{}, 0, step.item}, "yosys", "stat.json is not what it writes");
  for (const auto& [type, count] : json["design"]["num_cells_by_type"].items())
    netlist.cells[type] = count.get<std::int64_t>();
  return netlist;
}

}  // namespace gw
