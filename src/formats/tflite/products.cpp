// Matrices and convolutions of a TensorFlow Lite file: sums of products of whole numbers, which are then
// requantised for each output, or real numbers.

#include <algorithm>
#include <bit>
#include <cmath>

#include "formats/convolution.h"
#include "formats/tflite/reader.h"

namespace gw {

std::vector<double> tflite_centred(const TfliteTensor& tensor, std::int64_t outputs, bool is_last) {
  std::vector<double> values = tensor.values;
  const auto behind =
      is_last ? 1 : static_cast<std::int64_t>(values.size()) / std::max<std::int64_t>(outputs, 1);
  const bool is_centred =
      std::all_of(tensor.zeros.begin(), tensor.zeros.end(), [](std::int64_t zero) { return zero == 0; });
  for (size_t i = 0; i < values.size() && !is_centred; ++i) {
    const auto at =
        static_cast<size_t>(static_cast<std::int64_t>(i) / std::max<std::int64_t>(behind, 1) % outputs);
    values[i] -= static_cast<double>(
        tensor.zeros[tensor.zeros.size() == 1 ? 0 : std::min(at, tensor.zeros.size() - 1)]);
  }
  return values;
}

void TfliteReader::give_real(Layer layer, const std::vector<NodeId>& inputs, int activation) {
  if (activation != tflite_none && activation != tflite_relu && activation != tflite_relu_six)
    return refuse(fmt::format("its fused activation {} is not understood", activation));
  NodeId id = builder_.layer(name(activation == tflite_none ? "" : "_linear"), std::move(layer), inputs);
  if (activation == tflite_relu) id = builder_.layer(name(), Relu(), {id});
  if (activation == tflite_relu_six) {
    ClippedRelu six;
    six.max = 6;
    id = builder_.layer(name(), six, {id});
  }
  give(id);
}

void TfliteReader::give_product(Layer layer, NodeId x, const OnnxArray& weight, const TfliteTensor& kernel,
                                int activation, bool is_single) {
  const Shape shape(weight.shape.begin(), weight.shape.end()), outputs{shape.back()};
  const auto count = static_cast<size_t>(shape.back());
  const TfliteTensor* bias = has_input(2) ? constant(2) : nullptr;
  if (has_input(2) && !bias) return;
  if (bias && bias->values.size() != count) return refuse("its bias is not one number for each output");
  if (output().is_real()) {
    if (!kernel.is_real() || !input(0).is_real() || (bias && !bias->is_real()))
      return refuse(
          "its weights are whole numbers and its answer is not: scales are then chosen while it runs");
    const auto floats = [](const std::vector<double>& values) {
      return std::vector<float>(values.begin(), values.end());
    };
    std::vector<NodeId> inputs{x, builder_.constant(name(".weight"), {shape, 1, floats(weight.values)})};
    if (bias) inputs.push_back(builder_.constant(name(".bias"), {outputs, 1, floats(bias->values)}));
    return give_real(std::move(layer), inputs, activation);
  }
  if (kernel.is_real() || input(0).is_real() || kernel.scales.empty() ||
      (kernel.scales.size() != 1 && kernel.scales.size() != count))
    return refuse("its weights are no whole numbers with one scale or one for each output");
  if (bias && bias->is_real()) return refuse("its bias is real and its weights are not");
  const Ends from = ends_of(input(0), tflite_none), ends = ends_of(output(), activation);
  const double largest = static_cast<double>(std::max(-from.least, from.most));
  std::vector<double> sums(count, 0);
  for (size_t first = 0; first < weight.values.size(); first += count) {
    for (size_t o = 0; o < count; ++o) sums[o] += std::fabs(weight.values[first + o]) * largest;
  }
  for (size_t i = 0; bias && i < count; ++i) sums[i] += std::fabs(bias->values[i]);
  const double most = *std::max_element(sums.begin(), sums.end());
  if (most >= 0x1p31) return refuse("its sums may need more than 32 bits");
  const int bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(most))) + 1;
  std::visit(
      [&](auto& l) {
        if constexpr (requires { l.reuse; }) l.out = Quantizer{{bits, bits, true}};
      },
      layer);
  std::vector<NodeId> inputs{x, typed(name(".weight"), shape, weight.values)};
  if (bias) inputs.push_back(typed(name(".bias"), outputs, bias->values));
  if (std::count(inputs.begin(), inputs.end(), -1) > 0) return;
  std::vector<double> real;
  for (const float scale : kernel.scales) {
    if (!(scale > 0) || !std::isfinite(scale))
      return refuse(fmt::format("a scale of its weights is {}", scale));
    const float in = input(0).scales[0];
    // The reference kernels multiply in single precision where there is one scale for a matrix.
    const double product =
        is_single ? static_cast<double>(in * scale) : static_cast<double>(in) * static_cast<double>(scale);
    real.push_back(product / static_cast<double>(output().scales[0]));
  }
  give(requantised(builder_.layer(name("_sums"), std::move(layer), inputs), bits, real, ends));
}

void TfliteReader::read_conv() {
  const NodeId x = stream(0);
  const TfliteTensor* kernel = constant(1);
  if (x < 0 || !kernel) return;
  const Shape from = builder_.type(x).shape;
  if (kernel->shape.size() != 4 || from.size() != 3 || kernel->shape[3] != from[2])
    return refuse("its weights do not fit its input");
  OnnxArray weight{"", kernel->shape, false, tflite_centred(*kernel, kernel->shape[0], false)};
  const FlatTable& o = op_->options;
  const Shape strides{o.number<std::int32_t>(2, 1), o.number<std::int32_t>(1, 1)};
  const Shape dilations{o.number<std::int32_t>(5, 1), o.number<std::int32_t>(4, 1)};
  const auto is_bad = [](int n) { return n < 1 || n > (1 << 20); };
  if (std::any_of(strides.begin(), strides.end(), is_bad) ||
      std::any_of(dilations.begin(), dilations.end(), is_bad))
    return refuse("its strides or dilations are not positive");
  const Padding padding = o.number<std::int8_t>(0, 0) == 0 ? Padding::Same : Padding::Explicit;
  give_product(make_convolution(strides, dilations, 1, padding), x,
               transposed(std::move(weight), {1, 2, 3, 0}), *kernel, o.number<std::int8_t>(3, 0), false);
}

void TfliteReader::read_depthwise() {
  const NodeId x = stream(0);
  const TfliteTensor* kernel = constant(1);
  if (x < 0 || !kernel) return;
  const Shape from = builder_.type(x).shape;
  if (kernel->shape.size() != 4 || kernel->shape[0] != 1 || from.size() != 3 ||
      kernel->shape[3] % from[2] != 0)
    return refuse("its weights do not fit its input");
  OnnxArray weight{"",
                   {kernel->shape[1], kernel->shape[2], 1, kernel->shape[3]},
                   false,
                   tflite_centred(*kernel, kernel->shape[3], true)};
  const FlatTable& o = op_->options;
  const Shape strides{o.number<std::int32_t>(2, 1), o.number<std::int32_t>(1, 1)};
  const Shape dilations{o.number<std::int32_t>(6, 1), o.number<std::int32_t>(5, 1)};
  const auto is_bad = [](int n) { return n < 1 || n > (1 << 20); };
  if (std::any_of(strides.begin(), strides.end(), is_bad) ||
      std::any_of(dilations.begin(), dilations.end(), is_bad))
    return refuse("its strides or dilations are not positive");
  const Padding padding = o.number<std::int8_t>(0, 0) == 0 ? Padding::Same : Padding::Explicit;
  give_product(make_convolution(strides, dilations, from[2], padding), x, weight, *kernel,
               o.number<std::int8_t>(4, 0), false);
}

void TfliteReader::read_dense() {
  NodeId x = stream(0);
  const TfliteTensor* kernel = constant(1);
  if (x < 0 || !kernel) return;
  if (op_->options.number<std::int8_t>(1, 0) != 0) return refuse("its weights are shuffled");
  // Axes that are kept are rows, each of which the matrix takes by itself; else all of them are features.
  const bool keeps_axes = op_->options.number<std::uint8_t>(2, 0) != 0;
  if (builder_.type(x).shape.size() != 1 && !keeps_axes) x = builder_.layer(name("_flatten"), Flatten(), {x});
  const Shape& from = builder_.type(x).shape;
  if (kernel->shape.size() != 2 || from.empty() || kernel->shape[1] != from.back())
    return refuse("its weights do not fit its input");
  OnnxArray weight{"", kernel->shape, false, tflite_centred(*kernel, kernel->shape[0], false)};
  give_product(Dense(), x, transposed(std::move(weight), {1, 0}), *kernel,
               op_->options.number<std::int8_t>(0, 0), kernel->scales.size() == 1);
}

}  // namespace gw
