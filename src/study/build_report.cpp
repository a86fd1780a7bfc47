// The report of one build: everything that was decided, counted and measured, and what is needed to make it
// again.

#include "study/build_report.h"

#include <nlohmann/json.hpp>

#include "graph/summary.h"
#include "report/network_figure.h"
#include "report/report_page.h"
#include "study/report_json.h"
#include "tools/version.h"

namespace gw {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view programs[] = {"yosys", "verilator", "g++", "gnuplot", "dot"};

/// Nothing if the file is not there any more, or is a folder.
std::string hash_of(const std::string& file) {
  const auto bytes = file.empty() ? Result<std::string>(std::string()) : read_file(file);
  return bytes && !file.empty() ? sha256(*bytes) : "";
}

}  // namespace

std::string print_json(const BuildReport& report, const Build& build) {
  const Design& design = build.design;
  Json json;
  json["format"] = "gatewright-build-1";
  json["name"] = report.name;
  json["backend"] = report.backend;
  if (!report.io.empty()) json["io"] = report.io;
  json["model"] = report.model;
  json["model_sha256"] = hash_of(report.model);
  json["configuration"] = report.config;
  json["configuration_sha256"] = hash_of(report.config);
  json["part"] = report.part;
  json["clock_ns"] = design.clock_ns;
  json["seed"] = report.seed;
  json["gatewright"] = report.version;
  json["tools"] = versions_of(programs);
  json["rebuild"] = report.rebuild;
  json["latency_clocks"] = design.latency;
  json["interval_clocks"] = design.interval;
  json["layers"] = Json::parse(summary_json(build.graph)).at("layers");
  json["estimated"] = json_of(design.cost);
  if (report.synthesised) {
    json["synthesised"] = json_of(report.synthesised->total);
    json["share_of_part"] = shares_json(report.synthesised->total, build.part);
    json["fifos"] = json_of(report.synthesised->fifos);
  }
  json["stages"] = Json::array();
  for (size_t s = 0; s < design.stages.size(); ++s) {
    const StageDesign& stage = design.stages[s];
    Json row{{"name", stage.name},
             {"style", stage.style},
             {"clocks_per_window", stage.circuit.fold.clocks()},
             {"windows", stage.positions},
             {"busy_clocks", stage.busy_clocks},
             {"fifo_depth", stage.deepest_fifo()},
             {"latency_clocks", stage.circuit.latency},
             {"slowest_path_ns", stage.slowest_ns}};
    if (report.synthesised) row["synthesised"] = json_of(report.synthesised->stages[s]);
    row["estimated"] = json_of(stage.cost);
    json["stages"].push_back(std::move(row));
  }
  if (report.simulation) {
    json["simulation"] = {{"frames", report.simulation->images},
                          {"stalled_frames", report.simulation->stalled_images},
                          {"data", report.data},
                          {"differing_values", report.simulation->differing_values}};
    if (report.backend == "verilog") {  // C++ has no clocks
      json["simulation"]["latency_clocks"] = report.simulation->latency_clocks;
      json["simulation"]["interval_clocks"] = report.simulation->interval_clocks;
    }
    if (report.accuracy) json["simulation"]["accuracy"] = *report.accuracy;
  }
  if (report.csim) {
    json["csim"] = {{"compiler", report.csim->compiler},
                    {"frames", report.csim->frames},
                    {"differing_values", report.csim->differing_values}};
  }
  if (!report.vendor.empty()) json["vendor"] = vendor_json(report.vendor);
  json["files"] = Json::object();
  for (const auto& [file, text] : report.files) json["files"][file] = sha256(text);
  for (const auto& [step, seconds] : report.seconds) json["seconds"][step] = seconds;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Status write_report(const BuildReport& report, const Build& build, const Config& config,
                    const fs::path& folder, const fs::path& cache_folder) {
  const std::vector<Figure> figures{
      network_figure("network", "The network as it is built: layers joined, every type settled", build.graph,
                     &config),
      cost_figure("stages", "What each stage is estimated to need", build.design)};
  return write_report(folder, print_json(report, build), figures, cache_folder);
}

}  // namespace gw
