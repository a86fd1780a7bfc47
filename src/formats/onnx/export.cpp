// A graph as an ONNX file, layer by layer.
//
// Each layer is written as the operators that compute it exactly, and behind them the cast to its type.
// Tensors keep our order of axes, so that every reshape, slice and concatenation means the same there;
// operators that want channels first stand between two transposes, which readers take out again. Layers that
// look their answers up in tables have no exact word in ONNX: the file says the function, and that is told.

#include "formats/onnx/export.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "formats/onnx/writer.h"
#include "layers/shapes.h"
#include "support/overload.h"

namespace gw {
namespace {

using Numbers = std::vector<std::int64_t>;

// One layer on its way into the file.
struct Call {
  OnnxWriter& writer;
  const Node& node;

  size_t count() const { return node.inputs.size(); }
  std::string input(size_t i) const { return writer.tensor(node.inputs[i]); }
  const Shape& shape(size_t i = 0) const { return writer.graph()[node.inputs[i]].type.shape; }
  std::string add(const std::string& op, std::vector<std::string> inputs,
                  OnnxWriter::Attributes attributes = {}) const {
    return writer.add(op, std::move(inputs), std::move(attributes));
  }

  // Space and channels in ONNX's order, and back.
  std::string channels_first(const std::string& x, size_t rank) const {
    Numbers order(rank + 1);
    std::iota(order.begin(), order.end(), 0);
    std::rotate(order.begin() + 1, order.end() - 1, order.end());
    return add("Transpose", {x}, {{"perm", order}});
  }
  std::string channels_last(const std::string& x, size_t rank) const {
    Numbers order(rank + 1);
    std::iota(order.begin(), order.end(), 0);
    std::rotate(order.begin() + 1, order.begin() + 2, order.end());
    return add("Transpose", {x}, {{"perm", order}});
  }
};

// Pads of the axes of space, all the ones before first, as ONNX lists them.
Numbers pad_list(const std::vector<Pads>& pads) {
  Numbers list;
  for (const Pads& axis : pads) list.push_back(axis.before);
  for (const Pads& axis : pads) list.push_back(axis.after);
  return list;
}

Numbers counted(const std::vector<int>& values) { return {values.begin(), values.end()}; }

// Matrices ------------------------------------------------------------------------------------------------

std::string write(const Dense&, const Call& call) {
  const Shape& weight = call.shape(1);
  const std::string w = call.writer.weights(call.node.inputs[1], {weight[0], weight[1]});
  std::vector<std::string> inputs{call.input(0), w};
  const bool has_bias = call.count() > 2;
  const std::string bias = has_bias ? call.writer.weights(call.node.inputs[2], {weight[1]}) : "";
  if (call.shape().size() > 1) {
    const std::string product = call.add("MatMul", inputs);
    return has_bias ? call.add("Add", {product, bias}) : product;
  }
  if (has_bias) inputs.push_back(bias);
  return call.add("Gemm", inputs);
}

// A convolution over axes of space: kernel (space..., in, out) to (out, in, space...).
std::string write_conv(const Call& call, const Numbers& strides, const Numbers& dilations, int groups,
                       const std::vector<Pads>& pads) {
  const size_t space = strides.size();
  const Shape& weight = call.shape(1);
  OnnxShape shape{weight[space + 1], weight[space]};
  std::vector<int> order{static_cast<int>(space) + 1, static_cast<int>(space)};
  for (size_t axis = 0; axis < space; ++axis) {
    shape.push_back(weight[axis]);
    order.push_back(static_cast<int>(axis));
  }
  std::vector<std::string> inputs{call.channels_first(call.input(0), space + 1),
                                  call.writer.weights(call.node.inputs[1], shape, order)};
  if (call.count() > 2) inputs.push_back(call.writer.weights(call.node.inputs[2], {weight[space + 1]}));
  const Numbers kernel(shape.begin() + 2, shape.end());
  const std::string y = call.add("Conv", inputs,
                                 {{"kernel_shape", kernel},
                                  {"strides", strides},
                                  {"dilations", dilations},
                                  {"group", std::int64_t{groups}},
                                  {"pads", pad_list(pads)}});
  return call.channels_last(y, space + 1);
}

std::string write(const Conv1D& layer, const Call& call) {
  const Pads pads = pads_of(layer.padding, {layer.pad_left, layer.pad_right}, call.shape()[0],
                            call.shape(1)[0], layer.stride, layer.dilation);
  return write_conv(call, {layer.stride}, {layer.dilation}, layer.groups, {pads});
}

std::string write(const Conv2D& layer, const Call& call) {
  const Pads rows = pads_of(layer.padding, {layer.pad_top, layer.pad_bottom}, call.shape()[0],
                            call.shape(1)[0], layer.stride_h, layer.dilation_h);
  const Pads columns = pads_of(layer.padding, {layer.pad_left, layer.pad_right}, call.shape()[1],
                               call.shape(1)[1], layer.stride_w, layer.dilation_w);
  return write_conv(call, {layer.stride_h, layer.stride_w}, {layer.dilation_h, layer.dilation_w},
                    layer.groups, {rows, columns});
}

std::string write(const BatchNorm&, const Call& call) {
  const std::string scaled = call.add("Mul", {call.input(0), call.input(1)});
  return call.add("Add", {scaled, call.input(2)});
}

// The sum of products as a product with a column of ones.
std::string write(const Dot&, const Call& call) {
  const std::string products = call.add("Mul", {call.input(0), call.input(1)});
  return call.add("MatMul", {products, call.writer.scalar(1, {call.shape()[0], 1})});
}

// Pools ---------------------------------------------------------------------------------------------------

std::string write_pool(const std::string& op, const Call& call, const std::string& x, const Numbers& kernel,
                       const Numbers& strides, const std::vector<Pads>& pads,
                       OnnxWriter::Attributes attributes) {
  attributes["kernel_shape"] = kernel;
  attributes["strides"] = strides;
  attributes["pads"] = pad_list(pads);
  const size_t rank = kernel.size() + 1;
  return call.channels_last(call.add(op, {call.channels_first(x, rank)}, std::move(attributes)), rank);
}

template <class Pool>
std::vector<Pads> pool_pads(const Pool& layer, const Call& call) {
  if constexpr (requires { layer.pool_h; }) {
    return {pads_of(layer.padding, {layer.pad_top, layer.pad_bottom}, call.shape()[0], layer.pool_h,
                    layer.stride_h, 1),
            pads_of(layer.padding, {layer.pad_left, layer.pad_right}, call.shape()[1], layer.pool_w,
                    layer.stride_w, 1)};
  } else {
    return {pads_of(layer.padding, {layer.pad_left, layer.pad_right}, call.shape()[0], layer.pool,
                    layer.stride, 1)};
  }
}

template <class Pool>
std::string write_window(const std::string& op, const Pool& layer, const Call& call, const std::string& x,
                         OnnxWriter::Attributes attributes = {}) {
  const std::vector<Pads> pads = pool_pads(layer, call);
  if constexpr (requires { layer.pool_h; }) {
    return write_pool(op, call, x, {layer.pool_h, layer.pool_w}, {layer.stride_h, layer.stride_w}, pads,
                      std::move(attributes));
  } else {
    return write_pool(op, call, x, {layer.pool}, {layer.stride}, pads, std::move(attributes));
  }
}

bool is_power_of_two(std::int64_t n) { return (n & (n - 1)) == 0; }

// The input of a mean of so many values: a pool answers in the type of its input, which is therefore said to
// be as fine as the mean. Only a mean whose every count is a power of two is the same everywhere.
std::string mean_input(const Call& call, std::int64_t pixels, bool is_exact) {
  const std::string x = call.input(0);
  const auto& type = call.writer.graph()[call.node.inputs[0]].type.fixed;
  if (call.writer.is_float() || !type) return x;
  if (!is_exact) call.writer.warn("a mean, whose quotient is cut off here behind so many bits");
  FixedType fine = *type;
  fine.width += mean_bits(static_cast<int>(pixels));
  return call.writer.cast(x, {fine}, interval_of(*type));
}

template <class Pool>
std::string write_average(const Pool& layer, const Call& call, int pixels, int longest) {
  const std::vector<Pads> pads = pool_pads(layer, call);
  const bool is_padded = std::any_of(pads.begin(), pads.end(),
                                     [](const Pads& axis) { return axis.before > 0 || axis.after > 0; });
  const bool is_exact = is_power_of_two(pixels) && (!is_padded || layer.count_include_pad || longest <= 2);
  return write_window("AveragePool", layer, call, mean_input(call, pixels, is_exact),
                      {{"count_include_pad", std::int64_t{layer.count_include_pad}}});
}

std::string write(const MaxPool1D& layer, const Call& call) {
  return write_window("MaxPool", layer, call, call.input(0));
}
std::string write(const MaxPool2D& layer, const Call& call) {
  return write_window("MaxPool", layer, call, call.input(0));
}
std::string write(const AveragePool1D& layer, const Call& call) {
  return write_average(layer, call, layer.pool, layer.pool);
}
std::string write(const AveragePool2D& layer, const Call& call) {
  return write_average(layer, call, layer.pool_h * layer.pool_w, std::max(layer.pool_h, layer.pool_w));
}

std::string write_global(const std::string& op, bool keeps_dims, const Call& call, const std::string& x) {
  const size_t rank = call.shape().size();
  const std::string y = call.add(op, {call.channels_first(x, rank)});
  return keeps_dims ? call.channels_last(y, rank) : call.add("Flatten", {y}, {{"axis", std::int64_t{1}}});
}

std::string write(const GlobalMaxPool& layer, const Call& call) {
  return write_global("GlobalMaxPool", layer.keep_dims, call, call.input(0));
}
std::string write(const GlobalAveragePool& layer, const Call& call) {
  const auto pixels = element_count(call.shape()) / call.shape().back();
  return write_global("GlobalAveragePool", layer.keep_dims, call,
                      mean_input(call, pixels, is_power_of_two(pixels)));
}

// Merges --------------------------------------------------------------------------------------------------

// ONNX's operator takes two, ours any number.
std::string write_chain(const std::string& op, const Call& call) {
  std::string y = call.add(op, {call.input(0), call.input(1)});
  for (size_t i = 2; i < call.count(); ++i) y = call.add(op, {y, call.input(i)});
  return y;
}

std::string write_all(const std::string& op, const Call& call,
                      const OnnxWriter::Attributes& attributes = {}) {
  std::vector<std::string> inputs;
  for (size_t i = 0; i < call.count(); ++i) inputs.push_back(call.input(i));
  return call.add(op, inputs, attributes);
}

std::string write(const Add&, const Call& call) { return write_chain("Add", call); }
std::string write(const Subtract&, const Call& call) { return write_chain("Sub", call); }
std::string write(const Multiply&, const Call& call) { return write_chain("Mul", call); }
std::string write(const Maximum&, const Call& call) { return write_all("Max", call); }
std::string write(const Minimum&, const Call& call) { return write_all("Min", call); }
std::string write(const Average&, const Call& call) {
  const auto count = static_cast<std::int64_t>(call.count());
  if (!call.writer.is_float() && is_power_of_two(count))
    return call.add("Mul", {write_chain("Add", call), call.writer.scalar(1 / static_cast<double>(count))});
  if (!call.writer.is_float()) call.writer.warn("a mean, whose quotient is cut off here behind so many bits");
  return write_all("Mean", call);
}
std::string write(const Concatenate& layer, const Call& call) {
  return write_all("Concat", call, {{"axis", std::int64_t{layer.axis < 0 ? layer.axis : layer.axis + 1}}});
}

// Shapes --------------------------------------------------------------------------------------------------

std::string write(const Flatten&, const Call& call) {
  return call.add("Flatten", {call.input(0)}, {{"axis", std::int64_t{1}}});
}

std::string write(const Reshape& layer, const Call& call) {
  Numbers shape = counted(layer.shape);
  shape.insert(shape.begin(), 0);  // the batch as it is
  return call.add("Reshape", {call.input(0), call.writer.numbers(shape)});
}

std::string write(const Permute& layer, const Call& call) {
  Numbers order{0};
  for (const int axis : layer.axes) order.push_back(axis + 1);
  return call.add("Transpose", {call.input(0)}, {{"perm", order}});
}

std::string write(const Pad& layer, const Call& call) {
  Numbers pads{0};
  pads.insert(pads.end(), layer.before.begin(), layer.before.end());
  pads.push_back(0);
  pads.insert(pads.end(), layer.after.begin(), layer.after.end());
  return call.add("Pad", {call.input(0), call.writer.numbers(pads), call.writer.reals({}, {layer.value})});
}

std::string write_slice(const Call& call, const Numbers& begin, const Numbers& end, const Numbers& step) {
  Numbers axes(begin.size());
  std::iota(axes.begin(), axes.end(), 1);
  return call.add("Slice", {call.input(0), call.writer.numbers(begin), call.writer.numbers(end),
                            call.writer.numbers(axes), call.writer.numbers(step)});
}

std::string write(const Crop& layer, const Call& call) {
  Numbers end;
  for (size_t axis = 0; axis < layer.after.size(); ++axis)
    end.push_back(call.shape()[axis] - layer.after[axis]);
  return write_slice(call, counted(layer.before), end, Numbers(end.size(), 1));
}

std::string write(const Slice& layer, const Call& call) {
  Numbers end = counted(layer.end);
  for (size_t axis = 0; axis < end.size(); ++axis) {
    if (end[axis] < 0) end[axis] = -call.shape()[axis] - 1;  // before the first, not the last
  }
  return write_slice(call, counted(layer.begin), end, counted(layer.step));
}

std::string write(const UpSample& layer, const Call& call) {
  const size_t rank = call.shape().size();
  std::vector<double> scales{1, 1};
  for (size_t axis = 0; axis + 1 < rank; ++axis) scales.push_back(layer.factors[axis]);
  const std::string said = call.writer.reals({static_cast<std::int64_t>(rank) + 1}, scales);
  const std::string y = call.add(
      "Resize", {call.channels_first(call.input(0), rank), "", said},
      {{"mode", "nearest"}, {"coordinate_transformation_mode", "asymmetric"}, {"nearest_mode", "floor"}});
  return call.channels_last(y, rank);
}

// Activations ---------------------------------------------------------------------------------------------

std::string write(const Relu&, const Call& call) { return call.add("Relu", {call.input(0)}); }

std::string write_clip(const Call& call, const std::string& x, double low, double high) {
  return call.add("Clip", {x, call.writer.reals({}, {low}), call.writer.reals({}, {high})});
}

std::string write(const ClippedRelu& layer, const Call& call) {
  return write_clip(call, call.input(0), 0, layer.max);
}

// A real attribute as the layer computes with it.
double typed_value(const Call& call, const Quantizer& type, double value) {
  return call.writer.is_float() ? value : to_double(quantize(type, value), type.to.fraction());
}

std::string write(const LeakyRelu& layer, const Call& call) {
  return call.add("PRelu",
                  {call.input(0), call.writer.scalar(typed_value(call, layer.parameter, layer.alpha))});
}

std::string write(const PRelu&, const Call& call) {
  const Shape& alpha = call.shape(1);
  return call.add("PRelu", {call.input(0),
                            call.writer.weights(call.node.inputs[1], OnnxShape(alpha.begin(), alpha.end()))});
}

std::string write(const Lookup& layer, const Call& call) {
  constexpr std::int64_t onnx_int64 = 7;  // of TensorProto.DataType
  const int count = call.shape(1)[0];
  std::string at = call.input(0);
  if (layer.fraction != 0) at = call.add("Mul", {at, call.writer.scalar(std::ldexp(1.0, layer.fraction))});
  at = call.add("Sub", {call.add("Floor", {at}), call.writer.scalar(layer.first)});
  at = call.add("Cast", {write_clip(call, at, 0, count - 1)}, {{"to", onnx_int64}});
  return call.add("Gather", {call.writer.weights(call.node.inputs[1], {count}), at});
}

std::string write(const ThresholdedRelu& layer, const Call& call) {
  const double theta = typed_value(call, layer.parameter, layer.theta);
  const Quantizer plain{{16, 6, true}};
  if (!call.writer.is_float() && to_double(quantize(plain, theta), plain.to.fraction()) != theta)
    call.writer.refuse(fmt::format("its threshold {} does not fit {}", theta, to_string(plain)));
  return call.add("ThresholdedRelu", {call.input(0)}, {{"alpha", static_cast<float>(theta)}});
}

// min(max(slope * x + shift, 0), 1)
template <class L>
std::string write_ramp(const L& layer, const Call& call) {
  const std::string scaled =
      call.add("Mul", {call.input(0), call.writer.scalar(typed_value(call, layer.slope_type, layer.slope))});
  const std::string shifted =
      call.add("Add", {scaled, call.writer.scalar(typed_value(call, layer.shift_type, layer.shift))});
  return write_clip(call, shifted, 0, 1);
}

std::string write(const HardSigmoid& layer, const Call& call) { return write_ramp(layer, call); }

std::string write(const HardTanh& layer, const Call& call) {
  const std::string doubled = call.add("Mul", {write_ramp(layer, call), call.writer.scalar(2)});
  return call.add("Sub", {doubled, call.writer.scalar(1)});
}

// x >= 0 ? 1 : -1
std::string write_sign(const Call& call, const std::string& x) {
  if (!call.writer.is_float()) {
    return call.writer.add("BipolarQuant", {x, call.writer.reals({}, {1})}, {}, "qonnx.custom_op.general");
  }
  const std::string is_positive = call.add("GreaterOrEqual", {x, call.writer.scalar(0)});
  return call.add("Where", {is_positive, call.writer.scalar(1), call.writer.scalar(-1)});
}

std::string write(const BinaryTanh& layer, const Call& call) {
  std::string y = write_sign(call, call.input(0));
  if (layer.out && !layer.out->to.is_signed && layer.out->to.width == 1) {  // the bit stands for the sign
    y = call.add("Mul", {call.add("Add", {y, call.writer.scalar(1)}), call.writer.scalar(0.5)});
  }
  return y;
}

// -(sign(t - x) + sign(-t - x)) / 2: three values out of two signs.
std::string write(const TernaryTanh& layer, const Call& call) {
  const std::string x = call.input(0);
  const std::string below = write_sign(call, call.add("Sub", {call.writer.scalar(layer.threshold), x}));
  const std::string above = write_sign(call, call.add("Sub", {call.writer.scalar(-layer.threshold), x}));
  return call.add("Mul", {call.add("Add", {below, above}), call.writer.scalar(-0.5)});
}

std::string write_function(const std::string& op, const Call& call,
                           const OnnxWriter::Attributes& attributes = {}) {
  if (!call.writer.is_float()) call.writer.warn(fmt::format("{}, which is looked up in tables here", op));
  return call.add(op, {call.input(0)}, attributes);
}

std::string write(const Sigmoid&, const Call& call) { return write_function("Sigmoid", call); }
std::string write(const Tanh&, const Call& call) { return write_function("Tanh", call); }
std::string write(const Softplus&, const Call& call) { return write_function("Softplus", call); }
std::string write(const Softsign&, const Call& call) { return write_function("Softsign", call); }
std::string write(const Selu&, const Call& call) { return write_function("Selu", call); }
std::string write(const Elu& layer, const Call& call) {
  return write_function("Elu", call, {{"alpha", static_cast<float>(layer.alpha)}});
}
std::string write(const Softmax& layer, const Call& call) {
  if (!call.writer.is_float()) call.writer.warn("Softmax, which is looked up in tables here");
  std::string x = call.input(0);
  if (layer.scale != 1) x = call.add("Mul", {x, call.writer.scalar(layer.scale)});
  return call.add("Softmax", {x}, {{"axis", std::int64_t{layer.axis < 0 ? layer.axis : layer.axis + 1}}});
}
std::string write(const Silu&, const Call& call) {
  return call.add("Mul", {call.input(0), write_function("Sigmoid", call)});
}
// x * (1 + erf(x / sqrt 2)) / 2
std::string write(const Gelu&, const Call& call) {
  if (!call.writer.is_float()) call.writer.warn("Gelu, which is looked up in tables here");
  const std::string root = call.writer.reals({1}, {static_cast<float>(std::sqrt(0.5))});
  const std::string error = call.add("Erf", {call.add("Mul", {call.input(0), root})});
  const std::string sum = call.add("Add", {error, call.writer.scalar(1)});
  return call.add("Mul", {call.add("Mul", {call.input(0), sum}), call.writer.scalar(0.5)});
}

std::string write(const Quantize& layer, const Call& call) {
  if (!layer.elements.empty() && !call.writer.is_float())
    call.writer.refuse(
        "its elements have types of their own, and a quantizer of QONNX has one number of bits");
  return call.input(0);
}

// All of it -----------------------------------------------------------------------------------------------

// What the layer answers before its cast, by the type that it has without one.
template <class L>
std::optional<Interval> exact_range(const L& layer, const Graph& graph, const Node& node) {
  const std::vector<Operand> inputs = operands(graph, node);
  if constexpr (std::is_same_v<L, Quantize>) {
    if (!inputs[0].type.fixed) return {};
    return interval_of(*inputs[0].type.fixed);
  } else {
    L bare = layer;
    bare.out.reset();
    const auto type = infer(bare, inputs);
    if (!type || !type->fixed) return {};
    return interval_of(*type->fixed);
  }
}

template <class L>
void write_layer(const L& layer, const Call& call) {
  if constexpr (requires { layer.accumulator; }) {
    if (layer.accumulator && !call.writer.is_float())
      call.writer.refuse("its accumulator rounds or overflows at every step, which no operator of ONNX does");
  }
  std::string y = write(layer, call);
  if constexpr (requires { layer.out; }) {
    const std::optional<Quantizer> out = layer.out;
    if (out && !call.writer.is_float()) {
      const auto range = exact_range(layer, call.writer.graph(), call.node);
      y = range ? call.writer.cast(y, *out, *range) : call.writer.cast_input(y, *out);
    }
  }
  call.writer.set_node(y);
}

}  // namespace

Result<OnnxExport> export_onnx(const Graph& graph, const OnnxExportOptions& options) {
  OnnxWriter writer(graph, options);
  for (NodeId id = 0; id < static_cast<NodeId>(graph.nodes().size()); ++id) {
    const Node& node = graph[id];
    writer.at(id);
    std::visit(Overload{[&](const Input& input) {
                          OnnxShape shape(node.type.shape.begin(), node.type.shape.end());
                          shape.insert(shape.begin(), -1);
                          writer.file().inputs.push_back({node.name, shape});
                          std::string x = node.name;
                          if (input.quantizer) x = writer.cast_input(x, *input.quantizer);
                          writer.set_node(x);
                        },
                        [](const Constant&) {},
                        [&](const Layer& layer) {
                          std::visit([&](const auto& one) { write_layer(one, Call{writer, node}); }, layer);
                        }},
               node.op);
  }
  writer.write_outputs();
  return writer.finish();
}

}  // namespace gw
