// What each operator of a TensorFlow Lite file becomes. Numbers of fields are those of the schema's tables of
// options; what they mean, with all rounding, is what the reference kernels of int8 do.

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "formats/convolution.h"
#include "formats/tflite/reader.h"
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
      {"ADD", 2, [](TfliteReader& r) { r.read_sum(false); }},
      {"AVERAGE_POOL_2D", 1, [](TfliteReader& r) { r.read_pool(true); }},
      {"CONCATENATION", any, [](TfliteReader& r) { r.read_concat(); }},
      {"CONV_2D", 3, [](TfliteReader& r) { r.read_conv(); }},
      {"DEPTHWISE_CONV_2D", 3, [](TfliteReader& r) { r.read_depthwise(); }},
      {"DEQUANTIZE", 1, [](TfliteReader& r) { r.read_dequantize(); }},
      {"ELU", 1,
       [](TfliteReader& r) { r.read_function(Elu(), [](float x) { return x < 0 ? std::expm1(x) : x; }); }},
      {"EXPAND_DIMS", 2, [](TfliteReader& r) { r.read_reshape(); }},
      {"FULLY_CONNECTED", 3, [](TfliteReader& r) { r.read_dense(); }},
      {"LEAKY_RELU", 1, [](TfliteReader& r) { r.read_leaky_relu(); }},
      {"LOGISTIC", 1,
       [](TfliteReader& r) { r.read_function(Sigmoid(), [](float x) { return 1 / (1 + std::exp(-x)); }); }},
      {"MAXIMUM", 2, [](TfliteReader& r) { r.read_extreme(Maximum()); }},
      {"MAX_POOL_2D", 1, [](TfliteReader& r) { r.read_pool(false); }},
      {"MEAN", 2, [](TfliteReader& r) { r.read_mean(); }},
      {"MINIMUM", 2, [](TfliteReader& r) { r.read_extreme(Minimum()); }},
      {"MUL", 2, [](TfliteReader& r) { r.read_multiply(); }},
      {"PACK", any, [](TfliteReader& r) { r.read_shape(); }},
      {"PAD", 2, [](TfliteReader& r) { r.read_pad(); }},
      {"QUANTIZE", 1, [](TfliteReader& r) { r.read_quantize(); }},
      {"RELU", 1, [](TfliteReader& r) { r.read_activation(); }},
      {"RELU6", 1, [](TfliteReader& r) { r.read_activation(); }},
      {"RESHAPE", 2, [](TfliteReader& r) { r.read_reshape(); }},
      {"SHAPE", 1, [](TfliteReader& r) { r.read_shape(); }},
      {"SOFTMAX", 1, [](TfliteReader& r) { r.read_softmax(); }},
      {"SQUEEZE", 1, [](TfliteReader& r) { r.read_reshape(); }},
      {"STRIDED_SLICE", 4, [](TfliteReader& r) { r.read_shape(); }},
      {"SUB", 2, [](TfliteReader& r) { r.read_sum(true); }},
      {"TANH", 1, [](TfliteReader& r) { r.read_function(Tanh(), [](float x) { return std::tanh(x); }); }},
  };
  return all;
}

bool TfliteReader::is_understood(const TfliteOperator& op) {
  return std::any_of(rows().begin(), rows().end(), [&](const Row& row) { return row.name == op.name; });
}

bool TfliteReader::computes_shape(const TfliteOperator& op) const {
  const auto is_shape = [&](int id) {
    return id < 0 || shapes_.contains(id) || !file_.tensors[static_cast<size_t>(id)].values.empty();
  };
  const bool is_whole = !output().is_real() && !output().is_quantised();
  if (op.name == "SHAPE") return is_whole;
  return (op.name == "PACK" || op.name == "STRIDED_SLICE") && is_whole &&
         std::all_of(op.inputs.begin(), op.inputs.end(), is_shape);
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
  if (computes_shape(op)) {
    streams_.erase(op.outputs[0]);
    shapes_.insert(op.outputs[0]);
    return;
  }
  for (const int id : op.inputs) {
    const TfliteTensor* tensor = id < 0 ? nullptr : &file_.tensors[static_cast<size_t>(id)];
    if (!tensor || !tensor->values.empty() || shapes_.contains(id)) continue;
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
  const Ends ends = ends_of(output(), activation), all = ends_of(output(), tflite_none);
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

void TfliteReader::read_concat() {
  std::vector<NodeId> inputs;
  for (size_t i = 0; i < op_->inputs.size(); ++i) inputs.push_back(stream(i));
  if (inputs.size() < 2 || std::count(inputs.begin(), inputs.end(), -1) > 0) return;
  if (op_->options.number<std::int8_t>(1, 0) != tflite_none) return refuse("it has a fused activation");
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

void TfliteReader::read_shape() { refuse("it is understood of shapes only"); }

void TfliteReader::read_pad() {
  const NodeId x = stream(0);
  const TfliteTensor* pads = constant(1);
  if (x < 0 || !pads) return;
  const size_t rank = builder_.type(x).shape.size() + 1;
  const auto is_bad = [](double pad) { return !(pad >= 0 && pad <= (1 << 20)); };
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

/// Of whole numbers the quotient itself, rounded half away from zero. Kernels come to it in single precision
/// (optimized_ops::Softmax) or in 32-bit fixed point (reference_ops::Softmax), each with its own last errors:
/// where the quotient is very near to half a unit, their answers may be the other one.
void TfliteReader::read_softmax() {
  const NodeId x = stream(0);
  if (x < 0) return;
  const double beta = static_cast<double>(op_->options.number<float>(0, 0));
  if (output().is_real()) {
    if (beta != 1) return refuse(fmt::format("its beta is {}, but must be 1", beta));
    return give(builder_.layer(name(), Softmax(), {x}));
  }
  if (input(0).is_real() || !(beta > 0) || !std::isfinite(beta))
    return refuse("its input is real and its answer is not");
  if (input(0).whole()->width > 8) return refuse("its input has more than 8 bits");
  const Ends ends = ends_of(output(), tflite_none);
  if (output().scales[0] != 1.0F / 256 || ends.least != 0)
    return refuse("its answer's scale is not 1/256, with the zero point at the least number");
  Softmax layer;
  layer.implementation = SoftmaxImplementation::Divided;
  layer.scale = static_cast<double>(input(0).scales[0] * static_cast<float>(beta));
  layer.exp_type = {{24, 1, false}, Rounding::Rnd, Overflow::Sat};
  layer.out = Quantizer{{8, 0, false}, Rounding::RndInf, Overflow::Sat};
  const NodeId y = builder_.layer(name("_softmax"), layer, {x});
  const Shape ones(builder_.type(x).shape.size(), 1);
  Multiply last;
  last.out = whole_range(ends.least, ends.most, 0, Rounding::Trn).quantizer;
  give(builder_.layer(name(), last, {y, typed(name(".parts"), ones, {256})}));
}

void TfliteReader::read_activation() {
  const NodeId x = stream(0);
  if (x < 0) return;
  const int activation = op_->name == "RELU" ? tflite_relu : tflite_relu_six;
  if (output().is_real()) {
    ClippedRelu six;
    six.max = 6;
    return give(activation == tflite_relu ? builder_.layer(name(), Relu(), {x})
                                          : builder_.layer(name(), six, {x}));
  }
  if (input(0).is_real()) return refuse("its input is real and its answer is not");
  // These kernels divide in single precision.
  const auto real = static_cast<double>(input(0).scales[0] / output().scales[0]);
  give(requantised(x, 10, {real}, ends_of(output(), activation)));
}

void TfliteReader::read_quantize() {
  const NodeId x = stream(0);
  if (x < 0) return;
  if (output().is_real()) return refuse("its answer is real");
  const Ends ends = ends_of(output(), tflite_none);
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

/// Of whole numbers by the table that the kernels make in single precision (LUTPopulate in
/// tensorflow/lite/kernels/internal/common.h).
void TfliteReader::read_function(Layer layer, float (*function)(float)) {
  const NodeId x = stream(0);
  if (x < 0) return;
  if (output().is_real() != input(0).is_real())
    return refuse("one of its input and its answer is real and the other is not");
  if (output().is_real()) return give(builder_.layer(name(), std::move(layer), {x}));
  if (input(0).whole()->width > 8) return refuse("its input has more than 8 bits");
  const Ends from = ends_of(input(0), tflite_none), ends = ends_of(output(), tflite_none);
  const float inverse = 1 / output().scales[0];
  std::vector<double> answers;
  for (std::int64_t q = from.least; q <= from.most; ++q) {
    const float y = function(input(0).scales[0] * static_cast<float>(q));
    answers.push_back(std::clamp(static_cast<double>(std::round(y * inverse)),
                                 static_cast<double>(ends.least), static_cast<double>(ends.most)));
  }
  const Shape shape{static_cast<int>(answers.size())};
  Lookup lookup;
  lookup.first = static_cast<int>(from.least);
  lookup.out = whole_range(ends.least, ends.most, 0, Rounding::Trn).quantizer;
  give(builder_.layer(name(), lookup, {x, typed(name(".values"), shape, std::move(answers))}));
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
