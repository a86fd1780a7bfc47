// A network at a glance. Parameters are the elements of a layer's constants. Of these only what is called
// weight or scale is multiplied, each element once for every output position, which is the output's elements
// over its last extent.

#include "graph/summary.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "graph/attributes.h"

namespace gw {

namespace {

constexpr size_t columns = 8;
constexpr size_t first_number = 5;  // columns from here on stand to the right
using Row = std::array<std::string, columns>;

/// Digits in groups of three.
std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<int>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<size_t>(at), 1, ',');
  return text;
}

std::string count_text(std::int64_t count) { return count == 0 ? "-" : grouped(count); }

/// Zeros among the factors; "-" without any factors.
std::string sparsity_text(const SummaryRow& row) {
  if (row.factors == 0) return "-";
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(row.zeros) / static_cast<double>(row.factors));
}

std::string type_text(const TensorType& type) { return type.fixed ? to_string(*type.fixed) : "float"; }

std::int64_t count_zeros(const Constant& constant) {
  if (!constant.fixed) {
    const auto& values = constant.values.values;
    return std::count(values.begin(), values.end(), 0.0f);
  }
  return std::visit([](const auto& raw) -> std::int64_t { return std::count(raw.begin(), raw.end(), 0); },
                    constant.fixed->lanes());
}

void add_counts(const SummaryRow& row, SummaryRow& total) {
  total.parameters += row.parameters;
  total.factors += row.factors;
  total.zeros += row.zeros;
  total.multiplications += row.multiplications;
}

SummaryRow total_of(const std::vector<SummaryRow>& rows) {
  SummaryRow total;
  total.name = "total";
  for (const SummaryRow& row : rows) add_counts(row, total);
  return total;
}

nlohmann::ordered_json counts_of(const SummaryRow& row) {
  return {{"parameters", row.parameters},
          {"factors", row.factors},
          {"zeros", row.zeros},
          {"multiplications", row.multiplications}};
}

}  // namespace

std::vector<SummaryRow> summarise(const Graph& graph) {
  std::vector<SummaryRow> rows;
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<Constant>(node.op)) continue;
    SummaryRow row{.name = node.name, .kind = std::string(kind(node)), .type = node.type, .weights = {}};
    const auto* layer = std::get_if<Layer>(&node.op);
    const std::vector<std::string> names = layer ? input_names(*layer) : std::vector<std::string>();
    const std::int64_t positions = element_count(node.type.shape) / node.type.shape.back();
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const Node& from = graph[node.inputs[i]];
      const auto* constant = std::get_if<Constant>(&from.op);
      if (!constant) continue;
      const std::int64_t elements = element_count(from.type.shape);
      row.parameters += elements;
      const std::string& name = names[std::min(i, names.size() - 1)];
      if (name != "weight" && name != "scale") continue;
      row.factors += elements;
      row.zeros += count_zeros(*constant);
      row.multiplications += elements * positions;
      row.weights = type_text(from.type);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string summary(const Graph& graph) {
  const std::vector<SummaryRow> found = summarise(graph);
  std::vector<Row> rows{
      {"name", "kind", "shape", "type", "weights", "parameters", "zeros", "multiplications"}};
  for (const SummaryRow& row : found) {
    rows.push_back({row.name, row.kind, to_string(row.type.shape), type_text(row.type),
                    row.weights.empty() ? "-" : row.weights, count_text(row.parameters), sparsity_text(row),
                    count_text(row.multiplications)});
  }
  const SummaryRow total = total_of(found);
  rows.push_back({total.name, "", "", "", "", count_text(total.parameters), sparsity_text(total),
                  count_text(total.multiplications)});

  std::array<size_t, columns> widths{};
  for (const Row& row : rows) {
    for (size_t c = 0; c < columns; ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (size_t c = 0; c < columns; ++c) {
      if (c > 0) line += "  ";
      line += c < first_number ? fmt::format("{:<{}}", row[c], widths[c])
                               : fmt::format("{:>{}}", row[c], widths[c]);
    }
    text += line + "\n";
  }
  return text;
}

std::string summary_json(const Graph& graph) {
  const std::vector<SummaryRow> rows = summarise(graph);
  nlohmann::ordered_json json{{"layers", nlohmann::ordered_json::array()}};
  for (const SummaryRow& row : rows) {
    nlohmann::ordered_json layer{
        {"name", row.name}, {"kind", row.kind}, {"shape", row.type.shape}, {"type", type_text(row.type)}};
    if (!row.weights.empty()) layer["weights"] = row.weights;
    layer.update(counts_of(row));
    json["layers"].push_back(std::move(layer));
  }
  json["total"] = counts_of(total_of(rows));
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace gw
