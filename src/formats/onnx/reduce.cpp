// Sums, means, extremes and places of extremes over axes. A maximum or a mean over all of space is a global
// pool of the tensor as it lies. Over other axes the tensor is brought to rows, (reduced, kept), of which a
// global pool or a convolution with ones takes all at once.
//
// The place of a maximum is arithmetic as well: with m the maximum of n numbers, sign(x_i - m) is 1 where x_i
// is one of the largest and else -1, so that
//
//     place = -max_i (n / 2 * sign(x_i - m) - n / 2 - i)
//
// is the first of them; no number of it is rounded.

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "formats/convolution.h"
#include "formats/holding_type.h"
#include "formats/onnx/axes.h"
#include "formats/onnx/joint.h"
#include "formats/onnx/pool.h"
#include "formats/onnx/rescale.h"
#include "support/messages.h"

namespace gw {

namespace {

/// Which axes become one number, without the batch, and the shape that the file sees then.
struct Reduction {
  std::vector<int> reduced, kept;
  OnnxShape shape;

  Reduction(const OnnxShape& from, const std::vector<bool>& is_reduced, bool keeps_axes) {
    for (size_t i = 0; i < from.size(); ++i) {
      (is_reduced[i] ? reduced : kept).push_back(static_cast<int>(i));
      if (!is_reduced[i] || keeps_axes) shape.push_back(is_reduced[i] ? 1 : from[i]);
    }
    if (shape.empty()) shape.push_back(1);
  }
  bool is_all_space() const { return kept == std::vector<int>{0}; }
};

/// The axes that an attribute or the second input names: without any all of them, or none at all.
std::optional<Reduction> reduction_of(OnnxCall& call, const OnnxShape& shape) {
  const auto said = numbers_of(call, "axes", 1);
  const bool keeps_axes = call.integer("keepdims", 1) != 0;
  const bool may_be_none = call.integer("noop_with_empty_axes", 0) != 0;
  if (call.failed()) return std::nullopt;
  const bool is_open = !said || said->empty();
  std::vector<bool> is_reduced(shape.size(), false);
  if (is_open && !may_be_none) {
    if (!call.batch_is_one()) {
      call.refuse_value("axes", "left out", "given: the batch would be one of them");
      return std::nullopt;
    }
    is_reduced.assign(shape.size(), true);
  }
  for (size_t i = 0; !is_open && i < said->size(); ++i) {
    const auto axis = axis_of(call, (*said)[i], shape.size() + 1);
    if (!axis) return std::nullopt;
    is_reduced[static_cast<size_t>(*axis)] = true;
  }
  return Reduction(shape, is_reduced, keeps_axes);
}

/// The tensor as (reduced, kept), its affine left out.
OnnxStream rows_of(OnnxCall& call, const OnnxStream& x, const Reduction& reduction) {
  std::vector<int> axes = reduction.reduced;
  axes.insert(axes.end(), reduction.kept.begin(), reduction.kept.end());
  OnnxStream from = call.arranged(x, axes);
  Shape ours{1, 1};
  for (const int axis : reduction.reduced)
    ours[0] *= static_cast<int>(x.view.shape[static_cast<size_t>(axis)]);
  for (const int axis : reduction.kept) ours[1] *= static_cast<int>(x.view.shape[static_cast<size_t>(axis)]);
  if (call.shape(from) != ours) from.id = call.add(Reshape{ours}, {from.id}, "_rows");
  from.view = plain_view({ours[0], ours[1]});
  from.affine.reset();
  return from;
}

/// The sum of each column of rows, exactly.
OnnxStream column_sums(OnnxCall& call, const OnnxStream& rows) {
  const int length = static_cast<int>(rows.view.shape[0]), channels = static_cast<int>(rows.view.shape[1]);
  const Shape shape{length, 1, channels};
  OnnxArray ones{call.name() + ".ones", {shape.begin(), shape.end()}, false, {}};
  if (!call.can_make(ones.shape)) return rows;
  ones.values.assign(static_cast<size_t>(element_count(ones.shape)), 1);
  ones.type = holding_type(ones.values);
  Layer layer = make_convolution({1}, {1}, channels, Padding::Explicit);
  if (rows.whole) std::get<Conv1D>(layer).out = Quantizer{*rows.whole, Rounding::Trn, Overflow::Wrap};
  OnnxStream made = rows;
  made.id = call.add(std::move(layer), {rows.id, call.weights(ones, shape)});
  return made;
}

void give_reduced(OnnxCall& call, OnnxStream made, const OnnxShape& shape) {
  made.view = plain_view(shape);
  call.give(std::move(made));
}

void read_reduce_sum(OnnxCall& call) {
  const auto x = call.numbers(0);
  const auto reduction = x ? reduction_of(call, x->view.shape) : std::nullopt;
  if (!reduction) return;
  if (reduction->reduced.empty()) return call.pass_through();
  const OnnxStream from = x->affine && !x->affine->is_scalar() ? settled(call, *x) : *x;
  const OnnxStream rows = rows_of(call, from, *reduction);
  OnnxStream made = column_sums(call, rows);
  made.affine = from.affine;
  if (made.affine) made.affine->shift.values[0] *= static_cast<double>(rows.view.shape[0]);
  give_reduced(call, std::move(made), reduction->shape);
}

void read_reduce_mean(OnnxCall& call) {
  const auto x = call.numbers(0);
  const auto reduction = x ? reduction_of(call, x->view.shape) : std::nullopt;
  if (!reduction) return;
  if (x->whole) return call.refuse_shape("whole numbers are divided");
  if (reduction->reduced.empty()) return call.pass_through();
  const bool keeps_axes = reduction->shape.size() == x->view.shape.size();
  if (reduction->is_all_space()) return give_global_average(call, keeps_axes);
  // Numbers that a quantizer has made are summed, and each stands for 1 / count.
  if (call.type(*x) && (!x->affine || x->affine->is_scalar())) {
    call.meet_affine();
    const OnnxStream rows = rows_of(call, *x, *reduction);
    OnnxStream made = column_sums(call, rows);
    made.affine = x->affine.value_or(OnnxAffine{});
    made.affine->factor.values[0] /= static_cast<double>(rows.view.shape[0]);
    return give_reduced(call, std::move(made), reduction->shape);
  }
  OnnxStream made = rows_of(call, settled(call, *x), *reduction);
  made.id = call.add(GlobalAveragePool(), {made.id});
  give_reduced(call, std::move(made), reduction->shape);
}

void read_reduce_max(OnnxCall& call) {
  const auto x = call.numbers(0);
  const auto reduction = x ? reduction_of(call, x->view.shape) : std::nullopt;
  if (!reduction) return;
  if (reduction->reduced.empty()) return call.pass_through();
  const bool keeps_axes = reduction->shape.size() == x->view.shape.size();
  if (reduction->is_all_space()) return give_global_max(call, keeps_axes);
  const bool is_kept = x->affine && x->affine->is_scalar() && x->affine->is_increasing();
  const OnnxStream from = is_kept ? *x : settled(call, *x);
  OnnxStream made = rows_of(call, from, *reduction);
  made.id = call.add(GlobalMaxPool(), {made.id});
  made.affine = from.affine;
  give_reduced(call, std::move(made), reduction->shape);
}

/// min(x) = -max(-x)
void read_reduce_min(OnnxCall& call) {
  const auto x = call.stream(0);
  const auto reduction = x ? reduction_of(call, x->view.shape) : std::nullopt;
  if (!reduction) return;
  if (x->whole) return call.refuse_shape("whole numbers are negated, which may have no number");
  if (reduction->reduced.empty()) return call.pass_through();
  OnnxStream made = rows_of(call, settled(call, times(call, *x, -1, "_negated")), *reduction);
  made.id = call.add(GlobalMaxPool(), {made.id}, "_most");
  give_reduced(call, times(call, made, -1, ""), reduction->shape);
}

/// A constant of whole numbers or halves in the type that holds it.
NodeId exact(OnnxCall& call, const char* name, std::vector<double> values, const Shape& shape) {
  OnnxArray array{call.name() + name, {shape.begin(), shape.end()}, false, std::move(values)};
  array.type = holding_type(array.values);
  return call.weights(array, shape);
}

/// The places of the largest of each column of rows, whose largest are there: the first, or the last.
NodeId places(OnnxCall& call, const OnnxStream& rows, NodeId most, bool takes_last,
              const std::string& suffix) {
  const auto count = static_cast<int>(rows.view.shape[0]);
  if (!call.can_make({count})) return most;
  std::vector<double> offsets;
  for (int i = 0; i < count; ++i) offsets.push_back(takes_last ? i - count / 2.0 : -i - count / 2.0);
  const NodeId below = call.add_exact(Subtract(), {rows.id, most}, suffix + "_below");
  BinaryTanh is_most;
  is_most.out = Quantizer{{2, 2, true}};
  const NodeId sign = call.add(is_most, {below}, suffix + "_is_most");
  const NodeId half = exact(call, ".half", {count / 2.0}, {1, 1});
  const NodeId wide = call.add_exact(Multiply(), {sign, half}, suffix + "_wide");
  const NodeId offset = exact(call, ".places", std::move(offsets), {count, 1});
  const NodeId each = call.add_exact(Add(), {wide, offset}, suffix + "_each");
  if (takes_last) return call.add_exact(GlobalMaxPool(), {each}, suffix);
  const NodeId first = call.add_exact(GlobalMaxPool(), {each}, suffix + "_first");
  return call.add_exact(Multiply(), {first, exact(call, ".sign", {-1}, {1})}, suffix);
}

NodeId largest(OnnxCall& call, const OnnxStream& rows, const std::string& suffix) {
  GlobalMaxPool layer;
  layer.keep_dims = true;
  return call.add_exact(layer, {rows.id}, suffix);
}

/// Numbers of which the largest is the one that is looked for; the affine's shift and size have no say.
OnnxStream compared(OnnxCall& call, const OnnxStream& x, bool is_least) {
  OnnxStream from = x.affine && !x.affine->is_scalar() ? settled(call, x) : x;
  const bool is_turned = is_least != (from.affine && !from.affine->is_increasing());
  from.affine.reset();
  from.whole.reset();  // the negative of the least has no number in their type
  return is_turned ? settled(call, times(call, from, -1, "_negated")) : from;
}

void read_place(OnnxCall& call, bool is_least) {
  const auto x = call.numbers(0);
  const bool keeps_axes = call.integer("keepdims", 1) != 0;
  const bool takes_last = call.integer("select_last_index", 0) != 0;
  if (call.failed()) return;
  const OnnxShape& shape = x->view.shape;
  const auto axis = axis_of(call, call.integer("axis", 0), shape.size() + 1);
  if (!axis) return;
  std::vector<bool> is_reduced(shape.size(), false);
  is_reduced[static_cast<size_t>(*axis)] = true;
  const Reduction reduction(shape, is_reduced, keeps_axes);
  OnnxStream made = rows_of(call, compared(call, *x, is_least), reduction);
  made.id = places(call, made, largest(call, made, "_most"), takes_last, "");
  made.whole.reset();
  give_reduced(call, std::move(made), reduction.shape);
}

/// The largest alone, and its place: what ends a network that tells classes apart.
void read_top(OnnxCall& call) {
  const auto x = call.stream(0);
  const auto count = numbers_of(call, "k", 1);
  if (call.integer("largest", 1) != 1) call.refuse_value("largest", "0", "1");
  call.integer("sorted", 1);
  if (!call.failed() && (!count || count->size() != 1 || (*count)[0] != 1)) {
    call.refuse_value("K", count ? fmt::format("{}", fmt::join(*count, ", ")) : "missing",
                      "1: more than the largest are not found");
  }
  if (call.failed()) return;
  const OnnxShape& shape = x->view.shape;
  const auto axis = axis_of(call, call.integer("axis", -1), shape.size() + 1);
  if (!axis) return;
  std::vector<bool> is_reduced(shape.size(), false);
  is_reduced[static_cast<size_t>(*axis)] = true;
  const Reduction reduction(shape, is_reduced, true);
  const bool has_value = call.is_used(0), has_place = call.is_used(1);
  OnnxStream made = rows_of(call, *x, reduction);
  const OnnxStream rows = made;
  made.view = plain_view(reduction.shape);
  made.id = largest(call, rows, has_value && !has_place ? "" : has_value ? "_values" : "_most");
  if (has_place) {
    OnnxStream place = made;
    place.whole.reset();
    place.id = places(call, rows, made.id, false, "");
    call.give(place, 1);
  }
  if (has_value) call.give(made);
}

}  // namespace

std::span<const OnnxOperator> onnx_reduce_operators() {
  static const OnnxOperator rows[] = {
      {"ReduceSum", read_reduce_sum, 1, 2, {"axes", "keepdims", "noop_with_empty_axes"}},
      {"ReduceMean", read_reduce_mean, 1, 2, {"axes", "keepdims", "noop_with_empty_axes"}},
      {"ReduceMax", read_reduce_max, 1, 2, {"axes", "keepdims", "noop_with_empty_axes"}},
      {"ReduceMin", read_reduce_min, 1, 2, {"axes", "keepdims", "noop_with_empty_axes"}},
      {"ArgMax",
       [](OnnxCall& call) { read_place(call, false); },
       1,
       1,
       {"axis", "keepdims", "select_last_index"}},
      {"ArgMin",
       [](OnnxCall& call) { read_place(call, true); },
       1,
       1,
       {"axis", "keepdims", "select_last_index"}},
      {"TopK", read_top, 1, 2, {"axis", "k", "largest", "sorted"}},
  };
  return rows;
}

}  // namespace gw
