// Pools. Their windows are described as those of convolutions are.

#include <algorithm>
#include <numeric>
#include <type_traits>

#include <fmt/format.h>

#include "formats/convolution.h"
#include "formats/holding_type.h"
#include "formats/onnx/pool.h"
#include "formats/onnx/rescale.h"
#include "support/messages.h"

namespace gw {

namespace {

/// A window that the last step of `stride` leaves over is cut off unless ceil_mode asks for it: then there is
/// padding for it, unless it would begin in that. It counts in no mean, even where other padding does.
void make_room(OnnxCall& call, OnnxWindow& window, const OnnxShape& space, bool counts_padding) {
  if (call.integer("ceil_mode", 0) == 0 || window.padding != Padding::Explicit) return;
  for (size_t i = 0; i < space.size(); ++i) {
    const std::int64_t reach = (window.kernel[i] - 1) * std::int64_t{window.dilations[i]} + 1;
    const std::int64_t begin = space[i] + window.before[i], room = begin + window.after[i] - reach;
    const int rest = static_cast<int>(room % window.strides[i]);
    if (rest == 0 || room - rest + window.strides[i] >= begin) continue;
    if (counts_padding) return call.refuse_value("ceil_mode", "1", "0 where padding counts in means");
    window.after[i] += window.strides[i] - rest;
  }
}

/// The stream at input 0 for a maximum: its numbers where larger ones stand for larger values in the same way
/// at all places, else those of the unit that the quantizer behind wants.
std::optional<OnnxStream> increasing(OnnxCall& call) {
  const auto x = call.numbers(0);
  if (!x || !x->affine) return x;
  const size_t channel = call.is_channels_last() ? x->view.shape.size() - 1 : 0;
  bool is_same = x->affine->is_increasing();
  for (const OnnxArray* part : {&x->affine->factor, &x->affine->shift}) {
    const OnnxShape whole = broadcasts(part->shape, x->view.shape) ? part->shape : OnnxShape{2};
    const size_t missing = x->view.shape.size() - std::min(whole.size(), x->view.shape.size());
    for (size_t axis = 0; axis < whole.size(); ++axis)
      is_same = is_same && (whole[axis] == 1 || axis + missing == channel);
  }
  return is_same ? x : in_units(call, *x, call.unit_behind());
}

/// The mean of numbers that a quantizer has made, exactly: their sum, of which each stands for 1 / count. A
/// convolution with ones for each channel by itself.
OnnxStream summed(OnnxCall& call, const OnnxStream& x, const OnnxWindow& window,
                  const OnnxShape& shape_said = {}) {
  call.meet_affine();
  const OnnxStream from = call.channels_last(x);
  const int channels = call.shape(from).back();
  Shape shape = window.kernel;
  shape.insert(shape.end(), {1, channels});
  const std::int64_t count = element_count(window.kernel);
  // A count that is a power of two is one of the ones' type.
  const double one = is_power_of_two(static_cast<double>(count)) ? 1 / static_cast<double>(count) : 1;
  OnnxArray ones{call.name() + ".ones", {shape.begin(), shape.end()}, false, {}};
  ones.values.assign(static_cast<size_t>(element_count(shape)), one);
  ones.type = holding_type(ones.values);
  OnnxStream made = call.spatial(make_convolution(window.strides, window.dilations, channels, window.padding,
                                                  window.before, window.after),
                                 {from.id, call.weights(ones, shape)});
  made.affine = x.affine.value_or(OnnxAffine{});
  if (one == 1 && count > 1) made.affine->factor.values[0] /= static_cast<double>(count);
  if (!shape_said.empty()) made.view.shape = shape_said;
  return made;
}

/// True if sums of the stream's numbers are sums of its values, and its type is known.
bool sums_up(OnnxCall& call, const OnnxStream& x) {
  return call.type(x) && (!x.affine || (x.affine->is_scalar() && !x.affine->has_shift()));
}

template <class Pool>
concept Averages = requires(Pool pool) {
  pool.count_include_pad;
};

/// A window with gaps, without padding: each place of the kernel sees a slice of the image, and those are
/// joined.
std::optional<OnnxStream> dilated(OnnxCall& call, const OnnxStream& x, const OnnxWindow& window,
                                  bool has_padding, bool is_average) {
  constexpr std::int64_t most = 64;
  const OnnxShape kernel(window.kernel.begin(), window.kernel.end());
  if (has_padding || element_count(kernel) > most) {
    call.refuse_value("dilations", fmt::format("{}", fmt::join(window.dilations, ", ")),
                      fmt::format("1 where it pads, and where its kernel has more than {} places", most));
    return std::nullopt;
  }
  const bool is_summed = is_average && sums_up(call, x);
  const OnnxStream from = call.channels_last(is_average && !is_summed ? settled(call, x) : x);
  const Shape shape = call.shape(from);
  if (shape.empty()) return std::nullopt;  // told
  std::vector<NodeId> parts;
  for (std::int64_t place = 0; place < element_count(kernel); ++place) {
    Slice slice{Shape(shape.size(), 0), shape, Shape(shape.size(), 1)};
    std::int64_t rest = place;
    for (size_t axis = kernel.size(); axis-- > 0; rest /= kernel[axis]) {
      const int begin = static_cast<int>(rest % kernel[axis]) * window.dilations[axis];
      const int room = shape[axis] - (window.kernel[axis] - 1) * window.dilations[axis] - 1;
      if (room < 0) {
        call.refuse_shape(fmt::format("a window of {} by {} on {} without the batch",
                                      fmt::join(window.kernel, "x"), fmt::join(window.dilations, "x"),
                                      to_string(x.view.shape)));
        return std::nullopt;
      }
      slice.begin[axis] = begin;
      slice.end[axis] = begin + room / window.strides[axis] * window.strides[axis] + 1;
      slice.step[axis] = std::min(window.strides[axis], shape[axis]);
    }
    parts.push_back(call.add(slice, {from.id}, fmt::format("_{}", place)));
  }
  if (is_summed) call.meet_affine();
  const Layer layer = !is_average ? Layer(Maximum()) : is_summed ? Layer(Add()) : Layer(Average());
  OnnxStream made = parts.size() > 1 ? call.spatial(layer, parts) : call.spatial(Quantize(), parts);
  made.affine = from.affine;
  if (is_summed) {
    made.affine = x.affine.value_or(OnnxAffine{});
    made.affine->factor.values[0] /= static_cast<double>(parts.size());
  }
  return made;
}

template <class Pool1D, class Pool2D>
std::optional<OnnxStream> pooled(OnnxCall& call, const OnnxStream& x) {
  constexpr bool is_average = Averages<Pool1D>;
  const size_t axes = x.view.shape.size() - 1;
  if (axes < 1 || axes > 2) {
    call.refuse_shape(
        fmt::format("pools are 1-D or 2-D, not on {} without the batch", to_string(x.view.shape)));
    return std::nullopt;
  }
  if (!call.has("kernel_shape")) call.refuse_value("kernel_shape", "missing", "given");
  OnnxWindow window = read_window(call, axes, {});
  const bool counts_padding = call.integer("count_include_pad", 0) != 0;
  const auto first = x.view.shape.begin() + (call.is_channels_last() ? 0 : 1);
  make_room(call, window, OnnxShape(first, first + static_cast<std::ptrdiff_t>(axes)),
            is_average && counts_padding);
  if (call.failed()) return std::nullopt;
  const bool has_padding =
      window.padding != Padding::Explicit ||
      std::any_of(window.before.begin(), window.before.end(), [](int n) { return n > 0; }) ||
      std::any_of(window.after.begin(), window.after.end(), [](int n) { return n > 0; });
  if (std::any_of(window.dilations.begin(), window.dilations.end(), [](int n) { return n != 1; }))
    return dilated(call, x, window, has_padding, is_average);
  if constexpr (is_average) {
    if (sums_up(call, x) && (!has_padding || counts_padding)) return summed(call, x, window);
  }

  const OnnxStream read = is_average ? settled(call, x) : x;
  const NodeId from = call.channels_last(read).id;
  const auto finish = [&](auto pool) {
    pool.padding = window.padding;
    if constexpr (is_average) pool.count_include_pad = counts_padding;
    OnnxStream made = call.spatial(pool, {from});
    made.affine = read.affine;
    return made;
  };
  if (axes == 1) {
    Pool1D pool;
    pool.pool = window.kernel[0];
    pool.stride = window.strides[0];
    pool.pad_left = window.before[0];
    pool.pad_right = window.after[0];
    return finish(pool);
  }
  Pool2D pool;
  pool.pool_h = window.kernel[0];
  pool.pool_w = window.kernel[1];
  pool.stride_h = window.strides[0];
  pool.stride_w = window.strides[1];
  pool.pad_top = window.before[0];
  pool.pad_left = window.before[1];
  pool.pad_bottom = window.after[0];
  pool.pad_right = window.after[1];
  return finish(pool);
}

template <class Pool1D, class Pool2D>
void read_pool(OnnxCall& call) {
  const auto x = Averages<Pool1D> ? call.numbers(0) : increasing(call);
  if (!x) return;
  if (auto made = pooled<Pool1D, Pool2D>(call, *x)) call.give(*std::move(made));
}

/// All of space becomes one pixel, which is kept as (channels): the file's extents of 1 are a matter of its
/// view.
template <class Pool>
OnnxStream globally_pooled(OnnxCall& call, const OnnxStream& numbers, bool keeps_axes) {
  constexpr bool is_average = std::is_same_v<Pool, GlobalAveragePool>;
  const size_t axes = numbers.view.shape.size() - 1;
  if (is_average && sums_up(call, numbers) && axes >= 1 && axes <= 2) {
    OnnxWindow window;
    const auto first = numbers.view.shape.begin() + (call.is_channels_last() ? 0 : 1);
    window.kernel.assign(first, first + static_cast<std::ptrdiff_t>(axes));
    window.strides = window.dilations = Shape(axes, 1);
    window.before = window.after = Shape(axes, 0);
    return summed(call, numbers, window, keeps_axes ? OnnxShape() : OnnxShape{numbers.view.shape[0]});
  }
  const OnnxStream x = is_average ? settled(call, numbers) : numbers;
  OnnxStream made = call.spatial(Pool(), {call.channels_last(x).id});
  OnnxShape shape(keeps_axes ? x.view.shape.size() : 1, 1);
  shape[0] = x.view.shape[0];
  made.view = plain_view(shape);
  made.affine = x.affine;
  return made;
}

template <class Pool>
void give_global_pool(OnnxCall& call, bool keeps_axes) {
  const auto x = std::is_same_v<Pool, GlobalAveragePool> ? call.numbers(0) : increasing(call);
  if (x) call.give(globally_pooled<Pool>(call, *x, keeps_axes));
}

template <class Pool>
void read_global_pool(OnnxCall& call) {
  give_global_pool<Pool>(call, true);
}

/// The axes, with the batch, that as many scales are for: those of an attribute, or all.
std::optional<std::vector<size_t>> axes_said(OnnxCall& call, size_t count, size_t rank) {
  std::vector<std::int64_t> all(rank);
  std::iota(all.begin(), all.end(), 0);
  std::vector<std::int64_t> said = call.integers("axes", all);
  bool is_good = said.size() == count;
  for (std::int64_t& axis : said) {
    axis += axis < 0 ? static_cast<std::int64_t>(rank) : 0;
    is_good = is_good && axis >= 0 && axis < static_cast<std::int64_t>(rank);
  }
  if (is_good) return std::vector<size_t>(said.begin(), said.end());
  call.refuse_value("scales", fmt::format("{} numbers", count), "one for each axis");
  return std::nullopt;
}

/// Nearest neighbour by whole factors: each pixel is repeated.
void read_resize(OnnxCall& call) {
  const auto x = call.moved(0);
  if (call.failed()) return;
  const size_t rank = x->view.shape.size() + 1;
  const auto only = [&](const char* attribute, const char* otherwise, std::vector<std::string> accepted) {
    const std::string said = call.text(attribute, otherwise);
    if (std::find(accepted.begin(), accepted.end(), said) != accepted.end()) return said;
    call.refuse_value(attribute, said, fmt::format("{}", fmt::join(accepted, " or ")));
    return accepted[0];
  };
  only("mode", "nearest", {"nearest"});

  if (call.integer("antialias", 0) != 0) call.refuse_value("antialias", "1", "0");
  only("keep_aspect_ratio_policy", "stretch", {"stretch"});

  // Upsample has its scales as an attribute or as its second input; Resize may say sizes instead.
  std::vector<double> scales;
  if (call.has("scales")) {
    const auto said = call.numbers("scales");
    scales.assign(said.begin(), said.end());
  }
  const bool is_resize = call.node().op == "Resize";
  const size_t scales_at = is_resize && call.opset() >= 11 ? 2 : 1;
  for (size_t i = 1; i < call.input_count(); ++i) {
    if (!call.has_input(i)) continue;
    const OnnxArray* said = call.needed_constant(i);
    if (!said || said->values.empty()) continue;
    if (i != scales_at && i != 3) continue;
    const auto axes = axes_said(call, said->values.size(), rank);
    if (!axes) return;
    scales.assign(rank, 1);
    for (size_t k = 0; k < axes->size(); ++k) {
      const size_t axis = (*axes)[k];
      const double by = i == 3
                            ? said->values[k] / static_cast<double>(axis == 0 ? 1 : x->view.shape[axis - 1])
                            : said->values[k];
      scales[axis] = axis == 0 && i == 3 ? 1 : by;
    }
  }
  std::vector<int> factors(rank, 1);
  bool is_whole = scales.size() == rank;
  for (size_t axis = 0; axis < rank && is_whole; ++axis) {
    is_whole = scales[axis] >= 1 && scales[axis] <= 1024 && scales[axis] == static_cast<int>(scales[axis]);
    if (is_whole) factors[axis] = static_cast<int>(scales[axis]);
  }
  if (!is_whole || factors[0] != 1 || factors[1] != 1) {
    call.refuse_value("scales", fmt::format("{}", fmt::join(scales, ", ")),
                      "whole numbers, one an extent, 1 for batch and channels");
  }
  const int largest = *std::max_element(factors.begin(), factors.end());
  if (is_resize && call.opset() >= 11 && largest > 1) {
    // Which pixel is nearest: with asymmetric places it is floor(i / factor) if rounded down, or up to a
    // factor of 2 also if halves are rounded down; with half-pixel places it always is, and no half occurs.
    const std::string place = only("coordinate_transformation_mode", "half_pixel",
                                   {"half_pixel", "pytorch_half_pixel", "asymmetric"});
    if (place == "asymmetric" && largest > 2) {
      only("nearest_mode", "round_prefer_floor", {"floor"});
    } else if (place == "asymmetric") {
      only("nearest_mode", "round_prefer_floor", {"floor", "round_prefer_floor"});
    } else {
      only("nearest_mode", "round_prefer_floor", {"round_prefer_floor", "round_prefer_ceil"});
    }
  }
  if (call.failed()) return;
  UpSample layer;
  layer.factors.assign(factors.begin() + 2, factors.end());
  call.give(call.spatial(layer, {call.channels_last(*x).id}));
}

}  // namespace

void give_global_average(OnnxCall& call, bool keeps_axes) {
  give_global_pool<GlobalAveragePool>(call, keeps_axes);
}

void give_global_max(OnnxCall& call, bool keeps_axes) { give_global_pool<GlobalMaxPool>(call, keeps_axes); }

std::optional<OnnxStream> average_pool(OnnxCall& call, const OnnxStream& x) {
  return pooled<AveragePool1D, AveragePool2D>(call, x);
}

OnnxStream global_average_pool(OnnxCall& call, const OnnxStream& x) {
  return globally_pooled<GlobalAveragePool>(call, x, true);
}

std::span<const OnnxOperator> onnx_pool_operators() {
  static const OnnxOperator rows[] = {
      {"MaxPool",
       read_pool<MaxPool1D, MaxPool2D>,
       1,
       1,
       {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "strides", "storage_order"}},
      {"AveragePool",
       read_pool<AveragePool1D, AveragePool2D>,
       1,
       1,
       {"auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads", "strides"}},
      {"GlobalMaxPool", read_global_pool<GlobalMaxPool>, 1, 1},
      {"GlobalAveragePool", read_global_pool<GlobalAveragePool>, 1, 1},
      {"Resize",
       read_resize,
       1,
       4,
       {"antialias", "axes", "coordinate_transformation_mode", "cubic_coeff_a", "exclude_outside",
        "extrapolation_value", "keep_aspect_ratio_policy", "mode", "nearest_mode"}},
      {"Upsample", read_resize, 1, 2, {"mode", "scales"}},
  };
  return rows;
}

}  // namespace gw
