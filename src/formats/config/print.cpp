// A configuration as a file for people: what each key says stands above it the first time that it is used, in
// the words of the table that reading derives from.

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "formats/config/classes.h"
#include "formats/config/draft.h"
#include "formats/config/keys.h"
#include "formats/config/value.h"

namespace gw {

namespace {

/// A name or a text as YAML reads it back.
std::string scalar(const std::string& text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || c == '/';
  };
  const bool letter =
      !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'));
  const bool word = text == "null" || text == "Null" || text == "NULL" || text == "None" || text == "none";
  if (letter && !word && std::all_of(text.begin(), text.end(), is_plain)) return text;
  YAML::Emitter emitter;
  emitter << YAML::DoubleQuoted << text;
  return emitter.c_str();
}

std::string written(bool value) { return value ? "true" : "false"; }
std::string written(int value) { return std::to_string(value); }
std::string written(double value) { return fmt::format("{}", value); }
std::string written(const std::string& value) { return scalar(value); }
std::string written(Strategy value) { return std::string(spelling(value)); }
template <class E>
requires std::is_enum_v<E> std::string written(E value) {
  return std::string(names_of(E{})[static_cast<size_t>(value)]);
}

class Printer {
 public:
  Printer(const Config& config, const Graph& graph) : config_(config), graph_(graph) {}

  std::string print(const std::string& file) {
    text_ = fmt::format(
        "# Types and settings of {}. `auto` is an exact type, or one that follows from others;\n"
        "# docs/configuration.md says what it means where, and which tensors and keys there are.\n",
        file);
    keys(TopMap, "", nullptr);
    text_ += "Model:\n";
    types("  ", config_.precision.model, config_.precision.maximum);
    keys(ModelMap, "  ", &config_.model);
    entries("LayerType", config_.precision.by_kind, config_.by_kind);
    entries("LayerName", config_.precision.by_name, config_.by_name);
    return std::move(text_);
  }

 private:
  /// The value of the key that stands in such a map, if it has one.
  std::optional<std::string> value(const ConfigKey& key, const LayerSettings* layer) const {
    std::optional<std::string> found;
    const auto read = [&]<class Owner, class T>(const Owner* owner, std::optional<T> Owner::*member) {
      if (owner && owner->*member) found = written(*(owner->*member));
    };
    std::visit(
        [&]<class Target>(Target target) {
          if constexpr (requires { read(layer, target); }) read(layer, target);
          if constexpr (requires { read(&config_.whole, target); }) read(&config_.whole, target);
          if constexpr (requires { read(&config_.project, target); }) read(&config_.project, target);
        },
        key.target);
    if (found && key.name == "ClockUncertainty")
      return fmt::format("{}%", 100 * *config_.project.clock_uncertainty);
    return found;
  }

  void keys(ConfigMap map, const std::string& indent, const LayerSettings* layer) {
    for (const ConfigKey& key : config_keys()) {
      // A key of the whole model may stand at the top as well; it is written once.
      if ((key.maps & map) == 0 || (map == TopMap && (key.maps & ModelMap) != 0)) continue;
      const auto said = value(key, layer);
      if (!said) continue;
      if (explained_.insert(std::string(key.name)).second) text_ += fmt::format("{}# {}\n", indent, key.doc);
      text_ += fmt::format("{}{}: {}\n", indent, key.name, *said);
    }
  }

  void types(const std::string& indent, const PrecisionConfig::Types& said,
             const std::optional<FixedType>& maximum = {}) {
    if (said.empty() && !maximum) return;
    text_ += indent + "Precision:\n";
    for (const auto& [tensor, type] : said)
      text_ += fmt::format("{}  {}: {}\n", indent, tensor, type ? to_string(*type) : "auto");
    if (maximum) text_ += fmt::format("{}  maximum: {}\n", indent, to_string(*maximum));
  }

  void entries(const std::string& section, const std::map<std::string, PrecisionConfig::Types>& said,
               const std::map<std::string, LayerSettings>& settings) {
    if (said.empty()) return;
    text_ += "\n" + section + ":\n";
    // In the order of the network.
    std::set<std::string> done;
    for (const Node& node : graph_.nodes()) {
      const std::string key = section == "LayerName" ? node.name : std::string(kind(node));
      const auto entry = said.find(key);
      if (entry == said.end() || !done.insert(key).second) continue;
      if (section == "LayerName") {
        text_ += "  # " + described(node) + "\n";
        text_ += fmt::format("  {}:\n", scalar(key));
      } else {
        text_ += fmt::format("  {}:\n", class_of(node));
      }
      const size_t before = text_.size();
      types("    ", entry->second);
      if (const auto set = settings.find(key); set != settings.end()) keys(LayerMap, "    ", &set->second);
      if (text_.size() == before) text_.insert(before - 1, " {}");
    }
  }

  /// "dense, 16 -> 32, 16 x 32 weights"
  std::string described(const Node& node) const {
    std::string text(kind(node));
    if (node.inputs.empty()) return text + ", " + to_string(node.type.shape);
    text +=
        fmt::format(", {} -> {}", to_string(graph_[node.inputs[0]].type.shape), to_string(node.type.shape));
    if (const std::string_view of = kind(node); of == "dense" || of == "conv1d" || of == "conv2d") {
      const Shape& weight = graph_[node.inputs[1]].type.shape;
      text += fmt::format(", {} x {} weights", element_count(weight) / weight.back(), weight.back());
    }
    return text;
  }

  std::string class_of(const Node& node) const {
    if (!is_depthwise(graph_, node)) return std::string(kind(node));
    return kind(node) == "conv1d" ? "DepthwiseConv1D" : "DepthwiseConv2D";
  }

  const Config& config_;
  const Graph& graph_;
  std::string text_;
  std::set<std::string> explained_;
};

}  // namespace

std::string print_config(const Config& config, const Graph& graph, const std::string& file) {
  return Printer(config, graph).print(file);
}

}  // namespace gw
