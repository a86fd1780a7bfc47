// A study for people: first the two tables that the published study has, what was published and what was
// measured side by side, then each network on its own. What is not known is a dash.

#include "report/study_document.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "report/report_rows.h"

namespace gw {

namespace {

using Json = nlohmann::ordered_json;

const char* const unknown = "–";

std::string name_of(const Json& network) { return network.at("name"); }
std::string label_of(const Json& network) { return network.at("label"); }

/// A resource, and by how much it is more or less than the first network's.
TableCell resource_cell(const Json& resources, const std::string& key, const Json& changes) {
  TableCell entry = rounded_at(resources, key);
  if (key == "bram") entry = count_at(resources, key);
  if (changes.contains(key)) entry.text += fmt::format(" ({:+.1f} %)", 100 * changes.at(key).get<double>());
  return entry;
}

DocumentTable resources_table(const Json& networks) {
  DocumentTable table{
      "table_1",
      "Published: estimates of high-level synthesis. Gatewright: what its cost model estimates, and what Yosys counts; "
      "clocks as simulated. In brackets the change against the first network",
      {"network", "figure", "BRAM", "DSP", "FF", "LUT", "latency", "interval"},
      {}};
  const auto add = [&](const Json& network, const char* what, const Json& resources, const char* memory,
                       const Json& changes) {
    table.rows.push_back({cell(label_of(network)), cell(what)});
    for (const char* key : {memory, "dsp", "ff", "lut"})
      table.rows.back().push_back(resource_cell(resources, key, changes));
  };
  const auto add_clocks = [&](TableCell latency, TableCell interval) {
    table.rows.back().push_back(std::move(latency));
    table.rows.back().push_back(std::move(interval));
  };
  const Json none = Json::object();
  for (const Json& network : networks) {
    if (network.contains("published")) {
      const Json& published = network.at("published");
      add(network, "published", published, "bram",
          published.contains("change") ? published.at("change") : none);
      add_clocks(cell(unknown), cell(unknown));
    }
    const Json& resources = network.at("resources");
    add(network, "Gatewright, estimate", resources.at("estimated"), "bram36", none);
    table.marked.push_back(table.rows.size());
    add(network, "Gatewright, Yosys", resources.at("synthesised"), "bram36",
        network.contains("change") ? network.at("change") : none);
    add_clocks(count_at(network.at("simulation"), "latency_clocks"),
               count_at(network.at("simulation"), "interval_clocks"));
  }
  return table;
}

/// The circuit's accuracy, with the number of samples where those were not all.
TableCell circuit_cell(const Json& row, const Json& data) {
  if (!row.contains("circuit")) return cell(unknown);
  TableCell entry = share_cell(row.at("circuit").at("test"));
  if (row.at("circuit").at("images") != data.at("test"))
    entry.text += fmt::format(" of {}", count_at(row.at("circuit"), "images").text);
  return entry;
}

DocumentTable accuracy_table(const Json& networks, const Json& data) {
  constexpr int published_epoch = 30;
  std::set<int> epochs;
  for (const Json& network : networks) {
    if (network.contains("published")) epochs.insert(published_epoch);
    for (const Json& row : network.at("accuracy")) epochs.insert(row.at("epoch").get<int>());
  }
  DocumentTable table{
      "table_2",
      "Shares of right answers. Published: of training and validation. Validation and test: of Gatewright's training; fixed "
      "point: emulated; circuit: by the simulated circuit's own bits, of the epochs whose circuits were simulated",
      {"network", "figure"},
      {}};
  for (const int epoch : epochs) table.header.push_back(fmt::format("epoch {}", epoch));

  for (const Json& network : networks) {
    std::map<int, const Json*> at;
    for (const Json& row : network.at("accuracy")) at[row.at("epoch").get<int>()] = &row;
    const auto add = [&](const char* what, const auto& value) {
      table.rows.push_back({cell(label_of(network)), cell(what)});
      for (const int epoch : epochs)
        table.rows.back().push_back(at.contains(epoch) ? value(*at.at(epoch)) : cell(unknown));
    };
    if (network.contains("published")) {
      table.rows.push_back({cell(label_of(network)), cell("published")});
      for (const int epoch : epochs)
        table.rows.back().push_back(
            epoch == published_epoch ? share_cell(network.at("published").at("accuracy")) : cell(unknown));
    }
    const auto measured = [](const char* set) {
      return [set](const Json& row) {
        const Json& real = row.at("float");
        return real.contains(set) ? share_cell(real.at(set).at("accuracy")) : cell(unknown);
      };
    };
    add("validation", measured("validation"));
    add("test", measured("test"));
    add("test, fixed point", [](const Json& row) { return share_cell(row.at("fixed").at("test")); });
    table.marked.push_back(table.rows.size());
    add("test, circuit", [&](const Json& row) { return circuit_cell(row, data); });
  }
  return table;
}

DocumentTable spread_table(const Json& networks) {
  DocumentTable table{
      "spread",
      "Deviation: the standard deviation of the sample. Every training counts, whatever it reached",
      {"network", "epoch", "accuracy", "seeds", "mean", "deviation", "lowest", "highest"},
      {}};
  for (const Json& network : networks) {
    if (!network.contains("spread")) continue;
    for (const Json& row : network.at("spread")) {
      table.rows.push_back(
          {cell(label_of(network)), count_at(row, "epoch"), text_at(row, "measure"), count_at(row, "seeds")});
      for (const char* key : {"mean", "deviation", "lowest", "highest"})
        table.rows.back().push_back(share_cell(row.at(key)));
    }
  }
  return table;
}

DocumentTable epochs_table(const Json& network, const Json& data) {
  DocumentTable table{
      "epochs",
      "As trained: training is a running measure over the epoch; the other columns are on the "
      "validation and the test set",
      {"epoch", "training", "validation", "test", "fixed point", "circuit", "values differ",
       "values that did not fit"},
      {}};
  for (const Json& row : network.at("accuracy")) {
    const Json& real = row.at("float");
    table.rows.push_back({count_at(row, "epoch")});
    for (const char* set : {"training", "validation", "test"})
      table.rows.back().push_back(real.contains(set) ? share_cell(real.at(set).at("accuracy"))
                                                     : cell(unknown));
    table.rows.back().push_back(share_cell(row.at("fixed").at("test")));
    table.rows.back().push_back(circuit_cell(row, data));
    table.rows.back().push_back(count_at(row, "differing_values"));
    std::string overflows;
    for (const auto& [name, count] : row.at("overflows").items())
      overflows += fmt::format("{}{} of {}", overflows.empty() ? "" : ", ", count_cell(count).text, name);
    table.rows.back().push_back(cell(overflows.empty() ? "none" : overflows));
  }
  return table;
}

DocumentTable named(DocumentTable table, const Json& network) {
  table.name += "-" + name_of(network);
  return table;
}

Section network_section(const Json& network, const Json& data) {
  const std::string name = name_of(network);
  Section section{.title = name};
  const Json& simulation = network.at("simulation");
  const std::string options = network.at("build_options").get<std::string>();
  section.paragraphs = {
      fmt::format("{}: {}, {} epochs, types from {}{}.", label_of(network),
                  network.at("file").get<std::string>(), network.at("epochs").dump(),
                  network.at("configuration").get<std::string>(),
                  options.empty() ? "" : ", built with " + options),
      fmt::format(
          "An answer comes {} clocks ({:.2f} us) after a picture's first pixel, and pictures may follow "
          "each other every {} clocks: {} a second. {} pictures were simulated, {} of them once more "
          "with random pauses. On one core, {} pictures a second are emulated.",
          count_at(simulation, "latency_clocks").text, simulation.at("latency_us").get<double>(),
          count_at(simulation, "interval_clocks").text, rounded_at(simulation, "images_per_second").text,
          count_at(simulation, "images").text, count_at(simulation, "stalled_images").text,
          rounded_at(network, "emulated_images_per_second").text)};
  const Json& resources = network.at("resources");
  DocumentTable cost{"cost", "", {"", "LUT", "FF", "DSP", "BRAM"}, {}};
  cost.marked = {0};
  cost.rows = {resource_row("after Yosys", resources.at("synthesised")),
               share_row(resources.at("share_of_part")), resource_row("  of it FIFOs", resources.at("fifos")),
               resource_row("estimate", resources.at("estimated")),
               resource_row("estimate, if nothing were shared", resources.at("unfolded_estimate"))};
  section.tables = {named(epochs_table(network, data), network), named(std::move(cost), network),
                    named(stages_table(resources.at("stages")), network),
                    named(layers_table(network.at("layers")), network)};
  for (const char* figure : {"stages", "weights_before", "weights_after", "network"})
    section.figures.push_back(fmt::format("{}-{}", name, figure));
  return section;
}

/// Wall time of each step of each network.
DocumentTable times_table(const Json& networks) {
  DocumentTable table{
      "times", "Seconds of each step; what was found in the cache took none", {"network"}, {}};
  for (const Json& network : networks) {
    for (const auto& [step, seconds] : network.at("seconds").items()) {
      if (std::find(table.header.begin(), table.header.end(), step) == table.header.end())
        table.header.push_back(step);
    }
  }
  for (const Json& network : networks) {
    table.rows.push_back({cell(name_of(network))});
    for (size_t c = 1; c < table.header.size(); ++c)
      table.rows.back().push_back(real_at(network.at("seconds"), table.header[c], 1));
  }
  return table;
}

}  // namespace

Document study_document(const Json& json) {
  const Json& networks = json.at("networks");
  const Json& data = json.at("data");
  Document document{fmt::format("Study on {}", data.at("name").get<std::string>()), {}};
  const bool has_published =
      std::any_of(networks.begin(), networks.end(), [](const Json& n) { return n.contains("published"); });

  Section summary{.title = "What this is"};
  summary.paragraphs.push_back(fmt::format(
      "{} {} trained on {} samples of {}, validated on {} and tested on {}, then turned into circuits for the "
      "part {} at {} ns. Each circuit was simulated, and its answers were held against the emulation bit for "
      "bit; each was synthesised.",
      networks.size(), networks.size() == 1 ? "network" : "networks", count_at(data, "training").text,
      data.at("name").get<std::string>(), count_at(data, "validation").text, count_at(data, "test").text,
      json.at("part").get<std::string>(), json.at("clock_ns").dump()));
  if (has_published)
    summary.paragraphs.push_back(fmt::format(
        "Published figures are from {}: resources as estimated by high-level synthesis, accuracies of training "
        "and validation. Gatewright's are what Yosys counts after synthesis, and shares of the test set, which "
        "took part in no training and no choice. None is a count after placement.",
        json.at("published_source").get<std::string>()));
  document.sections.push_back(std::move(summary));

  document.sections.push_back({.title = "Table I: resources", .tables = {resources_table(networks)}});
  document.sections.push_back({.title = "Table II: accuracy", .tables = {accuracy_table(networks, data)}});
  if (DocumentTable spread = spread_table(networks); !spread.rows.empty())
    document.sections.push_back({.title = "Spread over seeds", .tables = {std::move(spread)}});
  document.sections.push_back(
      {.title = "Both tables drawn", .figures = {"resources", "accuracy", "accuracy_fixed"}});
  document.sections.push_back({.title = "Data and activations", .figures = {"examples", "activation"}});
  for (const Json& network : networks) document.sections.push_back(network_section(network, data));
  Section made = origin(json);
  made.tables.push_back(times_table(networks));
  document.sections.push_back(std::move(made));
  return document;
}

}  // namespace gw
