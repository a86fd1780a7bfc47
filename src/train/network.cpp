// A network file: an input, a list of layers, a recipe. Each is read and checked alone (layer_file.cpp,
// recipe_file.cpp), then the layers against each other (infer_shapes.cpp).

#include "train/network.h"

#include <algorithm>

#include <fmt/format.h>

#include "support/files.h"
#include "support/messages.h"
#include "support/yaml.h"
#include "train/infer_shapes.h"
#include "train/layer_file.h"
#include "train/recipe_file.h"
#include "train/spec_reader.h"

namespace gw::train {

bool is_conv(LayerKind kind) { return kind == LayerKind::Conv2D || kind == LayerKind::Conv1D; }

bool has_weights(LayerKind kind) { return is_conv(kind) || kind == LayerKind::Dense; }

bool is_max_pool(LayerKind kind) { return kind == LayerKind::MaxPool2D || kind == LayerKind::MaxPool1D; }

std::vector<int> Network::sources(size_t i) const {
  return layers[i].from.empty() ? std::vector{static_cast<int>(i) - 1} : layers[i].from;
}

std::vector<size_t> Network::readers(size_t i) const {
  std::vector<size_t> all;
  for (size_t next = i + 1; next < layers.size(); ++next) {
    const std::vector<int> from = sources(next);
    if (std::find(from.begin(), from.end(), static_cast<int>(i)) != from.end()) all.push_back(next);
  }
  return all;
}

const LayerSpec* Network::norm_behind(size_t i) const {
  const std::vector<size_t> all = readers(i);
  return all.size() == 1 && layers[all[0]].kind == LayerKind::BatchNorm ? &layers[all[0]] : nullptr;
}

bool Network::branches() const {
  return std::any_of(layers.begin(), layers.end(),
                     [](const LayerSpec& layer) { return !layer.from.empty(); });
}

bool Network::learns_bits() const {
  return std::any_of(layers.begin(), layers.end(), [](const LayerSpec& layer) {
    return (layer.kernel_quantizer && layer.kernel_quantizer->learns_bits()) ||
           (layer.quantizer && layer.quantizer->learns_bits());
  });
}

bool is_average(LayerKind kind) {
  return kind == LayerKind::AveragePool2D || kind == LayerKind::AveragePool1D ||
         kind == LayerKind::GlobalAveragePool;
}

bool is_merge(LayerKind kind) { return kind == LayerKind::Add || kind == LayerKind::Concatenate; }

bool is_function(LayerKind kind) { return kind >= LayerKind::Tanh && kind <= LayerKind::HardTanh; }

bool is_1d(LayerKind kind) {
  return kind == LayerKind::Conv1D || kind == LayerKind::MaxPool1D || kind == LayerKind::AveragePool1D;
}

Shape as_image(const Shape& shape) {
  Shape image = shape;
  image.insert(image.begin(), 3 - shape.size(), 1);
  return image;
}

Result<Network> parse_network(std::string_view text, const std::string& file) {
  auto parsed = YamlFile::parse(text, file);
  if (!parsed) return parsed.errors();
  YamlFile& yaml = *parsed;
  SpecReader reader(yaml);
  Network network;
  network.file = file;
  const YAML::Node& root = yaml.root();
  yaml.check_keys(root, "", {"name", "input", "layers", "training"});
  if (!root.IsMap()) return yaml.errors();
  network.name = yaml.text(root, "", "name", fs::path(file).stem().string());

  if (const YAML::Node input = root["input"]; input.IsDefined()) {
    yaml.check_keys(input, "input", {"shape", "divide_by", "quantizer"});
    network.line = yaml.place(input, "").line;
    if (input.IsMap()) {
      network.input = yaml.integers(input, "input", "shape", {});
      if (!input["shape"].IsDefined()) {
        reader.missing(input, "input", "shape");
      } else if (network.input.empty() || network.input.size() > 3 ||
                 std::any_of(network.input.begin(), network.input.end(),
                             [](int extent) { return extent < 1 || extent > 65535; })) {
        reader.out_of_range(input, "input", "shape", fmt::format("[{}]", fmt::join(network.input, ", ")),
                            "[height, width, channels], [length, channels] or [features], each 1 to 65535");
      }
      network.input_quantizer = reader.quantizer(input, "input", "quantizer", {QuantizerKind::Bits}, false);
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
  if (Diagnostics errors = infer_shapes(network); !errors.empty()) return errors;
  if (Diagnostics errors = check_recipe(network); !errors.empty()) return errors;
  return network;
}

Result<Network> read_network(const fs::path& file) {
  auto text = read_file(file);
  if (!text) return text.errors();
  return parse_network(*text, file.string());
}

std::string print_network(const Network& network) {
  std::string text = fmt::format("name: \"{}\"\ninput: {{shape: [{}], divide_by: {}{}}}\nlayers:\n",
                                 network.name, fmt::join(network.input, ", "), network.divide_by,
                                 print_quantizer_key("quantizer", network.input_quantizer));
  for (const LayerSpec& layer : network.layers) text += print_layer(layer);
  text += print_recipe(network);
  return text;
}

}  // namespace gw::train
