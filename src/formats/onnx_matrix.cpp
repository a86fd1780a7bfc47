// Matrix products and convolutions. Weights lie in a file as (out, in, kernel...), in ours as (kernel..., in,
// out); they are transposed here, once. A dense layer behind a flatten of a channels-first tensor takes its
// rows in the order in which our tensor has the elements, so that nothing is moved at run time.

#include <algorithm>
#include <cmath>

#include "formats/convolution.h"
#include "formats/onnx_reader.h"
#include "support/messages.h"

namespace gw {

namespace {

/// x * weight + bias on the last axis of the file's tensor; weight (n, m), bias broadcast to (m).
void read_dense(OnnxCall& call, OnnxStream x, OnnxArray weight, const OnnxArray* bias) {
  const OnnxShape& shape = x.view.shape;
  if (weight.shape.size() != 2 || shape.back() != weight.shape[0]) {
    return call.refuse_shape(fmt::format("weights '{}' of shape {} on a tensor of shape {} without the batch",
                                         weight.name, to_string(weight.shape), to_string(shape)));
  }
  const int n = static_cast<int>(weight.shape[0]), m = static_cast<int>(weight.shape[1]);
  if (shape.size() > 1) {
    x = call.as_file(x);
  } else {
    // Rows in our order: row r of the file's matrix belongs to the element that the file has at r.
    OnnxView rows = x.view;
    rows.shape.push_back(m);
    rows.extents.push_back(m);
    rows.order.push_back(static_cast<int>(rows.extents.size()) - 1);
    weight = laid_out(std::move(weight), rows);
    if (call.shape(x).size() != 1) x.id = call.add(Flatten(), {x.id}, "_flatten");
  }
  std::vector<NodeId> inputs{x.id, call.weights(weight, {n, m})};
  if (bias) {
    OnnxArray row = *bias;
    while (row.shape.size() > 1 && row.shape[0] == 1) row.shape.erase(row.shape.begin());
    auto spread = broadcast(std::move(row), {m});
    if (!spread) {
      return call.refuse_shape(fmt::format("'{}' of shape {} is not one value for each of {} outputs",
                                           bias->name, to_string(bias->shape), m));
    }
    inputs.push_back(call.weights(*spread, {m}));
  }
  OnnxShape result = shape;
  result.back() = m;
  OnnxStream made = call.plain(Dense(), inputs);
  made.view = plain_view(result);
  call.give(made);
}

OnnxArray scaled(OnnxArray array, double factor) {
  if (factor == 1) return array;
  for (double& value : array.values) value = static_cast<float>(value * factor);
  array.type.reset();
  return array;
}

void read_gemm(OnnxCall& call) {
  if (call.integer("transA", 0) != 0) call.refuse_value("transA", "1", "0");
  const auto x = call.stream(0);
  const OnnxArray* weight = call.needed_constant(1);
  const OnnxArray* bias = call.has_input(2) ? call.needed_constant(2) : nullptr;
  const double alpha = call.number("alpha", 1), beta = call.number("beta", 1);
  const bool is_transposed = call.integer("transB", 0) != 0;
  if (!call.failed() && (x->view.shape.size() != 1 || weight->shape.size() != 2)) {
    call.refuse_shape(fmt::format("Gemm takes two matrices, not shapes {} without the batch and {}",
                                  to_string(x->view.shape), to_string(weight->shape)));
  }
  if (call.failed()) return;
  OnnxArray matrix = is_transposed ? transposed(*weight, {1, 0}) : *weight;
  const auto shift = bias ? std::optional(scaled(*bias, beta)) : std::nullopt;
  read_dense(call, *x, scaled(std::move(matrix), alpha), shift ? &*shift : nullptr);
}

void read_matmul(OnnxCall& call) {
  const auto x = call.stream(0);
  const OnnxArray* weight = call.needed_constant(1);
  if (!call.failed()) read_dense(call, *x, *weight, nullptr);
}

/// An attribute with a value for each axis of space.
Shape per_axis(OnnxCall& call, const std::string& attribute, size_t axes, int otherwise, int least) {
  std::vector<std::int64_t> said = call.integers(attribute, std::vector<std::int64_t>(axes, otherwise));
  constexpr std::int64_t most = 1 << 20;
  const auto is_bad = [&](std::int64_t value) { return value < least || value > most; };
  if (said.size() != axes || std::any_of(said.begin(), said.end(), is_bad)) {
    call.refuse_value(attribute, fmt::format("{}", fmt::join(said, ", ")),
                      fmt::format("{} numbers from {} to {}", axes, least, most));
    said.assign(axes, least);
  }
  return {said.begin(), said.end()};
}

}  // namespace

OnnxWindow read_window(OnnxCall& call, size_t axes, Shape kernel) {
  OnnxWindow window;
  window.kernel = kernel.empty() ? per_axis(call, "kernel_shape", axes, 1, 1) : std::move(kernel);
  window.strides = per_axis(call, "strides", axes, 1, 1);
  window.dilations = per_axis(call, "dilations", axes, 1, 1);
  const std::string automatic = call.text("auto_pad", "NOTSET");
  if (automatic == "SAME_UPPER") {
    window.padding = Padding::Same;
  } else if (automatic == "SAME_LOWER") {
    window.padding = Padding::SameLower;
  } else if (automatic != "NOTSET" && automatic != "VALID" && !automatic.empty()) {
    call.refuse_value("auto_pad", automatic, "NOTSET, VALID, SAME_UPPER or SAME_LOWER");
  }
  Shape pads = per_axis(call, "pads", 2 * axes, 0, 0);
  if (automatic == "VALID" || window.padding != Padding::Explicit) pads.assign(2 * axes, 0);
  window.before.assign(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(axes));
  window.after.assign(pads.begin() + static_cast<std::ptrdiff_t>(axes), pads.end());
  return window;
}

namespace {

void read_conv(OnnxCall& call) {
  const auto x = call.stream(0);
  const OnnxArray* weight = call.needed_constant(1);
  const OnnxArray* bias = call.has_input(2) ? call.needed_constant(2) : nullptr;
  if (call.failed()) return;
  const size_t axes = x->view.shape.size() - 1;
  if (axes < 1 || axes > 2 || weight->shape.size() != axes + 2) {
    return call.refuse_shape(
        fmt::format("convolutions are 1-D or 2-D, not weights {} on {} without the batch",
                    to_string(weight->shape), to_string(x->view.shape)));
  }
  // (out, in, kernel...) or, channels last, (out, kernel..., in) becomes (kernel..., in, out).
  std::vector<int> order;
  const int first_kernel = call.is_channels_last() ? 1 : 2;
  for (size_t i = 0; i < axes; ++i) order.push_back(first_kernel + static_cast<int>(i));
  order.push_back(call.is_channels_last() ? static_cast<int>(axes) + 1 : 1);
  order.push_back(0);
  const OnnxArray turned = transposed(*weight, order);
  const Shape ours(turned.shape.begin(), turned.shape.end());
  const Shape kernel(ours.begin(), ours.end() - 2);
  const OnnxWindow window = read_window(call, axes, kernel);
  if (call.has("kernel_shape") && per_axis(call, "kernel_shape", axes, 1, 1) != kernel) {
    call.refuse_value("kernel_shape", "another",
                      fmt::format("that of the weights, {}", fmt::join(kernel, ", ")));
  }
  const auto groups = static_cast<int>(std::clamp<std::int64_t>(call.integer("group", 1), 0, 1 << 30));
  if (bias && (bias->shape.size() != 1 || bias->shape[0] != ours.back())) {
    call.refuse_shape(fmt::format("'{}' of shape {} is not one value for each of {} outputs", bias->name,
                                  to_string(bias->shape), ours.back()));
  }
  if (call.failed()) return;

  std::vector<NodeId> inputs{call.channels_last(*x).id, call.weights(turned, ours)};
  if (bias) inputs.push_back(call.weights(*bias, {ours.back()}));
  Layer layer =
      make_convolution(window.strides, window.dilations, groups, window.padding, window.before, window.after);
  call.give(call.spatial(std::move(layer), inputs));
}

/// y = x * scale + shift with scale = gamma / sqrt(variance + epsilon) and shift = beta - scale * mean, every
/// step in single precision: these are the bits that hls4ml's configuration rounds.
void read_batch_norm(OnnxCall& call) {
  const auto x = call.stream(0);
  const OnnxArray* parameters[4];
  for (size_t i = 0; i < 4; ++i) parameters[i] = call.needed_constant(i + 1);
  if (call.integer("training_mode", 0) != 0) call.refuse_value("training_mode", "1", "0");
  if (call.integer("is_test", 1) != 1) call.refuse_value("is_test", "0", "1");
  if (call.integer("spatial", 1) != 1) call.refuse_value("spatial", "0", "1");
  const auto epsilon = static_cast<float>(call.number("epsilon", 1e-5));
  if (call.failed()) return;

  const OnnxShape& shape = x->view.shape;
  const int channel_axis = call.is_channels_last() ? static_cast<int>(shape.size()) - 1 : 0;
  const std::int64_t channels = shape[static_cast<size_t>(channel_axis)];
  for (const OnnxArray* parameter : parameters) {
    if (parameter->shape == OnnxShape{channels}) continue;
    return call.refuse_shape(fmt::format("'{}' of shape {} is not one value for each of {} channels",
                                         parameter->name, to_string(parameter->shape), channels));
  }
  OnnxArray scale = *parameters[0], shift = *parameters[1];
  for (std::int64_t c = 0; c < channels; ++c) {
    const auto at = [&](size_t i) { return static_cast<float>(parameters[i]->at(c)); };
    const float factor = at(0) / std::sqrt(at(3) + epsilon);
    const float product = factor * at(2);
    scale.values[static_cast<size_t>(c)] = factor;
    shift.values[static_cast<size_t>(c)] = at(1) - product;
  }
  scale.type.reset();
  shift.type.reset();

  // Our last axis is the channel; a tensor that the file has flattened is per element.
  OnnxStream from = *x;
  if (shape.size() == 1) {
    scale = laid_out(std::move(scale), from.view);
    shift = laid_out(std::move(shift), from.view);
  } else if (!call.is_last(from, channel_axis)) {
    from = call.channels_last(from);
  }
  const Shape wanted{static_cast<int>(channels)};
  const std::vector<NodeId> inputs{call.weights(scale, wanted), call.weights(shift, wanted)};
  call.give(call.elementwise(BatchNorm(), from, inputs));
}

}  // namespace

std::span<const OnnxOperator> onnx_matrix_operators() {
  static const OnnxOperator rows[] = {
      {"Gemm", read_gemm, 2, 3, {"alpha", "beta", "transA", "transB", "broadcast"}},
      {"MatMul", read_matmul, 2, 2},
      {"Conv", read_conv, 2, 3, {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}},
      {"BatchNormalization",
       read_batch_norm,
       5,
       5,
       {"epsilon", "momentum", "spatial", "is_test", "training_mode", "consumed_inputs"}},
  };
  return rows;
}

}  // namespace gw
