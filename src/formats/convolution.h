#pragma once

#include "layers/all.h"

namespace gw {

/// A convolution over one or two axes of space, by the number of strides; pads may be left out.
Layer make_convolution(const Shape& strides, const Shape& dilations, int groups, Padding padding,
                       const Shape& before = {}, const Shape& after = {});

}  // namespace gw
