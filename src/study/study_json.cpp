// The study's report for programs: every number that its page shows, the published ones beside the measured.

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "study/report_json.h"
#include "study/study.h"
#include "tools/version.h"

namespace gw {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const train::Measure& m) { return {{"loss", m.loss}, {"accuracy", m.accuracy}}; }

Json json_of(const AccuracyRow& row) {
  Json json{{"epoch", row.epoch}};
  json["float"]["training"] = json_of(row.trained.training);
  if (row.trained.validation) json["float"]["validation"] = json_of(*row.trained.validation);
  if (row.trained.test) json["float"]["test"] = json_of(*row.trained.test);
  json["fixed"] = {{"test", row.fixed_test}};
  if (row.circuit_test) {
    json["circuit"] = {{"test", *row.circuit_test}, {"images", row.circuit_images}};
    json["differing_values"] = row.differing_values;
  }
  json["overflows"] = row.overflows;
  json["seconds"] = row.trained.seconds;
  return json;
}

Json json_of(const PublishedNetwork& p) {
  return {{"name", p.name}, {"lut", p.lut},   {"ff", p.ff},
          {"dsp", p.dsp},   {"bram", p.bram}, {"accuracy", p.accuracy}};
}

// By how much each resource is more (or less) than the first network's, as a share of that one's.
Json change(const Json& resources, const Json& first, const char* memory) {
  Json json = Json::object();
  for (const char* key : {"lut", "ff", "dsp", memory}) {
    const double here = resources.at(key), there = first.at(key);
    if (there > 0) json[key] = here / there - 1;
  }
  return json;
}

// The measures of a row that a training can repeat.
std::vector<std::pair<std::string, std::optional<double>>> measures(const AccuracyRow& row) {
  const auto of = [](const std::optional<train::Measure>& m) {
    return m ? std::optional(m->accuracy) : std::nullopt;
  };
  return {{"float training", row.trained.training.accuracy},
          {"float validation", of(row.trained.validation)},
          {"float test", of(row.trained.test)},
          {"fixed test", row.fixed_test}};
}

// Mean, standard deviation of the sample, and extremes over the seeds.
Json spread_json(const NetworkStudy& study) {
  Json json = Json::array();
  for (const AccuracyRow& reported : study.accuracy) {
    for (size_t m = 0; m < measures(reported).size(); ++m) {
      std::vector<double> values;
      for (const auto& [seed, rows] : study.seeds) {
        for (const AccuracyRow& row : rows) {
          const auto value = measures(row)[m].second;
          if (row.epoch == reported.epoch && value) values.push_back(*value);
        }
      }
      if (values.empty()) continue;
      const auto count = static_cast<double>(values.size());
      double mean = 0, squares = 0;
      for (const double value : values) mean += value / count;
      for (const double value : values) squares += (value - mean) * (value - mean);
      const auto [lowest, highest] = std::minmax_element(values.begin(), values.end());
      json.push_back({{"epoch", reported.epoch},
                      {"measure", measures(reported)[m].first},
                      {"seeds", values.size()},
                      {"mean", mean},
                      {"deviation", values.size() > 1 ? std::sqrt(squares / (count - 1)) : 0.0},
                      {"lowest", *lowest},
                      {"highest", *highest}});
    }
  }
  return json;
}

Cost total(const NetworkStudy& study, Cost NetworkStudy::Stage::*which) {
  Cost sum;
  for (const auto& stage : study.stages) sum += stage.*which;
  return sum;
}

Json resources_json(const NetworkStudy& study, const Part& part) {
  Json json;
  json["synthesised"] = json_of(study.total);
  json["share_of_part"] = shares_json(study.total, part);
  json["estimated"] = json_of(total(study, &NetworkStudy::Stage::estimated));
  json["unfolded_estimate"] = json_of(total(study, &NetworkStudy::Stage::unfolded));
  json["fifos"] = json_of(study.fifos);
  for (const auto& stage : study.stages) {
    json["stages"].push_back({{"name", stage.name},
                              {"style", stage.style},
                              {"clocks_per_window", stage.fold.clocks()},
                              {"fifo_depth", stage.fifo_depth},
                              {"latency_clocks", stage.latency},
                              {"slowest_path_ns", stage.slowest_ns},
                              {"synthesised", json_of(stage.synthesised)},
                              {"estimated", json_of(stage.estimated)},
                              {"unfolded_estimate", json_of(stage.unfolded)}});
  }
  return json;
}

Json simulation_json(const NetworkStudy& study, double clock_ns) {
  const auto nanoseconds = [&](std::int64_t clocks) { return static_cast<double>(clocks) * clock_ns; };
  return {{"images", study.images_simulated},
          {"stalled_images", study.stalled_images},
          {"latency_clocks", study.latency_clocks},
          {"interval_clocks", study.interval_clocks},
          {"latency_us", nanoseconds(study.latency_clocks) / 1000},
          {"images_per_second", 1e9 / nanoseconds(study.interval_clocks)}};
}

Json network_json(const NetworkStudy& study, const Part& part, double clock_ns) {
  Json json{{"name", study.network.network.name},
            {"label", study.network.label},
            {"file", fs::path(study.network.network.file).filename().string()},
            {"configuration", study.types},
            {"build_options", study.network.build_options},
            {"epochs", study.accuracy.back().epoch}};
  if (study.network.published) json["published"] = json_of(*study.network.published);
  for (const AccuracyRow& row : study.accuracy) json["accuracy"].push_back(json_of(row));
  if (!study.seeds.empty()) {
    json["spread"] = spread_json(study);
    for (const auto& [seed, rows] : study.seeds) {
      Json of_seed{{"seed", seed}};
      for (const AccuracyRow& row : rows) of_seed["accuracy"].push_back(json_of(row));
      json["seeds"].push_back(std::move(of_seed));
    }
  }
  json["resources"] = resources_json(study, part);
  json["simulation"] = simulation_json(study, clock_ns);
  json["layers"] = Json::parse(study.layers).at("layers");
  for (const train::EpochRecord& record : study.history) {
    Json row{{"epoch", record.epoch}, {"training", record.training.accuracy}};
    if (record.validation) row["validation"] = record.validation->accuracy;
    if (record.test) row["test"] = record.test->accuracy;
    json["history"].push_back(std::move(row));
  }
  json["emulated_images_per_second"] = study.emulated_images_per_second;
  for (const auto& [step, seconds] : study.seconds) json["seconds"][step] = seconds;
  return json;
}

}  // namespace

std::string print_json(const Study& study) {
  Json json;
  json["format"] = "gatewright-study-2";
  json["data"] = {{"name", study.data.name},
                  {"training", study.data.training},
                  {"validation", study.data.validation},
                  {"test", study.data.test},
                  {"shape", {study.data.height, study.data.width, study.data.channels}},
                  {"classes", study.data.classes}};
  json["part"] = study.options.part;
  json["clock_ns"] = study.options.clock_ns;
  json["seed"] = study.options.seed;
  json["seeds"] = study.options.seeds;
  for (const NetworkStudy& network : study.networks)
    json["networks"].push_back(network_json(network, study.part, study.options.clock_ns));
  // Against the first network, as the study publishes its reductions.
  Json& networks = json["networks"];
  for (size_t n = 1; n < networks.size(); ++n) {
    networks[n]["change"] =
        change(networks[n]["resources"]["synthesised"], networks[0]["resources"]["synthesised"], "bram36");
    if (networks[n].contains("published") && networks[0].contains("published"))
      networks[n]["published"]["change"] = change(networks[n]["published"], networks[0]["published"], "bram");
  }
  json["published_source"] = published_source;
  if (!study.options.version.empty()) {
    json["gatewright"] = study.options.version;
    json["rebuild"] = study.options.rebuild;
    constexpr std::string_view programs[] = {"yosys", "verilator", "g++", "gnuplot", "dot"};
    json["tools"] = versions_of(programs);
  }
  json["total_seconds"] = study.seconds;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gw
