#pragma once

#include <string>
#include <vector>

#include "backends/hls/hls.h"

namespace gw::hls {

/// An input or output as the top function has it.
struct TopPort {
  std::string name;  ///< of the argument
  std::string beat;  ///< type of a beat (streams) or of an element (arrays)
  std::int64_t beats = 0;
  int elements = 1;  ///< of a beat
};

/// The C++ of a design.
struct Firmware {
  std::string top;
  std::vector<TopPort> inputs, outputs;
  Files files;  ///< below the project's folder
};

Firmware firmware(const Design& design, const Pipeline& stages, const HlsOptions& options);

/// The test bench of that firmware.
std::string test_bench(const Firmware& firmware, HlsIo io);

/// The firmware as functions of real numbers, for programs that load it as a library.
std::string bridge(const Firmware& firmware, const HlsOptions& options);

/// Scripts: how the project is built by a compiler, and by the dialect's tool.
Files scripts(const Firmware& firmware, const Design& design, const HlsOptions& options);

}  // namespace gw::hls
