// What exporters leave to be computed from constants, computed: the arithmetic behind a reshape's shape,
// weights that are transposed, scaled or reshaped before they are used. Numbers are computed in double
// precision and rounded to single after every operator, as the file's own type is.

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "formats/onnx_reader.h"
#include "support/messages.h"

namespace gw {

namespace {

/// One result for a call on constants.
using Fold = std::optional<OnnxArray> (*)(OnnxCall&, const std::vector<OnnxArray>&);

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

std::optional<std::int64_t> axis_in(OnnxCall& call, std::int64_t said, size_t rank) {
  const std::int64_t axis = said < 0 ? said + static_cast<std::int64_t>(rank) : said;
  if (axis >= 0 && axis < static_cast<std::int64_t>(rank)) return axis;
  call.refuse_value("axis", std::to_string(said), fmt::format("below {}", rank));
  return std::nullopt;
}

std::optional<OnnxArray> with_shape(OnnxCall& call, OnnxArray array, const OnnxShape& shape) {
  if (!is_sane(shape) || element_count(shape) != static_cast<std::int64_t>(array.values.size())) {
    call.refuse_shape(fmt::format("'{}' of shape {} is not reshaped to {}", array.name,
                                  to_string(array.shape), to_string(shape)));
    return std::nullopt;
  }
  array.shape = shape;
  return array;
}

/// The numbers of an attribute (older versions) or of the second input (newer ones).
std::vector<std::int64_t> numbers(OnnxCall& call, const char* attribute,
                                  const std::vector<OnnxArray>& inputs) {
  return call.has(attribute) || inputs.size() < 2 ? call.integers(attribute, {}) : inputs[1].integers();
}

std::optional<OnnxArray> fold_reshape(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  OnnxShape shape = numbers(call, "shape", inputs);
  std::int64_t known = 1;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && i < inputs[0].shape.size()) shape[i] = inputs[0].shape[i];
    if (shape[i] > 0) known *= std::min<std::int64_t>(shape[i], 1 << 30);
  }
  const auto open = std::find(shape.begin(), shape.end(), -1);
  if (open != shape.end() && known > 0) *open = static_cast<std::int64_t>(inputs[0].values.size()) / known;
  return with_shape(call, inputs[0], shape);
}

std::optional<OnnxArray> fold_flatten(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  const OnnxShape& shape = inputs[0].shape;
  const auto axis = axis_in(call, call.integer("axis", 1), shape.size() + 1);
  if (!axis) return std::nullopt;
  const OnnxShape before(shape.begin(), shape.begin() + *axis);
  return with_shape(
      call, inputs[0],
      {element_count(before), element_count(shape) / std::max<std::int64_t>(element_count(before), 1)});
}

std::optional<OnnxArray> fold_squeeze(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  const auto said = numbers(call, "axes", inputs);
  OnnxShape shape = inputs[0].shape;
  std::vector<bool> leaves(shape.size(), false);
  for (const std::int64_t number : said) {
    const auto axis = axis_in(call, number, shape.size());
    if (!axis) return std::nullopt;
    leaves[static_cast<size_t>(*axis)] = true;
  }
  OnnxShape kept;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (!(said.empty() ? shape[i] == 1 : leaves[i])) kept.push_back(shape[i]);
  }
  return with_shape(call, inputs[0], kept);
}

std::optional<OnnxArray> fold_unsqueeze(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  std::vector<std::int64_t> axes = numbers(call, "axes", inputs);
  OnnxShape shape = inputs[0].shape;
  const size_t rank = shape.size() + axes.size();
  for (std::int64_t& number : axes) {
    const auto axis = axis_in(call, number, rank);
    if (!axis) return std::nullopt;
    number = *axis;
  }
  std::sort(axes.begin(), axes.end());
  for (const std::int64_t axis : axes) {
    shape.insert(shape.begin() + std::min<std::int64_t>(axis, static_cast<std::int64_t>(shape.size())), 1);
  }
  return with_shape(call, inputs[0], shape);
}

std::optional<OnnxArray> fold_transpose(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  const size_t rank = inputs[0].shape.size();
  std::vector<std::int64_t> all(rank);
  std::iota(all.begin(), all.end(), 0);
  const auto perm = call.integers("perm", {all.rbegin(), all.rend()});
  std::vector<std::int64_t> sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  if (sorted != all) {
    call.refuse_value("perm", fmt::format("{}", fmt::join(perm, ", ")),
                      fmt::format("an order of {} axes", rank));
    return std::nullopt;
  }
  return transposed(inputs[0], {perm.begin(), perm.end()});
}

std::optional<OnnxArray> fold_concat(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  const auto axis = axis_in(call, call.integer("axis", 0), inputs[0].shape.size());
  if (!axis) return std::nullopt;
  const auto at = static_cast<size_t>(*axis);
  OnnxArray result = inputs[0];
  result.type.reset();
  result.shape[at] = 0;
  for (const OnnxArray& input : inputs) {
    OnnxShape rest = input.shape;
    if (rest.size() == result.shape.size()) rest[at] = result.shape[at];
    if (rest != result.shape) {
      call.refuse_shape(fmt::format("constants of shapes {} and {} are joined", to_string(inputs[0].shape),
                                    to_string(input.shape)));
      return std::nullopt;
    }
    result.shape[at] += input.shape[at];
    result.is_integer = result.is_integer && input.is_integer;
  }
  // One run of each input for every index before the axis.
  std::int64_t runs = 1;
  for (size_t i = 0; i < at; ++i) runs *= result.shape[i];
  result.values.clear();
  if (element_count(result.shape) == 0) return result;
  for (std::int64_t run = 0; run < runs; ++run) {
    for (const OnnxArray& input : inputs) {
      const auto length = static_cast<std::int64_t>(input.values.size()) / std::max<std::int64_t>(runs, 1);
      const auto from = input.values.begin() + run * length;
      result.values.insert(result.values.end(), from, from + length);
    }
  }
  return result;
}

std::optional<OnnxArray> fold_gather(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  const OnnxArray& data = inputs[0];
  const auto axis = axis_in(call, call.integer("axis", 0), data.shape.size());
  if (!axis) return std::nullopt;
  const std::int64_t extent = data.shape[static_cast<size_t>(*axis)];
  const OnnxShape before(data.shape.begin(), data.shape.begin() + *axis),
      behind(data.shape.begin() + *axis + 1, data.shape.end());
  OnnxArray result = data;
  result.shape = before;
  result.shape.insert(result.shape.end(), inputs[1].shape.begin(), inputs[1].shape.end());
  result.shape.insert(result.shape.end(), behind.begin(), behind.end());
  result.values.clear();
  const std::int64_t run = element_count(behind), runs = element_count(before);
  if (!call.can_make(result.shape)) return std::nullopt;
  if (element_count(result.shape) == 0) return result;
  const std::vector<std::int64_t> places = inputs[1].integers();
  for (std::int64_t outer = 0; outer < runs; ++outer) {
    for (const std::int64_t said : places) {
      const std::int64_t index = said < 0 ? said + extent : said;
      if (index < 0 || index >= extent) {
        call.refuse_shape(
            fmt::format("index {} of '{}', which has {} along that axis", said, data.name, extent));
        return std::nullopt;
      }
      const auto from = data.values.begin() + (outer * extent + index) * run;
      result.values.insert(result.values.end(), from, from + run);
    }
  }
  return result;
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

std::optional<OnnxArray> fold_constant(OnnxCall& call, const std::vector<OnnxArray>&) {
  const std::string name = call.node().outputs[0];
  OnnxArray made{name, {}, false, {}};
  if (call.has("value")) {
    const OnnxArray* array = call.array("value");
    if (!array) return std::nullopt;
    made = *array;
    made.name = name;
  } else if (call.has("value_float")) {
    made.values = {call.number("value_float", 0)};
  } else if (call.has("value_floats")) {
    const auto values = call.numbers("value_floats");
    made.values.assign(values.begin(), values.end());
    made.shape = {static_cast<std::int64_t>(values.size())};
  } else if (call.has("value_int")) {
    made.is_integer = true;
    made.values = {static_cast<double>(call.integer("value_int", 0))};
  } else {
    const auto values = call.integers("value_ints", {});
    made.is_integer = true;
    made.values.assign(values.begin(), values.end());
    made.shape = {static_cast<std::int64_t>(values.size())};
  }
  return made;
}

std::optional<OnnxArray> fold_shape(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  OnnxArray made{call.name(), {static_cast<std::int64_t>(inputs[0].shape.size())}, true, {}};
  for (const std::int64_t extent : inputs[0].shape) made.values.push_back(static_cast<double>(extent));
  return made;
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

struct Row {
  std::string_view op;
  Fold fold;
};

constexpr auto same = [](OnnxCall&, const std::vector<OnnxArray>& inputs) {
  return std::optional(inputs[0]);
};

const Row rows[] = {
    {"Constant", fold_constant},
    {"Identity", same},
    {"Dropout", same},
    {"Cast", fold_cast},
    {"Clip", fold_clip},
    {"Shape", fold_shape},
    {"Reshape", fold_reshape},
    {"Flatten", fold_flatten},
    {"Squeeze", fold_squeeze},
    {"Unsqueeze", fold_unsqueeze},
    {"Transpose", fold_transpose},
    {"Concat", fold_concat},
    {"Gather", fold_gather},
    {"Add",
     [](OnnxCall& call, const std::vector<OnnxArray>& in) { return by_elements(call, in, std::plus<>()); }},
    {"Sub",
     [](OnnxCall& call, const std::vector<OnnxArray>& in) { return by_elements(call, in, std::minus<>()); }},
    {"Mul", [](OnnxCall& call,
               const std::vector<OnnxArray>& in) { return by_elements(call, in, std::multiplies<>()); }},
    {"Div", fold_div},
    {"Pow",
     [](OnnxCall& call, const std::vector<OnnxArray>& in) {
       // Half a power is a square root, which is rounded correctly where pow need not be.
       return by_elements(call, in,
                          [](double a, double b) { return b == 0.5 ? std::sqrt(a) : std::pow(a, b); });
     }},
    {"Sqrt",
     [](OnnxCall&, const std::vector<OnnxArray>& in) {
       return by_element(in[0], [](double v) { return std::sqrt(v); });
     }},
    {"Neg", [](OnnxCall&, const std::vector<OnnxArray>& in) { return by_element(in[0], std::negate<>()); }},
    {"Reciprocal",
     [](OnnxCall&, const std::vector<OnnxArray>& in) {
       return by_element(in[0], [](double v) { return 1 / v; });
     }},
};

}  // namespace

std::optional<OnnxArray> fold_constants(OnnxCall& call, const std::vector<const OnnxArray*>& inputs) {
  const auto row =
      std::find_if(std::begin(rows), std::end(rows), [&](const Row& r) { return r.op == call.node().op; });
  if (row == std::end(rows)) return std::nullopt;
  static constexpr std::string_view moving[] = {"Identity", "Dropout",   "Reshape",  "Flatten",
                                                "Squeeze",  "Unsqueeze", "Transpose"};
  const bool moves = std::find(std::begin(moving), std::end(moving), row->op) != std::end(moving);
  std::vector<OnnxArray> values;
  for (const OnnxArray* input : inputs) values.push_back(moves ? *input : settled(*input));
  return row->fold(call, values);
}

}  // namespace gw
