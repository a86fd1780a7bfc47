// gatewright estimate: what a design would need, stage by stage, without any synthesis.
//
// As it comes the first answer of the search for shared adders does, and the table says so; --exact searches
// as build does and tells the price of what that makes.
#include <algorithm>
#include <cmath>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/design_options.h"
#include "report/table.h"
#include "support/files.h"

namespace gw::cli {

namespace {

struct EstimateOptions {
  DesignOptions design;
  std::string json;
  bool exact = false;
};

std::string whole(double value) { return grouped(std::llround(value)); }

// Memory in the part's own blocks.
double blocks(double bram36, const Part& part) { return bram36 * 36 / part.bram.kilobits; }

std::vector<std::string> cells_of(const Cost& price, const Part& part) {
  return {whole(price.lut), whole(price.srl), whole(price.carry),
          whole(price.ff),  whole(price.dsp), fmt::format("{:g}", blocks(price.bram36, part))};
}

nlohmann::ordered_json json_of(const Cost& price, const Part& part) {
  return {{"lut", std::llround(price.lut)},           {"shift_lut", std::llround(price.srl)},
          {"carry_bits", std::llround(price.carry)},  {"ff", std::llround(price.ff)},
          {"loose_ff", std::llround(price.loose_ff)}, {"dsp", std::llround(price.dsp)},
          {"bram", blocks(price.bram36, part)}};
}

std::string table_of(const Build& build) {
  TextTable table(
      {"stage", "how", "clocks", "depth", "ns", "LUT", "of them SRL", "carry", "FF", "DSP", "BRAM"});
  const auto add = [&](std::vector<std::string> row, const Cost& price) {
    for (auto& cell : cells_of(price, build.part)) row.push_back(std::move(cell));
    table.add(std::move(row));
  };
  for (const StageDesign& stage : build.design.stages) {
    add({stage.name, stage.style, std::to_string(stage.circuit.fold.clocks()),
         std::to_string(stage.circuit.latency), fmt::format("{:.2f}", stage.slowest_ns)},
        stage.cost);
  }
  const Cost total = build.design.cost;
  add({"total", "", "", "", ""}, total);
  const Shares share = shares(total, build.part);
  table.add({"of the part", "", "", "", "", fmt::format("{:.1f} %", 100 * share.lut), "", "",
             fmt::format("{:.1f} %", 100 * share.ff), fmt::format("{:.1f} %", 100 * share.dsp),
             fmt::format("{:.1f} %", 100 * share.bram)});
  return table.print() +
         fmt::format("\nLatency {} clocks, interval {} clocks: {} frames a second at {:g} ns\n",
                     grouped(build.design.latency), grouped(build.design.interval),
                     whole(1e9 / build.design.clock_ns / static_cast<double>(build.design.interval)),
                     build.design.clock_ns);
}

std::string json_text(const Build& build, bool exact) {
  nlohmann::ordered_json json;
  json["part"] = build.part.name;
  json["exact"] = exact;
  json["clock_ns"] = build.design.clock_ns;
  json["latency_clocks"] = build.design.latency;
  json["interval_clocks"] = build.design.interval;
  for (const StageDesign& stage : build.design.stages) {
    nlohmann::ordered_json row{{"name", stage.name},
                               {"style", stage.style},
                               {"clocks_a_window", stage.circuit.fold.clocks()},
                               {"depth_clocks", stage.circuit.latency},
                               {"slowest_ns", stage.slowest_ns},
                               {"fifo_depth", stage.deepest_fifo()}};
    row.update(json_of(stage.cost, build.part));
    json["stages"].push_back(std::move(row));
  }
  json["total"] = json_of(build.design.cost, build.part);
  const Shares share = shares(build.design.cost, build.part);
  json["share"] = {{"lut", share.lut}, {"ff", share.ff}, {"dsp", share.dsp}, {"bram", share.bram}};
  return json.dump(2) + "\n";
}

// Stages whose adders were searched for.
bool has_adders(const Design& design) {
  return std::any_of(design.stages.begin(), design.stages.end(), [](const StageDesign& stage) {
    return stage.style == "adders" || stage.style == "serial" || stage.style == "tables";
  });
}

Status run_estimate(const EstimateOptions& options, Session& session) {
  DesignOptions asked = options.design;
  if (!options.exact) asked.schedule.adders.effort = asked.schedule.adders.seconds = 0;
  const auto made = make_design(asked, "network", session);
  if (!made) return made.errors();
  session.print(table_of(*made));
  if (!options.exact && has_adders(made->design))
    session.print(
        "Adders by a first answer: build searches longer and takes some percent less; --exact tells how much\n");
  for (const Diagnostic& note : shortcomings(*made)) session.report(note);
  if (!options.json.empty()) return write_file(options.json, json_text(*made, options.exact));
  return Done{};
}

}  // namespace

Run declare_estimate(CLI::App& app) {
  auto options = std::make_shared<EstimateOptions>();
  declare_design(app, options->design);
  app.add_flag("--exact", options->exact,
               "Search for shared adders as long as build does: the price of what that makes");
  app.add_option("--json", options->json, "Write the figures there, for programs")->type_name("FILE");
  return [options](Session& session) { return run_estimate(*options, session); };
}

}  // namespace gw::cli
