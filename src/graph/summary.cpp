// A network at a glance. Parameters are the elements of a layer's constants. Of these only what is called
// weight or scale is multiplied, each element once for every output position, which is the output's elements
// over its last extent.

#include "graph/summary.h"

#include <algorithm>
#include <array>

#include "graph/attributes.h"

namespace gw {

namespace {

constexpr size_t columns = 6;
constexpr size_t first_number = 4;  // columns from here on stand to the right
using Row = std::array<std::string, columns>;

/// Digits in groups of three.
std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<int>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<size_t>(at), 1, ',');
  return text;
}

std::string count_text(std::int64_t count) { return count == 0 ? "-" : grouped(count); }

}  // namespace

std::string summary(const Graph& graph) {
  std::vector<Row> rows{{"name", "kind", "shape", "type", "parameters", "multiplications"}};
  std::int64_t all_parameters = 0, all_multiplications = 0;
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<Constant>(node.op)) continue;
    std::int64_t parameters = 0, multiplications = 0;
    if (const auto* layer = std::get_if<Layer>(&node.op)) {
      const std::vector<std::string> names = input_names(*layer);
      const std::int64_t positions = element_count(node.type.shape) / node.type.shape.back();
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        const Node& from = graph[node.inputs[i]];
        if (!std::holds_alternative<Constant>(from.op)) continue;
        const std::int64_t elements = element_count(from.type.shape);
        parameters += elements;
        if (const std::string& name = names[std::min(i, names.size() - 1)];
            name == "weight" || name == "scale")
          multiplications += elements * positions;
      }
    }
    all_parameters += parameters;
    all_multiplications += multiplications;
    rows.push_back({node.name, std::string(kind(node)), to_string(node.type.shape),
                    node.type.fixed ? to_string(*node.type.fixed) : "float", count_text(parameters),
                    count_text(multiplications)});
  }
  rows.push_back({"total", "", "", "", count_text(all_parameters), count_text(all_multiplications)});

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

}  // namespace gw
