// One layer of a network file: its keys are read and checked alone; what shows only between neighbours is
// left to infer_shapes.cpp.

#include "train/layer_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <tuple>

#include <fmt/format.h>

#include "support/messages.h"

namespace gw::train {

namespace {

constexpr std::array kinds{"conv2d",
                           "conv1d",
                           "dense",
                           "batch_norm",
                           "relu",
                           "activation",
                           "max_pool2d",
                           "max_pool1d",
                           "average_pool2d",
                           "average_pool1d",
                           "global_average_pool",
                           "dropout",
                           "flatten",
                           "softmax",
                           "add",
                           "concatenate",
                           "tanh",
                           "sigmoid",
                           "softplus",
                           "softsign",
                           "elu",
                           "selu",
                           "silu",
                           "gelu",
                           "leaky_relu",
                           "thresholded_relu",
                           "clipped_relu",
                           "hard_sigmoid",
                           "hard_tanh"};
// Convolutions with as many groups as their input has channels, whose number the file need not say.
constexpr std::array depthwise_kinds{"depthwise_conv2d", "depthwise_conv1d"};
constexpr std::array inits{"lecun_uniform", "he_uniform", "glorot_uniform"};

// What functions have for a number, if any.
struct FunctionKey {
  LayerKind kind;
  const char* key;
  double usual, least, below;
  const char* wanted;
};
// Alpha and theta are cast to 16 bits, 5 of them before the point, beside the sign; slopes to 16 behind it.
constexpr FunctionKey function_keys[] = {
    {LayerKind::Elu, "alpha", 1, 0, 31.5, "0 to 31"},
    {LayerKind::LeakyRelu, "alpha", 0.01, 0, 31.5, "0 to 31"},
    {LayerKind::ThresholdedRelu, "theta", 1, 0, 31.5, "0 to 31"},
    {LayerKind::ClippedRelu, "max", 6, 1e-6, 1e6, "above 0 and below 1e6"},
    {LayerKind::HardSigmoid, "slope", 0.2, 1e-4, 0.99, "above 0 and below 1"},
    {LayerKind::HardTanh, "slope", 0.5, 1e-4, 0.99, "above 0 and below 1"},
};

const FunctionKey* function_key(LayerKind kind) {
  const auto* const end = std::end(function_keys);
  const auto* const found =
      std::find_if(std::begin(function_keys), end, [&](const FunctionKey& row) { return row.kind == kind; });
  return found == end ? nullptr : found;
}

// The keys of a kind beside `type`, `name` and `from`.
std::vector<std::string> keys_of(LayerKind kind, bool is_depthwise) {
  switch (kind) {
    case LayerKind::Conv2D:
    case LayerKind::Conv1D: {
      std::vector<std::string> keys{"kernel", "stride", "padding", "dilation",         "bias",
                                    "init",   "l1",     "l2",      "kernel_quantizer", "bias_quantizer"};
      if (is_depthwise)
        keys.emplace_back("multiplier");
      else
        keys.insert(keys.end(), {"filters", "groups"});
      return keys;
    }
    case LayerKind::Dense:
      return {"units", "bias", "init", "l1", "l2", "kernel_quantizer", "bias_quantizer"};
    case LayerKind::BatchNorm:
      return {"momentum", "debias", "epsilon"};
    case LayerKind::MaxPool2D:
    case LayerKind::MaxPool1D:
    case LayerKind::AveragePool2D:
    case LayerKind::AveragePool1D:
      return {"pool", "stride"};
    case LayerKind::Activation:
      return {"quantizer"};
    case LayerKind::Dropout:
      return {"rate"};
    case LayerKind::Relu:
    case LayerKind::GlobalAveragePool:
    case LayerKind::Flatten:
    case LayerKind::Softmax:
    case LayerKind::Add:
    case LayerKind::Concatenate:
      return {};
    default:
      break;
  }
  std::vector<std::string> keys{"quantizer"};
  if (const FunctionKey* number = function_key(kind)) keys.emplace_back(number->key);
  return keys;
}

// "valid", "same" or [top, left, bottom, right]; along a sequence "valid", "same", "causal" or [left, right].
void read_padding(SpecReader& reader, const YAML::Node& node, LayerSpec& layer) {
  if (!node["padding"].IsDefined()) return;
  const bool flat = is_1d(layer.kind);
  if (!node["padding"].IsSequence()) {
    std::vector<std::string> choices{"valid", "same"};
    if (flat) choices.emplace_back("causal");
    const std::string padding = reader.yaml.choice(node, layer.name, "padding", choices, "valid");
    layer.same = padding == "same";
    if (padding == "causal") layer.pad_left = layer.extent_w() - 1;
    return;
  }
  std::vector<int> pads = reader.yaml.integers(node, layer.name, "padding", {});
  if (pads.size() != (flat ? 2u : 4u) ||
      std::any_of(pads.begin(), pads.end(), [](int pad) { return pad < 0 || pad > 65535; }))
    return reader.out_of_range(node, layer.name, "padding", fmt::format("[{}]", fmt::join(pads, ", ")),
                               flat ? "valid, same, causal or [left, right], each 0 to 65535"
                                    : "valid, same or [top, left, bottom, right], each 0 to 65535");
  if (flat) pads = {0, pads[0], 0, pads[1]};
  layer.pad_top = pads[0];
  layer.pad_left = pads[1];
  layer.pad_bottom = pads[2];
  layer.pad_right = pads[3];
}

// A window's rows and columns; along a sequence one number.
std::pair<int, int> read_extents(SpecReader& reader, const YAML::Node& node, const LayerSpec& layer,
                                 const char* key, std::pair<int, int> fallback) {
  if (!is_1d(layer.kind)) return reader.extents(node, layer.name, key, fallback);
  return {1, reader.positive(node, layer.name, key, fallback.second)};
}

// QKeras's quantized_tanh and quantized_sigmoid round a function as quantized_bits does; unless the real one
// is asked for it is that of straight lines, clip(x, -1, 1) and clip(x / 2 + 1/2, 0, 1).
void take_apart(LayerSpec& layer) {
  QuantizerSpec& spec = *layer.quantizer;
  const bool is_tanh = spec.kind == QuantizerKind::Tanh;
  if (!is_tanh && spec.kind != QuantizerKind::Sigmoid) return;
  layer.kind = is_tanh        ? spec.is_real ? LayerKind::Tanh : LayerKind::HardTanh
               : spec.is_real ? LayerKind::Sigmoid
                              : LayerKind::HardSigmoid;
  if (!spec.is_real) layer.alpha = 0.5;
  spec.kind = QuantizerKind::Bits;
  spec.keep_negative = is_tanh;
  spec.is_real = false;
}

std::string print_extents(const LayerSpec& layer, int rows, int columns) {
  return is_1d(layer.kind) ? std::to_string(columns) : fmt::format("[{}, {}]", rows, columns);
}

}  // namespace

LayerSpec read_layer(SpecReader& reader, const YAML::Node& node, int index) {
  YamlFile& yaml = reader.yaml;
  LayerSpec layer;
  layer.line = yaml.place(node, "").line;
  layer.name = fmt::format("layers[{}]", index);
  if (!node.IsMap()) {
    yaml.check_keys(node, layer.name, {});
    return layer;
  }
  std::vector<std::string> types = list(kinds);
  types.insert(types.end(), depthwise_kinds.begin(), depthwise_kinds.end());
  const std::string type = yaml.choice(node, layer.name, "type", types, "");
  if (!node["type"].IsDefined()) reader.missing(node, layer.name, "type");
  if (type.empty()) return layer;
  const bool is_depthwise = type.starts_with("depthwise_");
  layer.kind = is_depthwise ? static_cast<LayerKind>(index_of(depthwise_kinds, type))
                            : static_cast<LayerKind>(index_of(kinds, type));
  if (node["name"].IsDefined())
    layer.name = yaml.text(node, layer.name, "name", layer.name);
  else
    reader.missing(node, layer.name, "name");

  std::vector<std::string> known = keys_of(layer.kind, is_depthwise);
  known.insert(known.end(), {"type", "name", "from"});
  yaml.check_keys(node, layer.name, known);
  const std::string& item = layer.name;
  if (node["from"].IsDefined())
    layer.reads =
        node["from"].IsScalar() ? std::vector{node["from"].Scalar()} : reader.texts(node, item, "from");
  if (has_weights(layer.kind)) {
    if (is_depthwise)
      layer.multiplier = reader.positive(node, item, "multiplier", 1);
    else
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
    layer.quantizer = reader.quantizer(node, item, "quantizer", {Bits, Relu, Binary, Tanh, Sigmoid}, true);
    if (layer.quantizer) take_apart(layer);
  } else if (is_function(layer.kind)) {
    using enum QuantizerKind;
    layer.quantizer = reader.quantizer(node, item, "quantizer", {Bits, Relu}, true);
    if (layer.quantizer && (!layer.quantizer->is_grid() || layer.quantizer->learns_bits()))
      yaml.add(
          diagnose(messages::quantizer_refused, yaml.place(node["quantizer"], item + ".quantizer"),
                   print_quantizer(*layer.quantizer),
                   fmt::format("{} is rounded to one grid of a fixed width; an activation after it may have "
                               "signs or learned widths",
                               type)));
    if (const FunctionKey* row = function_key(layer.kind))
      layer.alpha = reader.number(node, item, row->key, row->usual, row->least, row->below, row->wanted);
  }
  if (is_conv(layer.kind)) {
    if (!node["kernel"].IsDefined()) reader.missing(node, item, "kernel");
    std::tie(layer.kernel_h, layer.kernel_w) = read_extents(reader, node, layer, "kernel", {1, 1});
    std::tie(layer.stride_h, layer.stride_w) = read_extents(reader, node, layer, "stride", {1, 1});
    std::tie(layer.dilation_h, layer.dilation_w) = read_extents(reader, node, layer, "dilation", {1, 1});
    layer.groups = reader.positive(node, item, "groups", 1);
    // Beyond that extents and pads would not be counted in 32 bits.
    const std::int64_t span = 1 + std::max(std::int64_t{layer.kernel_h - 1} * layer.dilation_h,
                                           std::int64_t{layer.kernel_w - 1} * layer.dilation_w);
    if (span > 65536) {
      reader.out_of_range(node, item, "kernel", fmt::format("{} wide with its dilation", span),
                          "at most 65536 wide");
      layer.kernel_h = layer.kernel_w = 1;
    }
    read_padding(reader, node, layer);
  }
  if (is_max_pool(layer.kind) || (is_average(layer.kind) && layer.kind != LayerKind::GlobalAveragePool)) {
    std::tie(layer.kernel_h, layer.kernel_w) = read_extents(reader, node, layer, "pool", {2, 2});
    std::tie(layer.stride_h, layer.stride_w) =
        read_extents(reader, node, layer, "stride", {layer.kernel_h, layer.kernel_w});
  }
  if (layer.kind == LayerKind::BatchNorm) {
    layer.momentum = reader.number(node, item, "momentum", 0.99, 0, 1, "at least 0 and below 1");
    layer.debias = yaml.boolean(node, item, "debias", false);
    layer.epsilon = reader.number(node, item, "epsilon", 1e-3, 1e-12, INFINITY, "at least 1e-12");
  }
  return layer;
}

std::string print_layer(const LayerSpec& layer) {
  std::string text = fmt::format("  - {{name: \"{}\", type: {}", layer.name, name_of(layer.kind));
  if (!layer.reads.empty()) text += fmt::format(", from: [\"{}\"]", fmt::join(layer.reads, "\", \""));
  if (is_conv(layer.kind)) {
    text += fmt::format(", filters: {}, kernel: {}, stride: {}", layer.filters,
                        print_extents(layer, layer.kernel_h, layer.kernel_w),
                        print_extents(layer, layer.stride_h, layer.stride_w));
    if (layer.same)
      text += ", padding: same";
    else if (layer.pads() && is_1d(layer.kind))
      text += fmt::format(", padding: [{}, {}]", layer.pad_left, layer.pad_right);
    else if (layer.pads())
      text += fmt::format(", padding: [{}, {}, {}, {}]", layer.pad_top, layer.pad_left, layer.pad_bottom,
                          layer.pad_right);
    if (layer.dilation_h > 1 || layer.dilation_w > 1)
      text += fmt::format(", dilation: {}", print_extents(layer, layer.dilation_h, layer.dilation_w));
    if (layer.groups > 1) text += fmt::format(", groups: {}", layer.groups);
  }
  if (layer.kind == LayerKind::Dense) text += fmt::format(", units: {}", layer.filters);
  if (has_weights(layer.kind))
    text += fmt::format(", bias: {}, init: {}, l1: {}, l2: {}", layer.bias, name_of(layer.init), layer.l1,
                        layer.l2);
  if (const FunctionKey* row = function_key(layer.kind))
    text += fmt::format(", {}: {}", row->key, layer.alpha);
  if (layer.kind == LayerKind::Dropout) text += fmt::format(", rate: {}", layer.rate);
  text += print_quantizer_key("kernel_quantizer", layer.kernel_quantizer);
  text += print_quantizer_key("bias_quantizer", layer.bias_quantizer);
  text += print_quantizer_key("quantizer", layer.quantizer);
  if (layer.kind == LayerKind::BatchNorm)
    text +=
        fmt::format(", momentum: {}, debias: {}, epsilon: {}", layer.momentum, layer.debias, layer.epsilon);
  if (is_max_pool(layer.kind) || (is_average(layer.kind) && layer.kind != LayerKind::GlobalAveragePool))
    text += fmt::format(", pool: {}, stride: {}", print_extents(layer, layer.kernel_h, layer.kernel_w),
                        print_extents(layer, layer.stride_h, layer.stride_w));
  return text + "}\n";
}

std::string print_quantizer_key(const char* key, const std::optional<QuantizerSpec>& spec) {
  return spec ? fmt::format(", {}: \"{}\"", key, print_quantizer(*spec)) : std::string();
}

std::string_view name_of(LayerKind kind) { return kinds[static_cast<size_t>(kind)]; }
std::string_view name_of(WeightInit init) { return inits[static_cast<size_t>(init)]; }

}  // namespace gw::train
