#pragma once

#include <algorithm>

#include "formula/formula.h"
#include "support/random.h"

namespace gw {

inline Window any_window(Random& random) {
  const auto pick = [&](int low, int high) { return static_cast<int>(random.between(low, high)); };
  Window w;
  w.height = pick(1, 6);
  w.width = pick(1, 6);
  if (random.below(4) == 0) {
    w.repeat_h = pick(1, 3);
    w.repeat_w = pick(1, 3);
    return w;
  }
  w.kernel_h = pick(1, 4);
  w.kernel_w = pick(1, 4);
  w.stride_h = pick(1, 4);
  w.stride_w = pick(1, 4);
  w.dilation_h = pick(1, 2);
  w.dilation_w = pick(1, 2);
  w.pad_top = pick(-1, 3);
  w.pad_bottom = pick(-1, 3);
  w.pad_left = pick(-1, 3);
  w.pad_right = pick(-1, 3);
  return w;
}

inline bool is_possible(const Window& w) {
  const auto fits = [](int extent, int before, int after, int kernel, int dilation) {
    return extent + std::min(before, 0) > 0 && extent + before + after >= (kernel - 1) * dilation + 1;
  };
  return fits(w.height, w.pad_top, w.pad_bottom, w.kernel_h, w.dilation_h) &&
         fits(w.width, w.pad_left, w.pad_right, w.kernel_w, w.dilation_w);
}

/// A small window of any geometry: strides beyond the kernel, crops, pads beyond the reach.
inline Window random_window(Random& random) {
  for (;;) {
    const Window window = any_window(random);
    if (is_possible(window)) return window;
  }
}

}  // namespace gw
