#pragma once

#include <optional>

#include "formats/onnx/reader.h"

namespace gw {

/// Averages of windows of x, which the node describes; exact sums of numbers that stand for something else.
/// Nothing if an error was told.
std::optional<OnnxStream> average_pool(OnnxCall& call, const OnnxStream& x);
/// Likewise over all of space, whose axes stay with an extent of 1.
OnnxStream global_average_pool(OnnxCall& call, const OnnxStream& x);

/// The mean or the maximum of input 0 over all of space, whose axes stay if they are kept.
void give_global_average(OnnxCall& call, bool keeps_axes);
void give_global_max(OnnxCall& call, bool keeps_axes);

}  // namespace gw
