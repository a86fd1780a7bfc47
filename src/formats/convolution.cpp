// Attributes of a convolution from lists with an entry for each axis of space, as model files have them.

#include "formats/convolution.h"

namespace gw {

Layer make_convolution(const Shape& strides, const Shape& dilations, int groups, Padding padding,
                       const Shape& before, const Shape& after) {
  const auto pad = [](const Shape& pads, size_t axis) { return pads.empty() ? 0 : pads[axis]; };
  if (strides.size() == 1) {
    Conv1D layer;
    layer.stride = strides[0];
    layer.dilation = dilations[0];
    layer.groups = groups;
    layer.padding = padding;
    layer.pad_left = pad(before, 0);
    layer.pad_right = pad(after, 0);
    return layer;
  }
  Conv2D layer;
  layer.stride_h = strides[0];
  layer.stride_w = strides[1];
  layer.dilation_h = dilations[0];
  layer.dilation_w = dilations[1];
  layer.groups = groups;
  layer.padding = padding;
  layer.pad_top = pad(before, 0);
  layer.pad_left = pad(before, 1);
  layer.pad_bottom = pad(after, 0);
  layer.pad_right = pad(after, 1);
  return layer;
}

}  // namespace gw
