// What exporters leave to be computed from constants, computed: the arithmetic behind a reshape's shape,
// weights that are scaled before they are used. Numbers are computed in double precision and rounded to
// single after every operator, as the file's own type is.

#include "formats/onnx/fold.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "support/messages.h"

namespace gw {

namespace {

void round_to_float(OnnxArray& array) {
  if (array.is_integer) return;
  for (double& value : array.values) value = static_cast<float>(value);
}

template <class F>
std::optional<OnnxArray> by_elements(OnnxCall& call, const std::vector<OnnxArray>& inputs, F f) {
  const auto shape = broadcast_shape(inputs[0].shape, inputs[1].shape);
  if (!shape) {
    call.refuse_shape(
        fmt::format("constants of shapes {} and {}", to_string(inputs[0].shape), to_string(inputs[1].shape)));
    return std::nullopt;
  }
  if (!call.can_make(*shape)) return std::nullopt;
  OnnxArray a = *broadcast(inputs[0], *shape);
  const OnnxArray b = *broadcast(inputs[1], *shape);
  for (size_t i = 0; i < a.values.size(); ++i) a.values[i] = f(a.values[i], b.values[i]);
  a.is_integer = a.is_integer && b.is_integer;
  a.type.reset();
  a.whole.reset();
  round_to_float(a);
  return a;
}

template <class F>
std::optional<OnnxArray> by_element(const OnnxArray& input, F f) {
  OnnxArray result = input;
  for (double& value : result.values) value = f(value);
  result.type.reset();
  result.whole.reset();
  round_to_float(result);
  return result;
}

std::optional<OnnxArray> fold_div(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  const bool is_whole = inputs[0].is_integer && inputs[1].is_integer;
  return by_elements(call, inputs, [&](double a, double b) { return is_whole ? std::trunc(a / b) : a / b; });
}

std::optional<OnnxArray> fold_cast(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  constexpr std::int64_t floats[] = {1, 10, 11, 16};
  const std::int64_t to = call.integer("to", 1);
  OnnxArray result = inputs[0];
  result.whole.reset();
  result.is_integer = std::find(std::begin(floats), std::end(floats), to) == std::end(floats);
  if (!result.is_integer) return result;
  for (double& value : result.values) value = std::trunc(value);
  return result;
}

std::optional<OnnxArray> fold_clip(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  OnnxArray result = inputs[0];
  const auto bound = [&](const char* attribute, size_t index, double otherwise) {
    if (!call.has_input(index)) return call.number(attribute, otherwise);
    const OnnxArray* said = call.constant(index);
    return said && said->values.size() == 1 ? said->at(0) : otherwise;
  };
  constexpr double all = std::numeric_limits<double>::infinity();
  const double least = call.has("min") || call.has_input(1) ? bound("min", 1, -all) : -all;
  const double most = call.has("max") || call.has_input(2) ? bound("max", 2, all) : all;
  for (double& value : result.values) value = std::min(std::max(value, least), most);
  result.type.reset();
  return result;
}

template <double (*f)(double)>
std::optional<OnnxArray> fold_by_element(OnnxCall&, const std::vector<OnnxArray>& inputs) {
  return by_element(inputs[0], f);
}

template <class F>
std::optional<OnnxArray> fold_by_elements(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  return by_elements(call, inputs, F());
}

/// Any number of constants, two at a time.
template <class F>
std::optional<OnnxArray> fold_all(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  std::optional<OnnxArray> result = inputs[0];
  for (size_t i = 1; i < inputs.size() && result; ++i) result = by_elements(call, {*result, inputs[i]}, F());
  return result;
}

/// Truth is 1.
template <class F>
std::optional<OnnxArray> fold_comparison(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  auto result = by_elements(call, inputs, [](double a, double b) { return F()(a, b) ? 1.0 : 0.0; });
  if (result) result->is_integer = true;
  return result;
}

std::optional<OnnxArray> fold_where(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  // Both answers are broadcast to the shape of all, of which one is taken.
  auto shape = broadcast_shape(inputs[0].shape, inputs[1].shape);
  if (shape) shape = broadcast_shape(*shape, inputs[2].shape);
  if (!shape) {
    call.refuse_shape(fmt::format("constants of shapes {}, {} and {}", to_string(inputs[0].shape),
                                  to_string(inputs[1].shape), to_string(inputs[2].shape)));
    return std::nullopt;
  }
  if (!call.can_make(*shape)) return std::nullopt;
  OnnxArray result = *broadcast(inputs[1], *shape);
  const OnnxArray is_first = *broadcast(inputs[0], *shape), other = *broadcast(inputs[2], *shape);
  for (size_t i = 0; i < result.values.size(); ++i) {
    if (is_first.values[i] == 0) result.values[i] = other.values[i];
  }
  result.type.reset();
  return result;
}

struct Least {
  double operator()(double a, double b) const { return std::min(a, b); }
};
struct Most {
  double operator()(double a, double b) const { return std::max(a, b); }
};
struct Power {
  // Half a power is a square root, which is rounded correctly where pow need not be.
  double operator()(double a, double b) const { return b == 0.5 ? std::sqrt(a) : std::pow(a, b); }
};

/// Over the axes that an attribute or the second input names, or all.
template <class F>
std::optional<OnnxArray> fold_reduction(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  const OnnxArray& x = inputs[0];
  std::vector<std::int64_t> axes = call.has("axes")    ? call.integers("axes", {})
                                   : inputs.size() > 1 ? inputs[1].integers()
                                                       : std::vector<std::int64_t>();
  const bool keeps_axes = call.integer("keepdims", 1) != 0;
  if (axes.empty() && call.integer("noop_with_empty_axes", 0) != 0) return x;
  std::vector<bool> is_reduced(x.shape.size(), axes.empty());
  for (const std::int64_t said : axes) {
    const auto axis = axis_in(call, said, x.shape.size());
    if (!axis) return std::nullopt;
    is_reduced[static_cast<size_t>(*axis)] = true;
  }
  OnnxArray result = x;
  result.shape.clear();
  result.type.reset();
  std::int64_t count = 1;
  for (size_t i = 0; i < x.shape.size(); ++i) {
    if (!is_reduced[i] || keeps_axes) result.shape.push_back(is_reduced[i] ? 1 : x.shape[i]);
  }
  if (!call.can_make(result.shape)) return std::nullopt;
  for (const std::int64_t extent : result.shape) count *= extent;
  result.values.assign(static_cast<size_t>(count), 0);
  std::vector<bool> has_one(result.values.size(), false);
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(x.values.size()); ++i) {
    std::int64_t rest = i, at = 0, stride = 1;
    for (size_t axis = x.shape.size(); axis-- > 0; rest /= x.shape[axis]) {
      if (is_reduced[axis]) continue;
      at += rest % x.shape[axis] * stride;
      stride *= x.shape[axis];
    }
    double& value = result.values[static_cast<size_t>(at)];
    value = has_one[static_cast<size_t>(at)] ? F()(value, x.at(i)) : x.at(i);
    has_one[static_cast<size_t>(at)] = true;
  }
  round_to_float(result);
  return result;
}

double square_root(double v) { return std::sqrt(v); }
double negated(double v) { return -v; }
double reciprocal(double v) { return 1 / v; }
double size_of(double v) { return std::fabs(v); }
double floor_of(double v) { return std::floor(v); }
double ceiling_of(double v) { return std::ceil(v); }
double nearest_even(double v) { return std::nearbyint(v); }
double exponential(double v) { return std::exp(v); }
double logarithm(double v) { return std::log(v); }
double opposite(double v) { return v == 0 ? 1 : 0; }

const OnnxFold rows[] = {
    {"Cast", fold_cast},
    {"Clip", fold_clip},
    {"Add", fold_by_elements<std::plus<>>},
    {"Sub", fold_by_elements<std::minus<>>},
    {"Mul", fold_by_elements<std::multiplies<>>},
    {"Div", fold_div},
    {"Pow", fold_by_elements<Power>},
    {"Min", fold_all<Least>},
    {"Max", fold_all<Most>},
    {"Sum", fold_all<std::plus<>>},
    {"Sqrt", fold_by_element<square_root>},
    {"Neg", fold_by_element<negated>},
    {"Abs", fold_by_element<size_of>},
    {"Reciprocal", fold_by_element<reciprocal>},
    {"Floor", fold_by_element<floor_of>},
    {"Ceil", fold_by_element<ceiling_of>},
    {"Round", fold_by_element<nearest_even>},
    {"Exp", fold_by_element<exponential>},
    {"Log", fold_by_element<logarithm>},
    {"Not", fold_by_element<opposite>},
    {"And", fold_comparison<std::logical_and<>>},
    {"Or", fold_comparison<std::logical_or<>>},
    {"Equal", fold_comparison<std::equal_to<>>},
    {"Less", fold_comparison<std::less<>>},
    {"LessOrEqual", fold_comparison<std::less_equal<>>},
    {"Greater", fold_comparison<std::greater<>>},
    {"GreaterOrEqual", fold_comparison<std::greater_equal<>>},
    {"Where", fold_where},
    {"ReduceProd", fold_reduction<std::multiplies<>>},
    {"ReduceSum", fold_reduction<std::plus<>>},
    {"ReduceMax", fold_reduction<Most>},
    {"ReduceMin", fold_reduction<Least>},
};

const OnnxFold* find_fold(std::string_view op) {
  for (const std::span<const OnnxFold> family : {std::span<const OnnxFold>(rows), onnx_fold_moves()}) {
    for (const OnnxFold& row : family) {
      if (row.op == op) return &row;
    }
  }
  return nullptr;
}

void constants_only(OnnxCall& call) {
  call.refuse(diagnose(messages::onnx_wants_constant, {}, 0, call.node().op));
}

}  // namespace

std::optional<OnnxArray> fold_constants(OnnxCall& call, const std::vector<const OnnxArray*>& inputs) {
  const OnnxFold* row = find_fold(call.node().op);
  if (!row) return std::nullopt;
  static constexpr std::string_view moving[] = {"Identity", "Dropout",   "Reshape",  "Flatten",
                                                "Squeeze",  "Unsqueeze", "Transpose"};
  const bool moves = std::find(std::begin(moving), std::end(moving), row->op) != std::end(moving);
  std::vector<OnnxArray> values;
  for (const OnnxArray* input : inputs) values.push_back(moves ? *input : settled(*input));
  return row->fold(call, values);
}

std::span<const OnnxOperator> onnx_constant_operators() {
  static const OnnxOperator all[] = {
      {"Constant", constants_only, 0, 0, {"value", "value_float", "value_floats", "value_int", "value_ints"}},
      {"ConstantOfShape", constants_only, 1, 1, {"value"}},
      {"Range", constants_only, 3, 3},
      {"Size", constants_only, 1, 1},
      {"Sqrt", constants_only, 1, 1},
      {"Reciprocal", constants_only, 1, 1},
      {"Floor", constants_only, 1, 1},
      {"Ceil", constants_only, 1, 1},
      {"Round", constants_only, 1, 1},
      {"Exp", constants_only, 1, 1},
      {"Log", constants_only, 1, 1},
      {"Not", constants_only, 1, 1},
      {"And", constants_only, 2, 2},
      {"Or", constants_only, 2, 2},
      {"Equal", constants_only, 2, 2},
      {"ReduceProd", constants_only, 1, 2, {"axes", "keepdims", "noop_with_empty_axes"}},
  };
  return all;
}

}  // namespace gw
