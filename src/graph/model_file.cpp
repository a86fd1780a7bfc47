// A model file is a graph said as JSON beside its weights. Both directions walk the attributes that the
// layers themselves name, so that a new layer is read and written without a line here.
//
// The reader trusts nothing: every key is known or told, every reference points to an earlier node, every
// weight is there, and none is left over. A node that could not be read is put into the builder as failed, so
// that what depends on it stays silent and all other mistakes are still found.

#include "graph/model_file.h"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

#include "graph/attributes.h"
#include "graph/safetensors.h"
#include "graph/text.h"
#include "support/files.h"
#include "support/json_depth.h"
#include "support/messages.h"
#include "support/overload.h"

namespace gw {

namespace {

using Json = nlohmann::ordered_json;

constexpr int version = 1;

Json all_attributes(Layer layer) {
  Json json = Json::object();
  for (const Attribute& attribute : attributes(layer)) {
    Json said;
    std::visit(Overload{
                   [&](const auto* value) { said = *value; },  // numbers, truths, lists of numbers
                   [&](const ChoiceRef& choice) { said = choice.name(); },
                   [&](const Quantizer* quantizer) { said = to_string(*quantizer); },
                   [&](const std::vector<Quantizer>* list) {
                     said = Json::array();
                     for (const Quantizer& quantizer : *list) said.push_back(to_string(quantizer));
                   },
                   [&](const std::optional<Quantizer>* quantizer) {
                     if (*quantizer) said = to_string(**quantizer);
                   },
               },
               attribute.value);
    json[attribute.name] = std::move(said);
  }
  return json;
}

/// The attributes that are not as the layer comes.
Json attributes_to_json(const Layer& layer) {
  Json json = all_attributes(layer);
  const Json as_it_comes = all_attributes(*make_layer(kind_of(layer)));
  for (const auto& [name, value] : as_it_comes.items()) {
    if (json[name] == value) json.erase(name);
  }
  return json;
}

Json node_to_json(const Graph& graph, const Node& node) {
  Json json{{"name", node.name}, {"kind", kind(node)}};
  if (const auto* input = std::get_if<Input>(&node.op)) {
    json["shape"] = node.type.shape;
    if (input->quantizer) json["type"] = to_string(*input->quantizer);
  }
  if (const auto* constant = std::get_if<Constant>(&node.op); constant && constant->fixed)
    json["type"] = to_string(constant->fixed->type());
  if (const auto* layer = std::get_if<Layer>(&node.op)) {
    json["inputs"] = Json::array();
    for (const NodeId id : node.inputs) json["inputs"].push_back(graph[id].name);
    if (Json said = attributes_to_json(*layer); !said.empty()) json["attributes"] = std::move(said);
  }
  return json;
}

/// A JSON value as messages show it.
std::string shown(const Json& value) {
  constexpr size_t longest = 40;
  if (value.is_string()) return value.get<std::string>();
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= longest ? text : text.substr(0, longest) + "...";
}

std::optional<int> int_in(const Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<int>::max())
    return std::nullopt;
  const auto number = value.get<std::int64_t>();
  if (number < std::numeric_limits<int>::min()) return std::nullopt;
  return static_cast<int>(number);
}

class Reader {
 public:
  Reader(const SafeTensors& contents, const std::string& file)
      : contents_(contents), file_(file), builder_(file) {}

  Result<Graph> read() {
    const auto text = contents_.metadata.find(graph_metadata_key);
    if (text == contents_.metadata.end()) {
      return diagnose(messages::model_without_graph, {file_}, graph_metadata_key);
    }
    const Json json = Json::parse(text->second, nullptr, false);
    if (json.is_discarded() || is_json_too_deep(text->second))
      return diagnose(messages::model_not_json, place(graph_metadata_key));
    if (!check_object(json, graph_metadata_key, {"version", "nodes", "outputs"},
                      {"version", "nodes", "outputs"}) ||
        !check_version(json["version"])) {
      return errors_;
    }
    if (!json["nodes"].is_array()) wrong_kind("nodes", "a list", json["nodes"]);
    if (!json["outputs"].is_array()) wrong_kind("outputs", "a list", json["outputs"]);
    if (!errors_.empty()) return errors_;

    for (size_t i = 0; i < json["nodes"].size(); ++i) add_node(json["nodes"][i], fmt::format("nodes[{}]", i));
    for (const Json& name : json["outputs"]) {
      const auto id = find(name, "outputs");
      builder_.output(id ? *id : builder_.failed("", take_errors()));
    }
    check_unused();
    auto graph = builder_.build();
    if (!graph) errors_.insert(errors_.begin(), graph.errors().begin(), graph.errors().end());
    if (!errors_.empty()) return errors_;
    return graph;
  }

 private:
  Place place(std::string item) const { return {file_, 0, std::move(item)}; }

  void wrong_kind(std::string item, const char* wanted, const Json& value) {
    errors_.push_back(diagnose(messages::wrong_kind, place(std::move(item)), wanted, shown(value)));
  }

  Diagnostics take_errors() { return std::exchange(errors_, {}); }

  /// True if `json` is an object with all of `needed` and nothing but `known`.
  bool check_object(const Json& json, const std::string& item, const std::vector<std::string>& known,
                    const std::vector<std::string>& needed) {
    const size_t before = errors_.size();
    if (!json.is_object()) {
      wrong_kind(item, "an object", json);
      return false;
    }
    for (const auto& [key, unused] : json.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      errors_.push_back(diagnose(messages::unknown_key, place(item), key, nearest(key, known)));
    }
    for (const std::string& key : needed) {
      if (!json.contains(key)) errors_.push_back(diagnose(messages::key_missing, place(item), key));
    }
    return errors_.size() == before;
  }

  bool check_version(const Json& json) {
    const auto number = int_in(json);
    if (!number) {
      wrong_kind("version", "a whole number", json);
      return false;
    }
    if (*number != version)
      errors_.push_back(diagnose(messages::model_version, place("version"), *number, version));
    return *number == version;
  }

  void add_node(const Json& json, const std::string& position) {
    if (!json.is_object() || !json.contains("name") || !json["name"].is_string()) {
      if (!json.is_object()) {
        wrong_kind(position, "an object", json);
      } else if (!json.contains("name")) {
        errors_.push_back(diagnose(messages::key_missing, place(position), "name"));
      } else {
        wrong_kind(position + ".name", "a text", json["name"]);
      }
      builder_.failed("", take_errors());
      return;
    }
    const auto name = json["name"].get<std::string>();
    const auto id = read_node(json, name, place_of(name));
    ids_.try_emplace(name, id ? *id : builder_.failed(name, take_errors()));
  }

  std::optional<NodeId> read_node(const Json& json, const std::string& name, const std::string& item) {
    const Json kind = json.value("kind", Json());
    if (kind == "input") return read_input(json, name, item);
    if (kind == "constant") return read_constant(json, name, item);
    const auto layer = kind.is_string() ? make_layer(kind.get<std::string>()) : std::nullopt;
    if (!layer) {
      std::vector<std::string> kinds = layer_kinds();
      kinds.insert(kinds.begin(), {"input", "constant"});
      if (!json.contains("kind")) {
        errors_.push_back(diagnose(messages::key_missing, place(item), "kind"));
      } else if (!kind.is_string()) {
        wrong_kind(item + ", kind", "a text", kind);
      } else {
        errors_.push_back(diagnose(messages::unknown_value, place(item + ", kind"), shown(kind),
                                   nearest(shown(kind), kinds)));
      }
      return std::nullopt;
    }
    return read_layer(json, name, item, *layer);
  }

  std::optional<NodeId> read_input(const Json& json, const std::string& name, const std::string& item) {
    if (!check_object(json, item, {"name", "kind", "shape", "type"}, {"shape"})) return std::nullopt;
    Shape shape;
    const Json& extents = json["shape"];
    for (const Json& extent : extents.is_array() ? extents : Json::array({extents})) {
      if (const auto number = int_in(extent); number && extents.is_array()) {
        shape.push_back(*number);
      } else {
        wrong_kind(item + ", shape", "a list of whole numbers", extents);
        return std::nullopt;
      }
    }
    std::optional<Quantizer> type;
    if (json.contains("type")) {
      type = quantizer_in(json["type"], item + ", type");
      if (!type) return std::nullopt;
    }
    return builder_.input(name, std::move(shape), type);
  }

  std::optional<NodeId> read_constant(const Json& json, const std::string& name, const std::string& item) {
    used_.push_back(name);
    if (!check_object(json, item, {"name", "kind", "type"}, {})) return std::nullopt;
    std::optional<Quantizer> type;
    if (json.contains("type")) {
      type = quantizer_in(json["type"], item + ", type");
      if (!type) return std::nullopt;
    }
    auto values = contents_.get<float>(name, file_);
    if (!values) {
      errors_.insert(errors_.end(), values.errors().begin(), values.errors().end());
      return std::nullopt;
    }
    Shape shape;
    for (const std::int64_t extent : contents_.tensors.at(name).shape) {
      // What does not fit is far above max_elements, which the builder reports.
      shape.push_back(static_cast<int>(std::min<std::int64_t>(extent, std::numeric_limits<int>::max())));
    }
    return builder_.constant(name, {std::move(shape), 1, std::move(*values)}, type);
  }

  std::optional<NodeId> read_layer(const Json& json, const std::string& name, const std::string& item,
                                   Layer layer) {
    bool is_whole = check_object(json, item, {"name", "kind", "inputs", "attributes"}, {"inputs"});
    if (json.contains("attributes")) is_whole = read_attributes(json["attributes"], item, layer) && is_whole;
    std::vector<NodeId> inputs;
    if (json.contains("inputs")) {
      const Json& names = json["inputs"];
      if (!names.is_array()) {
        wrong_kind(item + ", inputs", "a list", names);
        is_whole = false;
      } else {
        for (const Json& input : names) {
          const auto id = find(input, item + ", inputs");
          is_whole = is_whole && id;
          if (id) inputs.push_back(*id);
        }
      }
    }
    if (!is_whole) return std::nullopt;
    return builder_.layer(name, std::move(layer), std::move(inputs));
  }

  bool read_attributes(const Json& json, const std::string& item, Layer& layer) {
    const size_t before = errors_.size();
    const std::vector<Attribute> known = attributes(layer);
    std::vector<std::string> names;
    for (const Attribute& attribute : known) names.push_back(attribute.name);
    if (!check_object(json, item + ", attributes", names, {}) && !json.is_object()) return false;
    for (const Attribute& attribute : known) {
      if (!json.contains(attribute.name)) continue;
      const Json& said = json[attribute.name];
      const std::string where = fmt::format("{}, {}", item, attribute.name);
      std::visit(Overload{
                     [&](int* number) {
                       const auto read = int_in(said);
                       if (!read) return wrong_kind(where, "a whole number", said);
                       *number = *read;
                     },
                     [&](bool* truth) {
                       if (!said.is_boolean()) return wrong_kind(where, "true or false", said);
                       *truth = said.get<bool>();
                     },
                     [&](double* number) {
                       if (!said.is_number()) return wrong_kind(where, "a number", said);
                       *number = said.get<double>();
                     },
                     [&](std::vector<int>* list) {
                       list->clear();
                       for (const Json& element : said.is_array() ? said : Json::array({said})) {
                         const auto read = int_in(element);
                         if (!read || !said.is_array())
                           return wrong_kind(where, "a list of whole numbers", said);
                         list->push_back(*read);
                       }
                     },
                     [&](const ChoiceRef& choice) {
                       if (said.is_string() && choice.choose(said.get<std::string>())) return;
                       const std::vector<std::string> choices(choice.names.begin(), choice.names.end());
                       errors_.push_back(diagnose(messages::unknown_value, place(where), shown(said),
                                                  nearest(shown(said), choices)));
                     },
                     [&](std::vector<Quantizer>* list) {
                       if (!said.is_array()) return wrong_kind(where, "a list of types", said);
                       list->clear();
                       for (const Json& element : said) {
                         if (const auto read = quantizer_in(element, where)) list->push_back(*read);
                       }
                     },
                     [&](auto* quantizer) {
                       if (const auto read = quantizer_in(said, where)) *quantizer = *read;
                     },
                 },
                 attribute.value);
    }
    return errors_.size() == before;
  }

  std::optional<Quantizer> quantizer_in(const Json& json, const std::string& item) {
    const auto quantizer = json.is_string() ? parse_quantizer(json.get<std::string>()) : std::nullopt;
    if (!quantizer) wrong_kind(item, "a type like ap_fixed<16,6>", json);
    return quantizer;
  }

  /// The node of that name among those read so far.
  std::optional<NodeId> find(const Json& name, const std::string& item) {
    if (!name.is_string()) {
      wrong_kind(item, "a list of names", name);
      return std::nullopt;
    }
    const auto found = ids_.find(name.get<std::string>());
    if (found != ids_.end()) return found->second;
    std::vector<std::string> names;
    for (const auto& [known, unused] : ids_) names.push_back(known);
    errors_.push_back(
        diagnose(messages::node_not_before, place(item), shown(name), nearest(shown(name), names)));
    return std::nullopt;
  }

  void check_unused() {
    for (const auto& [name, unused] : contents_.tensors) {
      if (std::find(used_.begin(), used_.end(), name) != used_.end()) continue;
      errors_.push_back(
          diagnose(messages::tensor_unused, place(fmt::format("tensor '{}'", name)), nearest(name, used_)));
    }
  }

  const SafeTensors& contents_;
  const std::string& file_;
  GraphBuilder builder_;
  Diagnostics errors_;
  std::map<std::string, NodeId> ids_;
  std::vector<std::string> used_;  // names of constants
};

}  // namespace

std::string print_model(const Graph& graph, const ModelMetadata& metadata) {
  GW_CHECK(!metadata.contains(graph_metadata_key));
  SafeTensors contents;
  contents.metadata = metadata;
  Json json{{"version", version}, {"nodes", Json::array()}, {"outputs", Json::array()}};
  for (const Node& node : graph.nodes()) {
    json["nodes"].push_back(node_to_json(graph, node));
    const auto* constant = std::get_if<Constant>(&node.op);
    if (!constant) continue;
    FloatTensor values = constant->values;
    if (constant->fixed) {
      values = dequantize(*constant->fixed);
      GW_CHECK(quantize(Quantizer{constant->fixed->type()}, values) == *constant->fixed);
    }
    contents.set(node.name, std::vector<std::int64_t>(values.shape.begin(), values.shape.end()),
                 values.values);
  }
  for (const NodeId id : graph.outputs()) json["outputs"].push_back(graph[id].name);
  contents.metadata[graph_metadata_key] = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return print_safetensors(contents);
}

Result<Graph> parse_model(std::string_view bytes, const std::string& file) {
  const auto contents = parse_safetensors(bytes, file);
  if (!contents) return contents.errors();
  return Reader(*contents, file).read();
}

Status save_model(const std::filesystem::path& path, const Graph& graph, const ModelMetadata& metadata) {
  return write_file(path, print_model(graph, metadata));
}

Result<Graph> read_model(std::string_view bytes, const std::string& file) {
  return is_graph_text(bytes) ? parse_graph(bytes, file) : parse_model(bytes, file);
}

Result<Graph> load_model(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  if (!bytes) return bytes.errors();
  return read_model(*bytes, path.string());
}

}  // namespace gw
