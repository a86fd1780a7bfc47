// Operators that change no value. Most leave no layer: the file's view of our tensor changes and nothing
// else. Where a layer is made, it is because elements are added, left out, or flattened under a name that a
// configuration may use.

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "formats/onnx/axes.h"
#include "support/messages.h"

namespace gw {

namespace {

void pass_through(OnnxCall& call) {
  if (call.numbers(0)) call.pass_through();
}

bool holds_all(const std::optional<FixedType>& to, const std::optional<FixedType>& from) {
  return to && from && to->lowest() <= from->lowest() && to->highest() >= from->highest();
}

void read_cast(OnnxCall& call) {
  constexpr std::int64_t type_float = 1, type_half = 10, type_double = 11, type_bfloat = 16;
  const std::int64_t to = call.integer("to", type_float);
  const bool is_real = to == type_float || to == type_half || to == type_double || to == type_bfloat;
  auto x = call.numbers(0);
  if (call.failed()) return;
  if (!is_real && (x->affine || !holds_all(onnx_whole_type(to), x->whole))) {
    return call.refuse_value(
        "to", std::to_string(to),
        x->whole ? "a type that holds every number of its input" : "a floating-point type (1, 10, 11, 16)");
  }
  x->whole = is_real ? std::nullopt : onnx_whole_type(to);
  call.give(*std::move(x));
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
  const OnnxStream made = turned(call, *x, axes);
  call.give(OnnxStream{made.id, made.view});
}

/// The same elements under another shape. One that the file makes flat is flattened with us as well, so that
/// there is a layer of that name; its elements stay in our order.
void give_reshaped(OnnxCall& call, const OnnxStream& x, const OnnxShape& shape) {
  OnnxStream made = seen_as(call, x, shape);
  if (shape.size() == 1 && call.shape(made).size() != 1) made.id = call.add(Flatten(), {made.id});
  if (shape.size() > 1 && made.view.is_plain() && Shape(shape.begin(), shape.end()) != call.shape(made)) {
    made.id = call.add(Reshape{Shape(shape.begin(), shape.end())}, {made.id});
    made.view = plain_view(shape);
  }
  call.give(OnnxStream{made.id, made.view});
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
  if (!said && call.batch_is_one() && !call.ends_network())
    return call.refuse_value("axes", "missing",
                             "given: a batch of 1 goes as well, and axes are counted anew");
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

/// The pads of all axes with the batch, in the order of the attribute: those before, then those behind. An
/// input says which axes they are for; nothing, and an error, if they are none.
std::optional<std::vector<std::int64_t>> pads_of(OnnxCall& call, size_t rank) {
  const auto said = numbers_of(call, "pads", 1), axes = numbers_of(call, "axes", 3);
  if (call.failed()) return std::nullopt;
  constexpr std::int64_t most = 1 << 20;
  const auto is_bad = [](std::int64_t pad) { return pad < -most || pad > most; };
  const size_t count = axes ? axes->size() : rank;
  std::vector<std::int64_t> pads(2 * rank, 0);
  bool is_good = said && said->size() == 2 * count && std::none_of(said->begin(), said->end(), is_bad);
  for (size_t i = 0; i < count && is_good; ++i) {
    const std::int64_t axis = !axes ? static_cast<std::int64_t>(i)
                                    : (*axes)[i] + ((*axes)[i] < 0 ? static_cast<std::int64_t>(rank) : 0);
    is_good = axis >= 0 && axis < static_cast<std::int64_t>(rank);
    if (!is_good) break;
    pads[static_cast<size_t>(axis)] = (*said)[i];
    pads[static_cast<size_t>(axis) + rank] = (*said)[i + count];
  }
  if (is_good && pads[0] == 0 && pads[rank] == 0) return pads;
  call.refuse_value("pads", said ? fmt::format("{}", fmt::join(*said, ", ")) : "missing",
                    fmt::format("{} numbers, 0 for the batch", 2 * count));
  return std::nullopt;
}

/// Pads that are negative cut off.
void read_pad(OnnxCall& call) {
  const auto x = call.stream(0);
  const std::string mode = call.text("mode", "constant");
  if (mode != "constant") call.refuse_value("mode", mode, "constant");
  double value = call.number("value", 0);
  if (call.has_input(2)) {
    const OnnxArray* array = call.needed_constant(2);
    if (array && array->values.size() == 1) value = array->at(0);
  }
  if (call.failed()) return;
  const OnnxShape& shape = x->view.shape;
  const size_t rank = shape.size() + 1;
  const auto pads = pads_of(call, rank);
  if (!pads) return;
  std::vector<std::int64_t> before, after;
  OnnxRange kept(shape);
  bool grows = false, cuts = false;
  for (size_t i = 0; i < shape.size(); ++i) {
    const std::int64_t front = (*pads)[i + 1], back = (*pads)[i + 1 + rank];
    before.push_back(std::max<std::int64_t>(front, 0));
    after.push_back(std::max<std::int64_t>(back, 0));
    kept.begin[i] = std::max<std::int64_t>(-front, 0);
    kept.end[i] = shape[i] + before[i] + after[i] - std::max<std::int64_t>(-back, 0);
    grows = grows || front > 0 || back > 0;
    cuts = cuts || front < 0 || back < 0;
    if (kept.begin[i] >= kept.end[i])
      return call.refuse_value("pads", fmt::format("{}, {}", front, back),
                               fmt::format("such that something is left of {}", shape[i]));
  }
  if (!grows && !cuts) return call.pass_through();
  std::vector<int> axes;
  OnnxStream made = call.by_axes(*x, axes);
  if (grows) {
    Pad layer;
    layer.before = by_our_axes(before, axes);
    layer.after = by_our_axes(after, axes);
    layer.value = value;
    made = {call.add(layer, {made.id}, cuts ? "_pad" : ""), {}};
    made.view = view_by_axes(call.shape(made), axes);
  }
  call.give(cuts ? add_slice(call, made, axes, kept, "") : made);
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
  const auto rank = static_cast<std::int64_t>(shape.size()) + 1;
  if (!said_axes) {
    said_axes.emplace(starts->size());
    std::iota(said_axes->begin(), said_axes->end(), 0);
  }
  if (said_axes->size() < starts->size()) return call.refuse_value("axes", "too few", "one for each start");
  OnnxRange range(shape);
  for (size_t i = 0; i < starts->size(); ++i) {
    const std::int64_t said = (*said_axes)[i], step = steps && i < steps->size() ? (*steps)[i] : 1;
    // All of the batch may be named.
    constexpr std::int64_t endless = INT32_MAX;
    if ((said == 0 || said == -rank) && (*starts)[i] == 0 && (*ends)[i] >= endless && step == 1) continue;
    const auto axis = axis_of(call, said, shape.size() + 1);
    if (!axis) return;
    const auto at = static_cast<size_t>(*axis);
    const std::int64_t extent = shape[at];
    // Backwards, the end is one before the last index, which may be the first of all.
    const std::int64_t low = step < 0 ? -1 : 0, high = step < 0 ? extent - 1 : extent;
    const auto place = [&](std::int64_t index, std::int64_t lowest) {
      return std::clamp(index < 0 ? index + extent : index, lowest, high);
    };
    range.begin[at] = place((*starts)[i], 0);
    range.end[at] = place((*ends)[i], low);
    range.step[at] = std::clamp(step, -extent, extent);
    const bool is_empty = step < 0 ? range.begin[at] <= range.end[at] : range.begin[at] >= range.end[at];
    if (step == 0 || is_empty) {
      return call.refuse_value(
          "starts", fmt::format("{} to {} by {} of {}", range.begin[at], range.end[at], step, extent),
          "a range that is not empty");
    }
  }
  std::vector<int> axes;
  const OnnxStream from = call.by_axes(*x, axes);
  call.give(add_slice(call, from, axes, range, ""));
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
  OnnxRange range(shape);
  range.end[at] = 0;
  for (size_t i = 0; i < parts->size(); ++i) {
    range.begin[at] = range.end[at];
    range.end[at] += (*parts)[i];
    call.give(add_slice(call, from, axes, range, fmt::format("_{}", i)), i);
  }
}

/// The shape of a stream is known; its batch counts as 1.
void read_shape(OnnxCall& call) {
  const auto x = call.numbers(0);
  if (call.failed()) return;
  OnnxShape shape = x->view.shape;
  shape.insert(shape.begin(), 1);
  if (auto made = shape_array(call, shape)) call.give(*std::move(made));
}

/// Where it is used, nothing is dropped.
void read_dropout(OnnxCall& call) {
  if (call.has_input(2)) {
    const OnnxArray* trains = call.needed_constant(2);
    if (trains && trains->values != std::vector<double>{0})
      call.refuse_value("training_mode", "1", "0: what is dropped is random");
  }
  if (!call.failed()) pass_through(call);
}

}  // namespace

std::span<const OnnxOperator> onnx_shape_operators() {
  static const OnnxOperator rows[] = {
      {"Identity", pass_through, 1, 1},
      {"Dropout", read_dropout, 1, 3, {"ratio", "seed", "is_test"}},
      {"Cast", read_cast, 1, 1, {"to", "saturate", "round_mode"}},
      {"Transpose", read_transpose, 1, 1, {"perm"}},
      {"Flatten", read_flatten, 1, 1, {"axis"}},
      {"Reshape", read_reshape, 1, 2, {"shape", "allowzero"}},
      {"Squeeze", read_squeeze, 1, 2, {"axes"}},
      {"Unsqueeze", read_unsqueeze, 1, 2, {"axes"}},
      {"Pad", read_pad, 1, 4, {"mode", "pads", "value"}},
      {"Slice", read_slice, 1, 5, {"starts", "ends", "axes"}},
      {"Split", read_split, 1, 2, {"axis", "split", "num_outputs"}},
      {"Shape", read_shape, 1, 1, {"start", "end"}},
  };
  return rows;
}

}  // namespace gw
