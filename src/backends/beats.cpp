// Tensors to and from the bytes that a test bench moves.

#include "backends/beats.h"

#include <algorithm>

#include "support/check.h"

namespace gw {

namespace {

int beat_bytes(int channels, int width) { return (channels * width + 7) / 8; }

}  // namespace

std::string pack_beats(const Tensor& frames, int channels) {
  const int width = std::max(1, frames.type().width);
  const std::int64_t elements = frames.batch() * frames.size();
  const auto size = static_cast<size_t>(beat_bytes(channels, width));
  std::string bytes(static_cast<size_t>(elements / channels) * size, '\0');
  for (std::int64_t e = 0; e < elements; ++e) {
    const auto raw = static_cast<std::uint64_t>(frames.at(e));
    const size_t base = static_cast<size_t>(e / channels) * size;
    for (int b = 0; b < width; ++b) {
      const size_t bit =
          static_cast<size_t>(e % channels) * static_cast<size_t>(width) + static_cast<size_t>(b);
      if ((raw >> b) & 1) bytes[base + bit / 8] = static_cast<char>(bytes[base + bit / 8] | (1 << (bit % 8)));
    }
  }
  return bytes;
}

Tensor unpack_beats(std::string_view bytes, const TensorType& type, int channels, int count) {
  Tensor frames(type.shape, *type.fixed, count);
  const int width = std::max(1, type.fixed->width);
  const auto size = static_cast<size_t>(beat_bytes(channels, width));
  GW_CHECK(bytes.size() >= static_cast<size_t>(count * frames.size() / channels) * size);
  for (std::int64_t e = 0; e < count * frames.size(); ++e) {
    const size_t base = static_cast<size_t>(e / channels) * size;
    std::uint64_t raw = 0;
    for (int b = 0; b < width; ++b) {
      const size_t bit =
          static_cast<size_t>(e % channels) * static_cast<size_t>(width) + static_cast<size_t>(b);
      if ((static_cast<unsigned char>(bytes[base + bit / 8]) >> (bit % 8)) & 1) raw |= std::uint64_t{1} << b;
    }
    // The sign bit goes on upwards.
    if (type.fixed->is_signed && width < 64 && (raw >> (width - 1)) != 0) raw |= ~std::uint64_t{0} << width;
    if (type.fixed->width > 0) frames.set(e, static_cast<std::int64_t>(raw));
  }
  return frames;
}

std::string pack_ports(std::span<const Tensor> frames, std::span<const StreamPort> ports) {
  std::vector<std::string> packed;
  for (size_t p = 0; p < ports.size(); ++p) packed.push_back(pack_beats(frames[p], ports[p].channels));
  std::string bytes;
  const auto count = static_cast<size_t>(frames.front().batch());
  for (size_t frame = 0; frame < count; ++frame) {
    for (const std::string& port : packed)
      bytes.append(port, frame * (port.size() / count), port.size() / count);
  }
  return bytes;
}

std::vector<Tensor> unpack_ports(std::string_view bytes, std::span<const StreamPort> ports, int count) {
  std::vector<std::string> packed(ports.size());
  for (int frame = 0; frame < count; ++frame) {
    for (size_t p = 0; p < ports.size(); ++p) {
      const auto size = static_cast<size_t>(ports[p].beats() * ports[p].bytes());
      GW_CHECK(bytes.size() >= size);
      packed[p] += bytes.substr(0, size);
      bytes.remove_prefix(size);
    }
  }
  std::vector<Tensor> frames;
  for (size_t p = 0; p < ports.size(); ++p)
    frames.push_back(unpack_beats(packed[p], ports[p].type, ports[p].channels, count));
  return frames;
}

}  // namespace gw
