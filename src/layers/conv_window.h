#pragma once

#include "layers/conv.h"

namespace gw {

/// The window that a convolution with weights of shape `weight` slides over an input of shape x, both of
/// which infer found to fit.
Window conv_window(const Conv1D& layer, const Shape& x, const Shape& weight);
Window conv_window(const Conv2D& layer, const Shape& x, const Shape& weight);

}  // namespace gw
