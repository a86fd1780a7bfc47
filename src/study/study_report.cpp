// The study's report, as text and as JSON, with the published figures beside the measured ones.

#include <span>

#include <nlohmann/json.hpp>

#include "report/table.h"
#include "study/published.h"
#include "study/report_json.h"
#include "study/study.h"
#include "tools/version.h"

namespace gw {

namespace {

std::string percent(double share, int digits = 2) { return fmt::format("{:.{}f} %", 100 * share, digits); }

std::string percent_of(double used, double available) {
  return available > 0 ? fmt::format("{:.2f} %", 100 * used / available) : "-";
}

Cost total(const StudyReport& report, Cost StudyReport::Stage::*which) {
  Cost sum;
  for (const auto& stage : report.stages) sum += stage.*which;
  return sum;
}

std::string accuracy_table(const StudyReport& report) {
  TextTable table({"epoch", "float train", "float valid.", "float test", "fixed test", "circuit test",
                   "circuit images", "bits differ"});
  for (const AccuracyRow& row : report.accuracy) {
    const auto measure = [](const std::optional<train::Measure>& m) {
      return m ? percent(m->accuracy) : "-";
    };
    table.add({std::to_string(row.epoch), percent(row.trained.training.accuracy),
               measure(row.trained.validation), measure(row.trained.test), percent(row.fixed_test),
               row.circuit_test ? percent(*row.circuit_test) : "-", grouped(row.circuit_images),
               grouped(row.differing_values)});
  }
  return table.print();
}

std::string resource_table(const StudyReport& report) {
  const PublishedNetwork& published = published_networks[0];
  const Utilisation& u = report.total;
  const Cost estimated = total(report, &StudyReport::Stage::estimated);
  const Cost unfolded = total(report, &StudyReport::Stage::unfolded);
  TextTable table({"", "LUT", "FF", "DSP", "BRAM", "stage of the figure"});
  const auto n = [](double value) { return grouped(static_cast<long long>(value + 0.5)); };
  table.add({"published (hls4ml)", n(published.lut), n(published.ff), n(published.dsp), n(published.bram),
             "as published"});
  table.add({"Gatewright", grouped(u.lut), grouped(u.ff), grouped(u.dsp), fmt::format("{:.1f}", u.bram()),
             "after Yosys"});
  table.add({"  share of the part",
             percent_of(static_cast<double>(u.lut), static_cast<double>(report.part.lut)),
             percent_of(static_cast<double>(u.ff), static_cast<double>(report.part.ff)),
             percent_of(static_cast<double>(u.dsp), static_cast<double>(report.part.dsp_count)),
             percent_of(u.bram(), report.part.bram36()), report.options.part});
  table.add({"  estimate", n(estimated.lut), n(estimated.ff), n(estimated.dsp),
             fmt::format("{:.1f}", estimated.bram36), "cost model"});
  table.add({"  if nothing were shared", n(unfolded.lut), n(unfolded.ff), n(unfolded.dsp),
             fmt::format("{:.1f}", unfolded.bram36), "cost model"});
  return table.print();
}

std::string stage_table(const StudyReport& report) {
  TextTable table(
      {"stage", "how", "clocks", "FIFO", "LUT", "FF", "DSP", "BRAM", "CARRY8", "LUT est.", "ns est."});
  for (const auto& stage : report.stages) {
    const Utilisation& u = stage.synthesised;
    table.add({stage.name, stage.style, std::to_string(stage.fold.clocks()), std::to_string(stage.fifo_depth),
               grouped(u.lut), grouped(u.ff), grouped(u.dsp), fmt::format("{:.1f}", u.bram()),
               grouped(u.carry8), grouped(static_cast<long long>(stage.estimated.lut + 0.5)),
               fmt::format("{:.2f}", stage.slowest_ns)});
  }
  const auto add = [&](const char* name, const Utilisation& u) {
    table.add({name, "", "", "", grouped(u.lut), grouped(u.ff), grouped(u.dsp),
               fmt::format("{:.1f}", u.bram()), grouped(u.carry8)});
  };
  add("FIFOs", report.fifos);
  add("total", report.total);
  return table.print();
}

std::string overflow_text(const StudyReport& report) {
  std::string text;
  for (const AccuracyRow& row : report.accuracy) {
    for (const auto& [name, count] : row.overflows) {
      if (count > 0)
        text += fmt::format("  epoch {}: {} values of {} did not fit its type\n", row.epoch, grouped(count),
                            name);
    }
  }
  return text.empty() ? "  none\n" : text;
}

nlohmann::json json_of(const train::Measure& m) { return {{"loss", m.loss}, {"accuracy", m.accuracy}}; }

}  // namespace

std::string print_text(const StudyReport& report) {
  std::string text = fmt::format("{}: {} epochs, seed {}, {}\n\n", report.network_name,
                                 report.accuracy.back().epoch, report.options.seed, report.types);
  text +=
      "Accuracy (the study publishes training and validation figures; test is the 10,000 MNIST test images)\n\n" +
      accuracy_table(report) + "\n";
  text +=
      "Values that overflowed their type in emulation, over the test images\n" + overflow_text(report) + "\n";
  text += fmt::format("Resources on {}\n\n", report.options.part) + resource_table(report) + "\n";
  text += "Stages, after Yosys\n\n" + stage_table(report) + "\n";
  text += fmt::format(
      "Latency {} clocks ({:.2f} us at {} ns), interval {} clocks ({} images/s at that clock): measured in simulation\n",
      report.latency_clocks, static_cast<double>(report.latency_clocks) * report.options.clock_ns / 1000,
      report.options.clock_ns, report.interval_clocks,
      grouped(static_cast<long long>(
          1e9 / (static_cast<double>(report.interval_clocks) * report.options.clock_ns))));
  text += fmt::format("Simulated {} images, {} of them again under random stalls\n",
                      grouped(report.images_simulated), grouped(report.stalled_images));
  text += fmt::format("Emulation {} images/s on one core\n\nSeconds:",
                      grouped(static_cast<long long>(report.emulated_images_per_second)));
  for (const auto& [step, seconds] : report.seconds) text += fmt::format("  {} {:.1f}", step, seconds);
  return text + "\n";
}

std::string print_json(const StudyReport& report) {
  nlohmann::ordered_json json;
  json["format"] = "gatewright-study-1";
  json["network"] = report.network_name;
  json["seed"] = report.options.seed;
  json["epochs"] = report.accuracy.back().epoch;
  json["configuration"] = report.types;
  json["part"] = report.options.part;
  json["clock_ns"] = report.options.clock_ns;
  for (const AccuracyRow& row : report.accuracy) {
    nlohmann::ordered_json entry{{"epoch", row.epoch}};
    entry["float"]["training"] = json_of(row.trained.training);
    if (row.trained.validation) entry["float"]["validation"] = json_of(*row.trained.validation);
    if (row.trained.test) entry["float"]["test"] = json_of(*row.trained.test);
    entry["fixed"] = {{"test", row.fixed_test}};
    if (row.circuit_test) entry["circuit"] = {{"test", *row.circuit_test}, {"images", row.circuit_images}};
    entry["differing_values"] = row.differing_values;
    entry["overflows"] = row.overflows;
    entry["seconds"] = row.trained.seconds;
    json["accuracy"].push_back(entry);
  }
  const Utilisation& u = report.total;
  const auto json_of_published = [](const PublishedNetwork& network) {
    return nlohmann::ordered_json{
        {"lut", network.lut}, {"ff", network.ff}, {"dsp", network.dsp}, {"bram", network.bram}};
  };
  json["resources"]["published"] = json_of_published(published_networks[0]);
  for (const PublishedNetwork& network : std::span(published_networks).subspan(1)) {
    nlohmann::ordered_json row{{"name", fmt::format("published (hls4ml, {})", network.name)}};
    row.update(json_of_published(network));
    row["bram36"] = network.bram;
    json["resources"]["published_networks"].push_back(std::move(row));
  }
  for (const PublishedAccuracy& row : published_accuracies)
    json["published_accuracy"].push_back({{"name", row.name}, {"accuracy", row.accuracy}});
  json["resources"]["synthesised"] = json_of(u);
  json["resources"]["share_of_part"] = shares_json(u, report.part);
  json["resources"]["estimated"] = json_of(total(report, &StudyReport::Stage::estimated));
  json["resources"]["unfolded_estimate"] = json_of(total(report, &StudyReport::Stage::unfolded));
  json["resources"]["fifos"] = json_of(report.fifos);
  for (const auto& stage : report.stages) {
    json["resources"]["stages"].push_back({{"name", stage.name},
                                           {"style", stage.style},
                                           {"clocks_per_window", stage.fold.clocks()},
                                           {"fifo_depth", stage.fifo_depth},
                                           {"latency_clocks", stage.latency},
                                           {"slowest_path_ns", stage.slowest_ns},
                                           {"synthesised", json_of(stage.synthesised)},
                                           {"estimated", json_of(stage.estimated)},
                                           {"unfolded_estimate", json_of(stage.unfolded)}});
  }
  json["simulation"] = {{"images", report.images_simulated},
                        {"stalled_images", report.stalled_images},
                        {"latency_clocks", report.latency_clocks},
                        {"interval_clocks", report.interval_clocks}};
  if (!report.layers.empty()) json["layers"] = nlohmann::ordered_json::parse(report.layers).at("layers");
  for (const train::EpochRecord& record : report.history) {
    nlohmann::ordered_json row{{"epoch", record.epoch}, {"training", record.training.accuracy}};
    if (record.validation) row["validation"] = record.validation->accuracy;
    if (record.test) row["test"] = record.test->accuracy;
    json["history"].push_back(std::move(row));
  }
  if (!report.options.version.empty()) {
    json["gatewright"] = report.options.version;
    json["rebuild"] = report.options.rebuild;
    constexpr std::string_view programs[] = {"yosys", "verilator", "g++", "gnuplot", "dot"};
    json["tools"] = versions_of(programs);
  }
  json["emulated_images_per_second"] = report.emulated_images_per_second;
  for (const auto& [step, seconds] : report.seconds) json["seconds"][step] = seconds;
  return json.dump(2) + "\n";
}

}  // namespace gw
