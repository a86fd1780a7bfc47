// Broadcasting: which element of each input an element of the answer is made of, and by which window a stream
// shows it. A stream of (1, 1, channels) stands still while the others go by: its window repeats one pixel
// over all rows and columns.

#include "layers/broadcast.h"

#include <algorithm>

#include "support/messages.h"

namespace gw {

namespace {

Shape aligned(const Shape& from, size_t rank) {
  Shape shape(rank - from.size(), 1);
  shape.insert(shape.end(), from.begin(), from.end());
  return shape;
}

bool is_one_pixel(const Shape& shape) {
  return std::all_of(shape.begin(), shape.end() - 1, [](int extent) { return extent == 1; });
}

IndexMap channels_map(const Shape& from, int channels) {
  IndexMap map;
  for (int k = 0; k < channels; ++k) map.push_back(from.back() == 1 ? 0 : k);
  return map;
}

}  // namespace

Result<Shape> broadcast_shape(const LayerInfo& info, std::span<const Operand> inputs) {
  Shape shape = inputs[0].type.shape;
  for (const Operand& input : inputs) {
    const size_t rank = std::max(shape.size(), input.type.shape.size());
    const Shape a = aligned(shape, rank), b = aligned(input.type.shape, rank);
    Shape both;
    for (size_t i = 0; i < rank; ++i) {
      if (a[i] != b[i] && a[i] != 1 && b[i] != 1)
        return diagnose(messages::broadcast_mismatch, {}, std::string(info.name), to_string(shape),
                        to_string(input.type.shape));
      both.push_back(std::max(a[i], b[i]));
    }
    shape = std::move(both);
  }
  return shape;
}

IndexMap broadcast_map(const Shape& from, const Shape& to) {
  const Shape shape = aligned(from, to.size());
  IndexMap map{0};
  for (size_t a = 0; a < to.size(); ++a) {
    IndexMap finer;
    for (const std::int32_t row : map) {
      for (int i = 0; i < to[a]; ++i) finer.push_back(row * shape[a] + (shape[a] == 1 ? 0 : i));
    }
    map = std::move(finer);
  }
  return map;
}

std::optional<Window> broadcast_window(const Shape& from, const Shape& to) {
  const Shape shape = aligned(from, to.size());
  const Window read = pointwise_window(shape), made = pointwise_window(to);
  Window window = read;
  window.repeat_w = made.width / read.width;
  window.repeat_h = made.height / read.height;
  // Joined into rows, only the last of the leading extents can repeat.
  bool repeats = false;
  for (size_t a = 0; a + 2 < to.size(); ++a) {
    if (shape[a] != to[a]) {
      repeats = true;
    } else if (repeats && to[a] > 1) {
      return std::nullopt;
    }
  }
  return window;
}

MergeFrame merge_frame(std::span<const Operand> inputs, const Shape& out) {
  MergeFrame frame;
  for (const Operand& input : inputs) {
    const auto window = broadcast_window(input.type.shape, out);
    frame.is_pointwise =
        frame.is_pointwise && (input.constant ? is_one_pixel(input.type.shape) : window.has_value());
  }
  for (const Operand& input : inputs) {
    const Shape& shape = input.type.shape;
    frame.maps.push_back(frame.is_pointwise ? channels_map(shape, out.back()) : broadcast_map(shape, out));
    if (input.constant) continue;
    frame.windows.push_back(frame.is_pointwise ? *broadcast_window(shape, out) : whole_window(shape));
    frame.types.push_back(*input.type.fixed);
  }
  return frame;
}

}  // namespace gw
