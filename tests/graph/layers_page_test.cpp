// docs/layers.md against the layers themselves: the page is what the layers say of themselves, a row each.
#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>

#include "graph/attributes.h"

namespace gw {
namespace {

std::string number(double value) { return fmt::format("{}", value); }

// A value as a model file would have it; nothing for a type that is not given.
std::string shown(const AttributeRef& attribute) {
  if (const auto* choice = std::get_if<ChoiceRef>(&attribute)) return std::string(choice->name());
  if (const auto* value = std::get_if<int*>(&attribute)) return number(**value);
  if (const auto* value = std::get_if<double*>(&attribute)) return number(**value);
  if (const auto* value = std::get_if<bool*>(&attribute)) return **value ? "true" : "false";
  const auto types = quantizers(attribute);
  return types.empty() || types[0]->to.width == 0 ? std::string() : to_string(*types[0]);
}

// "| `relu` | x | `out` | y = out(max(x, 0)) |"
std::string row(const std::string& kind) {
  Layer layer = *make_layer(kind);
  const LayerInfo info = std::visit([](const auto& l) { return l.info; }, layer);
  std::string text;
  for (const Attribute& attribute : attributes(layer)) {
    const std::string value = shown(attribute.value);
    text +=
        fmt::format("{}`{}{}{}`", text.empty() ? "" : ", ", attribute.name, value.empty() ? "" : "=", value);
  }
  return fmt::format("| `{}` | {} | {} | `{}` |", kind, info.inputs, text, info.formula);
}

TEST(LayersPage, HasARowForEveryLayerAndNoOther) {
  std::ifstream file(std::string(GATEWRIGHT_DOCS) + "/layers.md");
  ASSERT_TRUE(file);
  std::vector<std::string> seen, wanted;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| `")) seen.push_back(line);
  }
  for (const std::string& kind : layer_kinds()) wanted.push_back(row(kind));
  std::sort(seen.begin(), seen.end());
  std::sort(wanted.begin(), wanted.end());
  for (const std::string& line : wanted)
    EXPECT_TRUE(std::binary_search(seen.begin(), seen.end(), line)) << "docs/layers.md lacks\n" << line;
  for (const std::string& line : seen)
    EXPECT_TRUE(std::binary_search(wanted.begin(), wanted.end(), line)) << "no layer says of itself\n"
                                                                        << line;
}

}  // namespace
}  // namespace gw
