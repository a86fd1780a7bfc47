#pragma once

#include <string>
#include <vector>

#include "circuit/circuit.h"
#include "formula/formula.h"

namespace gw {

/// One stage of a design with everything that was decided for it.
struct StageDesign {
  std::string name;    ///< as in messages and reports: "conv1+relu1"
  std::string module;  ///< name of its generated module
  std::string style;   ///< how it computes: "adders", "folded", "plain"
  Window window;       ///< over its input stream
  FixedType input;     ///< element type of its input stream
  TensorType output;   ///< shape (height, width, channels) or flat, and the element type of its output stream
  Circuit circuit;     ///< pipelined
  int fifo_depth = 2;  ///< pixels in the FIFO in front of it
  std::int64_t windows = 0;      ///< positions it computes for one frame
  std::int64_t busy_clocks = 0;  ///< clocks in which it takes a pixel or works on a window, for one frame
  double slowest_ns = 0;         ///< its longest path by the delay model

  int input_bits() const {
    return window.channels * std::max(1, input.width);
  }  ///< of one pixel on its input
  int output_channels() const { return static_cast<int>(circuit.outputs().size()); }
  int output_bits() const { return output_channels() * std::max(1, output.fixed->width); }
  std::int64_t input_pixels() const { return std::int64_t{window.height} * window.width; }
};

/// A whole network as hardware: a chain of stages with FIFOs between.
struct Design {
  std::string name;          ///< of the top module
  TensorType input, output;  ///< of one frame
  std::vector<StageDesign> stages;
  double clock_ns = 5;
  std::int64_t interval = 0;  ///< clocks from one frame to the next, as scheduled
  std::int64_t latency = 0;   ///< clocks from a frame's first pixel to its last output, as scheduled
};

}  // namespace gw
