// Keras describes a model as JSON in dialects: a Sequential is a list of layers, the others name the tensors
// that go into each call of a layer, Keras 2 as [name, call, answer, arguments], Keras 3 as nested arguments
// that hold such tensors somewhere. A model may be a layer of another one.

#include "formats/keras/model.h"

#include <algorithm>
#include <map>
#include <set>

#include "support/json_depth.h"
#include "support/messages.h"

namespace gw {

namespace {

using Json = nlohmann::json;

constexpr int deepest = 16;            // models in models
constexpr int deepest_arguments = 16;  // lists in the arguments of a call
constexpr size_t most_layers = 20'000, most_tensors = 100'000;

/// Python writes NaN, Infinity and -Infinity where JSON has no number for them.
std::string without_python_numbers(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool is_string = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (is_string) {
      out += c;
      if (c == '\\' && at + 1 < text.size()) out += text[++at];
      is_string = c != '"';
      continue;
    }
    is_string = c == '"';
    bool is_replaced = false;
    for (const std::string_view word : {"-Infinity", "Infinity", "NaN"}) {
      if (!text.substr(at).starts_with(word)) continue;
      out.append("\"").append(word).append("\"");
      at += word.size() - 1;
      is_replaced = true;
      break;
    }
    if (!is_replaced) out += c;
  }
  return out;
}

std::string text_of(const Json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

const Json* member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

bool is_model_class(const std::string& name) {
  return name == "Sequential" || name == "Functional" || name == "Model";
}

/// Layers that do the same to every place along the axes before the last.
bool acts_on_last_axis(const std::string& class_name) {
  static const std::set<std::string> names{"Dense", "QDense",    "Activation", "QActivation",
                                           "ReLU",  "LeakyReLU", "ELU",        "Dropout"};
  return names.contains(class_name);
}

/// "Custom>QDense", or QDense of the package qkeras.
std::string class_of(const Json& layer) {
  std::string name = text_of(layer, "class_name");
  const std::string registered = text_of(layer, "registered_name"), module = text_of(layer, "module");
  const auto package_of = [](const std::string& full) {
    const size_t end = full.find('>');
    return end == std::string::npos ? std::string() : full.substr(0, end);
  };
  std::string package = package_of(name);
  if (!package.empty()) name = name.substr(package.size() + 1);
  if (package.empty()) package = package_of(registered);
  if (package.empty() && module.starts_with("hgq")) package = "hgq";
  std::transform(package.begin(), package.end(), package.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return package == "hgq" ? "hgq>" + name : name;
}

class Parser {
 public:
  explicit Parser(std::string file) : file_(std::move(file)) {}

  std::optional<KerasModel> parse(const Json& json, int depth) {
    if (depth > deepest) return refuse("models are nested too deeply");
    KerasModel model;
    model.class_name = class_of(json);
    const Json* config = member(json, "config");
    // The oldest Sequential has its layers in place of a config.
    const Json* layers = config && config->is_array() ? config : config ? member(*config, "layers") : nullptr;
    if (!config || !layers || !layers->is_array()) {
      return refuse(fmt::format("model class '{}' has no list of layers", model.class_name));
    }
    model.name = text_of(*config, "name");
    std::set<std::string> names;
    for (const Json& layer : *layers) {
      if (++count_ > most_layers) return refuse("it has too many layers");
      auto parsed = parse_layer(layer, depth);
      if (!parsed) return std::nullopt;
      if (!names.insert(parsed->name).second)
        return refuse(fmt::format("two layers are named '{}'", parsed->name));
      model.layers.push_back(std::move(*parsed));
    }
    if (model.layers.empty()) return refuse("it has no layers");
    const bool is_connected =
        model.class_name == "Sequential" ? connect_chain(model) : connect(model, *config, *layers);
    if (!is_connected) return std::nullopt;
    return model;
  }

  Diagnostics take_errors() { return std::move(errors_); }

 private:
  std::nullopt_t refuse(std::string why, const std::string& layer = "") {
    Place place{file_, 0, layer.empty() ? "" : "node '" + layer + "'"};
    errors_.push_back(layer.empty() ? diagnose(messages::keras_unreadable, std::move(place), std::move(why))
                                    : diagnose(messages::keras_graph, std::move(place), std::move(why)));
    return std::nullopt;
  }

  std::optional<KerasLayer> parse_layer(const Json& json, int depth) {
    KerasLayer layer;
    layer.class_name = class_of(json);
    const Json* config = member(json, "config");
    if (layer.class_name.empty() || !config) return refuse("a layer has no class or no config");
    layer.name = text_of(json, "name");
    if (layer.name.empty()) layer.name = text_of(*config, "name");
    layer.stored_as = layer.name;
    const Json* inner = &json;
    // A layer for each step of a series is that layer, if it looks at the last axis only.
    const Json* stepped = layer.class_name == "TimeDistributed" ? member(*config, "layer") : nullptr;
    if (stepped && member(*stepped, "config") && acts_on_last_axis(class_of(*stepped))) {
      inner = stepped;
      layer.wrapper_class = std::exchange(layer.class_name, class_of(*inner));
      config = member(*inner, "config");
    }
    // Pruning leaves nothing behind but names of its own.
    if (layer.class_name == "PruneLowMagnitude") {
      inner = member(*config, "layer");
      if (!inner || !member(*inner, "config")) return refuse("PruneLowMagnitude holds no layer", layer.name);
      layer.wrapper_class = std::exchange(layer.class_name, class_of(*inner));
      config = member(*inner, "config");
      layer.name = text_of(*config, "name");
    }
    if (layer.name.empty()) return refuse(fmt::format("a layer of class '{}' has no name", layer.class_name));
    layer.is_operation = text_of(json, "module").find(".ops") != std::string::npos;
    if (is_model_class(layer.class_name)) {
      auto model = parse(*inner, depth + 1);
      if (!model) return std::nullopt;
      layer.model = std::make_unique<KerasModel>(std::move(*model));
    } else {
      layer.config = *config;
      // Keras 3 keeps the shape that a layer was built for beside its config.
      if (const Json* build = member(*inner, "build_config"); build && layer.config.is_object())
        layer.config["build_config"] = *build;
    }
    return layer;
  }

  /// Each layer of a Sequential reads the one before it.
  bool connect_chain(KerasModel& model) {
    const std::string& first = model.layers[0].class_name;
    model.adds_input = first != "InputLayer";
    for (size_t i = 0; i < model.layers.size(); ++i) {
      auto& calls = model.layers[i].calls;
      if (i > 0) calls.push_back({{i - 1, 0}});
      if (i == 0 && model.adds_input) calls.emplace_back();
      if (i == 0 && !model.adds_input) model.inputs.push_back(0);
    }
    model.outputs.push_back({model.layers.size() - 1, 0});
    return true;
  }

  bool connect(KerasModel& model, const Json& config, const Json& layers) {
    std::map<std::string, size_t> by_name;
    for (size_t i = 0; i < model.layers.size(); ++i) by_name[model.layers[i].name] = i;
    // A wrapped layer is still referred to by the wrapper's name.
    for (size_t i = 0; i < model.layers.size(); ++i) by_name.try_emplace(text_of(layers[i], "name"), i);
    std::vector<std::vector<std::vector<Reference>>> found(model.layers.size());
    for (size_t i = 0; i < model.layers.size(); ++i) {
      const Json* nodes = member(layers[i], "inbound_nodes");
      if (!nodes || !nodes->is_array()) continue;
      for (const Json& node : *nodes) {
        std::vector<Reference> inputs;
        if (!collect(node, model.layers[i].name, inputs, 0)) return false;
        model.layers[i].calls.emplace_back();
        found[i].push_back(std::move(inputs));
      }
    }
    for (size_t i = 0; i < model.layers.size(); ++i) {
      for (size_t call = 0; call < found[i].size(); ++call) {
        for (const Reference& reference : found[i][call]) {
          const auto tensor = resolve(model, by_name, reference, model.layers[i].name, false);
          if (!tensor) return false;
          model.layers[i].calls[call].push_back(*tensor);
        }
      }
    }
    std::vector<Reference> inputs, outputs;
    const Json *in = member(config, "input_layers"), *out = member(config, "output_layers");
    if (!in || !out || !collect(*in, "", inputs, 0) || !collect(*out, "", outputs, 0) || inputs.empty() ||
        outputs.empty()) {
      refuse("the model does not say which layers are its inputs and outputs");
      return false;
    }
    for (const Reference& reference : inputs) {
      const auto layer = by_name.find(reference.layer);
      if (layer == by_name.end() || model.layers[layer->second].class_name != "InputLayer") {
        refuse(fmt::format("the model's input '{}' is no InputLayer of it", reference.layer));
        return false;
      }
      model.inputs.push_back(layer->second);
    }
    for (const Reference& reference : outputs) {
      const auto tensor = resolve(model, by_name, reference, reference.layer, true);
      if (!tensor) return false;
      model.outputs.push_back(*tensor);
    }
    return true;
  }

  struct Reference {
    std::string layer;
    std::int64_t call = 0, tensor = 0;
    bool is_new = false;  ///< as Keras 3 writes it inside a call
  };

  static bool is_reference(const Json& json) {
    return json.is_array() && json.size() >= 3 && json.size() <= 4 && json[0].is_string() &&
           json[1].is_number_integer() && json[2].is_number_integer();
  }

  /// All tensors in the arguments of a call, in order. Arguments that are no tensors are an error.
  bool collect(const Json& json, const std::string& layer, std::vector<Reference>& found, int depth) {
    const auto fail = [&](std::string why) {
      refuse(std::move(why), layer);
      return false;
    };
    if (depth > deepest_arguments) return fail("the arguments of a call are nested too deeply");
    if (++tensors_ > most_tensors) return fail("it has too many arguments");
    if (is_reference(json)) {
      found.push_back(
          {json[0].get<std::string>(), json[1].get<std::int64_t>(), json[2].get<std::int64_t>(), false});
      if (json.size() < 4) return true;
      return json[3].is_object() && no_arguments(json[3], layer);
    }
    if (text_of(json, "class_name") == "__keras_tensor__") {
      const Json* config = member(json, "config");
      const Json* history = config ? member(*config, "keras_history") : nullptr;
      if (!history || !is_reference(*history)) return fail("a tensor does not say which layer gives it");
      found.push_back({(*history)[0].get<std::string>(), (*history)[1].get<std::int64_t>(),
                       (*history)[2].get<std::int64_t>(), true});
      return true;
    }
    if (json.is_array()) {
      return std::all_of(json.begin(), json.end(),
                         [&](const Json& part) { return collect(part, layer, found, depth + 1); });
    }
    const Json* args = member(json, "args");
    if (args && args->is_array()) {
      const Json* named = member(json, "kwargs");
      return collect(*args, layer, found, depth + 1) && (!named || no_arguments(*named, layer));
    }
    // Inputs and outputs may be named.
    if (layer.empty() && json.is_object()) {
      return std::all_of(json.begin(), json.end(),
                         [&](const Json& part) { return collect(part, layer, found, depth + 1); });
    }
    return fail(fmt::format("it is called with {}, which is no tensor", json.dump().substr(0, 60)));
  }

  /// Arguments beside the tensors that say nothing.
  bool no_arguments(const Json& named, const std::string& layer) {
    for (const auto& [key, value] : named.items()) {
      const bool says_nothing =
          value.is_null() || (key == "training" && value.is_boolean() && !value.get<bool>());
      if (says_nothing) continue;
      refuse(fmt::format("it is called with {} = {}", key, value.dump().substr(0, 60)), layer);
      return false;
    }
    return true;
  }

  std::optional<KerasTensor> resolve(const KerasModel& model, const std::map<std::string, size_t>& by_name,
                                     const Reference& reference, const std::string& reader, bool is_output) {
    const auto layer = by_name.find(reference.layer);
    if (layer == by_name.end())
      return refuse(fmt::format("it reads layer '{}', which is not there", reference.layer), reader);
    const KerasLayer& from = model.layers[layer->second];
    if (reference.tensor != 0) {
      return refuse(fmt::format("it reads answer {} of layer '{}'; layers with one answer are understood",
                                reference.tensor, reference.layer),
                    reader);
    }
    // A model that has inputs of its own counts its own construction as the first call, but not where Keras 3
    // writes the arguments of a call.
    const auto calls =
        static_cast<std::int64_t>(std::max<size_t>(from.calls.size(), from.class_name == "InputLayer"));
    const bool counts_itself = from.model && !from.model->adds_input && (is_output || !reference.is_new) &&
                               !(is_output && from.model->class_name == "Sequential" && is_new_style_);
    is_new_style_ = is_new_style_ || reference.is_new;
    std::int64_t call = reference.call - (counts_itself ? 1 : 0);
    if (from.model && calls == 1 && (reference.call == 0 || reference.call == 1)) call = 0;
    if (call < 0 || call >= calls) {
      return refuse(fmt::format("it reads call {} of layer '{}', which is called {} times", reference.call,
                                reference.layer, calls),
                    reader);
    }
    return KerasTensor{layer->second, static_cast<size_t>(call)};
  }

  std::string file_;
  Diagnostics errors_;
  size_t count_ = 0, tensors_ = 0;
  bool is_new_style_ = false;
};

Json parse_json(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? Json::parse(without_python_numbers(text), nullptr, false) : json;
}

}  // namespace

Result<KerasModel> parse_keras_model(std::string_view text, const std::string& file) {
  if (is_json_too_deep(text))
    return diagnose(messages::keras_unreadable, {file}, "its description is nested too deeply");
  const Json json = parse_json(text);
  if (json.is_discarded()) {
    return diagnose(messages::keras_unreadable, {file}, "its description is no JSON; is it cut short?");
  }
  const std::string class_name = json.is_object() ? class_of(json) : "";
  if (class_name.empty() || !member(json, "config")) {
    return diagnose(messages::keras_unreadable, {file}, "its description has no class and config of a model");
  }
  Parser parser(file);
  auto model = parser.parse(json, 0);
  if (auto errors = parser.take_errors(); !errors.empty()) return errors;
  return std::move(*model);
}

bool is_keras_json(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos || text[first] != '{') return false;
  const std::string_view start = text.substr(0, 1 << 16);
  return start.find("\"class_name\"") != start.npos;
}

std::string keras_group_name(const std::string& class_name) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  // Each capital that a small letter follows begins a word, unless a word has just begun (Python's re.sub
  // takes the letter before it along), and so does each capital that follows a small letter.
  std::string words;
  size_t taken = 0;  // up to here letters belong to a match
  for (size_t i = 0; i < class_name.size(); ++i) {
    const char c = class_name[i];
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') continue;
    const bool begins = i > taken && is_upper(c) && i + 1 < class_name.size() && is_lower(class_name[i + 1]);
    if (begins) {
      words += '_';
      taken = i + 1;
      while (taken < class_name.size() && is_lower(class_name[taken])) ++taken;
    }
    words += c;
  }
  std::string name;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0 && is_upper(words[i]) && is_lower(words[i - 1])) name += '_';
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(words[i])));
  }
  return name;
}

}  // namespace gw
