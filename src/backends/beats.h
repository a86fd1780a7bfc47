#pragma once

#include <string>
#include <string_view>

#include "num/tensor.h"

namespace gw {

/// A tensor's frames as the raw bytes of AXI4-Stream beats: one pixel of `channels` elements a beat, channel
/// 0 in the lowest bits, each element in its type's width, the beat filled up with zeros to whole bytes.
std::string pack_beats(const Tensor& frames, int channels);

/// The inverse, for as many frames of that type as `count` says. A flat tensor is one beat. `bytes` must hold
/// them all.
Tensor unpack_beats(std::string_view bytes, const TensorType& type, int count);

}  // namespace gw
