// Dense layers, convolutions and batch norm. Keras keeps kernels as we do, (in, out) and (space.., in, out);
// only those of depthwise convolutions, (space.., in, multiplier), are seen as (space.., 1, in * multiplier),
// which moves nothing.

#include "formats/keras/matrix.h"

#include <algorithm>
#include <cmath>

#include "formats/convolution.h"
#include "formats/holding_type.h"
#include "formats/keras/qkeras.h"

namespace gw {

namespace {

bool has_shape(KerasCall& call, const std::string& variable, const FloatTensor& tensor, const Shape& shape) {
  if (tensor.shape == shape) return true;
  call.refuse_shape(fmt::format("variable '{}' is {}, but should be {}", variable, to_string(tensor.shape),
                                to_string(shape)));
  return false;
}

}  // namespace

bool is_channels_last(KerasCall& call) {
  const std::string format = call.text("data_format", "channels_last");
  if (format == "channels_last") return true;
  call.refuse_value("data_format", format, "channels_last; save the model with its channels last");
  return false;
}

bool has_rank(KerasCall& call, size_t rank) {
  if (call.rank() == rank) return true;
  call.refuse_shape(fmt::format("{} does not take {} without the batch", call.layer().class_name,
                                to_string(call.shape(call.x()))));
  return false;
}

NodeId keras_number(KerasCall& call, NodeId x, const std::string& name, double value) {
  const std::vector<float> values{static_cast<float>(value)};
  return call.constant(name, {Shape(call.shape(x).size(), 1), 1, values}, holding_type(values));
}

KerasWindow read_keras_window(KerasCall& call, size_t axes, const std::string& size_key) {
  const bool is_pool = size_key == "pool_size";
  KerasWindow window;
  window.kernel = call.per_axis(size_key, axes, is_pool ? 2 : 1, 1);
  window.strides = is_pool && !call.value("strides") ? window.kernel : call.per_axis("strides", axes, 1, 1);
  window.dilations = call.per_axis("dilation_rate", axes, 1, 1);
  std::string padding = call.text("padding", "valid");
  std::transform(padding.begin(), padding.end(), padding.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (padding == "same") {
    window.padding = Padding::Same;
  } else if (padding == "causal" && axes == 1 && !is_pool) {
    window.padding = Padding::Causal;
  } else if (padding != "valid") {
    call.refuse_value("padding", padding, axes == 1 && !is_pool ? "valid, same or causal" : "valid or same");
  }
  is_channels_last(call);
  return window;
}

// Batch norm --------------------------------------------------------------------------------

std::vector<std::string> keras_norm_variables(KerasCall& call, const std::string& prefix) {
  std::vector<std::string> names;
  if (call.flag("scale", true)) names.push_back(prefix + "gamma");
  if (call.flag("center", true)) names.push_back(prefix + "beta");
  names.push_back(prefix + "moving_mean");
  names.push_back(prefix + "moving_variance");
  return names;
}

std::optional<KerasNorm> read_keras_norm(KerasCall& call, std::map<std::string, FloatTensor>& variables,
                                         const std::string& prefix, int channels) {
  KerasNorm norm;
  norm.epsilon = static_cast<float>(call.number("epsilon", 1e-3));
  if (const nlohmann::json* said = call.value("axis")) {
    const nlohmann::json& axis = said->is_array() && said->size() == 1 ? (*said)[0] : *said;
    if (!axis.is_number_integer() || (axis != -1 && axis != call.rank()))
      call.refuse_value("axis", said->dump(), fmt::format("-1 or {}, the last one", call.rank()));
  }
  const auto take = [&](const std::string& name, float otherwise) {
    const auto found = variables.find(prefix + name);
    if (found == variables.end()) return std::vector<float>(static_cast<size_t>(channels), otherwise);
    has_shape(call, found->first, found->second, {channels});
    return found->second.values;
  };
  norm.gamma = take("gamma", 1);
  norm.beta = take("beta", 0);
  norm.mean = take("moving_mean", 0);
  norm.variance = take("moving_variance", 1);
  return call.failed() ? std::nullopt : std::optional(std::move(norm));
}

NodeId add_keras_affine(KerasCall& call, KerasAffine affine, std::optional<Quantizer> scale_type,
                        std::optional<Quantizer> shift_type) {
  const Shape channels{static_cast<int>(affine.scale.size())};
  return call.add(BatchNorm(),
                  {call.x(), call.constant("scale", {channels, 1, std::move(affine.scale)}, scale_type),
                   call.constant("bias", {channels, 1, std::move(affine.shift)}, shift_type)});
}

namespace {

void read_batch_norm(KerasCall& call) {
  auto variables = call.variables(keras_norm_variables(call, ""));
  if (call.failed()) return;
  const auto norm = read_keras_norm(call, variables, "", call.shape(call.x()).back());
  if (!norm) return;
  KerasAffine affine;
  for (size_t c = 0; c < norm->gamma.size(); ++c) {
    const float scale = norm->gamma[c] / std::sqrt(norm->variance[c] + norm->epsilon);
    const float product = scale * norm->mean[c];
    affine.scale.push_back(scale);
    affine.shift.push_back(norm->beta[c] - product);
  }
  call.give(add_keras_affine(call, std::move(affine)));
}

// Weights --------------------------------------------------------------------------------

struct MatrixWeights {
  QkerasWeights kernel;
  std::optional<QkerasWeights> bias;
};

/// QKeras's layers with a batch norm inside quantise what the norm makes of the weights. Its order of
/// operations, in single precision: inv = gamma / sqrt(variance + epsilon) as a reciprocal and a product,
/// kernel * inv, inv * (bias - mean) + beta.
void fold_norm(const KerasNorm& norm, FloatTensor& kernel, std::optional<FloatTensor>& bias) {
  const size_t outputs = norm.gamma.size();
  std::vector<float> inverse(outputs);
  for (size_t c = 0; c < outputs; ++c) {
    inverse[c] = 1.0F / std::sqrt(norm.variance[c] + norm.epsilon);
    inverse[c] *= norm.gamma[c];
  }
  for (size_t i = 0; i < kernel.values.size(); ++i) kernel.values[i] *= inverse[i % outputs];
  if (!bias) bias = FloatTensor{{static_cast<int>(outputs)}, 1, std::vector<float>(outputs, 0)};
  for (size_t c = 0; c < outputs; ++c) {
    const float centred = bias->values[c] - norm.mean[c];
    const float product = inverse[c] * centred;
    bias->values[c] = product + norm.beta[c];
  }
}

/// Kernel and bias of the layer, whatever its class does to them: `kernel` is the variable's name, of that
/// shape.
std::optional<MatrixWeights> read_weights(KerasCall& call, const std::string& kernel, const Shape& shape,
                                          int outputs) {
  const bool has_bias = call.flag("use_bias", true),
             is_normed = call.layer().class_name.ends_with("Batchnorm");
  std::vector<std::string> names{kernel};
  if (has_bias) names.emplace_back("bias");
  if (is_normed) {
    names.emplace_back("iteration");
    for (std::string& name : keras_norm_variables(call, "batchnorm/")) names.push_back(std::move(name));
    const std::string mode = call.text("folding_mode", "ema_stats_folding");
    if (mode != "ema_stats_folding" && mode != "batch_stats_folding")
      call.refuse_value("folding_mode", mode, "ema_stats_folding or batch_stats_folding");
  }
  auto variables = call.variables(names, {"iteration"});
  if (call.failed() || !has_shape(call, kernel, variables[kernel], shape)) return std::nullopt;
  if (has_bias && !has_shape(call, "bias", variables["bias"], {outputs})) return std::nullopt;
  std::optional<FloatTensor> bias;
  if (has_bias) bias = std::move(variables["bias"]);
  if (is_normed) {
    const auto norm = read_keras_norm(call, variables, "batchnorm/", outputs);
    if (!norm) return std::nullopt;
    fold_norm(*norm, variables[kernel], bias);
  }
  MatrixWeights made;
  const std::string part = kernel == "kernel" ? kernel : kernel.substr(0, kernel.find('_'));
  made.kernel = quantized_by(call, part + "_quantizer", std::move(variables[kernel]), true);
  if (bias) made.bias = quantized_by(call, "bias_quantizer", std::move(*bias), false);
  return call.failed() ? std::nullopt : std::optional(std::move(made));
}

/// A kernel of (space.., channels, multiplier) as one of a convolution in as many groups as channels.
QkerasWeights depthwise(QkerasWeights kernel) {
  Shape& shape = kernel.values.shape;
  const int channels = shape[shape.size() - 2], multiplier = shape.back();
  shape[shape.size() - 2] = 1;
  shape.back() = channels * multiplier;
  if (kernel.scales.empty()) return kernel;
  std::vector<float> all;
  for (int channel = 0; channel < channels; ++channel)
    all.insert(all.end(), kernel.scales.begin(), kernel.scales.end());
  kernel.scales = std::move(all);
  return kernel;
}

/// A layer on x, the weights and the bias, and where the kernel has scales a multiplication behind it. Names
/// end with the suffix.
NodeId add_matrix(KerasCall& call, Layer layer, NodeId x, MatrixWeights weights,
                  const std::string& suffix = "") {
  const std::string prefix = suffix.empty() ? "" : suffix.substr(1) + ".";
  const auto constant = [&](const std::string& name, QkerasWeights from) {
    return call.constant(prefix + name, std::move(from.values), from.type);
  };
  const std::vector<float> scales = std::move(weights.kernel.scales);
  std::vector<NodeId> inputs{x, constant("weight", std::move(weights.kernel))};
  if (scales.empty()) {
    if (weights.bias) inputs.push_back(constant("bias", std::move(*weights.bias)));
    return call.add(std::move(layer), std::move(inputs), suffix);
  }
  const NodeId sums = call.add(std::move(layer), std::move(inputs), suffix);
  const Shape outputs{static_cast<int>(scales.size())};
  QkerasWeights none{{outputs, 1, std::vector<float>(scales.size(), 0)}, Quantizer{{1, 1, false}}, {}};
  const NodeId scale = call.constant(prefix + "scale", {outputs, 1, scales}, holding_type(scales));
  const NodeId bias = constant("bias", weights.bias ? std::move(*weights.bias) : std::move(none));
  return call.add(BatchNorm(), {sums, scale, bias}, suffix + "_alpha");
}

Layer convolution(const KerasWindow& window, int groups) {
  return make_convolution(window.strides, window.dilations, groups, window.padding);
}

int count_of(KerasCall& call, const std::string& key, int otherwise) {
  return static_cast<int>(call.integer(key, otherwise, 1, max_elements));
}

Shape kernel_shape(const KerasWindow& window, int in, int out) {
  Shape shape = window.kernel;
  shape.push_back(in);
  shape.push_back(out);
  return shape;
}

void read_dense(KerasCall& call) {
  const int units = count_of(call, "units", count_of(call, "output_dim", 0));
  if (call.failed()) return;
  auto weights = read_weights(call, "kernel", {call.shape(call.x()).back(), units}, units);
  if (weights) give_activated(call, add_matrix(call, Dense(), call.x(), std::move(*weights)));
}

/// Weights of -1 and 1, or of -1, 0 and 1 (BinaryNet's and TernaryNet's layers for Keras).
template <bool is_ternary>
void read_few_values(KerasCall& call) {
  const int units = count_of(call, "units", 0);
  if (call.flag("use_bias", true)) call.refuse_value("use_bias", "true", "false");
  if (call.number("H", 1) != 1) call.refuse_value("H", "another", "1");
  call.value("kernel_lr_multiplier");
  call.value("bias_lr_multiplier");
  auto variables = call.variables({"kernel"});
  if (call.failed()) return;
  FloatTensor kernel = std::move(variables["kernel"]);
  if (!has_shape(call, "kernel", kernel, {call.shape(call.x()).back(), units})) return;
  for (float& value : kernel.values) {
    if (is_ternary) value = value > 0.5F ? 1.0F : value <= -0.5F ? -1.0F : 0.0F;
    if (!is_ternary) value = value > 0 ? 1.0F : -1.0F;
  }
  give_activated(call,
                 add_matrix(call, Dense(), call.x(), {{std::move(kernel), Quantizer{{2, 2, true}}, {}}, {}}));
}

template <size_t axes>
void read_conv(KerasCall& call) {
  const KerasWindow window = read_keras_window(call, axes, "kernel_size");
  const int filters = count_of(call, "filters", 0), groups = count_of(call, "groups", 1);
  if (call.failed() || !has_rank(call, axes + 1)) return;
  const Shape shape = kernel_shape(window, call.shape(call.x()).back() / groups, filters);
  auto weights = read_weights(call, "kernel", shape, filters);
  if (weights)
    give_activated(call, add_matrix(call, convolution(window, groups), call.x(), std::move(*weights)));
}

template <size_t axes>
void read_depthwise(KerasCall& call) {
  const KerasWindow window = read_keras_window(call, axes, "kernel_size");
  const int multiplier = count_of(call, "depth_multiplier", 1);
  call.value("filters");  // in some versions; no more than channels * multiplier
  if (count_of(call, "groups", 1) != 1) call.refuse_value("groups", "another", "1");
  if (call.failed() || !has_rank(call, axes + 1)) return;
  const int channels = call.shape(call.x()).back();
  auto weights = read_weights(call, "depthwise_kernel", kernel_shape(window, channels, multiplier),
                              channels * multiplier);
  if (!weights) return;
  weights->kernel = depthwise(std::move(weights->kernel));
  give_activated(call, add_matrix(call, convolution(window, channels), call.x(), std::move(*weights)));
}

/// A depthwise convolution, and one of 1x1 behind it.
template <size_t axes>
void read_separable(KerasCall& call) {
  const KerasWindow window = read_keras_window(call, axes, "kernel_size");
  const int multiplier = count_of(call, "depth_multiplier", 1), filters = count_of(call, "filters", 0);
  if (count_of(call, "groups", 1) != 1) call.refuse_value("groups", "another", "1");
  const bool has_bias = call.flag("use_bias", true);
  std::vector<std::string> names{"depthwise_kernel", "pointwise_kernel"};
  if (has_bias) names.emplace_back("bias");
  auto variables = call.variables(names);
  if (call.failed() || !has_rank(call, axes + 1)) return;
  const int channels = call.shape(call.x()).back();
  const Shape one(axes, 1);
  const KerasWindow point{one, one, one};
  if (!has_shape(call, names[0], variables[names[0]], kernel_shape(window, channels, multiplier)) ||
      !has_shape(call, names[1], variables[names[1]], kernel_shape(point, channels * multiplier, filters)) ||
      (has_bias && !has_shape(call, "bias", variables["bias"], {filters})))
    return;
  MatrixWeights deep{
      depthwise(quantized_by(call, "depthwise_quantizer", std::move(variables[names[0]]), true)), {}};
  MatrixWeights wide{quantized_by(call, "pointwise_quantizer", std::move(variables[names[1]]), true), {}};
  if (has_bias) wide.bias = quantized_by(call, "bias_quantizer", std::move(variables["bias"]), false);
  if (call.failed()) return;
  const NodeId between =
      add_matrix(call, convolution(window, channels), call.x(), std::move(deep), "_depthwise");
  give_activated(call, add_matrix(call, convolution(point, 1), between, std::move(wide), "_pointwise"));
}

}  // namespace

std::span<const KerasClass> keras_matrix_classes() {
  static const KerasClass rows[] = {
      {"Dense", read_dense},
      {"QDense", read_dense},
      {"QDenseBatchnorm", read_dense},
      {"BinaryDense", read_few_values<false>},
      {"TernaryDense", read_few_values<true>},
      {"Conv1D", read_conv<1>},
      {"Conv2D", read_conv<2>},
      {"Convolution1D", read_conv<1>},
      {"Convolution2D", read_conv<2>},
      {"QConv1D", read_conv<1>},
      {"QConv2D", read_conv<2>},
      {"QConv2DBatchnorm", read_conv<2>},
      {"DepthwiseConv1D", read_depthwise<1>},
      {"DepthwiseConv2D", read_depthwise<2>},
      {"QDepthwiseConv2D", read_depthwise<2>},
      {"QDepthwiseConv2DBatchnorm", read_depthwise<2>},
      {"SeparableConv1D", read_separable<1>},
      {"SeparableConv2D", read_separable<2>},
      {"QSeparableConv1D", read_separable<1>},
      {"QSeparableConv2D", read_separable<2>},
      {"BatchNormalization", read_batch_norm},
      {"BatchNormalizationV1", read_batch_norm},
  };
  return rows;
}

}  // namespace gw
