// Cells, rows and tables out of JSON reports, as all kinds of them have.

#include "report/report_rows.h"

#include <cmath>

#include <fmt/format.h>

namespace gw {

using Json = nlohmann::ordered_json;

TableCell text_at(const Json& row, const std::string& key) {
  if (!row.contains(key) || row.at(key).is_null()) return cell("");
  const Json& value = row.at(key);
  return cell(value.is_string() ? value.get<std::string>() : value.dump());
}

TableCell count_at(const Json& row, const std::string& key) {
  return row.contains(key) ? count_cell(row.at(key)) : cell("");
}

TableCell real_at(const Json& row, const std::string& key, int digits) {
  return row.contains(key) && row.at(key).is_number() ? real_cell(row.at(key), digits) : cell("");
}

TableCell rounded_at(const Json& row, const std::string& key) {
  if (!row.contains(key)) return cell("");
  const double value = row.at(key);
  if (key == "bram36") return real_cell(value, 1);
  return {count_cell(static_cast<std::int64_t>(std::llround(value))).text, fmt::format("{}", value)};
}

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

std::vector<Column> resource_columns(const std::string& key, const std::string& suffix) {
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

}  // namespace gw
