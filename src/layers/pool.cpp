// What pools ask of their windows.

#include "layers/pool.h"

#include <algorithm>

#include "support/messages.h"

namespace gw {

std::vector<int> overlaps(int kernel, int stride, int pad, int extent, int outputs) {
  std::vector<int> counts;
  for (int o = 0; o < outputs; ++o) {
    const int first = o * stride - pad;
    counts.push_back(std::max(0, std::min(first + kernel, extent) - std::max(first, 0)));
  }
  return counts;
}

Status causal_image() { return diagnose(messages::causal_image, {}); }

Status check_pool(const Window& w, bool may_be_empty) {
  if (auto ok = check_window(w); !ok) return ok;
  const std::vector<int> rows = overlaps(w.kernel_h, w.stride_h, w.pad_top, w.height, w.output_height());
  const std::vector<int> columns = overlaps(w.kernel_w, w.stride_w, w.pad_left, w.width, w.output_width());
  const bool is_empty = *std::min_element(rows.begin(), rows.end()) == 0 ||
                        *std::min_element(columns.begin(), columns.end()) == 0;
  if (!is_empty || may_be_empty) return Done{};
  return diagnose(messages::window_only_padding, {}, to_string(Shape{w.kernel_h, w.kernel_w}));
}

}  // namespace gw
