// What several layers ask of their inputs before they compute anything: counts, ranks, shapes, and that no
// value inside is too wide for the integers that hold it.

#include "layers/shapes.h"

#include <algorithm>

#include "layers/matrix.h"
#include "support/messages.h"

namespace gw {

bool is_typed(std::span<const Operand> inputs, size_t first_constant) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].type.fixed) return false;
    if (i >= first_constant && !inputs[i].constant) return false;
  }
  return true;
}

Window pointwise_window(const Shape& shape) {
  Window window;
  window.channels = shape.back();
  if (shape.size() >= 2) window.width = shape[shape.size() - 2];
  window.height = static_cast<int>(element_count(shape)) / (window.width * window.channels);
  return window;
}

Window whole_window(const Shape& shape) {
  Window window = pointwise_window(shape);
  window.kernel_h = window.height;
  window.kernel_w = window.width;
  return window;
}

Pads pads_of(Padding padding, Pads explicit_pads, int extent, int kernel, int stride, int dilation) {
  const int reach = (kernel - 1) * dilation + 1;
  const int outputs = (extent + stride - 1) / stride;
  const int total = std::max((outputs - 1) * stride + reach - extent, 0);
  switch (padding) {
    case Padding::Explicit:
      return explicit_pads;
    case Padding::Same:
      return {total / 2, total - total / 2};
    case Padding::SameLower:
      return {total - total / 2, total / 2};
    case Padding::Causal:
      return {reach - 1, 0};
  }
  defect(__FILE__, __LINE__, "no such padding");
}

std::vector<Interval> window_ranges(const TensorType& x, const Window& window) {
  const auto channels = static_cast<size_t>(window.channels);
  std::vector<Interval> ranges = x.ranges;
  if (ranges.empty()) ranges = {interval_of(*x.fixed)};
  if (ranges.size() > channels && !window.is_whole()) {
    for (size_t i = channels; i < ranges.size(); ++i)
      ranges[i % channels] = unite(ranges[i % channels], ranges[i]);
    ranges.resize(channels);
  }
  // Evaluation computes in units of the type. Where that is wide, ranges in coarser units would promise sums
  // that fit 63 bits only in those.
  constexpr int wide = 24;
  if (x.fixed->width > wide) {
    for (Interval& range : ranges) range = rescaled(range, x.fixed->fraction());
  }
  if (window.is_padded()) {
    for (Interval& range : ranges) range = unite(range, interval_of(0, range.fraction));
  }
  return ranges;
}

Loads::Loads(Formula& formula, const TensorType& x, const Window& window, int stream)
    : formula_(formula), stream_(stream), ranges_(window_ranges(x, window)) {}

ExprId Loads::operator()(int index) const { return formula_.load(stream_, index, range(index)); }

Result<TensorType> typed_output(Shape shape, std::vector<Interval> ranges, int widest,
                                const std::optional<Quantizer>& out) {
  Interval all = ranges.front();
  for (const Interval& range : ranges) all = unite(all, range);
  const FixedType type = out ? out->to : type_of(all);
  widest = std::max(widest, type.width);
  if (widest > max_width) return diagnose(messages::type_too_wide, {}, widest, max_width);
  const auto fills = [whole = interval_of(type)](const Interval& range) { return range == whole; };
  if (std::all_of(ranges.begin(), ranges.end(), fills)) ranges.clear();
  return TensorType{std::move(shape), type, std::move(ranges)};
}

Result<TensorType> typed_output(Shape shape, const Formula& formula, const std::optional<Quantizer>& out) {
  std::vector<Interval> ranges;
  for (const ExprId id : formula.outputs()) ranges.push_back(formula[id].range);
  return typed_output(std::move(shape), std::move(ranges), formula.widest(), out);
}

Status check_input_count(const LayerInfo& info, std::span<const Operand> inputs, size_t least, size_t most) {
  if (inputs.size() >= least && inputs.size() <= most) return Done{};
  return diagnose(messages::input_count, {}, std::string(info.name), std::string(info.inputs),
                  static_cast<std::int64_t>(inputs.size()));
}

Status check_shape(const LayerInfo& info, std::span<const Operand> inputs, size_t index,
                   const Shape& wanted) {
  if (inputs[index].type.shape == wanted) return Done{};
  return diagnose(messages::shape_mismatch, {}, std::string(info.name), static_cast<std::int64_t>(index),
                  std::string(info.inputs), to_string(wanted), to_string(inputs[index].type.shape));
}

Status check_rank(const LayerInfo& info, std::span<const Operand> inputs, size_t index, size_t rank) {
  if (inputs[index].type.shape.size() == rank) return Done{};
  return diagnose(messages::rank_mismatch, {}, std::string(info.name), static_cast<std::int64_t>(index),
                  std::string(info.inputs), static_cast<std::int64_t>(rank),
                  to_string(inputs[index].type.shape));
}

Status check_padding(const LayerInfo& info, Padding padding, const std::string& given) {
  if (padding == Padding::Explicit || given.empty()) return Done{};
  return diagnose(messages::pads_given_twice, {}, std::string(info.name),
                  std::string(names_of(padding)[static_cast<size_t>(padding)]), given);
}

Status check_reuse(int reuse) {
  if (reuse >= 1) return Done{};
  return diagnose(messages::reuse_not_positive, {}, reuse);
}

Status check_window(const Window& w) {
  for (const int extent : {w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.dilation_h, w.dilation_w}) {
    if (extent < 1) return diagnose(messages::zero_extent, {}, extent);
  }
  for (const int pad : {w.pad_top, w.pad_left, w.pad_bottom, w.pad_right}) {
    if (pad < 0) return diagnose(messages::negative_pad, {}, pad);
  }
  const Shape reach{(w.kernel_h - 1) * w.dilation_h + 1, (w.kernel_w - 1) * w.dilation_w + 1};
  const Shape x{w.height + w.pad_top + w.pad_bottom, w.width + w.pad_left + w.pad_right};
  if (reach[0] <= x[0] && reach[1] <= x[1]) return Done{};
  return diagnose(messages::window_too_large, {}, to_string(reach), to_string(x));
}

Status check_window(std::initializer_list<int> extents, const Shape& kernel, const Shape& x) {
  for (const int extent : extents) {
    if (extent < 1) return diagnose(messages::zero_extent, {}, extent);
  }
  if (kernel[0] <= x[0] && kernel[1] <= x[1]) return Done{};
  return diagnose(messages::window_too_large, {}, to_string(kernel), to_string(Shape{x[0], x[1]}));
}

}  // namespace gw
