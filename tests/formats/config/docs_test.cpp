// docs/configuration.md lists the keys: its table is held against the one that reading derives from.

#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "formats/config/keys.h"

namespace gw {
namespace {

std::string where(const ConfigKey& key) {
  std::string text;
  for (const auto& [map, name] :
       {std::pair{TopMap, "top"}, std::pair{HlsMap, "HLSConfig"}, std::pair{ModelMap, "Model"},
        std::pair{LayerMap, "layer"}, std::pair{WriterMap, "WriterConfig"}}) {
    if ((key.maps & map) != 0) text += (text.empty() ? "" : ", ") + std::string(name);
  }
  return text;
}

std::string effect(const ConfigKey& key) {
  switch (key.effect) {
    case KeyEffect::Used:
      return "yes";
    case KeyEffect::Tells:
      return "-";
    case KeyEffect::Unused:
      return "noted";
    case KeyEffect::Refused:
      return "refused";
  }
  return "";
}

TEST(ConfigDocs, EveryKeyHasItsRow) {
  std::ifstream file(GATEWRIGHT_DOCS "/configuration.md");
  std::stringstream text;
  text << file.rdbuf();
  std::string rows;
  for (const ConfigKey& key : config_keys()) {
    const std::string usual = key.usual.empty() ? "" : fmt::format("`{}`", key.usual);
    rows += fmt::format("| `{}` | {} | {} | {} | {} |\n", key.name, where(key), effect(key), usual, key.doc);
  }
  EXPECT_NE(text.str().find(rows), std::string::npos) << "its table of keys must be:\n" << rows;
}

}  // namespace
}  // namespace gw
