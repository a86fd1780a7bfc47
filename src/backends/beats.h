#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "num/tensor.h"
#include "schedule/design.h"

namespace gw {

/// A tensor's frames as the raw bytes of AXI4-Stream beats: one pixel of `channels` elements a beat, channel
/// 0 in the lowest bits, each element in its type's width, the beat filled up with zeros to whole bytes.
std::string pack_beats(const Tensor& frames, int channels);

/// The inverse, for as many frames of that type as `count` says. `bytes` must hold them all.
Tensor unpack_beats(std::string_view bytes, const TensorType& type, int channels, int count);

/// The frames of several ports as a bench reads and writes them: all beats of a frame, port after port, then
/// the next frame. The tensors hold equally many frames.
std::string pack_ports(std::span<const Tensor> frames, std::span<const StreamPort> ports);
std::vector<Tensor> unpack_ports(std::string_view bytes, std::span<const StreamPort> ports, int count);

}  // namespace gw
