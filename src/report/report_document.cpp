// From the report that programs read to the one that people read. Each kind of report has a function that
// walks its keys; a key that is not there (nothing was simulated, nothing synthesised) leaves its table out.

#include "report/report_document.h"

#include <functional>

#include <nlohmann/json.hpp>

#include "report/report_rows.h"
#include "support/messages.h"

namespace gw {

namespace {

using Json = nlohmann::ordered_json;

/// A table of the rows' values under these keys.
struct Column {
  std::string head;
  std::function<TableCell(const Json& row)> cell;
};
DocumentTable table_of(std::string name, std::string caption, const Json& rows,
                       const std::vector<Column>& columns) {
  DocumentTable table{std::move(name), std::move(caption), {}, {}};
  for (const Column& column : columns) table.header.push_back(column.head);
  for (const Json& row : rows) {
    table.rows.emplace_back();
    for (const Column& column : columns) table.rows.back().push_back(column.cell(row));
  }
  return table;
}
Column text_column(std::string head, const std::string& key) {
  return {std::move(head), [key](const Json& row) { return text_at(row, key); }};
}
Column count_column(std::string head, const std::string& key) {
  return {std::move(head), [key](const Json& row) { return count_at(row, key); }};
}
Column real_column(std::string head, const std::string& key, int digits) {
  return {std::move(head), [key, digits](const Json& row) { return real_at(row, key, digits); }};
}
Column significant_column(std::string head, const std::string& key) {
  return {std::move(head), [key](const Json& row) { return significant_cell(row.at(key)); }};
}

/// The four resources of an object, below its key.
std::vector<Column> resource_columns(const std::string& key, const std::string& suffix = "") {
  std::vector<Column> columns;
  for (const auto& [head, resource] : {std::pair{"LUT", "lut"}, std::pair{"FF", "ff"},
                                       std::pair{"DSP", "dsp"}, std::pair{"BRAM", "bram36"}}) {
    columns.push_back({head + suffix, [key, resource = std::string(resource)](const Json& row) {
                         return row.contains(key) ? rounded_at(row.at(key), resource) : cell("");
                       }});
  }
  return columns;
}

DocumentTable layers_table(const Json& layers) {
  return table_of("layers",
                  "Layers: shapes and types of their answers, types of their weights, and what they hold",
                  layers,
                  {text_column("layer", "name"),
                   text_column("kind", "kind"),
                   {"shape",
                    [](const Json& row) {
                      std::string shape;
                      for (const auto& extent : row.at("shape"))
                        shape += (shape.empty() ? "" : "x") + extent.dump();
                      return cell(shape);
                    }},
                   text_column("type", "type"),
                   text_column("weights", "weights"),
                   count_column("parameters", "parameters"),
                   count_column("zeros", "zeros"),
                   count_column("multiplications", "multiplications")});
}

DocumentTable stages_table(const Json& stages) {
  std::vector<Column> columns{text_column("stage", "name"),
                              text_column("how", "style"),
                              count_column("clocks", "clocks_per_window"),
                              count_column("depth", "latency_clocks"),
                              count_column("FIFO", "fifo_depth"),
                              real_column("ns est.", "slowest_path_ns", 2)};
  bool is_synthesised = false;
  for (const Json& stage : stages) is_synthesised = is_synthesised || stage.contains("synthesised");
  if (is_synthesised) {
    for (Column& column : resource_columns("synthesised")) columns.push_back(std::move(column));
  }
  for (Column& column : resource_columns("estimated", " est.")) columns.push_back(std::move(column));
  return table_of(
      "stages",
      "What each stage costs: counted by Yosys, each stage without its FIFO, where that was asked for; and "
      "est. as the cost model has it. clocks: of one window; depth: clocks of its pipeline; FIFO: pixels "
      "before it",
      stages, columns);
}

std::vector<TableCell> resource_row(std::string head, const Json& resources) {
  std::vector<TableCell> row{cell(std::move(head))};
  for (const char* resource : {"lut", "ff", "dsp", "bram36"}) row.push_back(rounded_at(resources, resource));
  return row;
}
std::vector<TableCell> share_row(const Json& shares) {
  std::vector<TableCell> row{cell("  share of the part")};
  for (const char* resource : {"lut", "ff", "dsp", "bram36"})
    row.push_back(shares.at(resource).is_null() ? cell("-") : share_cell(shares.at(resource)));
  return row;
}

/// How the report came about: what went in, what ran, for how long.
Section origin(const Json& json) {
  Section section{.title = "How it was made"};
  DocumentTable table{"origin", "", {"", ""}, {}};
  for (const auto& [key, head] :
       {std::pair{"model", "model"}, std::pair{"model_sha256", "SHA-256 of the model"},
        std::pair{"network", "network"}, std::pair{"configuration", "configuration"},
        std::pair{"configuration_sha256", "SHA-256 of the configuration"}, std::pair{"part", "part"},
        std::pair{"clock_ns", "clock, ns"}, std::pair{"seed", "seed"}, std::pair{"data", "data"},
        std::pair{"gatewright", "Gatewright"}}) {
    if (json.contains(key) && json.at(key) != "") table.rows.push_back({cell(head), text_at(json, key)});
  }
  if (json.contains("tools")) {
    for (const auto& [tool, version] : json.at("tools").items())
      table.rows.push_back({cell(tool), cell(version.get<std::string>())});
  }
  section.tables.push_back(std::move(table));
  if (json.contains("seconds")) {
    DocumentTable steps{
        "steps", "Wall time of each step; what was found in the cache took none", {"step", "seconds"}, {}};
    for (const auto& [step, seconds] : json.at("seconds").items())
      steps.rows.push_back({cell(step), real_cell(seconds, 2)});
    section.tables.push_back(std::move(steps));
  }
  if (json.contains("files")) {
    DocumentTable files{"files", "Files that were written", {"file", "SHA-256"}, {}};
    for (const auto& [file, hash] : json.at("files").items())
      files.rows.push_back({cell(file), cell(hash.get<std::string>())});
    section.tables.push_back(std::move(files));
  }
  if (json.contains("rebuild")) {
    section.paragraphs.emplace_back("To make it again, from the same files:");
    section.code = json.at("rebuild").get<std::string>() + "\n";
  }
  return section;
}

Document of_build(const Json& json) {
  Document document{fmt::format("Build of {}", json.at("name").get<std::string>()), {}};
  Section summary{.title = "Summary"};
  summary.paragraphs.push_back(fmt::format(
      "{} as hardware for {}: an answer {} clocks after its first pixel, a frame every {} clocks of {} ns, as "
      "scheduled.",
      json.at("model").get<std::string>(), json.at("part").get<std::string>(),
      json.at("latency_clocks").dump(), json.at("interval_clocks").dump(), json.at("clock_ns").dump()));
  if (json.contains("simulation")) {
    const Json& simulation = json.at("simulation");
    summary.paragraphs.push_back(fmt::format(
        "Simulated on {} frames ({}): {} output values differ from the emulation; measured latency {} clocks, "
        "interval {} clocks.",
        count_at(simulation, "frames").text, simulation.at("data").get<std::string>(),
        count_at(simulation, "differing_values").text, count_at(simulation, "latency_clocks").text,
        count_at(simulation, "interval_clocks").text));
    if (simulation.contains("accuracy"))
      summary.paragraphs.push_back(fmt::format("Right answers, by the circuit's own bits: {}.",
                                               share_cell(simulation.at("accuracy")).text));
  } else {
    summary.paragraphs.emplace_back("It was not simulated: --simulate or --dataset does that.");
  }
  DocumentTable resources{"resources", "What the design needs", {"", "LUT", "FF", "DSP", "BRAM"}, {}};
  if (json.contains("synthesised")) {
    resources.rows.push_back(resource_row("after Yosys", json.at("synthesised")));
    resources.rows.push_back(share_row(json.at("share_of_part")));
    resources.marked = 0;
  }
  resources.rows.push_back(resource_row("estimate of the cost model", json.at("estimated")));
  summary.tables.push_back(std::move(resources));
  document.sections.push_back(std::move(summary));
  document.sections.push_back(
      {.title = "The network", .tables = {layers_table(json.at("layers"))}, .figures = {"network"}});
  document.sections.push_back(
      {.title = "Where the cost sits", .tables = {stages_table(json.at("stages"))}, .figures = {"stages"}});
  document.sections.push_back(origin(json));
  return document;
}

DocumentTable tensors_table(std::string name, std::string caption, const Json& rows) {
  return table_of(std::move(name), std::move(caption), rows,
                  {text_column("layer", "layer"),
                   text_column("tensor", "tensor"),
                   text_column("type", "type"),
                   count_column("values", "values"),
                   count_column("overflows", "overflows"),
                   count_column("underflows", "underflows"),
                   {"saturated",
                    [](const Json& row) {
                      const double values = row.at("values");
                      return values > 0 ? share_cell(row.at("saturated").get<double>() / values) : cell("-");
                    }},
                   count_column("spare integer bits", "wasted_integer_bits"),
                   count_column("spare fraction bits", "wasted_fraction_bits"),
                   text_column("suggested", "suggested")});
}

DocumentTable spread_table(std::string name, std::string caption, const Json& rows, const char* key) {
  DocumentTable table{
      std::move(name),
      std::move(caption),
      {"tensor", "non-zero", "zeros", "lowest", "first quartile", "median", "third quartile", "highest"},
      {}};
  for (const Json& row : rows) {
    const Json& box = *key ? row.at(key) : row;
    std::string label = row.at(*key ? "layer" : "tensor").get<std::string>();
    if (*key && row.at("tensor") != "result") label += " " + row.at("tensor").get<std::string>();
    table.rows.push_back({cell(label), count_at(box, "non_zero"), count_at(box, "zeros")});
    for (const char* number : {"lowest", "first_quartile", "median", "third_quartile", "highest"})
      table.rows.back().push_back(significant_cell(box.at(number)));
  }
  return table;
}

Document of_profile(const Json& json) {
  Document document{fmt::format("Profile of {}", json.at("model").get<std::string>()), {}};
  Section summary{.title = "Summary"};
  const bool has_samples = json.at("samples") > 0;
  summary.paragraphs.push_back(
      has_samples ? fmt::format("Activations over {} of {} samples of {}.", count_at(json, "samples").text,
                                count_at(json, "available_samples").text, json.at("data").get<std::string>())
                  : "Weights only: no samples were given (--data, --dataset).");
  summary.paragraphs.emplace_back(
      "An overflow is a value that did not fit its type, an underflow one that was not 0 and became 0; saturated "
      "values stand at an end of their type. Spare bits are never used; a negative number of them is missing.");
  summary.tables.push_back(tensors_table("weights", "Weights and biases", json.at("weights")));
  if (has_samples)
    summary.tables.push_back(tensors_table("activations", "Answers of the layers", json.at("activations")));
  if (has_samples)
    summary.paragraphs.push_back(fmt::format("The suggested types were tried on {} samples.",
                                             count_at(json, "suggestion_tried_on").text));
  document.sections.push_back(std::move(summary));
  document.sections.push_back(
      {.title = "Magnitudes of weights",
       .tables = {spread_table("weights_before", "As the model's file has them", json.at("weights_before"),
                               ""),
                  spread_table("weights_after", "After conversion", json.at("weights"), "after")},
       .figures = {"weights_before", "weights_after"}});
  if (has_samples)
    document.sections.push_back(
        {.title = "Magnitudes of activations",
         .tables = {spread_table("activations_before", "In real numbers", json.at("activations"), "before"),
                    spread_table("activations_after", "In fixed-point numbers", json.at("activations"),
                                 "after")},
         .figures = {"activations_before", "activations_after"}});
  document.sections.push_back(origin(json));
  return document;
}

Document of_comparison(const Json& json) {
  Document document{fmt::format("{}: real against fixed-point numbers", json.at("model").get<std::string>()),
                    {}};
  Section summary{.title = "Summary"};
  summary.paragraphs.push_back(
      fmt::format("{} samples of {}.", count_at(json, "samples").text, json.at("data").get<std::string>()));
  const std::string first = json.at("first_wrong").get<std::string>();
  summary.paragraphs.push_back(
      first.empty()
          ? "No layer is off by more than a tenth of what it answers."
          : fmt::format("The first layer that goes wrong is {}: it is off by more than a tenth of what it "
                        "should answer, and no layer before it is.",
                        first));
  if (json.contains("accuracy")) {
    const Json& accuracy = json.at("accuracy");
    summary.paragraphs.push_back(fmt::format("Right answers: {} in real numbers, {} in fixed-point numbers.",
                                             share_cell(accuracy.at("real")).text,
                                             share_cell(accuracy.at("fixed")).text));
  }
  summary.tables.push_back(table_of(
      "layers",
      "Differences between the real and the fixed-point answers of each layer; the relative error is the norm of the "
      "differences over that of the real answers",
      json.at("layers"),
      {text_column("layer", "name"),
       text_column("type", "type"),
       significant_column("norm", "norm"),
       significant_column("norm of differences", "difference_norm"),
       {"relative error", [](const Json& row) { return share_cell(row.at("relative_error"), 3); }},
       significant_column("mean difference", "mean_difference"),
       significant_column("largest", "largest_difference"),
       real_column("correlation", "correlation", 6),
       count_column("overflows", "overflows")}));
  summary.figures = {"relative_error", "differences"};
  document.sections.push_back(std::move(summary));
  if (json.contains("confusion")) {
    Section classes{.title = "Classes"};
    DocumentTable confusion{"confusion",
                            "True class by row, answered class by column, in fixed-point numbers",
                            {"true class"},
                            {}};
    int n = 0;
    for (const Json& line : json.at("confusion")) {
      confusion.header.push_back(std::to_string(n));
      confusion.rows.push_back({count_cell(n++)});
      for (const Json& count : line) confusion.rows.back().push_back(count_cell(count));
    }
    classes.tables.push_back(std::move(confusion));
    classes.tables.push_back(table_of(
        "auc", "Area under the ROC curve of each class against all others; 1 is perfect, 0.5 is chance",
        json.at("auc"),
        {count_column("class", "class"), real_column("real", "real", 6), real_column("fixed", "fixed", 6)}));
    classes.figures = {"confusion", "roc"};
    document.sections.push_back(std::move(classes));
  }
  document.sections.push_back(origin(json));
  return document;
}

Document of_study(const Json& json) {
  Document document{fmt::format("Study of {}", json.at("network").get<std::string>()), {}};
  const Json& resources = json.at("resources");
  const Json& simulation = json.at("simulation");
  Section summary{.title = "Summary"};
  const Json& last = json.at("accuracy").back();
  const double clock_ns = json.at("clock_ns");
  const double interval = simulation.at("interval_clocks"), latency = simulation.at("latency_clocks");
  summary.paragraphs = {
      fmt::format(
          "What was built: a convolutional network that reads handwritten digits (MNIST), trained for {} "
          "epochs, given the types of {}, and turned into a circuit for the part {}.",
          json.at("epochs").dump(), json.at("configuration").get<std::string>(),
          json.at("part").get<std::string>()),
      fmt::format(
          "How good it is: {} of the 10,000 test images right in floating point, {} in fixed point{}.",
          last.at("float").contains("test") ? share_cell(last.at("float").at("test").at("accuracy")).text
                                            : "-",
          share_cell(last.at("fixed").at("test")).text,
          last.contains("circuit")
              ? fmt::format(", {} by the simulated circuit's own bits on {} of them, in which {} values "
                            "differ from the emulation",
                            share_cell(last.at("circuit").at("test")).text,
                            count_at(last.at("circuit"), "images").text,
                            count_at(last, "differing_values").text)
              : ""),
      fmt::format(
          "What it costs: {} LUT, {} FF, {} DSP and {} BRAM after Yosys' synthesis. An answer comes {} clocks "
          "({:.2f} us at {} ns) after the first pixel, one image every {} clocks; both are measured in "
          "simulation.",
          rounded_at(resources.at("synthesised"), "lut").text,
          rounded_at(resources.at("synthesised"), "ff").text,
          rounded_at(resources.at("synthesised"), "dsp").text,
          rounded_at(resources.at("synthesised"), "bram36").text, count_at(simulation, "latency_clocks").text,
          latency * clock_ns / 1000, json.at("clock_ns").dump(),
          count_at(simulation, "interval_clocks").text),
      fmt::format("At that clock it answers {} images a second.",
                  count_cell(static_cast<std::int64_t>(1e9 / (interval * clock_ns))).text)};
  document.sections.push_back(std::move(summary));

  Section accuracy{.title = "Accuracy"};
  accuracy.paragraphs.emplace_back(
      "The published figures are training and validation accuracies. Float training is a running measure over the "
      "epoch, float validation is on images that training never saw, and the test columns are on the 10,000 MNIST "
      "test images: float as trained, fixed by emulation, circuit by simulation of the generated Verilog.");
  accuracy.tables.push_back(accuracy_table(json));
  accuracy.figures = {"accuracy"};
  document.sections.push_back(std::move(accuracy));

  Section cost{.title = "Cost, published and measured"};
  cost.paragraphs.emplace_back(
      "Published: what hls4ml's high-level synthesis estimated. Measured: what Yosys counts after synthesis. Estimate: "
      "the cost model of Gatewright, before any synthesis. None is a count after placement.");
  DocumentTable table{"resources", "", {"", "LUT", "FF", "DSP", "BRAM", "what the figure is"}, {}};
  const auto add = [&](const std::string& head, const Json& row, const char* what) {
    table.rows.push_back(resource_row(head, row));
    table.rows.back().push_back(cell(what));
  };
  Json published = resources.at("published");
  published["bram36"] = published.at("bram");
  add("published (hls4ml, 16 bits)", published, "estimate of high-level synthesis");
  if (resources.contains("published_networks")) {
    for (const Json& row : resources.at("published_networks"))
      add(row.at("name").get<std::string>(), row, "estimate of high-level synthesis");
  }
  table.marked = static_cast<int>(table.rows.size());
  add("Gatewright", resources.at("synthesised"), "synthesis, Yosys");
  table.rows.push_back(share_row(resources.at("share_of_part")));
  add("  estimate", resources.at("estimated"), "cost model");
  add("  if nothing were shared", resources.at("unfolded_estimate"), "cost model");
  cost.tables.push_back(std::move(table));
  cost.figures = {"resources"};
  document.sections.push_back(std::move(cost));

  document.sections.push_back({.title = "Where the cost sits",
                               .tables = {stages_table(resources.at("stages"))},
                               .figures = {"stages"}});
  Section network{.title = "The network", .figures = {"examples", "network", "activation"}};
  if (json.contains("layers")) network.tables.push_back(layers_table(json.at("layers")));
  document.sections.push_back(std::move(network));
  document.sections.push_back(
      {.title = "Weights before and after conversion", .figures = {"weights_before", "weights_after"}});
  Section overflows{.title = "Values that did not fit their type"};
  DocumentTable counted{"overflows", "In emulation, over the test images", {"epoch", "tensor", "values"}, {}};
  for (const Json& row : json.at("accuracy")) {
    for (const auto& [name, count] : row.at("overflows").items())
      counted.rows.push_back({count_at(row, "epoch"), cell(name), count_cell(count)});
  }
  if (counted.rows.empty()) {
    overflows.paragraphs.emplace_back("None, over the test images.");
  } else {
    overflows.tables.push_back(std::move(counted));
  }
  document.sections.push_back(std::move(overflows));
  document.sections.push_back(origin(json));
  return document;
}

}  // namespace

Result<nlohmann::ordered_json> parse_report(const std::string& json, const std::string& file) {
  const Json parsed = Json::parse(json, nullptr, false);
  if (!parsed.is_object()) return diagnose(messages::no_report, {file}, "it is no JSON object");
  if (!parsed.contains("format") || !parsed.at("format").is_string())
    return diagnose(messages::no_report, {file}, "it has no 'format'");
  return parsed;
}

Result<Document> report_document(const std::string& json, const std::string& file) {
  const auto parsed = parse_report(json, file);
  if (!parsed) return parsed.errors();
  const std::string format = parsed->at("format");
  try {
    if (format == "gatewright-build-1") return of_build(*parsed);
    if (format == "gatewright-profile-1") return of_profile(*parsed);
    if (format == "gatewright-compare-1") return of_comparison(*parsed);
    if (format == "gatewright-study-1") return of_study(*parsed);
  } catch (const Json::exception& error) {
    return diagnose(messages::no_report, {file},
                    fmt::format("its '{}' is not whole: {}", format, error.what()));
  }
  return diagnose(messages::no_report, {file}, fmt::format("its format is '{}'", format));
}

}  // namespace gw
