// Constants that are made, cut, joined or moved while a file is read: the arithmetic of shapes, and weights
// that an exporter has transposed or reshaped before they are used.

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "formats/onnx/axes.h"
#include "formats/onnx/fold.h"
#include "support/messages.h"

namespace gw {

std::optional<std::int64_t> axis_in(OnnxCall& call, std::int64_t said, size_t rank) {
  const std::int64_t axis = said < 0 ? said + static_cast<std::int64_t>(rank) : said;
  if (axis >= 0 && axis < static_cast<std::int64_t>(rank)) return axis;
  call.refuse_value("axis", std::to_string(said), fmt::format("below {}", rank));
  return std::nullopt;
}

namespace {

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
  return shape_array(call, inputs[0].shape);
}

/// For each element of the answer, the element of the array at the place that f gives for its own.
template <class F>
std::optional<OnnxArray> picked(OnnxCall& call, const OnnxArray& array, const OnnxShape& shape, F f) {
  if (!call.can_make(shape)) return std::nullopt;
  OnnxArray result = array;
  result.shape = shape;
  result.values.clear();
  OnnxShape index(shape.size(), 0);
  for (std::int64_t left = element_count(shape); left > 0; --left) {
    std::int64_t position = 0;
    for (size_t axis = 0; axis < shape.size(); ++axis)
      position = position * array.shape[axis] + f(axis, index[axis]);
    result.values.push_back(array.at(position));
    for (size_t axis = shape.size(); axis-- > 0;) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
  return result;
}

std::optional<OnnxArray> fold_slice(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  const OnnxArray& x = inputs[0];
  const bool is_old = call.has("starts");
  const auto list = [&](const char* attribute, size_t at) {
    if (is_old) return call.integers(attribute, {});
    return call.has_input(at) ? call.constant(at)->integers() : OnnxShape{};
  };
  const OnnxShape starts = list("starts", 1), ends = list("ends", 2),
                  steps = is_old ? OnnxShape{} : list("", 4);
  OnnxShape axes = list("axes", 3);
  for (size_t i = axes.size(); i < starts.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  if (starts.size() != ends.size()) {
    call.refuse_value("starts", "missing or not as many as ends", "given");
    return std::nullopt;
  }
  OnnxShape shape = x.shape, first(shape.size(), 0), by(shape.size(), 1);
  for (size_t i = 0; i < starts.size(); ++i) {
    const auto axis = axis_in(call, axes[i], x.shape.size());
    if (!axis) return std::nullopt;
    const auto at = static_cast<size_t>(*axis);
    const std::int64_t extent = x.shape[at], step = i < steps.size() ? steps[i] : 1;
    if (step == 0 || step < -INT32_MAX || step > INT32_MAX) {
      call.refuse_value("steps", std::to_string(step), "a step");
      return std::nullopt;
    }
    const std::int64_t low = step < 0 ? -1 : 0, high = step < 0 ? extent - 1 : extent;
    const auto place = [&](std::int64_t said) {
      return std::max(std::min(said < 0 ? said + extent : said, high), low);
    };
    const std::int64_t begin = place(starts[i]), end = place(ends[i]);
    const std::int64_t room = step < 0 ? begin - end : end - begin;
    first[at] = begin;
    by[at] = step;
    shape[at] = room <= 0 ? 0 : (room - 1) / std::llabs(step) + 1;
  }
  return picked(call, x, shape, [&](size_t axis, std::int64_t i) { return first[axis] + i * by[axis]; });
}

std::optional<OnnxArray> fold_split(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  const OnnxArray& x = inputs[0];
  const auto axis = axis_in(call, call.integer("axis", 0), x.shape.size());
  if (!axis) return std::nullopt;
  const auto at = static_cast<size_t>(*axis);
  const size_t count = call.node().outputs.size();
  std::vector<std::int64_t> parts = numbers(call, "split", inputs);
  if (parts.empty()) {
    const auto each = (x.shape[at] + static_cast<std::int64_t>(count) - 1) / static_cast<std::int64_t>(count);
    parts.assign(count, each);
    parts.back() = x.shape[at] - each * (static_cast<std::int64_t>(count) - 1);
  }
  std::optional<OnnxArray> first;
  std::int64_t begin = 0, whole = 0;
  for (const std::int64_t part : parts) whole += std::clamp<std::int64_t>(part, 0, INT32_MAX);
  if (parts.size() != count || whole != x.shape[at] || *std::min_element(parts.begin(), parts.end()) < 0) {
    call.refuse_value("split", fmt::format("{}", fmt::join(parts, ", ")),
                      fmt::format("{} parts of the extent {}", count, x.shape[at]));
    return std::nullopt;
  }
  for (size_t i = 0; i < count; ++i) {
    OnnxShape shape = x.shape;
    shape[at] = parts[i];
    auto part = picked(call, x, shape, [&](size_t a, std::int64_t k) { return a == at ? begin + k : k; });
    if (!part) return std::nullopt;
    begin += parts[i];
    if (i == 0) {
      first = std::move(part);
    } else if (!call.node().outputs[i].empty()) {
      call.give(*std::move(part), i);
    }
  }
  return first;
}

std::optional<OnnxArray> fold_expand(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  const auto shape = broadcast_shape(inputs[0].shape, inputs[1].integers());
  if (!shape || !is_sane(*shape)) {
    call.refuse_shape(fmt::format("'{}' of shape {} is not expanded to {}", inputs[0].name,
                                  to_string(inputs[0].shape), to_string(OnnxShape(inputs[1].integers()))));
    return std::nullopt;
  }
  if (!call.can_make(*shape)) return std::nullopt;
  return broadcast(inputs[0], *shape);
}

std::optional<OnnxArray> fold_tile(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  const OnnxArray& x = inputs[0];
  const std::vector<std::int64_t> repeats = inputs[1].integers();
  OnnxShape shape = x.shape;
  bool is_good = repeats.size() == shape.size();
  for (size_t i = 0; i < shape.size() && is_good; ++i) {
    is_good = repeats[i] >= 0 && repeats[i] <= INT32_MAX;
    shape[i] *= repeats[i];
  }
  if (!is_good || !is_sane(shape)) {
    call.refuse_value("repeats", fmt::format("{}", fmt::join(repeats, ", ")), "one number for each axis");
    return std::nullopt;
  }
  return picked(call, x, shape, [&](size_t axis, std::int64_t i) { return i % x.shape[axis]; });
}

std::optional<OnnxArray> fold_constant_of_shape(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  OnnxArray made{call.name(), inputs[0].integers(), false, {}};
  const OnnxArray* value = call.has("value") ? call.array("value") : nullptr;
  if (call.failed() || !call.can_make(made.shape)) return std::nullopt;
  made.is_integer = value && value->is_integer;
  if (value) made.whole = value->whole;
  made.values.assign(static_cast<size_t>(element_count(made.shape)),
                     value && !value->values.empty() ? value->at(0) : 0);
  return made;
}

std::optional<OnnxArray> fold_range(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  const auto is_one = [](const OnnxArray& array) { return array.values.size() == 1; };
  const bool is_good = std::all_of(inputs.begin(), inputs.end(), is_one);
  const double start = is_good ? inputs[0].at(0) : 0, limit = is_good ? inputs[1].at(0) : 0;
  const double step = is_good ? inputs[2].at(0) : 0;
  const double count = std::max(std::ceil((limit - start) / step), 0.0);
  if (!is_good || step == 0 || !(count < INT32_MAX)) {
    call.refuse_shape("a range has a start, an end and a step");
    return std::nullopt;
  }
  OnnxArray made{call.name(), {static_cast<std::int64_t>(count)}, inputs[0].is_integer, {}};
  if (!call.can_make(made.shape)) return std::nullopt;
  for (double i = 0; i < count; ++i) made.values.push_back(start + i * step);
  return made;
}

std::optional<OnnxArray> fold_size(OnnxCall& call, const std::vector<OnnxArray>& inputs) {
  return OnnxArray{call.name(), {}, true, {static_cast<double>(element_count(inputs[0].shape))}};
}

constexpr auto same = [](OnnxCall&, const std::vector<OnnxArray>& inputs) {
  return std::optional(inputs[0]);
};

const OnnxFold rows[] = {
    {"Constant", fold_constant},   {"Identity", same},        {"Dropout", same},
    {"Shape", fold_shape},         {"Size", fold_size},       {"Reshape", fold_reshape},
    {"Flatten", fold_flatten},     {"Squeeze", fold_squeeze}, {"Unsqueeze", fold_unsqueeze},
    {"Transpose", fold_transpose}, {"Concat", fold_concat},   {"Gather", fold_gather},
    {"Slice", fold_slice},         {"Split", fold_split},     {"Expand", fold_expand},
    {"Tile", fold_tile},           {"Range", fold_range},     {"ConstantOfShape", fold_constant_of_shape},
};

}  // namespace

std::span<const OnnxFold> onnx_fold_moves() { return rows; }

}  // namespace gw
