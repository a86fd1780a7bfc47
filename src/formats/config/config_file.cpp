// hls4ml's configuration file. What would change the user's network without a word is an error: a key that
// nobody knows, a layer, a class or a tensor that is not there, a sharing of multipliers that the matrix does
// not allow.
//
// Types and settings of a class of layers are kept by kind where the class is all layers of a kind ("Dense"),
// and else by the name of each layer that is of it ("DepthwiseConv2D"), below what is said of that layer
// itself; so whoever looks a setting up needs to know of kinds and names only.

#include "formats/config/config_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "formats/config/check.h"
#include "formats/config/classes.h"
#include "formats/config/entry.h"
#include "graph/attributes.h"
#include "support/files.h"
#include "support/messages.h"

namespace gw {

namespace {

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::vector<std::string> tensors_of(const std::vector<std::string>& kinds) {
  std::vector<std::string> all;
  for (const std::string& kind : kinds) {
    for (std::string& tensor : configurable_tensors(kind)) {
      if (std::find(all.begin(), all.end(), tensor) == all.end()) all.push_back(std::move(tensor));
    }
  }
  return all;
}

class Reader {
 public:
  Reader(YamlFile yaml, const Graph& graph, const Aliases& aliases)
      : yaml_(std::move(yaml)), graph_(graph), aliases_(aliases), maps_(yaml_, config_) {}

  Result<Config> read() {
    const YAML::Node root = yaml_.root();
    const bool nested = root.IsMap() && root["HLSConfig"].IsDefined();
    maps_.walk(root, root, "", [&](const std::string& key, const YAML::Node& at, const YAML::Node& value) {
      if (key == "HLSConfig") {
        maps_.walk(at, value, key,
                   [&](const std::string& name, const YAML::Node& where, const YAML::Node& map) {
                     if (!read_section(name, where, map, key))
                       maps_.key(name, where, map, key, HlsMap, sections);
                   });
      } else if (key == "WriterConfig") {
        maps_.walk(at, value, key,
                   [&](const std::string& name, const YAML::Node& where, const YAML::Node& v) {
                     maps_.key(name, where, v, key, WriterMap, {});
                   });
      } else if (nested && std::find(sections.begin(), sections.end(), key) != sections.end()) {
        yaml_.add(diagnose(messages::config_section, yaml_.place(at, ""), key));
      } else if (nested || !read_section(key, at, value, "")) {
        std::vector<std::string> others{"HLSConfig"};
        if (!nested) others.insert(others.end(), sections.begin(), sections.end());
        maps_.key(key, at, value, "", TopMap, others);
      }
    });
    for (const auto& [ids, entry] : partial_classes_) spread(ids, entry);
    // What could not be read asks nothing of a layer; what could be is judged all the same.
    for (Diagnostic& error : check_config(config_, places_, graph_)) yaml_.add(std::move(error));
    if (!yaml_.errors().empty()) return yaml_.errors();
    return std::move(config_);
  }

 private:
  const std::vector<std::string> sections{"Model", "LayerType", "LayerName"};

  /// False if the key is no section.
  bool read_section(const std::string& key, const YAML::Node& at, const YAML::Node& value,
                    const std::string& item) {
    const std::string path = dotted(item, key);
    if (key == "Model") {
      const ConfigEntry entry = maps_.entry(at, value, path, {ModelMap, {}, every_tensor(), ""});
      config_.precision.model = entry.types;
      config_.model = entry.settings;
      places_.model = entry.places;
    } else if (key == "LayerType") {
      maps_.walk(at, value, path,
                 [&](const std::string& name, const YAML::Node& where, const YAML::Node& entry) {
                   read_class(name, where, entry, path);
                 });
    } else if (key == "LayerName") {
      maps_.walk(at, value, path,
                 [&](const std::string& name, const YAML::Node& where, const YAML::Node& entry) {
                   read_layer(name, where, entry, path);
                 });
    } else {
      return false;
    }
    return true;
  }

  void read_class(const std::string& name, const YAML::Node& at, const YAML::Node& value,
                  const std::string& item) {
    const LayerClass* layer_class = find_class(name);
    if (!layer_class) {
      yaml_.add(diagnose(messages::unknown_value, yaml_.place(at, item), name, nearest(name, class_names())));
      return;
    }
    const std::vector<NodeId> ids = nodes_of(*layer_class, graph_);
    std::vector<std::string> kinds;
    for (const NodeId id : ids) {
      if (std::find(kinds.begin(), kinds.end(), kind(graph_[id])) == kinds.end())
        kinds.emplace_back(kind(graph_[id]));
    }
    if (kinds.empty() && !layer_class->may_vanish) {
      yaml_.add(diagnose(messages::config_class, yaml_.place(at, item), name,
                         fmt::format("{}", fmt::join(kinds_of_graph(), ", "))));
      return;
    }
    const std::string title = kinds.size() == 1 ? kinds.front() : name;
    const ConfigEntry entry =
        maps_.entry(at, value, dotted(item, name), {LayerMap, kinds, tensors_of(kinds), title});
    const bool whole = std::all_of(graph_.nodes().begin(), graph_.nodes().end(), [&](const Node& node) {
      const bool of_kind = std::find(kinds.begin(), kinds.end(), kind(node)) != kinds.end();
      return !of_kind || is_depthwise(graph_, node) == layer_class->depthwise;
    });
    if (!whole) {
      partial_classes_.emplace_back(ids, entry);
      return;
    }
    for (const std::string& kind : kinds) {
      join(entry, config_.precision.by_kind[kind], config_.by_kind[kind], places_.by_kind[kind]);
    }
  }

  void read_layer(const std::string& name, const YAML::Node& at, const YAML::Node& value,
                  const std::string& item) {
    const auto node = find_node(name);
    if (!node) {
      std::vector<std::string> names;
      for (const Node& known : graph_.nodes()) {
        if (!std::holds_alternative<Constant>(known.op)) names.push_back(known.name);
      }
      yaml_.add(diagnose(messages::config_layer, yaml_.place(at, item), name, nearest(name, names)));
      return;
    }
    EntrySubject subject{LayerMap, {}, {}, "node that is left out of the network"};
    if (!node->empty()) {
      const Node& found = graph_[graph_.find(*node)];
      subject.kinds = {std::string(kind(found))};
      subject.title = subject.kinds.front();
      const bool constant = std::holds_alternative<Constant>(found.op);
      subject.tensors = constant ? std::vector<std::string>{"result"} : tensors_of(subject.kinds);
    }
    const ConfigEntry entry = maps_.entry(at, value, dotted(item, name), subject);
    if (!node->empty())
      join(entry, config_.precision.by_name[*node], config_.by_name[*node], places_.by_name[*node]);
  }

  /// The node that a configuration means: by its name, by its name in another case, by another name for it;
  /// "" for one that was left out.
  std::optional<std::string> find_node(const std::string& name) const {
    if (graph_.find(name) >= 0) return name;
    if (const auto alias = aliases_.find(name); alias != aliases_.end()) return alias->second;
    for (const Node& node : graph_.nodes()) {
      if (lower_case(node.name) == lower_case(name)) return node.name;
    }
    return std::nullopt;
  }

  /// Adds what an entry says to what is said already; two entries may be about one layer.
  void join(const ConfigEntry& entry, PrecisionConfig::Types& types, LayerSettings& settings,
            std::map<std::string, Place>& places) {
    for (const auto& [tensor, type] : entry.types) {
      const auto [said, added] = types.emplace(tensor, type);
      if (!added && said->second && type && said->second != type) {
        yaml_.add(diagnose(messages::config_contradiction, entry.places.at(tensor), shown(type), tensor,
                           shown(said->second)));
      }
      if (type) said->second = type;
    }
    settings = with_rest(entry.settings, settings);
    places.insert(entry.places.begin(), entry.places.end());
  }

  /// What a class says of layers that do not say it themselves.
  void spread(const std::vector<NodeId>& ids, const ConfigEntry& entry) {
    for (const NodeId id : ids) {
      const std::string& name = graph_[id].name;
      auto& types = config_.precision.by_name[name];
      if (!types.contains("default")) types.insert(entry.types.begin(), entry.types.end());
      config_.by_name[name] = with_rest(config_.by_name[name], entry.settings);
      places_.by_name[name].insert(entry.places.begin(), entry.places.end());
    }
  }

  /// The settings of `first`, and of `second` where the first ones say nothing.
  static LayerSettings with_rest(LayerSettings first, const LayerSettings& second) {
    const auto fill = [](auto& value, const auto& other) {
      if (!value) value = other;
    };
    fill(first.strategy, second.strategy);
    fill(first.reuse_factor, second.reuse_factor);
    fill(first.target_cycles, second.target_cycles);
    fill(first.parallelization_factor, second.parallelization_factor);
    fill(first.conv_implementation, second.conv_implementation);
    fill(first.compression, second.compression);
    fill(first.trace, second.trace);
    fill(first.table_size, second.table_size);
    fill(first.implementation, second.implementation);
    fill(first.skip, second.skip);
    return first;
  }

  static std::vector<std::string> every_tensor() {
    std::vector<std::string> kinds = layer_kinds();
    kinds.insert(kinds.begin(), "input");
    std::vector<std::string> tensors = tensors_of(kinds);
    // A model's word on these reaches layers of hls4ml that have no counterpart in a network's file.
    for (const char* more : {"accum", "table"}) {
      if (std::find(tensors.begin(), tensors.end(), more) == tensors.end()) tensors.emplace_back(more);
    }
    return tensors;
  }

  std::vector<std::string> kinds_of_graph() const {
    std::vector<std::string> kinds;
    for (const Node& node : graph_.nodes()) {
      const std::string of(kind(node));
      if (of != "constant" && std::find(kinds.begin(), kinds.end(), of) == kinds.end()) kinds.push_back(of);
    }
    return kinds;
  }

  YamlFile yaml_;
  const Graph& graph_;
  const Aliases& aliases_;
  Config config_;
  ConfigPlaces places_;
  ConfigMaps maps_;
  std::vector<std::pair<std::vector<NodeId>, ConfigEntry>> partial_classes_;
};

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& file, const Graph& graph,
                            const Aliases& aliases) {
  auto yaml = YamlFile::parse(text, file);
  if (!yaml) return yaml.errors();
  return Reader(std::move(*yaml), graph, aliases).read();
}

Result<Config> load_config(const std::filesystem::path& path, const Graph& graph, const Aliases& aliases) {
  const auto text = read_file(path);
  if (!text) return text.errors();
  return parse_config(*text, path.string(), graph, aliases);
}

}  // namespace gw
