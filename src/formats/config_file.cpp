// The configuration file of hls4ml, as far as it is understood: types, and nothing else yet. A key that is
// not understood would change what the user gets without a word, so each is an error that says what is
// understood in its place; and so is a type for a tensor that its layer does not have.

#include "formats/config_file.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <set>

#include "graph/attributes.h"
#include "support/files.h"
#include "support/messages.h"
#include "support/yaml.h"

namespace gw {

namespace {

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string shown(const YAML::Node& node) {
  return node.IsScalar() ? node.Scalar() : node.IsMap() ? "a map" : node.IsSequence() ? "a list" : "nothing";
}

class Reader {
 public:
  Reader(YamlFile yaml, const Graph& graph) : yaml_(std::move(yaml)), graph_(graph) {}

  Result<Config> read() {
    const YAML::Node root = yaml_.root();
    if (root.IsMap() && root["HLSConfig"].IsDefined()) {
      walk(root, root, "", [&](const std::string& key, const YAML::Node& at, const YAML::Node& value) {
        if (key == "HLSConfig") return read_sections(at, value, key, "Model, LayerType, LayerName");
        unknown(at, "", key, "HLSConfig");
      });
    } else {
      read_sections(root, root, "", "HLSConfig, Model, LayerType, LayerName");
    }
    if (!yaml_.errors().empty()) return yaml_.errors();
    return std::move(config_);
  }

 private:
  using Visit = std::function<void(const std::string& key, const YAML::Node& at, const YAML::Node& value)>;

  static std::string dotted(const std::string& item, const std::string& key) {
    return item.empty() ? key : item + "." + key;
  }

  void unknown(const YAML::Node& at, const std::string& item, const std::string& key,
               const std::string& understood) {
    yaml_.add(diagnose(messages::config_key, yaml_.place(at, item), key, understood));
  }

  /// Every entry of a map, each key once. `at` is where the map is announced: what is empty has no place of
  /// its own.
  void walk(const YAML::Node& at, const YAML::Node& map, const std::string& item, const Visit& visit) {
    if (!map.IsMap()) {
      yaml_.add(
          diagnose(messages::wrong_kind, yaml_.place(map.IsNull() ? at : map, item), "a map", shown(map)));
      return;
    }
    std::set<std::string> seen;
    for (const auto& entry : map) {
      const std::string key = shown(entry.first);
      if (!seen.insert(key).second) {
        yaml_.add(diagnose(messages::key_twice, yaml_.place(entry.first, item), key));
      } else {
        visit(key, entry.first, entry.second);
      }
    }
  }

  void read_sections(const YAML::Node& announced, const YAML::Node& map, const std::string& item,
                     const std::string& understood) {
    walk(announced, map, item, [&](const std::string& key, const YAML::Node& at, const YAML::Node& value) {
      const std::string path = dotted(item, key);
      if (key == "Model") {
        read_entry(at, value, path, every_tensor(), config_.precision.model);
      } else if (key == "LayerType") {
        walk(at, value, path, [&](const std::string& name, const YAML::Node& where, const YAML::Node& entry) {
          read_kind(name, where, entry, path);
        });
      } else if (key == "LayerName") {
        walk(at, value, path, [&](const std::string& name, const YAML::Node& where, const YAML::Node& entry) {
          read_layer(name, where, entry, path);
        });
      } else {
        unknown(at, item, key, understood);
      }
    });
  }

  /// hls4ml writes the names of Keras classes ("Dense", "Conv2D"): ours in another case.
  void read_kind(const std::string& name, const YAML::Node& at, const YAML::Node& entry,
                 const std::string& item) {
    std::vector<std::string> kinds = layer_kinds();
    kinds.insert(kinds.begin(), "input");
    const std::string kind = lower_case(name);
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
      yaml_.add(diagnose(messages::unknown_value, yaml_.place(at, item), name, nearest(kind, kinds)));
    } else if (check_has_types(at, dotted(item, name), kind)) {
      read_entry(at, entry, dotted(item, name), configurable_tensors(kind), config_.precision.by_kind[kind]);
    }
  }

  void read_layer(const std::string& name, const YAML::Node& at, const YAML::Node& entry,
                  const std::string& item) {
    const NodeId id = graph_.find(name);
    if (id < 0 || std::holds_alternative<Constant>(graph_[id].op)) {
      std::vector<std::string> names;
      for (const Node& node : graph_.nodes()) {
        if (!std::holds_alternative<Constant>(node.op)) names.push_back(node.name);
      }
      yaml_.add(diagnose(messages::config_layer, yaml_.place(at, item), name, nearest(name, names)));
      return;
    }
    const auto layer_kind = kind(graph_[id]);
    if (check_has_types(at, dotted(item, name), layer_kind)) {
      read_entry(at, entry, dotted(item, name), configurable_tensors(layer_kind), config_.precision.by_name[name]);
    }
  }

  bool check_has_types(const YAML::Node& at, const std::string& item, std::string_view kind) {
    if (!configurable_tensors(kind).empty()) return true;
    yaml_.add(diagnose(messages::config_without_types, yaml_.place(at, item), std::string(kind)));
    return false;
  }

  static std::vector<std::string> every_tensor() {
    std::vector<std::string> all;
    for (const std::string& kind : layer_kinds()) {
      for (std::string& tensor : configurable_tensors(kind)) {
        if (std::find(all.begin(), all.end(), tensor) == all.end()) all.push_back(std::move(tensor));
      }
    }
    return all;
  }

  /// {Precision: TYPE} or {Precision: {TENSOR: TYPE, ...}}
  void read_entry(const YAML::Node& announced, const YAML::Node& map, const std::string& item,
                  const std::vector<std::string>& tensors, PrecisionConfig::Types& types) {
    walk(announced, map, item, [&](const std::string& key, const YAML::Node& at, const YAML::Node& value) {
      if (key != "Precision") return unknown(at, item, key, "Precision");
      const std::string path = dotted(item, key);
      if (value.IsScalar()) return read_type(value, path, types["default"]);
      walk(at, value, path, [&](const std::string& tensor, const YAML::Node& where, const YAML::Node& type) {
        if (tensor != "default" && std::find(tensors.begin(), tensors.end(), tensor) == tensors.end()) {
          return unknown(where, path, tensor, fmt::format("default, {}", fmt::join(tensors, ", ")));
        }
        read_type(type, dotted(path, tensor), types[tensor]);
      });
    });
  }

  void read_type(const YAML::Node& node, const std::string& item, PrecisionChoice& choice) {
    if (node.IsScalar() && node.Scalar() == "auto") return;  // a choice begins as auto
    choice = node.IsScalar() ? parse_quantizer(node.Scalar()) : std::nullopt;
    if (!choice) {
      yaml_.add(diagnose(messages::config_type, yaml_.place(node, item), shown(node)));
    } else if (choice->to.width > max_width) {
      yaml_.add(diagnose(messages::quantizer_too_wide, yaml_.place(node, item), to_string(*choice),
                         choice->to.width, max_width));
    }
  }

  YamlFile yaml_;
  const Graph& graph_;
  Config config_;
};

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& file, const Graph& graph) {
  auto yaml = YamlFile::parse(text, file);
  if (!yaml) return yaml.errors();
  return Reader(std::move(*yaml), graph).read();
}

Result<Config> load_config(const std::filesystem::path& path, const Graph& graph) {
  const auto text = read_file(path);
  if (!text) return text.errors();
  return parse_config(*text, path.string(), graph);
}

}  // namespace gw
