// A network file: an input, a list of layers, a recipe.
//
// Reading goes in two steps. Each layer's keys are read and checked alone; then one walk along the layers
// infers the shapes and checks what only shows between neighbours. The walk ends at the first layer that does
// not fit, since every shape after it would be a guess.

#include "train/network.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "support/files.h"
#include "support/messages.h"
#include "support/yaml.h"

namespace gw::train {

namespace {

constexpr std::array kinds{"conv2d", "dense", "batch_norm", "relu", "max_pool2d", "flatten", "softmax"};
constexpr std::array inits{"lecun_uniform", "he_uniform", "glorot_uniform"};

// The keys of a kind beside `type` and `name`.
std::vector<std::string> keys_of(LayerKind kind) {
  switch (kind) {
    case LayerKind::Conv2D:
      return {"filters", "kernel", "stride", "bias", "init", "l1"};
    case LayerKind::Dense:
      return {"units", "bias", "init", "l1"};
    case LayerKind::BatchNorm:
      return {"momentum", "debias", "epsilon"};
    case LayerKind::MaxPool2D:
      return {"pool", "stride"};
    case LayerKind::Relu:
    case LayerKind::Flatten:
    case LayerKind::Softmax:
      return {};
  }
  return {};
}

// Reads values and checks that each is in its range.
class Reader {
 public:
  explicit Reader(YamlFile& file) : yaml(file) {}

  int positive(const YAML::Node& map, const std::string& item, const std::string& key, int fallback) {
    const int value = yaml.integer(map, item, key, fallback);
    return value >= 1 ? value : (out_of_range(map, item, key, std::to_string(value), "at least 1"), 1);
  }
  int required(const YAML::Node& map, const std::string& item, const std::string& key) {
    if (map[key].IsDefined()) return positive(map, item, key, 1);
    missing(map, item, key);
    return 1;
  }
  double number(const YAML::Node& map, const std::string& item, const std::string& key, double fallback,
                double least, double below, const char* wanted) {
    const double value = yaml.number(map, item, key, fallback);
    if (value >= least && value < below) return value;
    out_of_range(map, item, key, fmt::format("{}", value), wanted);
    return fallback;
  }
  // Two extents, as [2, 3] or, for both the same, as 2.
  std::pair<int, int> extents(const YAML::Node& map, const std::string& item, const std::string& key,
                              std::pair<int, int> fallback) {
    if (!map[key].IsDefined()) return fallback;
    if (map[key].IsScalar()) {
      const int both = positive(map, item, key, 1);
      return {both, both};
    }
    const std::vector<int> both = yaml.integers(map, item, key, {fallback.first, fallback.second});
    if (both.size() == 2 && both[0] >= 1 && both[1] >= 1) return {both[0], both[1]};
    out_of_range(map, item, key, fmt::format("[{}]", fmt::join(both, ", ")),
                 "[height, width], each at least 1");
    return fallback;
  }
  void missing(const YAML::Node& map, const std::string& item, const std::string& key) {
    yaml.add(diagnose(messages::key_missing, yaml.place(map, item), key));
  }
  void out_of_range(const YAML::Node& map, const std::string& item, const std::string& key,
                    const std::string& seen, const char* wanted) {
    yaml.add(diagnose(messages::value_range, yaml.place(map[key], item + "." + key), seen, wanted));
  }

  YamlFile& yaml;
};

// Of the map, so that a chain of names reads like the file; absent keys leave an undefined node.
template <size_t N>
int index_of(const std::array<const char*, N>& names, const std::string& name) {
  return static_cast<int>(std::find(names.begin(), names.end(), name) - names.begin());
}

template <size_t N>
std::vector<std::string> list(const std::array<const char*, N>& names) {
  return {names.begin(), names.end()};
}

LayerSpec read_layer(Reader& reader, const YAML::Node& node, int index) {
  YamlFile& yaml = reader.yaml;
  LayerSpec layer;
  layer.line = yaml.place(node, "").line;
  layer.name = fmt::format("layers[{}]", index);
  if (!node.IsMap()) {
    yaml.check_keys(node, layer.name, {});
    return layer;
  }
  const std::string type = yaml.choice(node, layer.name, "type", list(kinds), "");
  if (!node["type"].IsDefined()) reader.missing(node, layer.name, "type");
  if (type.empty()) return layer;
  layer.kind = static_cast<LayerKind>(index_of(kinds, type));
  if (node["name"].IsDefined())
    layer.name = yaml.text(node, layer.name, "name", layer.name);
  else
    reader.missing(node, layer.name, "name");

  std::vector<std::string> known = keys_of(layer.kind);
  known.insert(known.end(), {"type", "name"});
  yaml.check_keys(node, layer.name, known);
  const std::string& item = layer.name;
  if (layer.kind == LayerKind::Conv2D || layer.kind == LayerKind::Dense) {
    layer.filters = reader.required(node, item, layer.kind == LayerKind::Dense ? "units" : "filters");
    layer.bias = yaml.boolean(node, item, "bias", true);
    layer.init =
        static_cast<WeightInit>(index_of(inits, yaml.choice(node, item, "init", list(inits), inits[0])));
    layer.l1 = reader.number(node, item, "l1", 0, 0, INFINITY, "at least 0");
  }
  if (layer.kind == LayerKind::Conv2D) {
    if (!node["kernel"].IsDefined()) reader.missing(node, item, "kernel");
    std::tie(layer.kernel_h, layer.kernel_w) = reader.extents(node, item, "kernel", {1, 1});
    std::tie(layer.stride_h, layer.stride_w) = reader.extents(node, item, "stride", {1, 1});
  }
  if (layer.kind == LayerKind::MaxPool2D) {
    std::tie(layer.kernel_h, layer.kernel_w) = reader.extents(node, item, "pool", {2, 2});
    std::tie(layer.stride_h, layer.stride_w) =
        reader.extents(node, item, "stride", {layer.kernel_h, layer.kernel_w});
  }
  if (layer.kind == LayerKind::BatchNorm) {
    layer.momentum = reader.number(node, item, "momentum", 0.99, 0, 1, "at least 0 and below 1");
    layer.debias = yaml.boolean(node, item, "debias", false);
    layer.epsilon = reader.number(node, item, "epsilon", 1e-3, 1e-12, INFINITY, "at least 1e-12");
  }
  return layer;
}

void read_recipe(Reader& reader, const YAML::Node& node, Network& network) {
  YamlFile& yaml = reader.yaml;
  yaml.check_keys(node, "training", {"epochs", "batch", "loss", "optimiser"});
  if (!node.IsMap()) return;
  network.epochs = reader.positive(node, "training", "epochs", 1);
  network.batch = reader.positive(node, "training", "batch", 32);
  yaml.choice(node, "training", "loss", {"categorical_crossentropy"}, "categorical_crossentropy");
  const YAML::Node adam = node["optimiser"];
  if (!adam.IsDefined()) return;
  const std::string item = "training.optimiser";
  yaml.check_keys(adam, item, {"type", "learning_rate", "beta1", "beta2", "epsilon", "amsgrad"});
  if (!adam.IsMap()) return;
  yaml.choice(adam, item, "type", {"adam"}, "adam");
  AdamSpec& to = network.adam;
  to.learning_rate = reader.number(adam, item, "learning_rate", 1e-3, 0, INFINITY, "at least 0");
  to.beta1 = reader.number(adam, item, "beta1", 0.9, 0, 1, "at least 0 and below 1");
  to.beta2 = reader.number(adam, item, "beta2", 0.999, 0, 1, "at least 0 and below 1");
  to.epsilon = reader.number(adam, item, "epsilon", 1e-7, 1e-30, INFINITY, "above 0");
  to.amsgrad = yaml.boolean(adam, item, "amsgrad", false);
}

bool has_weights(LayerKind kind) { return kind == LayerKind::Conv2D || kind == LayerKind::Dense; }

// Of one image's tensor; larger ones are mistakes, and counting them in 32 bits must not wrap around.
constexpr std::int64_t most_elements = 1 << 26;

bool fits(const Shape& shape) {
  std::int64_t left = most_elements;
  for (const int extent : shape) left /= extent;
  return left > 0;
}

// Gives every layer its shapes. The first layer that does not fit ends the walk.
Diagnostics infer(Network& network) {
  const auto at = [&](const LayerSpec& layer) { return Place{network.file, layer.line, layer.name}; };
  Diagnostics errors;
  std::set<std::string> names{"input"};
  bool trained = false;
  Shape shape = network.input;
  const auto too_large = [&](const Place& place) {
    if (fits(shape)) return false;
    errors.push_back(diagnose(messages::tensor_too_large, place, to_string(shape), most_elements));
    return true;
  };
  if (too_large({network.file, network.line, "input"})) return errors;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    LayerSpec& layer = network.layers[i];
    const bool last = i + 1 == network.layers.size();
    const std::string kind(name_of(layer.kind));
    if (!names.insert(layer.name).second) errors.push_back(diagnose(messages::name_used_twice, at(layer)));
    layer.in = layer.out = shape;
    const bool window = layer.kind == LayerKind::Conv2D || layer.kind == LayerKind::MaxPool2D;
    if (window && shape.size() != 3) {
      errors.push_back(diagnose(messages::wants_image, at(layer), kind, to_string(shape)));
      return errors;
    }
    if (window && (layer.kernel_h > shape[0] || layer.kernel_w > shape[1])) {
      errors.push_back(diagnose(messages::window_too_large, at(layer),
                                fmt::format("{}x{}", layer.kernel_h, layer.kernel_w), to_string(shape)));
      return errors;
    }
    if ((layer.kind == LayerKind::Dense || layer.kind == LayerKind::Softmax) && shape.size() != 1) {
      errors.push_back(diagnose(messages::wants_flat, at(layer), kind, to_string(shape)));
      return errors;
    }
    if (window) {
      shape[0] = (shape[0] - layer.kernel_h) / layer.stride_h + 1;
      shape[1] = (shape[1] - layer.kernel_w) / layer.stride_w + 1;
    }
    if (has_weights(layer.kind)) shape.back() = layer.filters;
    if (layer.kind == LayerKind::Flatten) shape = {static_cast<int>(element_count(shape))};
    layer.out = shape;
    if (too_large(at(layer))) return errors;
    trained = trained || has_weights(layer.kind) || layer.kind == LayerKind::BatchNorm;
    if (layer.bias && !last && network.layers[i + 1].kind == LayerKind::BatchNorm)
      errors.push_back(diagnose(messages::bias_cancelled, at(layer), network.layers[i + 1].name));
    if (layer.kind == LayerKind::Softmax && !last) {
      errors.push_back(diagnose(messages::softmax_not_last, at(layer)));
      return errors;
    }
    if (last && layer.kind != LayerKind::Softmax)
      errors.push_back(diagnose(messages::softmax_missing, at(layer)));
  }
  if (!trained) errors.push_back(diagnose(messages::nothing_trained, {network.file, 0, network.name}));
  return errors;
}

}  // namespace

std::string_view name_of(LayerKind kind) { return kinds[static_cast<size_t>(kind)]; }
std::string_view name_of(WeightInit init) { return inits[static_cast<size_t>(init)]; }

Result<Network> parse_network(std::string_view text, const std::string& file) {
  auto parsed = YamlFile::parse(text, file);
  if (!parsed) return parsed.errors();
  YamlFile& yaml = *parsed;
  Reader reader(yaml);
  Network network;
  network.file = file;
  const YAML::Node& root = yaml.root();
  yaml.check_keys(root, "", {"name", "input", "layers", "training"});
  if (!root.IsMap()) return yaml.errors();
  network.name = yaml.text(root, "", "name", fs::path(file).stem().string());

  if (const YAML::Node input = root["input"]; input.IsDefined()) {
    yaml.check_keys(input, "input", {"shape", "divide_by"});
    network.line = yaml.place(input, "").line;
    if (input.IsMap()) {
      network.input = yaml.integers(input, "input", "shape", {});
      if (!input["shape"].IsDefined()) {
        reader.missing(input, "input", "shape");
      } else if (network.input.size() != 3 ||
                 std::any_of(network.input.begin(), network.input.end(),
                             [](int extent) { return extent < 1 || extent > 65535; })) {
        reader.out_of_range(input, "input", "shape", fmt::format("[{}]", fmt::join(network.input, ", ")),
                            "[height, width, channels], each 1 to 65535");
      }
      network.divide_by = reader.number(input, "input", "divide_by", 255, 1e-6, 1e6, "1e-6 to 1e6");
    }
  } else {
    reader.missing(root, "", "input");
  }

  if (const YAML::Node layers = root["layers"]; !layers.IsDefined()) {
    reader.missing(root, "", "layers");
  } else if (!layers.IsSequence()) {
    yaml.add(diagnose(messages::wrong_kind, yaml.place(layers, "layers"), "a list of layers",
                      layers.IsMap() ? "a map" : layers.Scalar()));
  } else {
    for (const YAML::Node& layer : layers)
      network.layers.push_back(read_layer(reader, layer, static_cast<int>(network.layers.size())));
    if (network.layers.empty()) yaml.add(diagnose(messages::network_empty, yaml.place(layers, "layers")));
  }
  if (const YAML::Node recipe = root["training"]; recipe.IsDefined()) read_recipe(reader, recipe, network);

  if (!yaml.errors().empty()) return yaml.errors();
  if (Diagnostics errors = infer(network); !errors.empty()) return errors;
  return network;
}

Result<Network> read_network(const fs::path& file) {
  auto text = read_file(file);
  if (!text) return text.errors();
  return parse_network(*text, file.string());
}

std::string print_network(const Network& network) {
  std::string text = fmt::format("name: \"{}\"\ninput: {{shape: [{}], divide_by: {}}}\nlayers:\n",
                                 network.name, fmt::join(network.input, ", "), network.divide_by);
  for (const LayerSpec& layer : network.layers) {
    text += fmt::format("  - {{name: \"{}\", type: {}", layer.name, name_of(layer.kind));
    if (layer.kind == LayerKind::Conv2D) {
      text += fmt::format(", filters: {}, kernel: [{}, {}], stride: [{}, {}]", layer.filters, layer.kernel_h,
                          layer.kernel_w, layer.stride_h, layer.stride_w);
    }
    if (layer.kind == LayerKind::Dense) text += fmt::format(", units: {}", layer.filters);
    if (has_weights(layer.kind))
      text += fmt::format(", bias: {}, init: {}, l1: {}", layer.bias, name_of(layer.init), layer.l1);
    if (layer.kind == LayerKind::BatchNorm)
      text +=
          fmt::format(", momentum: {}, debias: {}, epsilon: {}", layer.momentum, layer.debias, layer.epsilon);
    if (layer.kind == LayerKind::MaxPool2D) {
      text += fmt::format(", pool: [{}, {}], stride: [{}, {}]", layer.kernel_h, layer.kernel_w,
                          layer.stride_h, layer.stride_w);
    }
    text += "}\n";
  }
  const AdamSpec& adam = network.adam;
  text += fmt::format(
      "training:\n  epochs: {}\n  batch: {}\n  loss: categorical_crossentropy\n  optimiser: {{type: adam, "
      "learning_rate: {}, beta1: {}, beta2: {}, epsilon: {}, amsgrad: {}}}\n",
      network.epochs, network.batch, adam.learning_rate, adam.beta1, adam.beta2, adam.epsilon, adam.amsgrad);
  return text;
}

}  // namespace gw::train
