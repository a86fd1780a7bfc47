#pragma once

#include "layers/shapes.h"

namespace gw {

/// What pools have in common: their windows. A pool along one axis reads (length, channels), along two
/// (height, width, channels); a global pool's window is the whole tensor.

/// An error unless kernel and stride are at least 1, pads are not negative, and, unless `may_be_empty`, each
/// position sees a part of the input.
Status check_pool(const Window& window, bool may_be_empty);

/// The error of an image that is asked for causal padding.
Status causal_image();

/// The window of a pool on an input of shape x; extents that are no extents are left for check_pool.
template <class L>
Window pool_window(const L& layer, const Shape& x) {
  if constexpr (requires { layer.keep_dims; }) {
    return whole_window(x);
  } else {
    Window window = pointwise_window(x);
    if constexpr (requires { layer.pool_h; }) {
      window.kernel_h = layer.pool_h;
      window.kernel_w = layer.pool_w;
      window.stride_h = layer.stride_h;
      window.stride_w = layer.stride_w;
      const Pads rows = pads_of(layer.padding, {layer.pad_top, layer.pad_bottom}, x[0], layer.pool_h,
                                std::max(1, layer.stride_h), 1);
      const Pads columns = pads_of(layer.padding, {layer.pad_left, layer.pad_right}, x[1], layer.pool_w,
                                   std::max(1, layer.stride_w), 1);
      window.pad_top = rows.before;
      window.pad_bottom = rows.after;
      window.pad_left = columns.before;
      window.pad_right = columns.after;
    } else {
      window.kernel_w = layer.pool;
      window.stride_w = layer.stride;
      const Pads columns = pads_of(layer.padding, {layer.pad_left, layer.pad_right}, x[0], layer.pool,
                                   std::max(1, layer.stride), 1);
      window.pad_left = columns.before;
      window.pad_right = columns.after;
    }
    return window;
  }
}

/// The shape of a pool's answer.
template <class L>
Shape pool_shape(const L& layer, const Window& window, const Shape& x) {
  if constexpr (requires { layer.keep_dims; }) {
    Shape shape(layer.keep_dims ? x.size() : 1, 1);
    shape.back() = x.back();
    return shape;
  } else if constexpr (requires { layer.pool_h; }) {
    return {window.output_height(), window.output_width(), x[2]};
  } else {
    return {window.output_width(), x[1]};
  }
}

/// Count, rank and window of a pool's input.
template <class L>
Status check_pool(const L& layer, std::span<const Operand> inputs, bool may_be_empty) {
  if (auto ok = check_input_count(L::info, inputs, 1, 1); !ok) return ok;
  const Shape& x = inputs[0].type.shape;
  if constexpr (requires { layer.keep_dims; }) {
    if (x.size() < 2) return check_rank(L::info, inputs, 0, 3);
    return Done{};
  } else {
    if (auto ok = check_rank(
            L::info, inputs, 0, requires { layer.pool_h; } ? 3 : 2);
        !ok)
      return ok;
    if constexpr (requires { layer.pool_h; }) {
      if (layer.padding == Padding::Causal) return causal_image();
    }
    if (auto ok = check_padding(layer); !ok) return ok;
    return check_pool(pool_window(layer, x), may_be_empty);
  }
}

/// How many of a window's rows (columns) lie inside the input at each output row (column).
std::vector<int> overlaps(int kernel, int stride, int pad, int extent, int outputs);

}  // namespace gw
