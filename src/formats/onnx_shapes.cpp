// Operators that change no value. Most leave no layer: the file's view of our tensor changes and nothing
// else. Where a layer is made, it is because elements are added, left out, or flattened under a name that a
// configuration may use.

#include <algorithm>
#include <numeric>

#include "formats/onnx_reader.h"
#include "support/messages.h"

namespace gw {

namespace {

/// An axis of the file's tensor as an index without the batch; an error for the batch itself.
std::optional<int> axis_of(OnnxCall& call, std::int64_t said, size_t rank_with_batch) {
  const auto rank = static_cast<std::int64_t>(rank_with_batch);
  const std::int64_t axis = said < 0 ? said + rank : said;
  if (axis >= 1 && axis < rank) return static_cast<int>(axis) - 1;
  call.refuse_value("axis", std::to_string(said), fmt::format("1 to {}", rank - 1));
  return std::nullopt;
}

/// Whole numbers that older versions have as an attribute and newer ones as an input.
std::optional<std::vector<std::int64_t>> numbers_of(OnnxCall& call, const std::string& attribute,
                                                    size_t index) {
  if (call.has(attribute)) return call.integers(attribute, {});
  if (!call.has_input(index)) return std::nullopt;
  const OnnxArray* array = call.needed_constant(index);
  return array ? std::optional(array->integers()) : std::nullopt;
}

void pass_through(OnnxCall& call) {
  if (call.numbers(0)) call.pass_through();
}

void read_cast(OnnxCall& call) {
  constexpr std::int64_t type_float = 1, type_half = 10, type_double = 11, type_bfloat = 16;
  const std::int64_t to = call.integer("to", type_float);
  if (to != type_float && to != type_half && to != type_double && to != type_bfloat) {
    call.refuse_value("to", std::to_string(to), "a floating-point type (1, 10, 11, 16)");
  }
  if (call.failed()) return;
  if (auto x = call.numbers(0)) {
    x->whole.reset();
    call.give(*std::move(x));
  }
}

void read_transpose(OnnxCall& call) {
  const auto x = call.moved(0);
  if (call.failed()) return;
  const size_t rank = x->view.shape.size() + 1;
  std::vector<std::int64_t> reversed(rank);
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  const auto perm = call.integers("perm", reversed);
  std::vector<std::int64_t> sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int64_t> all(rank);
  std::iota(all.begin(), all.end(), 0);
  if (sorted != all || perm[0] != 0) {
    return call.refuse_value("perm", fmt::format("{}", fmt::join(perm, ", ")),
                             fmt::format("an order of 0 to {} that leaves the batch first", rank - 1));
  }
  std::vector<int> axes;
  for (size_t i = 1; i < rank; ++i) axes.push_back(static_cast<int>(perm[i]) - 1);
  OnnxStream from = *x;
  auto view = transposed(from.view, axes);
  if (!view) {
    from = call.as_file(from);
    view = transposed(from.view, axes);
  }
  call.give(OnnxStream{from.id, *view});
}

/// The same elements under another shape. One that the file makes flat is flattened with us as well, so that
/// there is a layer of that name; its elements stay in our order.
void give_reshaped(OnnxCall& call, OnnxStream from, const OnnxShape& shape) {
  auto view = reshaped(from.view, shape);
  if (!view) {
    from = call.as_file(from);
    view = reshaped(from.view, shape);
  }
  if (shape.size() == 1 && call.shape(from).size() != 1) from.id = call.add(Flatten(), {from.id});
  if (shape.size() > 1 && view->is_plain() && Shape(shape.begin(), shape.end()) != call.shape(from)) {
    from.id = call.add(Reshape{Shape(shape.begin(), shape.end())}, {from.id});
    view = plain_view(shape);
  }
  call.give(OnnxStream{from.id, *std::move(view)});
}

void read_flatten(OnnxCall& call) {
  const auto x = call.moved(0);
  if (call.failed()) return;
  const auto rank = static_cast<std::int64_t>(x->view.shape.size()) + 1;
  const std::int64_t said = call.integer("axis", 1);
  const std::int64_t axis = said < 0 ? said + rank : said;
  // Axis 0 puts the batch among the features, which for a batch of one is the same as axis 1.
  if (axis != 1 && (axis != 0 || call.batch() != 1))
    return call.refuse_value("axis", std::to_string(said), "1");
  give_reshaped(call, *x, {element_count(x->view.shape)});
}

void read_reshape(OnnxCall& call) {
  const auto x = call.moved(0);
  auto shape = numbers_of(call, "shape", 1);
  if (!call.failed() && !shape) call.refuse_value("shape", "missing", "given");
  if (call.failed()) return;
  const std::int64_t count = element_count(x->view.shape);
  const bool keeps_zero = call.integer("allowzero", 0) != 0;
  std::int64_t known = 1;
  constexpr size_t most_axes = 32;
  bool is_good = shape->size() >= 2 && shape->size() <= most_axes;
  std::ptrdiff_t open = -1;
  for (size_t i = 0; i < shape->size() && is_good; ++i) {
    std::int64_t& extent = (*shape)[i];
    if (extent == 0 && !keeps_zero && i > 0 && i <= x->view.shape.size()) extent = x->view.shape[i - 1];
    if (i == 0 && ((extent == 0 && !keeps_zero) || extent == call.batch())) extent = 1;
    if (extent == -1) {
      is_good = open < 0;
      open = static_cast<std::ptrdiff_t>(i);
    } else {
      is_good = extent > 0 && extent <= count && known <= count / extent;
      known *= extent;
    }
  }
  // The batch is 1 while a file is read; whatever names it otherwise leaves the rest the wrong size.
  if (is_good && open >= 0) {
    is_good = count % known == 0;
    (*shape)[static_cast<size_t>(open)] = count / std::max<std::int64_t>(known, 1);
  }
  is_good = is_good && (*shape)[0] == 1 && element_count(*shape) == count;
  if (!is_good) {
    return call.refuse_shape(fmt::format("{} without the batch is not reshaped to {} with it",
                                         to_string(x->view.shape), to_string(OnnxShape(*shape))));
  }
  give_reshaped(call, *x, OnnxShape(shape->begin() + 1, shape->end()));
}

/// Extents of 1 come and go in the file's view only.
void read_squeeze(OnnxCall& call) {
  const auto x = call.moved(0);
  const auto said = numbers_of(call, "axes", 1);
  if (call.failed()) return;
  const OnnxShape& from = x->view.shape;
  std::vector<bool> leaves(from.size(), false);
  for (size_t i = 0; i < from.size(); ++i) leaves[i] = !said && from[i] == 1;
  for (const std::int64_t number : said.value_or(std::vector<std::int64_t>())) {
    const auto axis = axis_of(call, number, from.size() + 1);
    if (!axis) return;
    if (from[static_cast<size_t>(*axis)] != 1) {
      return call.refuse_value("axes", std::to_string(number), "an axis of extent 1");
    }
    leaves[static_cast<size_t>(*axis)] = true;
  }
  OnnxStream result = *x;
  result.view.shape.clear();
  for (size_t i = 0; i < from.size(); ++i) {
    if (!leaves[i]) result.view.shape.push_back(from[i]);
  }
  if (result.view.shape.empty()) result.view.shape.push_back(1);
  call.give(result);
}

void read_unsqueeze(OnnxCall& call) {
  const auto x = call.moved(0);
  const auto said = numbers_of(call, "axes", 1);
  if (!call.failed() && !said) call.refuse_value("axes", "missing", "given");
  if (call.failed()) return;
  const size_t rank = x->view.shape.size() + 1 + said->size();
  std::vector<bool> is_new(rank, false);
  for (const std::int64_t number : *said) {
    const auto axis = axis_of(call, number, rank);
    if (!axis) return;
    is_new[static_cast<size_t>(*axis) + 1] = true;
  }
  if (std::count(is_new.begin(), is_new.end(), true) != static_cast<std::ptrdiff_t>(said->size())) {
    return call.refuse_value("axes", fmt::format("{}", fmt::join(*said, ", ")), "different axes");
  }
  OnnxStream result = *x;
  result.view.shape.clear();
  auto old = x->view.shape.begin();
  for (size_t i = 1; i < rank; ++i) result.view.shape.push_back(is_new[i] ? 1 : *old++);
  call.give(result);
}

/// Values given per axis of the file, for our axes.
std::vector<int> by_our_axes(const std::vector<std::int64_t>& values, const std::vector<int>& axes) {
  std::vector<int> out;
  for (const int axis : axes) out.push_back(static_cast<int>(values[static_cast<size_t>(axis)]));
  return out;
}

OnnxView resized(const Shape& ours, const std::vector<int>& axes) {
  OnnxShape shape(axes.size());
  for (size_t i = 0; i < axes.size() && i < ours.size(); ++i) shape[static_cast<size_t>(axes[i])] = ours[i];
  return permuted_view(shape, axes);
}

void read_pad(OnnxCall& call) {
  const auto x = call.stream(0);
  const auto pads = numbers_of(call, "pads", 1);
  const std::string mode = call.text("mode", "constant");
  if (mode != "constant") call.refuse_value("mode", mode, "constant");
  double value = call.number("value", 0);
  if (call.has_input(2)) {
    const OnnxArray* array = call.needed_constant(2);
    if (array && array->values.size() == 1) value = array->at(0);
  }
  if (call.has_input(3)) call.refuse_value("axes", "given", "left out: the pads are for all axes");
  if (call.failed()) return;
  const size_t rank = x->view.shape.size() + 1;
  constexpr std::int64_t most = 1 << 20;
  const auto is_bad = [](std::int64_t pad) { return pad < 0 || pad > most; };
  if (!pads || pads->size() != 2 * rank || std::any_of(pads->begin(), pads->end(), is_bad) ||
      (*pads)[0] != 0 || (*pads)[rank] != 0) {
    return call.refuse_value("pads", pads ? fmt::format("{}", fmt::join(*pads, ", ")) : "missing",
                             fmt::format("{} numbers that are not negative, 0 for the batch", 2 * rank));
  }
  if (std::count(pads->begin(), pads->end(), 0) == static_cast<std::ptrdiff_t>(pads->size())) {
    return call.pass_through();
  }
  std::vector<int> axes;
  const OnnxStream from = call.by_axes(*x, axes);
  Pad layer;
  layer.before = by_our_axes({pads->begin() + 1, pads->begin() + static_cast<std::ptrdiff_t>(rank)}, axes);
  layer.after = by_our_axes({pads->begin() + static_cast<std::ptrdiff_t>(rank) + 1, pads->end()}, axes);
  layer.value = value;
  OnnxStream made{call.add(layer, {from.id}), {}};
  made.view = resized(call.shape(made), axes);
  call.give(made);
}

/// A slice of our tensor; begin, end and step are said for the file's axes.
OnnxStream add_slice(OnnxCall& call, const OnnxStream& from, const std::vector<int>& axes,
                     const std::vector<std::int64_t>& begin, const std::vector<std::int64_t>& end,
                     const std::vector<std::int64_t>& step, const std::string& suffix) {
  Slice layer;
  layer.begin = by_our_axes(begin, axes);
  layer.end = by_our_axes(end, axes);
  layer.step = by_our_axes(step, axes);
  OnnxStream made{call.add(layer, {from.id}, suffix), {}};
  made.view = resized(call.shape(made), axes);
  return made;
}

void read_slice(OnnxCall& call) {
  const auto x = call.moved(0);
  const auto starts = numbers_of(call, "starts", 1), ends = numbers_of(call, "ends", 2);
  auto said_axes = numbers_of(call, "axes", 3);
  const auto steps = numbers_of(call, "steps", 4);
  if (!call.failed() && (!starts || !ends || starts->size() != ends->size())) {
    call.refuse_value("starts", "missing or not as many as ends", "given");
  }
  if (call.failed()) return;
  const OnnxShape& shape = x->view.shape;
  if (!said_axes) {
    said_axes.emplace(starts->size());
    std::iota(said_axes->begin(), said_axes->end(), 0);
  }
  std::vector<std::int64_t> begin(shape.size(), 0), end(shape.begin(), shape.end()), step(shape.size(), 1);
  for (size_t i = 0; i < starts->size(); ++i) {
    const auto axis = i < said_axes->size() ? axis_of(call, (*said_axes)[i], shape.size() + 1) : std::nullopt;
    if (!axis) return call.failed() ? void() : call.refuse_value("axes", "too few", "one for each start");
    const auto at = static_cast<size_t>(*axis);
    const std::int64_t extent = shape[at];
    const auto place = [&](std::int64_t said) {
      return std::clamp<std::int64_t>(said < 0 ? said + extent : said, 0, extent);
    };
    begin[at] = place((*starts)[i]);
    end[at] = place((*ends)[i]);
    if (steps && i < steps->size()) step[at] = (*steps)[i];
    if (step[at] < 1 || step[at] > extent || begin[at] >= end[at]) {
      return call.refuse_value("starts",
                               fmt::format("{} to {} by {} of {}", begin[at], end[at], step[at], extent),
                               "a range that is not empty, by steps of at least 1");
    }
  }
  std::vector<int> axes;
  const OnnxStream from = call.by_axes(*x, axes);
  call.give(add_slice(call, from, axes, begin, end, step, ""));
}

void read_split(OnnxCall& call) {
  const auto x = call.moved(0);
  auto parts = numbers_of(call, "split", 1);
  if (call.failed()) return;
  const OnnxShape& shape = x->view.shape;
  const auto axis = axis_of(call, call.integer("axis", 0), shape.size() + 1);
  if (!axis) return;
  const auto at = static_cast<size_t>(*axis);
  const auto count = static_cast<std::int64_t>(call.node().outputs.size());
  if (!parts) {  // equal ones, the last may be smaller
    const std::int64_t part = (shape[at] + count - 1) / count;
    parts.emplace(call.node().outputs.size(), part);
    parts->back() = shape[at] - part * (count - 1);
  }
  const auto is_bad = [](std::int64_t part) { return part < 1; };
  if (static_cast<std::int64_t>(parts->size()) != count ||
      std::any_of(parts->begin(), parts->end(), is_bad) ||
      std::accumulate(parts->begin(), parts->end(), std::int64_t{0}) != shape[at]) {
    return call.refuse_value("split", fmt::format("{}", fmt::join(*parts, ", ")),
                             fmt::format("{} parts of the extent {}", count, shape[at]));
  }
  std::vector<int> axes;
  const OnnxStream from = call.by_axes(*x, axes);
  std::vector<std::int64_t> begin(shape.size(), 0), end(shape.begin(), shape.end()), step(shape.size(), 1);
  end[at] = 0;
  for (size_t i = 0; i < parts->size(); ++i) {
    begin[at] = end[at];
    end[at] += (*parts)[i];
    call.give(add_slice(call, from, axes, begin, end, step, fmt::format("_{}", i)), i);
  }
}

/// The shape of a stream is known; its batch counts as 1.
void read_shape(OnnxCall& call) {
  const auto x = call.numbers(0);
  if (call.failed()) return;
  OnnxArray shape{call.name(), {static_cast<std::int64_t>(x->view.shape.size()) + 1}, true, {1}};
  for (const std::int64_t extent : x->view.shape) shape.values.push_back(static_cast<double>(extent));
  call.give(std::move(shape));
}

void constants_only(OnnxCall& call) {
  call.refuse(diagnose(messages::onnx_wants_constant, {}, 0, call.node().op));
}

}  // namespace

std::span<const OnnxOperator> onnx_shape_operators() {
  static const OnnxOperator rows[] = {
      {"Identity", pass_through, 1, 1},
      {"Dropout", pass_through, 1, 3, {"ratio", "seed", "is_test"}},
      {"Cast", read_cast, 1, 1, {"to", "saturate"}},
      {"Transpose", read_transpose, 1, 1, {"perm"}},
      {"Flatten", read_flatten, 1, 1, {"axis"}},
      {"Reshape", read_reshape, 1, 2, {"shape", "allowzero"}},
      {"Squeeze", read_squeeze, 1, 2, {"axes"}},
      {"Unsqueeze", read_unsqueeze, 1, 2, {"axes"}},
      {"Pad", read_pad, 1, 4, {"mode", "pads", "value"}},
      {"Slice", read_slice, 1, 5, {"starts", "ends", "axes"}},
      {"Split", read_split, 1, 2, {"axis", "split", "num_outputs"}},
      {"Shape", read_shape, 1, 1},
      {"Constant", constants_only, 0, 0, {"value", "value_float", "value_floats", "value_int", "value_ints"}},
      {"Gather", constants_only, 2, 2, {"axis"}},
      {"Pow", constants_only, 2, 2},
      {"Sqrt", constants_only, 1, 1},
      {"Neg", constants_only, 1, 1},
      {"Reciprocal", constants_only, 1, 1},
  };
  return rows;
}

}  // namespace gw
