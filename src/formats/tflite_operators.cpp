// What each operator of a TensorFlow Lite file becomes. Numbers of fields are those of the schema's tables of
// options; what they mean, with all rounding, is what the reference kernels of int8 do.

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "formats/convolution.h"
#include "formats/tflite_reader.h"
#include "formats/whole_range.h"
#include "support/messages.h"

namespace gw {

struct TfliteReader::Row {
  std::string_view name;
  size_t most_inputs;
  void (*read)(TfliteReader&);
};

const std::vector<TfliteReader::Row>& TfliteReader::rows() {
  constexpr size_t any = 1 << 20;
  static const std::vector<Row> all{
      {"ADD", 2, [](TfliteReader& r) { r.read_add(); }},
      {"AVERAGE_POOL_2D", 1, [](TfliteReader& r) { r.read_pool(true); }},
      {"CONCATENATION", any, [](TfliteReader& r) { r.read_concat(); }},
      {"CONV_2D", 3, [](TfliteReader& r) { r.read_conv(); }},
      {"DEPTHWISE_CONV_2D", 3, [](TfliteReader& r) { r.read_depthwise(); }},
      {"DEQUANTIZE", 1, [](TfliteReader& r) { r.read_dequantize(); }},
      {"EXPAND_DIMS", 2, [](TfliteReader& r) { r.read_reshape(); }},
      {"FULLY_CONNECTED", 3, [](TfliteReader& r) { r.read_dense(); }},
      {"LEAKY_RELU", 1, [](TfliteReader& r) { r.read_leaky_relu(); }},
      {"LOGISTIC", 1, [](TfliteReader& r) { r.read_function(Sigmoid()); }},
      {"MAXIMUM", 2, [](TfliteReader& r) { r.read_merge(Maximum(), false); }},
      {"MAX_POOL_2D", 1, [](TfliteReader& r) { r.read_pool(false); }},
      {"MEAN", 2, [](TfliteReader& r) { r.read_mean(); }},
      {"MINIMUM", 2, [](TfliteReader& r) { r.read_merge(Minimum(), false); }},
      {"MUL", 2, [](TfliteReader& r) { r.read_merge(Multiply(), true); }},
      {"PAD", 2, [](TfliteReader& r) { r.read_pad(); }},
      {"QUANTIZE", 1, [](TfliteReader& r) { r.read_quantize(); }},
      {"RELU", 1, [](TfliteReader& r) { r.read_activation(); }},
      {"RELU6", 1, [](TfliteReader& r) { r.read_activation(); }},
      {"RESHAPE", 2, [](TfliteReader& r) { r.read_reshape(); }},
      {"SOFTMAX", 1, [](TfliteReader& r) { r.read_softmax(); }},
      {"SQUEEZE", 1, [](TfliteReader& r) { r.read_reshape(); }},
      {"SUB", 2, [](TfliteReader& r) { r.read_merge(Subtract(), true); }},
      {"TANH", 1, [](TfliteReader& r) { r.read_function(Tanh()); }},
  };
  return all;
}

bool TfliteReader::is_understood(const TfliteOperator& op) {
  return std::any_of(rows().begin(), rows().end(), [&](const Row& row) { return row.name == op.name; });
}

void TfliteReader::read_operator(const TfliteOperator& op) {
  op_ = &op;
  for (const int id : op.outputs) streams_[id] = -1;
  const auto is_failed = [&](int id) { return streams_.contains(id) && streams_.at(id) < 0; };
  const auto row =
      std::find_if(rows().begin(), rows().end(), [&](const Row& r) { return r.name == op.name; });
  if (row == rows().end()) return refuse("the operator is not understood");
  if (op.inputs.size() > row->most_inputs) return refuse(fmt::format("it has {} inputs", op.inputs.size()));
  if (std::any_of(op.inputs.begin(), op.inputs.end(), is_failed)) return;
  for (const int id : op.inputs) {
    const TfliteTensor* tensor = id < 0 ? nullptr : &file_.tensors[static_cast<size_t>(id)];
    if (!tensor || !tensor->values.empty()) continue;
    if (!tensor->is_real() && (!tensor->is_quantised() || tensor->scales.size() != 1 ||
                               !(tensor->scales[0] > 0) || !std::isfinite(tensor->scales[0])))
      return refuse(fmt::format("'{}' is neither real nor of whole numbers with one scale", tensor->name));
  }
  const TfliteTensor& made = output();
  if (!made.is_real() && (!made.is_quantised() || made.scales.size() != 1 || !(made.scales[0] > 0) ||
                          !std::isfinite(made.scales[0]) || made.whole()->width > 8))
    return refuse("its answer is neither real nor of 8 bits with one scale");
  if (std::llabs(made.zero()) > 255) return refuse(fmt::format("its zero point is {}", made.zero()));
  const size_t before = errors_.size();
  row->read(*this);
  if (errors_.size() > before) streams_[op.outputs[0]] = -1;
}

namespace {

constexpr int none = 0, relu = 1, relu_six = 3;

std::vector<double> shifted(const TfliteTensor& tensor, std::int64_t outputs, bool is_last) {
  std::vector<double> values = tensor.values;
  const auto behind =
      is_last ? 1 : static_cast<std::int64_t>(values.size()) / std::max<std::int64_t>(outputs, 1);
  for (size_t i = 0; i < values.size() && !tensor.zeros.empty(); ++i) {
    const auto at =
        static_cast<size_t>(static_cast<std::int64_t>(i) / std::max<std::int64_t>(behind, 1) % outputs);
    values[i] -= static_cast<double>(
        tensor.zeros[tensor.zeros.size() == 1 ? 0 : std::min(at, tensor.zeros.size() - 1)]);
  }
  return values;
}

}  // namespace

void TfliteReader::give_real(Layer layer, const std::vector<NodeId>& inputs, int activation) {
  if (activation != none && activation != relu && activation != relu_six)
    return refuse(fmt::format("its fused activation {} is not understood", activation));
  NodeId id = builder_.layer(name(activation == none ? "" : "_linear"), std::move(layer), inputs);
  if (activation == relu) id = builder_.layer(name(), Relu(), {id});
  if (activation == relu_six) {
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
  const Ends from = ends_of(input(0), none), ends = ends_of(output(), activation);
  const double largest = static_cast<double>(std::max(-from.least, from.most));
  std::vector<double> sums(count, 0);
  for (size_t i = 0; i < weight.values.size(); ++i) sums[i % count] += std::fabs(weight.values[i]) * largest;
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
  OnnxArray weight{"", kernel->shape, false, shifted(*kernel, kernel->shape[0], false)};
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
                   shifted(*kernel, kernel->shape[3], true)};
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
  if (builder_.type(x).shape.size() != 1) x = builder_.layer(name("_flatten"), Flatten(), {x});
  if (kernel->shape.size() != 2 || kernel->shape[1] != element_count(builder_.type(x).shape))
    return refuse("its weights do not fit its input");
  OnnxArray weight{"", kernel->shape, false, shifted(*kernel, kernel->shape[0], false)};
  give_product(Dense(), x, transposed(std::move(weight), {1, 0}), *kernel,
               op_->options.number<std::int8_t>(0, 0), kernel->scales.size() == 1);
}

void TfliteReader::read_pool(bool is_average) {
  const NodeId x = stream(0);
  if (x < 0) return;
  const FlatTable& o = op_->options;
  const Shape from = builder_.type(x).shape;
  const Shape strides{o.number<std::int32_t>(2, 1), o.number<std::int32_t>(1, 1)};
  const Shape kernel{o.number<std::int32_t>(4, 1), o.number<std::int32_t>(3, 1)};
  const int activation = o.number<std::int8_t>(5, 0);
  const auto is_bad = [](int n) { return n < 1 || n > 4096; };
  if (from.size() != 3 || std::any_of(strides.begin(), strides.end(), is_bad) ||
      std::any_of(kernel.begin(), kernel.end(), is_bad))
    return refuse("its window does not fit its input");
  const Padding padding = o.number<std::int8_t>(0, 0) == 0 ? Padding::Same : Padding::Explicit;
  bool pads = false;
  for (size_t i = 0; i < 2; ++i) {
    const int places = (from[i] + strides[i] - 1) / strides[i];
    pads = pads || (padding == Padding::Same && (places - 1) * strides[i] + kernel[i] > from[i]);
  }
  const auto pool = [&](auto layer) {
    layer.pool_h = kernel[0];
    layer.pool_w = kernel[1];
    layer.stride_h = strides[0];
    layer.stride_w = strides[1];
    layer.padding = padding;
    return layer;
  };
  if (output().is_real()) {
    return is_average ? give_real(pool(AveragePool2D()), {x}, activation)
                      : give_real(pool(MaxPool2D()), {x}, activation);
  }
  if (input(0).is_real() || input(0).scales[0] != output().scales[0] || input(0).zero() != output().zero())
    return refuse("its input and its answer differ in scale or zero point");
  const Ends ends = ends_of(output(), activation), all = ends_of(output(), none);
  if (!is_average) {
    MaxPool2D layer = pool(MaxPool2D());
    layer.out = whole_range(all.least, all.most, 0, Rounding::Trn).quantizer;
    layer.out->overflow = Overflow::Sat;
    const bool cuts_least = ends.least != all.least, cuts_most = ends.most != all.most;
    const NodeId id = builder_.layer(name(cuts_least || cuts_most ? "_pool" : ""), layer, {x});
    return give(clamped(id, cuts_least, cuts_most, ends));
  }
  if (pads) return refuse("it pads, so that means are of different numbers");
  // The mean of the file's own numbers, rounded half away from zero: a sum, and 1 / count from above, which
  // is near enough that no other quotient than a tie becomes one.
  const std::int64_t count = std::int64_t{kernel[0]} * kernel[1], zero = output().zero();
  const int depth = 2 * static_cast<int>(std::bit_width(static_cast<std::uint64_t>(count))) + 10;
  const double reciprocal =
      std::ldexp(std::ceil(std::ldexp(1.0, depth) / static_cast<double>(count)), -depth);
  const int bits = 10 + static_cast<int>(std::bit_width(static_cast<std::uint64_t>(count)));
  Layer sum = make_convolution(strides, {1, 1}, from[2], padding);
  std::get<Conv2D>(sum).out = Quantizer{{bits, bits, true}};
  const Shape shape{kernel[0], kernel[1], 1, from[2]}, channels{from[2]};
  const NodeId ones =
      typed(name(".ones"), shape, std::vector<double>(static_cast<size_t>(count * from[2]), 1));
  const NodeId shift =
      typed(name(".zero"), channels,
            std::vector<double>(static_cast<size_t>(from[2]), static_cast<double>(count * zero)));
  const NodeId sums = builder_.layer(name("_sums"), std::move(sum), {x, ones, shift});
  const WholeRange range = whole_range(ends.least + zero, ends.most + zero, 0, Rounding::RndInf);
  Multiply mean;
  mean.out = range.quantizer;
  const NodeId factor = typed(name(".scale"), {1, 1, 1}, {reciprocal});
  NodeId id = builder_.layer(name("_mean"), mean, {sums, factor});
  id = clamped(id, range.cuts_least, range.cuts_most, {ends.least + zero, ends.most + zero});
  if (zero != 0) {
    Subtract centred;
    centred.out = whole_range(all.least, all.most, 0, Rounding::Trn).quantizer;
    centred.out->overflow = Overflow::Sat;
    id = builder_.layer(name("_centred"), centred,
                        {id, typed(name(".point"), {1, 1, 1}, {static_cast<double>(zero)})});
  }
  give(id);
}

void TfliteReader::read_add() {
  if (output().is_real()) return read_merge(Add(), true);
  const NodeId a = stream(0), b = stream(1);
  if (a < 0 || b < 0) return;
  const int activation = op_->options.number<std::int8_t>(0, 0);
  if (builder_.type(a).shape != builder_.type(b).shape) return refuse("its inputs differ in shape");
  if (input(0).is_real() || input(1).is_real())
    return refuse("some of its tensors are real and some are not");
  // Both are brought to units of 2^-20 of twice the larger scale, each with the two roundings.
  constexpr int depth = 20, bits = 10;
  const Ends ends = ends_of(output(), activation);
  const double twice =
      2 * std::max(static_cast<double>(input(0).scales[0]), static_cast<double>(input(1).scales[0]));
  NodeId parts[2] = {a, b};
  const Shape ones(builder_.type(a).shape.size(), 1);
  for (size_t i = 0; i < 2; ++i) {
    const TfliteMultiplier m = tflite_multiplier(static_cast<double>(input(i).scales[0]) / twice);
    const int right = std::max(0, -m.shift);
    if (depth + right + bits > max_width) return refuse("its scales are too far apart");
    Multiply layer;
    layer.out = Quantizer{{bits + depth + right, bits, true}, Rounding::Rnd, Overflow::Wrap};
    const std::string own = fmt::format("_{}", i);
    const NodeId factor =
        typed(name(own + ".scale"), ones, {std::ldexp(static_cast<double>(m.value), m.shift - 31)});
    Quantize cast;
    cast.out = Quantizer{{bits + depth, bits, true}, Rounding::RndInf, Overflow::Sat};
    parts[i] = builder_.layer(name(own + "_scaled"), layer, {parts[i], factor});
    parts[i] = builder_.layer(name(own + "_shifted"), cast, {parts[i]});
  }
  Add sum;
  sum.out = Quantizer{{bits + depth, bits, true}};
  const NodeId sums = builder_.layer(name("_sums"), sum, {parts[0], parts[1]});
  // One more of the sum is 2^-20: the multiplier is that of the kernel times 2^20.
  const TfliteMultiplier m =
      tflite_multiplier(twice / (std::ldexp(1.0, depth) * static_cast<double>(output().scales[0])));
  const int right = std::max(0, -m.shift), whole = bits + depth + m.shift + 2;
  if (m.shift > 0 || whole < 2 || whole + right > max_width) return refuse("its scales are too far apart");
  Multiply layer;
  layer.out = Quantizer{{whole + right, whole, true}, Rounding::Rnd, Overflow::Wrap};
  const NodeId factor =
      typed(name(".scale"), ones, {std::ldexp(static_cast<double>(m.value), m.shift - 31 + depth)});
  const NodeId scaled = builder_.layer(name("_scaled"), layer, {sums, factor});
  const WholeRange range = whole_range(ends.least, ends.most, 0, Rounding::RndInf);
  Quantize last;
  last.out = range.quantizer;
  const NodeId id =
      builder_.layer(name(range.cuts_least || range.cuts_most ? "_shifted" : ""), last, {scaled});
  give(clamped(id, range.cuts_least, range.cuts_most, ends));
}

void TfliteReader::read_concat() {
  std::vector<NodeId> inputs;
  for (size_t i = 0; i < op_->inputs.size(); ++i) inputs.push_back(stream(i));
  if (inputs.size() < 2 || std::count(inputs.begin(), inputs.end(), -1) > 0) return;
  if (op_->options.number<std::int8_t>(1, 0) != none) return refuse("it has a fused activation");
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (input(i).scales != output().scales || input(i).zero() != output().zero())
      return refuse("its inputs and its answer differ in scale or zero point");
  }
  const auto rank = static_cast<int>(builder_.type(inputs[0]).shape.size()) + 1;
  const int said = op_->options.number<std::int32_t>(0, 0), axis = said < 0 ? said + rank : said;
  if (axis < 1 || axis >= rank) return refuse("it joins along the batch, or along an axis that is not there");
  Concatenate layer;
  layer.axis = axis == rank - 1 ? -1 : axis - 1;
  give(builder_.layer(name(), layer, inputs));
}

void TfliteReader::read_reshape() {
  const NodeId x = stream(0);
  if (x < 0) return;
  const Shape from = builder_.type(x).shape;
  const auto& to = output().shape;
  const auto is_bad = [](std::int64_t extent) { return extent < 1 || extent > max_elements; };
  if (to.size() < 2 || std::any_of(to.begin() + 1, to.end(), is_bad) || to[0] > 1)
    return refuse("its answer has no batch of one and fixed extents behind it");
  const Shape shape(to.begin() + 1, to.end());
  double count = 1;
  for (const int extent : shape) count *= extent;
  if (count != static_cast<double>(element_count(from)))
    return refuse("its answer has another number of elements");
  if (shape == from) return give(x);
  give(shape.size() == 1 ? builder_.layer(name(), Flatten(), {x})
                         : builder_.layer(name(), Reshape{shape}, {x}));
}

void TfliteReader::read_pad() {
  const NodeId x = stream(0);
  const TfliteTensor* pads = constant(1);
  if (x < 0 || !pads) return;
  const size_t rank = builder_.type(x).shape.size() + 1;
  const auto is_bad = [](double pad) { return pad < 0 || pad > (1 << 20); };
  if (pads->values.size() != 2 * rank || std::any_of(pads->values.begin(), pads->values.end(), is_bad) ||
      pads->values[0] != 0 || pads->values[1] != 0)
    return refuse("its pads are not two for each axis, 0 for the batch");
  Pad layer;
  for (size_t axis = 1; axis < rank; ++axis) {
    layer.before.push_back(static_cast<int>(pads->values[2 * axis]));
    layer.after.push_back(static_cast<int>(pads->values[2 * axis + 1]));
  }
  give(builder_.layer(name(), layer, {x}));
}

void TfliteReader::read_softmax() {
  NodeId x = stream(0);
  if (x < 0) return;
  const double beta = static_cast<double>(op_->options.number<float>(0, 0));
  if (output().is_real()) {
    if (beta != 1) return refuse(fmt::format("its beta is {}, but must be 1", beta));
    return give(builder_.layer(name(), Softmax(), {x}));
  }
  if (input(0).is_real() || !(beta > 0) || !std::isfinite(beta))
    return refuse("its input is real and its answer is not");
  const Shape ones(builder_.type(x).shape.size(), 1);
  Multiply scale;
  scale.out = Quantizer{{32, 12, true}, Rounding::RndConv, Overflow::Sat};
  x = builder_.layer(
      name("_scaled"), scale,
      {x, typed(name(".scale"), ones, {static_cast<double>(static_cast<float>(input(0).scales[0] * beta))})});
  x = builder_.layer(name("_softmax"), Softmax(), {x});
  const Ends ends = ends_of(output(), none);
  const WholeRange range = whole_range(ends.least, ends.most, 0, Rounding::RndInf);
  Multiply last;
  last.out = range.quantizer;
  const NodeId factor = typed(name(".parts"), ones, {static_cast<double>(1 / output().scales[0])});
  const NodeId id =
      builder_.layer(name(range.cuts_least || range.cuts_most ? "_round" : ""), last, {x, factor});
  give(clamped(id, range.cuts_least, range.cuts_most, ends));
}

void TfliteReader::read_activation() {
  const NodeId x = stream(0);
  if (x < 0) return;
  const int activation = op_->name == "RELU" ? relu : relu_six;
  if (output().is_real()) {
    ClippedRelu six;
    six.max = 6;
    return give(activation == relu ? builder_.layer(name(), Relu(), {x}) : builder_.layer(name(), six, {x}));
  }
  if (input(0).is_real()) return refuse("its input is real and its answer is not");
  const double real = static_cast<double>(input(0).scales[0]) / static_cast<double>(output().scales[0]);
  give(requantised(x, 10, {real}, ends_of(output(), activation)));
}

void TfliteReader::read_quantize() {
  const NodeId x = stream(0);
  if (x < 0) return;
  if (output().is_real()) return refuse("its answer is real");
  const Ends ends = ends_of(output(), none);
  if (!input(0).is_real()) {
    const double real = static_cast<double>(input(0).scales[0]) / static_cast<double>(output().scales[0]);
    return give(requantised(x, 10, {real}, ends));
  }
  const WholeRange range = whole_range(ends.least, ends.most, 0, Rounding::RndInf);
  Multiply layer;
  layer.out = range.quantizer;
  const Shape ones(builder_.type(x).shape.size(), 1);
  const NodeId factor = typed(name(".scale"), ones, {static_cast<double>(1 / output().scales[0])});
  const NodeId id =
      builder_.layer(name(range.cuts_least || range.cuts_most ? "_round" : ""), layer, {x, factor});
  give(clamped(id, range.cuts_least, range.cuts_most, ends));
}

void TfliteReader::read_dequantize() {
  const NodeId x = stream(0);
  if (x < 0) return;
  if (input(0).is_real() || !output().is_real()) return refuse("it takes whole numbers and gives real ones");
  Multiply layer;
  const Shape ones(builder_.type(x).shape.size(), 1);
  give(builder_.layer(name(), layer,
                      {x, typed(name(".scale"), ones, {static_cast<double>(input(0).scales[0])})}));
}

void TfliteReader::read_merge(Layer layer, bool has_activation) {
  if (!output().is_real()) return refuse("it is understood of real numbers only");
  const int activation = has_activation ? op_->options.number<std::int8_t>(0, 0) : none;
  const auto is_constant = [&](size_t i) { return has_input(i) && !input(i).values.empty(); };
  const size_t at = is_constant(0) ? 1 : 0;
  const NodeId x = stream(at);
  if (x < 0) return;
  if (!has_input(1) || !input(0).is_real() || !input(1).is_real())
    return refuse("its inputs are not two tensors of real numbers");
  if (!is_constant(1 - at)) {
    const NodeId other = stream(1 - at);
    if (other >= 0)
      give_real(std::move(layer), at == 0 ? std::vector{x, other} : std::vector{other, x}, activation);
    return;
  }
  // A constant is repeated along what it does not have; the batch is one.
  const Shape ours = builder_.type(x).shape;
  const TfliteTensor& said = input(1 - at);
  Shape shape(said.shape.begin(), said.shape.end());
  if (shape.size() == ours.size() + 1 && shape[0] == 1) shape.erase(shape.begin());
  if (shape.size() < ours.size()) shape.insert(shape.begin(), ours.size() - shape.size(), 1);
  bool fits = shape.size() == ours.size();
  for (size_t axis = 0; fits && axis < ours.size(); ++axis)
    fits = shape[axis] == 1 || shape[axis] == ours[axis];
  if (!fits) return refuse(fmt::format("its constant '{}' does not fit its input", said.name));
  const NodeId constant =
      builder_.constant(name(".constant"), {shape, 1, {said.values.begin(), said.values.end()}});
  give_real(std::move(layer), at == 0 ? std::vector{x, constant} : std::vector{constant, x}, activation);
}

void TfliteReader::read_function(Layer layer) {
  const NodeId x = stream(0);
  if (x < 0) return;
  if (!output().is_real() || !input(0).is_real()) return refuse("it is understood of real numbers only");
  give(builder_.layer(name(), std::move(layer), {x}));
}

void TfliteReader::read_leaky_relu() {
  const auto slope = op_->options.number<float>(0, 0);
  if (!std::isfinite(slope)) return refuse(fmt::format("its slope is {}", slope));
  LeakyRelu layer;
  layer.alpha = std::stod(fmt::format("{}", slope));  // the shortest number that is rounded to it
  read_function(layer);
}

/// Over rows and columns. Of whole numbers its kernels differ between versions of TensorFlow.
void TfliteReader::read_mean() {
  const NodeId x = stream(0);
  const TfliteTensor* axes = constant(1);
  if (x < 0 || !axes) return;
  if (!output().is_real() || !input(0).is_real()) return refuse("it is understood of real numbers only");
  const Shape from = builder_.type(x).shape;
  std::set<int> said;
  for (const double axis : axes->values)
    said.insert(std::fabs(axis) < 4 ? static_cast<int>(axis < 0 ? axis + 4 : axis) : 0);
  if (from.size() != 3 || said != std::set<int>{1, 2}) return refuse("it is not over all rows and columns");
  const bool keeps = op_->options.number<std::uint8_t>(0, 0) != 0;
  const NodeId mean = builder_.layer(name(keeps ? "_mean" : ""), GlobalAveragePool(), {x});
  give(keeps ? builder_.layer(name(), Reshape{{1, 1, from[2]}}, {mean}) : mean);
}

}  // namespace gw
