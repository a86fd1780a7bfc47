// Matrix products and convolutions. Weights lie in a file as (out, in, kernel...), in ours as (kernel..., in,
// out); they are transposed here, once. A dense layer behind a flatten of a channels-first tensor takes its
// rows in the order in which our tensor has the elements, so that nothing is moved at run time.

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "formats/convolution.h"
#include "formats/holding_type.h"
#include "formats/onnx/axes.h"
#include "formats/onnx/product.h"
#include "formats/onnx/rescale.h"
#include "support/messages.h"

namespace gw {

namespace {

/// A matrix product on numbers: which numbers its weights and bias are, and what its sums stand for.
struct Product {
  OnnxStream x;
  OnnxArray weight;
  std::optional<OnnxArray> bias;  ///< (outputs), in the numbers of the sums
  OnnxArray factor, shift;        ///< of the sums, one for each output or one for all
};

/// The scales of weights whose outputs run along `axis`, if each output has one.
std::optional<OnnxArray> scales_by_output(const OnnxArray& weight, size_t axis) {
  const auto outputs = weight.shape[axis];
  OnnxArray found{"", {outputs}, false, std::vector<double>(static_cast<size_t>(outputs), 1)};
  if (weight.scales.empty()) return found;
  std::int64_t behind = 1;
  for (size_t i = axis + 1; i < weight.shape.size(); ++i) behind *= weight.shape[i];
  std::vector<bool> is_known(static_cast<size_t>(outputs), false);
  for (size_t i = 0; i < weight.scales.size(); ++i) {
    const auto output = static_cast<size_t>(static_cast<std::int64_t>(i) / behind % outputs);
    if (is_known[output] && found.values[output] != weight.scales[i]) return std::nullopt;
    found.values[output] = weight.scales[i];
    is_known[output] = true;
  }
  return found;
}

/// One for all where they do not differ.
void join_equal(OnnxArray& array) {
  const auto is_first = [&](double value) { return value == array.values[0]; };
  if (!array.values.empty() && std::all_of(array.values.begin(), array.values.end(), is_first))
    array = onnx_number(array.values[0]);
}

/// The bias in the numbers of sums whose factors it shares: those of x times those of the weights, rounded to
/// single precision as the file has them, up to a power of two. Nothing if it has others.
std::optional<OnnxArray> bias_numbers(const OnnxArray& bias, const OnnxArray& factor) {
  OnnxArray numbers = bias;
  for (size_t i = 0; i < bias.values.size(); ++i) {
    const double scale = static_cast<float>(bias.scales.empty() ? 1 : bias.scales[i]);
    const double ratio =
        scale / static_cast<float>(factor.values.size() == 1 ? factor.values[0] : factor.values[i]);
    if (bias.values[i] != 0 && !is_power_of_two(ratio)) return std::nullopt;
    numbers.values[i] = bias.values[i] == 0 ? 0 : bias.values[i] * ratio;
  }
  numbers.scales.clear();
  numbers.type = holding_type(numbers.values);
  if (!numbers.type) return std::nullopt;
  return numbers;
}

/// Numbers for a product whose outputs run along that axis of the weights. Padding reads 0, which a shift
/// would change, so that x must have none. A bias without a type and scale stays a real number.
std::optional<Product> product_of(OnnxCall& call, const OnnxStream& x, const OnnxArray& weight, size_t axis,
                                  std::optional<OnnxArray> bias) {
  Product made{x, weight, std::nullopt, onnx_number(1), onnx_number(0)};
  if (bias) {
    while (bias->shape.size() > 1 && bias->shape[0] == 1) bias->shape.erase(bias->shape.begin());
    auto spread = broadcast(*bias, {weight.shape[axis]});
    if (!spread) {
      call.refuse_shape(fmt::format("'{}' of shape {} is not one value for each of {} outputs", bias->name,
                                    to_string(bias->shape), weight.shape[axis]));
      return std::nullopt;
    }
    bias = std::move(spread);
  }
  const bool adds_real = bias && !bias->type && weight.type && call.type(x);
  const bool is_real = !x.affine && weight.scales.empty() && (!bias || bias->scales.empty()) && !adds_real;
  if (x.affine) made.x = centred(call, x);
  if (made.x.affine) made.factor = made.x.affine->factor;
  made.x.affine.reset();
  if (is_real) {
    made.bias = std::move(bias);
    return made;
  }
  call.meet_affine();
  auto scales = scales_by_output(weight, axis);
  if (!scales) {
    made.weight = settled(weight);
    made.weight.type = holding_type(made.weight.values);
    scales = onnx_number(1);
  }
  made.weight.scales.clear();
  made.factor = *combined(made.factor, *scales, std::multiplies<>());
  join_equal(made.factor);
  if (!bias) return made;
  const bool is_quantised = bias->type.has_value();
  auto numbers = is_quantised ? bias_numbers(*bias, made.factor) : std::nullopt;
  if (numbers) {
    made.bias = std::move(numbers);
  } else {
    made.shift = settled(*std::move(bias));
    join_equal(made.shift);
  }
  return made;
}

/// Gives a product's answer the affine of its sums; outputs run along this axis of the file's shape.
OnnxStream with_affine(OnnxStream made, Product& product, size_t axis) {
  for (OnnxArray* part : {&product.factor, &product.shift}) {
    if (part->values.size() == 1) continue;
    part->shape.assign(made.view.shape.size(), 1);
    part->shape[axis] = static_cast<std::int64_t>(part->values.size());
  }
  made.affine = OnnxAffine{std::move(product.factor), std::move(product.shift)};
  return made;
}

}  // namespace

std::optional<OnnxStream> dense_product(OnnxCall& call, const OnnxStream& from, const OnnxArray& matrix,
                                        const OnnxArray* bias) {
  const OnnxShape shape = from.view.shape;
  if (matrix.shape.size() != 2 || shape.back() != matrix.shape[0]) {
    call.refuse_shape(fmt::format("weights '{}' of shape {} on a tensor of shape {} without the batch",
                                  matrix.name, to_string(matrix.shape), to_string(shape)));
    return std::nullopt;
  }
  auto product = product_of(call, from, matrix, 1, bias ? std::optional(*bias) : std::nullopt);
  if (!product) return std::nullopt;
  OnnxStream& x = product->x;
  const int n = static_cast<int>(matrix.shape[0]), m = static_cast<int>(matrix.shape[1]);
  if (shape.size() > 1) {
    x = call.as_file(x);
  } else {
    // Rows in our order: row r of the file's matrix belongs to the element that the file has at r.
    OnnxView rows = x.view;
    rows.shape.push_back(m);
    rows.extents.push_back(m);
    rows.order.push_back(static_cast<int>(rows.extents.size()) - 1);
    product->weight = laid_out(std::move(product->weight), rows);
    if (call.shape(x).size() != 1) x.id = call.add(Flatten(), {x.id}, "_flatten");
  }
  std::vector<NodeId> inputs{x.id, call.weights(product->weight, {n, m})};
  if (product->bias) inputs.push_back(call.weights(*product->bias, {m}));
  OnnxShape result = shape;
  result.back() = m;
  OnnxStream made = call.plain(Dense(), inputs);
  made.view = plain_view(result);
  return with_affine(std::move(made), *product, result.size() - 1);
}

namespace {

OnnxArray scaled(OnnxArray array, double factor) {
  if (factor == 1) return array;
  array = settled(std::move(array));
  for (double& value : array.values) value = static_cast<float>(value * factor);
  array.type.reset();
  return array;
}

}  // namespace

std::optional<OnnxStream> gemm(OnnxCall& call) {
  if (call.integer("transA", 0) != 0) call.refuse_value("transA", "1", "0");
  const auto x = call.numbers(0);
  const OnnxArray* weight = call.scaled_constant(1);
  const OnnxArray* bias = call.has_input(2) ? call.scaled_constant(2) : nullptr;
  const double alpha = call.number("alpha", 1), beta = call.number("beta", 1);
  const bool is_transposed = call.integer("transB", 0) != 0;
  if (!call.failed() && (x->view.shape.size() != 1 || weight->shape.size() != 2)) {
    call.refuse_shape(fmt::format("Gemm takes two matrices, not shapes {} without the batch and {}",
                                  to_string(x->view.shape), to_string(weight->shape)));
  }
  if (call.failed()) return std::nullopt;
  const OnnxArray matrix = is_transposed ? transposed(*weight, {1, 0}) : *weight;
  const auto shift = bias ? std::optional(scaled(*bias, beta)) : std::nullopt;
  return dense_product(call, *x, scaled(matrix, alpha), shift ? &*shift : nullptr);
}

namespace {

void read_gemm(OnnxCall& call) {
  if (auto made = gemm(call)) call.give(*std::move(made));
}

/// matrix * x, on the last axis but one: the transpose of x^T * matrix^T.
void read_left_matmul(OnnxCall& call) {
  const OnnxArray* matrix = call.scaled_constant(0);
  const auto x = call.numbers(1);
  if (call.failed()) return;
  const size_t rank = x->view.shape.size();
  if (matrix->shape.size() != 2 || rank < 2 || matrix->shape[1] != x->view.shape[rank - 2]) {
    return call.refuse_shape(
        fmt::format("weights '{}' of shape {} before a tensor of shape {} without the batch", matrix->name,
                    to_string(matrix->shape), to_string(x->view.shape)));
  }
  std::vector<int> axes = axes_in_order(rank);
  std::swap(axes[rank - 1], axes[rank - 2]);
  OnnxStream from = x->affine && !x->affine->is_scalar() ? settled(call, *x) : *x;
  from = turned(call, std::move(from), axes);
  auto made = dense_product(call, from, transposed(*matrix, {1, 0}), nullptr);
  if (!made) return;
  // One number for each output, now along the last axis but one.
  for (OnnxArray* part : {&made->affine->factor, &made->affine->shift}) {
    if (part->shape.size() == rank) std::swap(part->shape[rank - 1], part->shape[rank - 2]);
  }
  call.give(turned(call, *std::move(made), axes));
}

void read_matmul(OnnxCall& call) {
  if (std::holds_alternative<OnnxArray>(call.input(0))) return read_left_matmul(call);
  const auto x = call.numbers(0);
  const OnnxArray* weight = call.scaled_constant(1);
  if (call.failed()) return;
  OnnxArray matrix = *weight;
  const bool is_vector = matrix.shape.size() == 1;
  if (is_vector) matrix.shape.push_back(1);
  while (matrix.shape.size() > 2 && matrix.shape.size() <= x->view.shape.size() + 1 && matrix.shape[0] == 1)
    matrix.shape.erase(matrix.shape.begin());
  auto made = dense_product(call, *x, matrix, nullptr);
  if (!made) return;
  // A vector's one output is no axis; where it is all that there is, it stays.
  if (is_vector && made->view.shape.size() > 1) made->view.shape.pop_back();
  call.give(*std::move(made));
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

std::optional<OnnxStream> convolution_product(OnnxCall& call, const OnnxStream& x, const OnnxArray& weight,
                                              const OnnxArray* bias) {
  const size_t axes = x.view.shape.size() - 1;
  if (axes < 1 || axes > 2 || weight.shape.size() != axes + 2) {
    call.refuse_shape(fmt::format("convolutions are 1-D or 2-D, not weights {} on {} without the batch",
                                  to_string(weight.shape), to_string(x.view.shape)));
    return std::nullopt;
  }
  auto product = product_of(call, x, weight, 0, bias ? std::optional(*bias) : std::nullopt);
  if (!product) return std::nullopt;
  // (out, in, kernel...) or, channels last, (out, kernel..., in) becomes (kernel..., in, out).
  std::vector<int> order;
  const int first_kernel = call.is_channels_last() ? 1 : 2;
  for (size_t i = 0; i < axes; ++i) order.push_back(first_kernel + static_cast<int>(i));
  order.push_back(call.is_channels_last() ? static_cast<int>(axes) + 1 : 1);
  order.push_back(0);
  const OnnxArray turned = transposed(product->weight, order);
  const Shape ours(turned.shape.begin(), turned.shape.end());
  const Shape kernel(ours.begin(), ours.end() - 2);
  const OnnxWindow window = read_window(call, axes, kernel);
  if (call.has("kernel_shape") && per_axis(call, "kernel_shape", axes, 1, 1) != kernel) {
    call.refuse_value("kernel_shape", "another",
                      fmt::format("that of the weights, {}", fmt::join(kernel, ", ")));
  }
  const auto groups = static_cast<int>(std::clamp<std::int64_t>(call.integer("group", 1), 0, 1 << 30));
  if (call.failed()) return std::nullopt;

  std::vector<NodeId> inputs{call.channels_last(product->x).id, call.weights(turned, ours)};
  if (product->bias) inputs.push_back(call.weights(*product->bias, {ours.back()}));
  Layer layer =
      make_convolution(window.strides, window.dilations, groups, window.padding, window.before, window.after);
  OnnxStream made = call.spatial(std::move(layer), inputs);
  return with_affine(std::move(made), *product, call.is_channels_last() ? axes : 0);
}

std::optional<OnnxStream> convolution(OnnxCall& call) {
  const auto x = call.numbers(0);
  const OnnxArray* weight = call.scaled_constant(1);
  const OnnxArray* bias = call.has_input(2) ? call.scaled_constant(2) : nullptr;
  if (call.failed()) return std::nullopt;
  return convolution_product(call, *x, *weight, bias);
}

namespace {

void read_conv(OnnxCall& call) {
  if (auto made = convolution(call)) call.give(*std::move(made));
}

/// y = x * scale + shift with scale = gamma / sqrt(variance + epsilon) and shift = beta - scale * mean, every
/// step in single precision: these are the bits that hls4ml's configuration rounds.
void read_batch_norm(OnnxCall& call) {
  const auto x = call.numbers(0);
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

  if (x->affine || call.type(*x)) {
    for (OnnxArray* part : {&scale, &shift}) {
      part->shape.assign(shape.size(), 1);
      part->shape[static_cast<size_t>(channel_axis)] = channels;
    }
    const auto is_dead = [](double factor) { return factor == 0; };
    if (auto affine = then_affine(x->affine.value_or(OnnxAffine{}), scale, shift);
        affine && std::none_of(affine->factor.values.begin(), affine->factor.values.end(), is_dead)) {
      return call.give(OnnxStream{x->id, x->view, *std::move(affine)});
    }
    for (OnnxArray* part : {&scale, &shift}) part->shape = {channels};
  }
  // Our last axis is the channel; a tensor that the file has flattened is per element.
  OnnxStream from = settled(call, *x);
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
