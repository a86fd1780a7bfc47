// Layers that change extents: each axis of the answer reads an axis of the input at
//   begin + (i / repeat) * step,
// and what falls outside is filled. That is a window: begin is a pad (negative: a crop), step a stride,
// repeat the window's own; along the channels it is a choice of what to load. Only a backward step, or a
// change along the joined leading axes of a tensor of four, needs the whole tensor at once.

#include "layers/resize.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "layers/cast_run.h"
#include "layers/index_map.h"
#include "layers/shapes.h"
#include "support/messages.h"

namespace gw {

namespace {

/// One axis of the answer.
struct Axis {
  int begin = 0, step = 1, repeat = 1;
  int count = 1;  ///< extent of the answer
  bool is_identity(int extent) const { return begin == 0 && step == 1 && repeat == 1 && count == extent; }
};
using Axes = std::vector<Axis>;

/// What is beyond all bounds stays so, and is refused where the whole tensor's size is.
int extent(std::int64_t count) {
  return static_cast<int>(std::min<std::int64_t>(count, std::numeric_limits<int>::max()));
}

// The lists of a layer have one entry an axis.
Status check_lengths(const LayerInfo& info, std::initializer_list<const std::vector<int>*> lists,
                     size_t axes) {
  for (const auto* list : lists) {
    if (list->size() != axes)
      return diagnose(messages::axes_count, {}, std::string(info.name),
                      static_cast<std::int64_t>(list->size()), static_cast<std::int64_t>(axes));
  }
  return Done{};
}

Status check_not_negative(std::initializer_list<const std::vector<int>*> lists) {
  for (const auto* list : lists) {
    for (const int pad : *list) {
      if (pad < 0) return diagnose(messages::negative_pad, {}, pad);
    }
  }
  return Done{};
}

Result<Axes> axes_of(const Pad& layer, const Shape& x) {
  if (auto ok = check_lengths(Pad::info, {&layer.before, &layer.after}, x.size()); !ok) return ok.errors();
  if (auto ok = check_not_negative({&layer.before, &layer.after}); !ok) return ok.errors();
  if (!std::isfinite(layer.value))
    return diagnose(messages::pad_not_finite, {}, fmt::format("{}", layer.value));
  Axes axes;
  for (size_t a = 0; a < x.size(); ++a)
    axes.push_back({-layer.before[a], 1, 1, extent(std::int64_t{layer.before[a]} + x[a] + layer.after[a])});
  return axes;
}

Result<Axes> axes_of(const Crop& layer, const Shape& x) {
  if (auto ok = check_lengths(Crop::info, {&layer.before, &layer.after}, x.size()); !ok) return ok.errors();
  if (auto ok = check_not_negative({&layer.before, &layer.after}); !ok) return ok.errors();
  Axes axes;
  for (size_t a = 0; a < x.size(); ++a) {
    const int count = x[a] - layer.before[a] - layer.after[a];
    if (count < 1)
      return diagnose(messages::slice_range, {}, std::string(Crop::info.name), static_cast<std::int64_t>(a),
                      fmt::format("takes {} of its {} elements", layer.before[a] + layer.after[a], x[a]));
    axes.push_back({layer.before[a], 1, 1, count});
  }
  return axes;
}

Result<Axes> axes_of(const Slice& layer, const Shape& x) {
  if (auto ok = check_lengths(Slice::info, {&layer.begin, &layer.end, &layer.step}, x.size()); !ok)
    return ok.errors();
  Axes axes;
  for (size_t a = 0; a < x.size(); ++a) {
    const int begin = layer.begin[a], end = layer.end[a], step = layer.step[a];
    const int reach = step > 0 ? end - begin : begin - end;
    const bool is_inside = begin >= 0 && begin < x[a] && end >= -1 && end <= x[a];
    if (step == 0 || reach < 1 || !is_inside)
      return diagnose(
          messages::slice_range, {}, std::string(Slice::info.name), static_cast<std::int64_t>(a),
          fmt::format("goes from {} to {} in steps of {}, but has {} elements", begin, end, step, x[a]));
    axes.push_back({begin, step, 1, (reach - 1) / std::abs(step) + 1});
  }
  return axes;
}

Result<Axes> axes_of(const UpSample& layer, const Shape& x) {
  if (auto ok = check_lengths(UpSample::info, {&layer.factors}, x.size() - 1); !ok) return ok.errors();
  Axes axes;
  for (size_t a = 0; a < x.size(); ++a) {
    const int factor = a + 1 < x.size() ? layer.factors[a] : 1;
    if (factor < 1) return diagnose(messages::factor_zero, {}, factor);
    axes.push_back({0, 1, factor, extent(std::int64_t{x[a]} * factor)});
  }
  return axes;
}

IndexMap map_of(const Axes& axes, const Shape& x) {
  IndexMap map{0};
  for (size_t a = 0; a < axes.size(); ++a) {
    IndexMap finer;
    for (const std::int32_t row : map) {
      for (int i = 0; i < axes[a].count; ++i) {
        const int at = axes[a].begin + i / axes[a].repeat * axes[a].step;
        const bool is_inside = row != no_source && at >= 0 && at < x[a];
        finer.push_back(is_inside ? row * x[a] + at : no_source);
      }
    }
    map = std::move(finer);
  }
  return map;
}

bool is_filled(const Axes& axes, const Shape& x) {
  for (size_t a = 0; a < axes.size(); ++a) {
    if (axes[a].begin < 0 || axes[a].begin + (axes[a].count - 1) / axes[a].repeat * axes[a].step >= x[a])
      return true;
  }
  return false;
}

/// The exact value of a double: 53 bits and an exponent.
Term term_of(double value) {
  int exponent = 0;
  const double mantissa = std::frexp(value, &exponent);
  return normalised(static_cast<std::int64_t>(std::ldexp(mantissa, 53)), 53 - exponent);
}

/// What stands where nothing is read.
template <class L>
Interval fill_of(const L&) {
  return {};
}
Interval fill_of(const Pad& layer) {
  const Term term = term_of(layer.value);
  return interval_of(term.raw, term.fraction);
}

/// True if the type holds the value (an interval of one).
bool holds(const FixedType& type, const Interval& value) {
  return changes_nothing({type, Rounding::Trn, Overflow::Wrap}, value);
}

Shape shape_of(const Axes& axes) {
  Shape shape;
  for (const Axis& axis : axes) shape.push_back(axis.count);
  return shape;
}

bool is_too_large(const Shape& shape) {
  double count = 1;
  for (const int n : shape) count *= n;
  return count > std::numeric_limits<std::int32_t>::max();
}

/// The window over positions (rows and columns of pixels), or nothing if there is none.
std::optional<Window> window_of(const Axes& axes, const Shape& x) {
  Window window = pointwise_window(x);
  const size_t rank = x.size();
  for (size_t a = 0; a + 1 < rank; ++a) {
    const Axis& axis = axes[a];
    const bool is_height = rank == 3 && a == 0, is_width = a + 2 == rank;
    if (axis.is_identity(x[a])) continue;
    if (axis.step < 1 || (!is_height && !is_width)) return std::nullopt;
    const int last = axis.begin + (axis.count / axis.repeat - 1) * axis.step;
    (is_height ? window.stride_h : window.stride_w) = axis.step;
    (is_height ? window.repeat_h : window.repeat_w) = axis.repeat;
    (is_height ? window.pad_top : window.pad_left) = -axis.begin;
    (is_height ? window.pad_bottom : window.pad_right) = last + 1 - x[a];
  }
  return window;
}

Formula formula_of(const Axis& channels, const Window& window, const TensorType& x, const Interval& fill) {
  Formula formula;
  const Loads load(formula, x, window);
  const ExprId filled = formula.load(0, 0, fill);
  std::vector<ExprId> outputs;
  for (int k = 0; k < channels.count; ++k) {
    const int from = channels.begin + k * channels.step;
    if (from < 0 || from >= window.channels) {
      outputs.push_back(filled);
    } else if (window.is_padded() && fill.lo != 0) {
      // The window itself only knows zeros.
      outputs.push_back(formula.select(formula.inside(0, from), load(from), filled));
    } else {
      outputs.push_back(load(from));
    }
  }
  formula.set_outputs(std::move(outputs));
  return formula;
}

template <class L>
Result<TensorType> infer_resized(const L& layer, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(L::info, inputs, 1, 1); !ok) return ok.errors();
  const TensorType& x = inputs[0].type;
  const Result<Axes> axes = axes_of(layer, x.shape);
  if (!axes) return axes.errors();
  const Shape shape = shape_of(*axes);
  if (!x.fixed || is_too_large(shape)) return TensorType{shape, x.fixed};
  const Interval fill = fill_of(layer);
  if (!is_filled(*axes, x.shape) || holds(*x.fixed, fill)) {
    return TensorType{shape, x.fixed,
                      x.ranges.empty() ? std::vector<Interval>{}
                                       : moved_ranges(x, map_of(*axes, x.shape), fill, shape.back())};
  }
  TensorType whole = x;
  if (whole.ranges.empty()) whole.ranges = {interval_of(*x.fixed)};
  return typed_output(shape, moved_ranges(whole, map_of(*axes, x.shape), fill, shape.back()), 0,
                      std::nullopt);
}

template <class L>
Tensor eval_resized(const L& layer, const Tensor& x, const TensorType& out, const EvalOptions& options) {
  const Axes axes = axes_of(layer, x.shape()).value();
  Tensor y(out.shape, *out.fixed, x.batch());
  if (const Interval fill = fill_of(layer); fill.lo != 0 && is_filled(axes, x.shape())) {
    const Int128 raw = rescaled(fill, out.fixed->fraction()).lo;
    std::visit(
        [&]<class T>(std::vector<T>& lane) { std::fill(lane.begin(), lane.end(), static_cast<T>(raw)); },
        y.lanes());
  }
  move_elements(x, map_of(axes, x.shape()), y, options.threads);
  return y;
}

template <class L>
Stage lower_resized(const L& layer, const TensorType& x, const TensorType& out) {
  const Axes axes = axes_of(layer, x.shape).value();
  const auto window = window_of(axes, x.shape);
  if (!window) return gather(x, map_of(axes, x.shape), out, fill_of(layer));
  return {"", {*window}, {*x.fixed}, formula_of(axes.back(), *window, x, fill_of(layer)), out};
}

}  // namespace

Result<TensorType> infer(const Pad& layer, std::span<const Operand> inputs) {
  return infer_resized(layer, inputs);
}

Tensor eval(const Pad& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return eval_resized(layer, *inputs[0], out, options);
}

Stage lower(const Pad& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_resized(layer, inputs[0].type, out);
}

Result<TensorType> infer(const Crop& layer, std::span<const Operand> inputs) {
  return infer_resized(layer, inputs);
}

Tensor eval(const Crop& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return eval_resized(layer, *inputs[0], out, options);
}

Stage lower(const Crop& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_resized(layer, inputs[0].type, out);
}

Result<TensorType> infer(const Slice& layer, std::span<const Operand> inputs) {
  return infer_resized(layer, inputs);
}

Tensor eval(const Slice& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return eval_resized(layer, *inputs[0], out, options);
}

Stage lower(const Slice& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_resized(layer, inputs[0].type, out);
}

Result<TensorType> infer(const UpSample& layer, std::span<const Operand> inputs) {
  return infer_resized(layer, inputs);
}

Tensor eval(const UpSample& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return eval_resized(layer, *inputs[0], out, options);
}

Stage lower(const UpSample& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_resized(layer, inputs[0].type, out);
}

}  // namespace gw
