// Whole numbers with a scale and a zero point, as ONNX has them: QuantizeLinear rounds x / scale to even,
// adds the zero point and clamps to the type of the zero point; DequantizeLinear undoes it. Between the two
// our numbers are those without the zero point, so that a padded 0 is a 0 and a matrix sums products of whole
// numbers; the zero point is the shift of the stream's affine, which DequantizeLinear takes off again. The
// operators that do several of these steps at once (QLinearConv, MatMulInteger) are read as those steps.

#include "formats/onnx/linear.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "formats/holding_type.h"
#include "formats/onnx/product.h"
#include "formats/onnx/rescale.h"
#include "support/messages.h"

namespace gw {

std::optional<OnnxLinear> linear_at(OnnxCall& call, size_t scale_at, size_t zero_at) {
  const OnnxArray* scale = call.needed_constant(scale_at);
  const OnnxArray* zero = call.has_input(zero_at) ? call.needed_constant(zero_at) : nullptr;
  if (call.failed()) return std::nullopt;
  OnnxLinear made{*scale, zero ? *zero : onnx_number(0), zero ? zero->whole : std::nullopt};
  const auto is_good = [](double value) { return std::isfinite(value) && value > 0; };
  const auto bad = std::find_if_not(scale->values.begin(), scale->values.end(), is_good);
  if (scale->values.empty() || bad != scale->values.end()) {
    call.refuse(diagnose(messages::onnx_quantizer, {},
                         fmt::format("scale '{}' is {}, but must be above 0", scale->name,
                                     scale->values.empty() ? "empty" : fmt::format("{}", *bad))));
  }
  if (zero && zero->values.size() != scale->values.size() && zero->values.size() != 1) {
    call.refuse_shape(fmt::format("'{}' of shape {} beside '{}' of shape {}", zero->name,
                                  to_string(zero->shape), scale->name, to_string(scale->shape)));
  }
  return call.failed() ? std::nullopt : std::optional(std::move(made));
}

namespace {

/// The values of a list along an axis of a tensor with that many axes; one value is for all.
std::optional<OnnxArray> along(OnnxCall& call, OnnxArray list, std::int64_t axis, const OnnxShape& shape) {
  if (list.values.size() == 1) return onnx_number(list.values[0]);
  const auto rank = static_cast<std::int64_t>(shape.size());
  if (axis < 0 || axis >= rank || list.shape.size() != 1 ||
      list.shape[0] != shape[static_cast<size_t>(axis)]) {
    call.refuse_shape(fmt::format("'{}' of shape {} is not one value for each place along an axis of {}",
                                  list.name, to_string(list.shape), to_string(shape)));
    return std::nullopt;
  }
  list.shape.assign(shape.size(), 1);
  list.shape[static_cast<size_t>(axis)] = static_cast<std::int64_t>(list.values.size());
  return list;
}

}  // namespace

std::optional<OnnxArray> dequantised(OnnxCall& call, OnnxArray array, const OnnxLinear& linear,
                                     std::int64_t axis) {
  const auto scale = along(call, linear.scale, axis, array.shape);
  const auto zero = scale ? along(call, linear.zero, axis, array.shape) : std::nullopt;
  if (!zero) return std::nullopt;
  const OnnxArray scales = *broadcast(*scale, array.shape), zeros = *broadcast(*zero, array.shape);
  const int shared = scales.values.empty()
                         ? 0
                         : near_exponent(*std::max_element(scales.values.begin(), scales.values.end()));
  const bool is_free = std::all_of(scales.values.begin(), scales.values.end(), is_power_of_two);
  array.scales.clear();
  bool is_centred = array.whole.has_value();
  for (size_t i = 0; i < array.values.size(); ++i) {
    const int exponent = is_free ? near_exponent(scales.values[i]) : shared;
    array.values[i] = std::ldexp(array.values[i] - zeros.values[i], exponent);
    if (!is_free) array.scales.push_back(std::ldexp(scales.values[i], -exponent));
    is_centred = is_centred && zeros.values[i] == 0 && exponent == shared && array.whole->width <= 16;
  }
  array.type = holding_type(array.values);
  if (is_centred) {
    array.type = Quantizer{{array.whole->width, array.whole->width + shared, array.whole->is_signed},
                           Rounding::RndConv,
                           Overflow::Sat};
  }
  array.is_integer = false;
  array.whole.reset();
  return array;
}

namespace {

std::int64_t only_axis(OnnxCall& call, std::int64_t otherwise, size_t rank) {
  const std::int64_t said = call.integer("axis", otherwise);
  return said < 0 ? said + static_cast<std::int64_t>(rank) : said;
}

}  // namespace

std::optional<OnnxStream> dequantised(OnnxCall& call, OnnxStream x, const OnnxLinear& linear,
                                      std::int64_t axis) {
  const auto scale = along(call, linear.scale, axis - 1, x.view.shape);
  const auto zero = scale ? along(call, linear.zero, axis - 1, x.view.shape) : std::nullopt;
  if (!zero) return std::nullopt;
  const auto shift = combined(*zero, *scale, [](double z, double s) { return -z * s; });
  x.affine = then_affine(x.affine.value_or(OnnxAffine{}), *scale, *shift);
  x.whole.reset();
  return x;
}

namespace {

const FixedType byte_type{8, 8, false};

}  // namespace

std::optional<OnnxStream> quantised(OnnxCall& call, const OnnxStream& x, const OnnxLinear& linear,
                                    std::int64_t axis) {
  auto scale = along(call, linear.scale, axis - 1, x.view.shape);
  const double zero = linear.zero.at(0);
  const auto is_same = [&](double value) { return value == zero; };
  if (!std::all_of(linear.zero.values.begin(), linear.zero.values.end(), is_same)) {
    call.refuse(diagnose(messages::onnx_quantizer, {},
                         fmt::format("zero point '{}' has several values", linear.zero.name)));
  }
  if (call.failed()) return std::nullopt;
  const FixedType whole = linear.whole.value_or(byte_type);
  OnnxGrid grid;
  grid.exponent = near_exponent(*std::max_element(scale->values.begin(), scale->values.end()));
  grid.unit = *std::move(scale);
  for (double& value : grid.unit.values) value = std::ldexp(value, -grid.exponent);
  grid.least = whole.lowest() - static_cast<std::int64_t>(zero);
  grid.most = whole.highest() - static_cast<std::int64_t>(zero);
  OnnxStream made = rounded(call, x, grid).numbers;
  made.affine = OnnxAffine{onnx_number(std::ldexp(1.0, -grid.exponent)), onnx_number(zero)};
  return made;
}

namespace {

void refuse_blocks(OnnxCall& call) {
  if (call.integer("block_size", 0) != 0)
    call.refuse_value("block_size", fmt::format("{}", call.integer("block_size", 0)), "0");
}

}  // namespace

void read_quantize_linear(OnnxCall& call) {
  auto linear = linear_at(call, 1, 2);
  refuse_blocks(call);
  const std::int64_t said = call.integer("output_dtype", 0);
  constexpr std::int64_t type_bool = 9, type_uint32 = 12;
  const auto stated = said == type_bool || said == type_uint32 ? std::nullopt : onnx_whole_type(said);
  if (said != 0 && !stated)
    call.refuse_value("output_dtype", std::to_string(said),
                      "a whole number of 4, 8, 16 or 32 bits (2 to 6, 21, 22)");
  if (!linear || call.failed()) return;
  if (!linear->whole) linear->whole = stated.value_or(byte_type);
  if (const OnnxArray* found = call.constant(0)) {
    OnnxArray array = settled(*found);
    const std::int64_t axis = only_axis(call, 1, array.shape.size());
    const auto scale = along(call, linear->scale, axis, array.shape);
    const auto zero = scale ? along(call, linear->zero, axis, array.shape) : std::nullopt;
    if (!zero) return;
    const OnnxArray scales = *broadcast(*scale, array.shape), zeros = *broadcast(*zero, array.shape);
    const auto least = static_cast<double>(linear->whole->lowest()),
               most = static_cast<double>(linear->whole->highest());
    for (size_t i = 0; i < array.values.size(); ++i) {
      const float y = static_cast<float>(array.values[i]) / static_cast<float>(scales.values[i]);
      array.values[i] =
          std::isnan(y) ? 0
                        : std::clamp(std::nearbyint(static_cast<double>(y)) + zeros.values[i], least, most);
    }
    array.type.reset();
    array.is_integer = true;
    array.whole = linear->whole;
    return call.give(std::move(array));
  }
  const auto x = call.numbers(0);
  if (!x) return;
  if (auto made = quantised(call, *x, *linear, only_axis(call, 1, x->view.shape.size() + 1)))
    call.give(*std::move(made));
}

void read_dequantize_linear(OnnxCall& call) {
  const auto linear = linear_at(call, 1, 2);
  refuse_blocks(call);
  if (!linear || call.failed()) return;
  if (const auto* array = std::get_if<OnnxArray>(&call.input(0))) {
    if (auto made = dequantised(call, *array, *linear, only_axis(call, 1, array->shape.size())))
      call.give(*std::move(made));
    return;
  }
  const auto x = call.numbers(0);
  if (auto made = dequantised(call, *x, *linear, only_axis(call, 1, x->view.shape.size() + 1)))
    call.give(*std::move(made));
}

std::optional<OnnxArray> linear_bias(OnnxCall& call, size_t at, const OnnxLinear& x,
                                     const OnnxLinear& weight) {
  if (!call.has_input(at)) return std::nullopt;
  const OnnxArray* found = call.needed_constant(at);
  if (!found) return std::nullopt;
  OnnxArray bias = *found;
  for (size_t i = 0; i < bias.values.size(); ++i) {
    const double scale = weight.scale.values[weight.scale.values.size() == bias.values.size() ? i : 0];
    bias.scales.push_back(static_cast<float>(scale * x.scale.at(0)));
  }
  bias.type = holding_type(bias.values);
  return bias;
}

namespace {

void read_linear_conv(OnnxCall& call) {
  const auto x = call.numbers(0);
  const auto of_x = linear_at(call, 1, 2), of_weight = linear_at(call, 4, 5), of_y = linear_at(call, 6, 7);
  const OnnxArray* weight = call.needed_constant(3);
  if (call.failed()) return;
  const auto bias = linear_bias(call, 8, *of_x, *of_weight);
  const auto from = dequantised(call, *x, *of_x, 1);
  const auto matrix = call.failed() ? std::nullopt : dequantised(call, *weight, *of_weight, 0);
  if (!from || !matrix) return;
  const auto sums = convolution_product(call, *from, *matrix, bias ? &*bias : nullptr);
  if (!sums) return;
  call.begin_part("_quantize");
  if (auto made = quantised(call, *sums, *of_y, 1)) call.give(*std::move(made));
}

void read_linear_matmul(OnnxCall& call) {
  const auto x = call.numbers(0);
  const auto of_x = linear_at(call, 1, 2), of_weight = linear_at(call, 4, 5), of_y = linear_at(call, 6, 7);
  const OnnxArray* weight = call.needed_constant(3);
  if (call.failed()) return;
  const auto last = static_cast<std::int64_t>(x->view.shape.size());
  const auto from = dequantised(call, *x, *of_x, last);
  const auto matrix =
      from ? dequantised(call, *weight, *of_weight, static_cast<std::int64_t>(weight->shape.size()) - 1)
           : std::nullopt;
  if (!matrix) return;
  const auto sums = dense_product(call, *from, *matrix, nullptr);
  if (!sums) return;
  call.begin_part("_quantize");
  if (auto made = quantised(call, *sums, *of_y, last)) call.give(*std::move(made));
}

/// Zero points, which may be left out; every scale is 1.
OnnxLinear zeros_at(OnnxCall& call, size_t at) {
  OnnxLinear made{onnx_number(1), onnx_number(0), std::nullopt};
  const OnnxArray* zero = call.has_input(at) ? call.needed_constant(at) : nullptr;
  if (!zero) return made;
  made.zero = *zero;
  made.scale = *zero;
  std::fill(made.scale.values.begin(), made.scale.values.end(), 1.0);
  return made;
}

template <auto product>
void read_whole_product(OnnxCall& call, std::int64_t weight_axis) {
  const auto x = call.numbers(0);
  const OnnxArray* weight = call.needed_constant(1);
  const OnnxLinear of_x = zeros_at(call, 2), of_weight = zeros_at(call, 3);
  if (call.failed()) return;
  const auto from = dequantised(call, *x, of_x, static_cast<std::int64_t>(x->view.shape.size()));
  const auto matrix = from ? dequantised(call, *weight, of_weight, weight_axis) : std::nullopt;
  if (!matrix) return;
  if (auto made = product(call, *from, *matrix, nullptr)) call.give(*std::move(made));
}

}  // namespace

std::span<const OnnxOperator> onnx_linear_operators() {
  static const OnnxOperator rows[] = {
      {"QuantizeLinear", read_quantize_linear, 2, 3, {"axis", "saturate", "block_size", "output_dtype"}},
      {"DequantizeLinear", read_dequantize_linear, 2, 3, {"axis", "block_size"}},
      {"QLinearConv",
       read_linear_conv,
       8,
       9,
       {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}},
      {"QLinearMatMul", read_linear_matmul, 8, 8},
      {"ConvInteger",
       [](OnnxCall& call) { read_whole_product<convolution_product>(call, 0); },
       2,
       4,
       {"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"}},
      {"MatMulInteger", [](OnnxCall& call) { read_whole_product<dense_product>(call, 1); }, 2, 4},
  };
  return rows;
}

}  // namespace gw
