// From the report that programs read to the one that people read. Each kind of report has a function that
// walks its keys; a key that is not there (nothing was simulated, nothing synthesised) leaves its table out.

#include "report/report_document.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "report/report_rows.h"
#include "report/study_document.h"
#include "report/table.h"
#include "report/vendor_report.h"
#include "support/json_depth.h"
#include "support/messages.h"

namespace gw {

namespace {

using Json = nlohmann::ordered_json;

// Sentences on what was tried, and what came of it.
std::vector<std::string> trials(const Json& json) {
  std::vector<std::string> sentences;
  if (json.contains("simulation")) {
    const Json& simulation = json.at("simulation");
    std::string told =
        fmt::format("Simulated on {} frames ({}): {} output values differ from the emulation",
                    count_at(simulation, "frames").text, simulation.at("data").get<std::string>(),
                    count_at(simulation, "differing_values").text);
    if (simulation.contains("latency_clocks")) {
      told += fmt::format("; measured latency {} clocks, interval {} clocks",
                          count_at(simulation, "latency_clocks").text,
                          count_at(simulation, "interval_clocks").text);
    }
    sentences.push_back(told + ".");
    if (simulation.contains("accuracy"))
      sentences.push_back(fmt::format("Right answers, by the circuit's own bits: {}.",
                                      share_cell(simulation.at("accuracy")).text));
  }
  if (json.contains("csim")) {
    const Json& csim = json.at("csim");
    sentences.push_back(
        fmt::format("The project's test bench, built by {}: {} frames, {} output values differ.",
                    csim.at("compiler").get<std::string>(), count_at(csim, "frames").text,
                    count_at(csim, "differing_values").text));
  }
  if (json.contains("vendor")) {
    for (const std::string& sentence : cosim_sentences(json.at("vendor")))
      sentences.push_back(sentence + ".");
  }
  if (sentences.empty()) {
    sentences.push_back(
        fmt::format("It was not simulated: {} does that.",
                    json.contains("io") ? "--csim, --simulate or --dataset" : "--simulate or --dataset"));
  }
  return sentences;
}

Document of_build(const Json& json) {
  Document document{fmt::format("Build of {}", json.at("name").get<std::string>()), {}};
  Section summary{.title = "Summary"};
  const double clock_ns = json.at("clock_ns"), interval = json.at("interval_clocks"),
               latency = json.at("latency_clocks");
  summary.paragraphs.push_back(fmt::format(
      "{} as hardware for {}: an answer {} clocks of {} ns ({:.3g} us) after its first pixel, a frame every {} "
      "clocks ({} a second), as scheduled.",
      json.at("model").get<std::string>(), json.at("part").get<std::string>(),
      count_at(json, "latency_clocks").text, json.at("clock_ns").dump(), latency * clock_ns / 1000,
      count_at(json, "interval_clocks").text, grouped(std::llround(1e9 / (interval * clock_ns)))));
  const bool is_hls = json.contains("io");
  if (is_hls) {
    summary.paragraphs.push_back(fmt::format(
        "Written as HLS C++ (--backend {}, --io {}). Clocks and estimates are those of the Verilog of the same "
        "schedule; what becomes of the C++ is for the vendor's compiler to tell.",
        json.at("backend").get<std::string>(), json.at("io").get<std::string>()));
  }
  for (std::string& sentence : trials(json)) summary.paragraphs.push_back(std::move(sentence));
  DocumentTable resources{"resources", "What the design needs", {"", "LUT", "FF", "DSP", "BRAM"}, {}};
  if (json.contains("synthesised")) {
    resources.rows.push_back(resource_row("after Yosys", json.at("synthesised")));
    resources.rows.push_back(share_row(json.at("share_of_part")));
    resources.marked = {0};
  }
  resources.rows.push_back(resource_row("estimate of the cost model", json.at("estimated")));
  summary.tables.push_back(std::move(resources));
  if (json.contains("vendor")) summary.tables.push_back(vendor_table(json.at("vendor")));
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

}  // namespace

Result<nlohmann::ordered_json> parse_report(const std::string& json, const std::string& file) {
  if (is_json_too_deep(json)) return diagnose(messages::no_report, {file}, "its JSON is nested too deeply");
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
    if (format == "gatewright-study-2") return study_document(*parsed);
  } catch (const Json::exception& error) {
    return diagnose(messages::no_report, {file},
                    fmt::format("its '{}' is not whole: {}", format, error.what()));
  }
  return diagnose(messages::no_report, {file}, fmt::format("its format is '{}'", format));
}

}  // namespace gw
