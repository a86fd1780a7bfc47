// The operators that ONNX Runtime adds for quantised and fused networks (onnxruntime,
// docs/ContribOperators.md), read as the steps of which they are made: numbers become what they stand for,
// the standard operator is theirs, and the answer is quantised as QuantizeLinear does it. Those that choose
// scales while they run, and those that look functions up in tables of their own (QLinearSigmoid,
// QLinearSoftmax), are not among them.

#include <algorithm>
#include <cmath>

#include "formats/holding_type.h"
#include "formats/onnx/joint.h"
#include "formats/onnx/linear.h"
#include "formats/onnx/pool.h"
#include "formats/onnx/product.h"
#include "formats/onnx/rescale.h"
#include "support/messages.h"

namespace gw {

namespace {

/// Errors for inputs that may not be left out.
bool has_inputs(OnnxCall& call, std::initializer_list<size_t> wanted) {
  for (const size_t index : wanted) {
    if (call.has_input(index)) continue;
    call.refuse(diagnose(messages::onnx_input_count, {}, call.node().op, static_cast<std::int64_t>(index)));
    return false;
  }
  return true;
}

/// One scale and one zero point.
std::optional<OnnxLinear> scale_at(OnnxCall& call, size_t at) {
  auto linear = linear_at(call, at, at + 1);
  if (!linear || linear->scale.values.size() == 1) return linear;
  call.refuse_shape(
      fmt::format("'{}' of shape {} is not one scale", linear->scale.name, to_string(linear->scale.shape)));
  return std::nullopt;
}

/// The stream at an input as what its numbers stand for; scale and zero point follow it.
std::optional<OnnxStream> stream_at(OnnxCall& call, size_t at) {
  const auto x = call.numbers(at);
  const auto linear = scale_at(call, at + 1);
  if (call.failed()) return std::nullopt;
  return dequantised(call, *x, *linear, static_cast<std::int64_t>(x->view.shape.size()));
}

/// The last step of every operator here.
void give_quantised(OnnxCall& call, const std::optional<OnnxStream>& x, const OnnxLinear& linear) {
  if (!x || call.failed()) return;
  call.begin_part("_quantize");
  if (auto made = quantised(call, *x, linear, static_cast<std::int64_t>(x->view.shape.size())))
    call.give(*std::move(made));
}

/// What one number more has to stand for so that nothing is multiplied before it is quantised.
double unit_of(const OnnxLinear& linear) {
  const double scale = linear.scale.at(0);
  return std::ldexp(scale, -near_exponent(scale));
}

/// (A - a) sa op (B - b) sb, quantised; one of the two may be a constant.
template <class L>
void read_linear_merge(OnnxCall& call) {
  constexpr bool is_product = std::is_same_v<L, Multiply>;
  if (!has_inputs(call, {0, 1, 3, 4, 6})) return;
  const auto of_y = scale_at(call, 6);
  std::vector<OnnxStream> streams;
  std::optional<OnnxArray> constant;
  for (const size_t at : {0, 3}) {
    if (const OnnxArray* array = call.constant(at)) {
      const auto linear = scale_at(call, at + 1);
      constant = linear ? dequantised(call, *array, *linear, 0) : std::nullopt;
      if (constant) constant = settled(*std::move(constant));
    } else if (auto x = stream_at(call, at)) {
      streams.push_back(*std::move(x));
    }
  }
  if (call.failed() || streams.empty()) return;
  call.meet_affine();
  if (streams.size() == 1) {
    if (!constant) return;
    const OnnxStream& x = streams[0];
    auto made = is_product ? absorbed(x, *constant, onnx_number(0)) : absorbed(x, onnx_number(1), *constant);
    if (!made) {  // zeros among the factors
      const OnnxStream from = settled(call, x);
      constant->type = holding_type(constant->values);
      if (const auto values = call.beside(*constant, from)) made = call.elementwise(L(), from, {*values});
    }
    return give_quantised(call, made, *of_y);
  }
  OnnxAffine affine{onnx_number(is_product ? 1 : unit_of(*of_y)), onnx_number(0)};
  for (OnnxStream& x : streams) {
    x = is_product ? centred(call, x) : in_units(call, x, affine.factor.at(0));
    if (is_product && x.affine) affine.factor.values[0] *= x.affine->factor.at(0);
    x.affine.reset();
  }
  auto made = joined(call, L(), std::move(streams));
  if (made) made->affine = std::move(affine);
  give_quantised(call, made, *of_y);
}

/// Inputs behind the answer's scale and zero point, each with its own; all are quantised as the answer is.
void read_linear_concat(OnnxCall& call) {
  const size_t count = call.input_count();
  if (!has_inputs(call, {0, 1, 2, 3}) || (count - 2) % 3 != 0) {
    if (!call.failed()) has_inputs(call, {count});
    return;
  }
  const auto of_y = scale_at(call, 0);
  std::vector<OnnxStream> streams;
  std::optional<OnnxAffine> affine;
  for (size_t at = 2; at < count && !call.failed(); at += 3) {
    if (!has_inputs(call, {at, at + 1})) return;
    const auto x = stream_at(call, at);
    if (!x) return;
    call.begin_part("_" + std::to_string(streams.size()));
    auto made = quantised(call, *x, *of_y, 1);
    if (!made) return;
    affine = std::exchange(made->affine, std::nullopt);
    streams.push_back(*std::move(made));
  }
  if (call.failed()) return;
  call.meet_affine();
  call.begin_part("");
  auto made = concatenated(call, std::move(streams));
  if (!made) return;
  made->affine = std::move(affine);
  call.give(*std::move(made));
}

void refuse_channels_last(OnnxCall& call) {
  if (call.integer("channels_last", 0) != 0) call.refuse_value("channels_last", "1", "0");
}

void read_linear_pool(OnnxCall& call) {
  refuse_channels_last(call);
  if (!has_inputs(call, {0, 1, 3})) return;
  const auto x = stream_at(call, 0);
  const auto of_y = scale_at(call, 3);
  if (call.integer("count_include_pad", 0) == 0) {
    // Means of different numbers at the border are no sums.
    const auto pads = call.integers("pads", {});
    const bool is_padded = std::count(pads.begin(), pads.end(), 0) < std::ssize(pads);
    if (is_padded || call.text("auto_pad", "NOTSET").starts_with("SAME"))
      call.refuse_value("count_include_pad", "0", "1 where it pads");
  }
  if (call.failed()) return;
  give_quantised(call, average_pool(call, *x), *of_y);
}

void read_linear_global_pool(OnnxCall& call) {
  refuse_channels_last(call);
  if (!has_inputs(call, {0, 1, 3})) return;
  const auto x = stream_at(call, 0);
  const auto of_y = scale_at(call, 3);
  if (call.failed()) return;
  give_quantised(call, global_average_pool(call, *x), *of_y);
}

/// max(x, alpha x), since a slope is at most 1.
void read_linear_leaky_relu(OnnxCall& call) {
  const auto alpha = static_cast<double>(static_cast<float>(call.number("alpha", 0.01)));
  if (!(alpha >= 0 && alpha <= 1)) call.refuse_value("alpha", fmt::format("{}", alpha), "from 0 to 1");
  if (!has_inputs(call, {0, 1, 3})) return;
  const auto x = stream_at(call, 0);
  const auto of_y = scale_at(call, 3);
  if (call.failed()) return;
  call.meet_affine();
  OnnxStream made = in_units(call, *x, unit_of(*of_y));
  OnnxArray slope = onnx_number(alpha);
  slope.name = call.name() + ".slope";
  slope.type = holding_type(slope.values);
  const NodeId factor = call.weights(slope, Shape(call.shape(made).size(), 1));
  const NodeId below = call.add(Multiply(), {made.id, factor}, "_below");
  made.id = call.add(Maximum(), {made.id, below});
  give_quantised(call, made, *of_y);
}

/// As QLinearMatMul with a bias; without a scale of its own the answer is real.
void read_quantised_gemm(OnnxCall& call) {
  if (call.integer("transA", 0) != 0) call.refuse_value("transA", "1", "0");
  if (const double alpha = call.number("alpha", 1); alpha != 1)
    call.refuse_value("alpha", fmt::format("{}", alpha), "1");
  const bool is_transposed = call.integer("transB", 0) != 0;
  if (!has_inputs(call, {0, 1, 3, 4})) return;
  const auto x = stream_at(call, 0);
  const auto of_x = scale_at(call, 1), of_weight = linear_at(call, 4, 5);
  const OnnxArray* weight = call.needed_constant(3);
  if (call.failed()) return;
  if (weight->shape.size() != 2) {
    return call.refuse_shape(
        fmt::format("'{}' of shape {} is no matrix", weight->name, to_string(weight->shape)));
  }
  auto matrix = dequantised(call, *weight, *of_weight, is_transposed ? 0 : 1);
  const auto bias = linear_bias(call, 6, *of_x, *of_weight);
  if (!matrix || call.failed()) return;
  if (is_transposed) matrix = transposed(*std::move(matrix), {1, 0});
  auto made = dense_product(call, *x, *matrix, bias ? &*bias : nullptr);
  if (!made || !call.has_input(7)) {
    if (made) call.give(*std::move(made));
    return;
  }
  if (const auto of_y = scale_at(call, 7)) give_quantised(call, made, *of_y);
}

/// The activation that is fused to a product, on its real answer.
void give_activated(OnnxCall& call, const std::optional<OnnxStream>& product,
                    const std::vector<double>& parameters) {
  if (!product) return;
  const std::string said = call.text("activation", "");
  const auto parameter = [&](size_t index, double otherwise) {
    return index < parameters.size() ? parameters[index] : otherwise;
  };
  std::optional<Layer> layer;
  if (said == "Relu") layer = Relu();
  if (said == "Tanh") layer = Tanh();
  if (said == "Sigmoid") layer = Sigmoid();
  if (said == "LeakyRelu") {
    LeakyRelu leaky;
    leaky.alpha = parameter(0, 0.01);
    layer = leaky;
  }
  if (said == "HardSigmoid") {
    HardSigmoid hard;
    hard.slope = parameter(0, 0.2);
    hard.shift = parameter(1, 0.5);
    layer = hard;
  }
  if (said.empty()) return call.give(*product);
  if (!layer) return call.refuse_value("activation", said, "Relu, LeakyRelu, Tanh, Sigmoid or HardSigmoid");
  const OnnxStream real = settled(call, *product);
  std::string suffix = "_" + said;
  for (char& c : suffix) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  call.begin_part(suffix);
  call.give(call.elementwise(*std::move(layer), real));
}

void read_fused_conv(OnnxCall& call) {
  if (call.has_input(3)) call.refuse_value("input 3", "given", "left out: no sum is fused");
  std::vector<double> parameters;
  for (const float value : call.numbers("activation_params"))
    parameters.push_back(std::stod(fmt::format("{}", value)));
  if (!call.failed()) give_activated(call, convolution(call), parameters);
}

void read_fused_gemm(OnnxCall& call) {
  std::vector<double> parameters;
  for (const char* name : {"activation_alpha", "activation_beta"}) {
    if (call.has(name)) parameters.push_back(call.number(name, 0));
  }
  if (!call.failed()) give_activated(call, gemm(call), parameters);
}

void read_gelu(OnnxCall& call) {
  if (const auto x = call.stream(0)) call.give(call.elementwise(Gelu(), *x));
}

}  // namespace

std::span<const OnnxOperator> onnx_runtime_operators() {
  constexpr size_t any = 1 << 20;
  static const OnnxOperator rows[] = {
      {"QuantizeLinear", read_quantize_linear, 2, 3, {"axis"}},
      {"DequantizeLinear", read_dequantize_linear, 2, 3, {"axis"}},
      {"QLinearAdd", read_linear_merge<Add>, 1, 8},
      {"QLinearMul", read_linear_merge<Multiply>, 1, 8},
      {"QLinearConcat", read_linear_concat, 1, any, {"axis"}},
      {"QLinearAveragePool",
       read_linear_pool,
       1,
       5,
       {"auto_pad", "ceil_mode", "channels_last", "count_include_pad", "kernel_shape", "pads", "strides"}},
      {"QLinearGlobalAveragePool", read_linear_global_pool, 1, 5, {"channels_last"}},
      {"QLinearLeakyRelu", read_linear_leaky_relu, 1, 5, {"alpha"}},
      {"QGemm", read_quantised_gemm, 1, 9, {"alpha", "transA", "transB"}},
      {"FusedConv",
       read_fused_conv,
       2,
       4,
       {"activation", "activation_params", "auto_pad", "dilations", "group", "kernel_shape", "pads",
        "strides"}},
      {"FusedGemm",
       read_fused_gemm,
       2,
       3,
       {"activation", "activation_alpha", "activation_beta", "activation_gamma", "alpha", "beta", "transA",
        "transB"}},
      {"Gelu", read_gelu, 1, 1},
  };
  return rows;
}

}  // namespace gw
