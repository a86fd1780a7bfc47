// Placement and routing with nextpnr.
//
// Pins are left to nextpnr (a board's constraints are the board's), timing that is missed is told and not a
// failure, and the figures come from its JSON report.

#include "tools/nextpnr.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "support/messages.h"
#include "support/process.h"
#include "tools/step.h"
#include "tools/workshop.h"

namespace gw {

Result<Placement> place_and_route(const std::string& top, const std::string& netlist_json, const Part& part,
                                  double mhz, int seed, const fs::path& cache_folder) {
  GW_CHECK(part.family == "ice40" && !part.device.empty());
  const auto version = run_process({"nextpnr-ice40", "--version"});
  if (!version) return version.errors();
  const Step step{
      "module '" + top + "'",
      top + "-place",
      version->output,
      {"nextpnr-ice40", "--" + std::string(part.device), "--package", std::string(part.package), "--json",
       "netlist.json", "--asc", "design.asc", "--report", "report.json", "--pcf-allow-unconstrained",
       "--timing-allow-fail", "--freq", fmt::format("{:.3f}", mhz), "--seed", std::to_string(seed), "-q"},
      {{"netlist.json", netlist_json}},
      {"design.asc", "report.json"}};
  auto made = run_step(step, cache_folder);
  if (!made) return made.errors();
  Placement placement;
  placement.asc = std::move((*made)[0].second);
  const auto report = nlohmann::json::parse((*made)[1].second, nullptr, false);
  if (!report.is_object() || !report.contains("fmax") || !report.contains("utilization"))
    return diagnose(messages::tool_output, {{}, 0, step.item}, "nextpnr-ice40",
                    "report.json is not what it writes");
  // One clock; where there is none (nothing is registered) the design has no limit to tell.
  for (const auto& [clock, timing] : report["fmax"].items()) {
    const double achieved = timing.at("achieved");
    placement.fmax_mhz = placement.fmax_mhz == 0 ? achieved : std::min(placement.fmax_mhz, achieved);
  }
  for (const auto& [kind, count] : report["utilization"].items())
    placement.use[kind] = {count.at("used"), count.at("available")};
  return placement;
}

}  // namespace gw
