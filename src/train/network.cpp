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
#include "train/recipe_file.h"
#include "train/spec_reader.h"

namespace gw::train {

namespace {

constexpr std::array kinds{"conv2d",     "dense",      "batch_norm",     "relu",
                           "activation", "max_pool2d", "average_pool2d", "global_average_pool",
                           "dropout",    "flatten",    "softmax"};
constexpr std::array inits{"lecun_uniform", "he_uniform", "glorot_uniform"};

// The keys of a kind beside `type` and `name`.
std::vector<std::string> keys_of(LayerKind kind) {
  switch (kind) {
    case LayerKind::Conv2D:
      return {"filters", "kernel", "stride", "padding", "dilation",         "groups",
              "bias",    "init",   "l1",     "l2",      "kernel_quantizer", "bias_quantizer"};
    case LayerKind::Dense:
      return {"units", "bias", "init", "l1", "l2", "kernel_quantizer", "bias_quantizer"};
    case LayerKind::BatchNorm:
      return {"momentum", "debias", "epsilon"};
    case LayerKind::MaxPool2D:
    case LayerKind::AveragePool2D:
      return {"pool", "stride"};
    case LayerKind::Activation:
      return {"quantizer"};
    case LayerKind::Dropout:
      return {"rate"};
    case LayerKind::Relu:
    case LayerKind::GlobalAveragePool:
    case LayerKind::Flatten:
    case LayerKind::Softmax:
      return {};
  }
  return {};
}

// "valid", "same" or [top, left, bottom, right].
void read_padding(SpecReader& reader, const YAML::Node& node, LayerSpec& layer) {
  if (!node["padding"].IsDefined()) return;
  if (!node["padding"].IsSequence()) {
    layer.same = reader.yaml.choice(node, layer.name, "padding", {"valid", "same"}, "valid") == "same";
    return;
  }
  const std::vector<int> pads = reader.yaml.integers(node, layer.name, "padding", {});
  if (pads.size() != 4 ||
      std::any_of(pads.begin(), pads.end(), [](int pad) { return pad < 0 || pad > 65535; }))
    return reader.out_of_range(node, layer.name, "padding", fmt::format("[{}]", fmt::join(pads, ", ")),
                               "valid, same or [top, left, bottom, right], each 0 to 65535");
  layer.pad_top = pads[0];
  layer.pad_left = pads[1];
  layer.pad_bottom = pads[2];
  layer.pad_right = pads[3];
}

LayerSpec read_layer(SpecReader& reader, const YAML::Node& node, int index) {
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
  if (has_weights(layer.kind)) {
    layer.filters = reader.required(node, item, layer.kind == LayerKind::Dense ? "units" : "filters");
    layer.bias = yaml.boolean(node, item, "bias", true);
    layer.init =
        static_cast<WeightInit>(index_of(inits, yaml.choice(node, item, "init", list(inits), inits[0])));
    layer.l1 = reader.number(node, item, "l1", 0, 0, INFINITY, "at least 0");
    layer.l2 = reader.number(node, item, "l2", 0, 0, INFINITY, "at least 0");
  }
  if (has_weights(layer.kind)) {
    using enum QuantizerKind;
    layer.kernel_quantizer =
        reader.quantizer(node, item, "kernel_quantizer", {Bits, Binary, Ternary, Po2}, true);
    layer.bias_quantizer = reader.quantizer(node, item, "bias_quantizer", {Bits}, false);
  }
  if (layer.kind == LayerKind::Dropout) {
    if (!node["rate"].IsDefined()) reader.missing(node, item, "rate");
    layer.rate = reader.number(node, item, "rate", 0, 0, 1, "at least 0 and below 1");
  }
  if (layer.kind == LayerKind::Activation) {
    using enum QuantizerKind;
    if (!node["quantizer"].IsDefined()) reader.missing(node, item, "quantizer");
    layer.quantizer = reader.quantizer(node, item, "quantizer", {Bits, Relu, Binary}, true);
  }
  if (layer.kind == LayerKind::Conv2D) {
    if (!node["kernel"].IsDefined()) reader.missing(node, item, "kernel");
    std::tie(layer.kernel_h, layer.kernel_w) = reader.extents(node, item, "kernel", {1, 1});
    std::tie(layer.stride_h, layer.stride_w) = reader.extents(node, item, "stride", {1, 1});
    std::tie(layer.dilation_h, layer.dilation_w) = reader.extents(node, item, "dilation", {1, 1});
    layer.groups = reader.positive(node, item, "groups", 1);
    read_padding(reader, node, layer);
  }
  if (layer.kind == LayerKind::MaxPool2D || layer.kind == LayerKind::AveragePool2D) {
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

// Of one image's tensor; larger ones are mistakes, and counting them in 32 bits must not wrap around.
constexpr std::int64_t most_elements = 1 << 26;

bool fits(const Shape& shape) {
  std::int64_t left = most_elements;
  for (const int extent : shape) left /= extent;
  return left > 0;
}

// A network is quantised as a whole, or what is trained would not be what the hardware computes.
void check_quantizers(const Network& network, Diagnostics& errors) {
  const auto is_quantised = [](const LayerSpec& layer) {
    return layer.kernel_quantizer || layer.bias_quantizer || layer.quantizer;
  };
  if (!network.is_quantised() && std::none_of(network.layers.begin(), network.layers.end(), is_quantised))
    return;
  const auto missing = [&](int line, const std::string& item, const char* key) {
    errors.push_back(diagnose(messages::quantizer_missing, {network.file, line, item}, key));
  };
  if (!network.is_quantised()) missing(network.line, "input", "quantizer");
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const LayerSpec& layer = network.layers[i];
    if (has_weights(layer.kind) && !layer.kernel_quantizer)
      missing(layer.line, layer.name, "kernel_quantizer");
    if (const int pixels = layer.kernel_h * layer.kernel_w;
        is_average(layer.kind) && (pixels & (pixels - 1)) != 0)
      errors.push_back(diagnose(messages::value_range, {network.file, layer.line, layer.name},
                                fmt::format("the mean of {} pixels", pixels),
                                "of a power of two in a quantised network, where other means are rounded"));
    if (layer.kind == LayerKind::BatchNorm && (i == 0 || !has_weights(network.layers[i - 1].kind)))
      errors.push_back(diagnose(messages::norm_not_folded, {network.file, layer.line, layer.name}));
  }
}

// As many outputs as strides begin inside the input; an odd row or column of padding comes last.
void pad_same(const Shape& shape, LayerSpec& layer) {
  const auto pads = [](int extent, int kernel, int stride, int& before, int& after) {
    const int all = std::max(0, (extent + stride - 1) / stride * stride - stride + kernel - extent);
    before = all / 2;
    after = all - before;
  };
  pads(shape[0], layer.extent_h(), layer.stride_h, layer.pad_top, layer.pad_bottom);
  pads(shape[1], layer.extent_w(), layer.stride_w, layer.pad_left, layer.pad_right);
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
    const bool window =
        layer.kind == LayerKind::Conv2D || layer.kind == LayerKind::MaxPool2D || is_average(layer.kind);
    if (window && shape.size() != 3) {
      errors.push_back(diagnose(messages::wants_image, at(layer), kind, to_string(shape)));
      return errors;
    }
    if (window && layer.same) pad_same(shape, layer);
    if (layer.kind == LayerKind::GlobalAveragePool) {
      layer.kernel_h = shape[0];
      layer.kernel_w = shape[1];
    }
    const int rows = window ? shape[0] + layer.pad_top + layer.pad_bottom : 0;
    const int columns = window ? shape[1] + layer.pad_left + layer.pad_right : 0;
    if (window && (layer.extent_h() > rows || layer.extent_w() > columns)) {
      errors.push_back(diagnose(messages::window_too_large, at(layer),
                                fmt::format("{}x{}", layer.extent_h(), layer.extent_w()), to_string(shape)));
      return errors;
    }
    if (shape.back() % layer.groups != 0 || layer.filters % layer.groups != 0) {
      errors.push_back(diagnose(
          messages::value_range, {network.file, layer.line, layer.name + ".groups"},
          std::to_string(layer.groups),
          fmt::format("a divisor of {} input channels and {} filters", shape.back(), layer.filters)));
      return errors;
    }
    if ((layer.kind == LayerKind::Dense || layer.kind == LayerKind::Softmax) && shape.size() != 1) {
      errors.push_back(diagnose(messages::wants_flat, at(layer), kind, to_string(shape)));
      return errors;
    }
    if (window) {
      shape[0] = (rows - layer.extent_h()) / layer.stride_h + 1;
      shape[1] = (columns - layer.extent_w()) / layer.stride_w + 1;
    }
    if (has_weights(layer.kind)) shape.back() = layer.filters;
    if (layer.kind == LayerKind::GlobalAveragePool) shape = {shape.back()};
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
  check_quantizers(network, errors);
  if (!trained) errors.push_back(diagnose(messages::nothing_trained, {network.file, 0, network.name}));
  return errors;
}

}  // namespace

bool has_weights(LayerKind kind) { return kind == LayerKind::Conv2D || kind == LayerKind::Dense; }

bool Network::learns_bits() const {
  return std::any_of(layers.begin(), layers.end(), [](const LayerSpec& layer) {
    return (layer.kernel_quantizer && layer.kernel_quantizer->learns_bits()) ||
           (layer.quantizer && layer.quantizer->learns_bits());
  });
}

bool is_average(LayerKind kind) {
  return kind == LayerKind::AveragePool2D || kind == LayerKind::GlobalAveragePool;
}

std::string_view name_of(LayerKind kind) { return kinds[static_cast<size_t>(kind)]; }
std::string_view name_of(WeightInit init) { return inits[static_cast<size_t>(init)]; }

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
      } else if (network.input.size() != 3 ||
                 std::any_of(network.input.begin(), network.input.end(),
                             [](int extent) { return extent < 1 || extent > 65535; })) {
        reader.out_of_range(input, "input", "shape", fmt::format("[{}]", fmt::join(network.input, ", ")),
                            "[height, width, channels], each 1 to 65535");
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
  if (Diagnostics errors = infer(network); !errors.empty()) return errors;
  if (Diagnostics errors = check_recipe(network); !errors.empty()) return errors;
  return network;
}

Result<Network> read_network(const fs::path& file) {
  auto text = read_file(file);
  if (!text) return text.errors();
  return parse_network(*text, file.string());
}

std::string print_network(const Network& network) {
  const auto quantizer = [](const char* key, const std::optional<QuantizerSpec>& spec) {
    return spec ? fmt::format(", {}: \"{}\"", key, print_quantizer(*spec)) : std::string();
  };
  std::string text = fmt::format("name: \"{}\"\ninput: {{shape: [{}], divide_by: {}{}}}\nlayers:\n",
                                 network.name, fmt::join(network.input, ", "), network.divide_by,
                                 quantizer("quantizer", network.input_quantizer));
  for (const LayerSpec& layer : network.layers) {
    text += fmt::format("  - {{name: \"{}\", type: {}", layer.name, name_of(layer.kind));
    if (layer.kind == LayerKind::Conv2D) {
      text += fmt::format(", filters: {}, kernel: [{}, {}], stride: [{}, {}]", layer.filters, layer.kernel_h,
                          layer.kernel_w, layer.stride_h, layer.stride_w);
      if (layer.same)
        text += ", padding: same";
      else if (layer.pads())
        text += fmt::format(", padding: [{}, {}, {}, {}]", layer.pad_top, layer.pad_left, layer.pad_bottom,
                            layer.pad_right);
      if (layer.dilation_h > 1 || layer.dilation_w > 1)
        text += fmt::format(", dilation: [{}, {}]", layer.dilation_h, layer.dilation_w);
      if (layer.groups > 1) text += fmt::format(", groups: {}", layer.groups);
    }
    if (layer.kind == LayerKind::Dense) text += fmt::format(", units: {}", layer.filters);
    if (has_weights(layer.kind))
      text += fmt::format(", bias: {}, init: {}, l1: {}, l2: {}", layer.bias, name_of(layer.init), layer.l1,
                          layer.l2);
    if (layer.kind == LayerKind::Dropout) text += fmt::format(", rate: {}", layer.rate);
    text += quantizer("kernel_quantizer", layer.kernel_quantizer);
    text += quantizer("bias_quantizer", layer.bias_quantizer);
    text += quantizer("quantizer", layer.quantizer);
    if (layer.kind == LayerKind::BatchNorm)
      text +=
          fmt::format(", momentum: {}, debias: {}, epsilon: {}", layer.momentum, layer.debias, layer.epsilon);
    if (layer.kind == LayerKind::MaxPool2D || layer.kind == LayerKind::AveragePool2D) {
      text += fmt::format(", pool: [{}, {}], stride: [{}, {}]", layer.kernel_h, layer.kernel_w,
                          layer.stride_h, layer.stride_w);
    }
    text += "}\n";
  }
  text += print_recipe(network);
  return text;
}

}  // namespace gw::train
