#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "circuit/circuit.h"
#include "circuit/cost.h"
#include "formula/formula.h"

namespace gw {

/// A stream as a stage reads it: a FIFO of its own, then its pixels one by one under a window.
struct InputStream {
  int source = 0;  ///< -1 - k: input k of the design; else a stage before this one
  Window window;   ///< over the pixels
  FixedType type;  ///< of an element
  int beat_pixels =
      1;  ///< pixels that the source gives in one beat, first one lowest; they are cut apart here
  int fifo_depth = 2;                           ///< beats
  LineMemory memory = LineMemory::Distributed;  ///< of the rows that wait for the window's lower ones

  int pixel_bits() const { return window.channels * std::max(1, type.width); }
  int beat_bits() const { return beat_pixels * pixel_bits(); }
  std::int64_t pixels() const { return std::int64_t{window.height} * window.width; }  ///< of a frame
  std::int64_t beats() const { return pixels() / beat_pixels; }                       ///< of a frame
};

/// One stage of a design with everything that was decided for it.
///
/// Its circuit reads the elements of all windows side by side: input i is element i of the first window,
/// those of the second one follow, and so on; behind them one bit per pixel of each window, 1 if it lies
/// inside the input.
struct StageDesign {
  std::string name;    ///< as in messages and reports: "conv1+relu1"
  std::string module;  ///< name of its generated module
  std::string style;   ///< how it computes: "adders", "tables", "serial", "folded", "streamed"
  std::vector<InputStream> streams;
  TensorType output;             ///< of one frame
  Circuit circuit;               ///< pipelined
  std::int64_t positions = 0;    ///< windows that it computes for one frame, each one beat of its answer
  std::int64_t busy_clocks = 0;  ///< clocks that a frame takes if its pixels are always there
  double slowest_ns = 0;         ///< its longest path by the delay model
  Cost cost;                     ///< with its windows and FIFOs, by the cost model

  int output_channels() const { return static_cast<int>(circuit.outputs().size()); }  ///< of a beat
  int output_bits() const { return output_channels() * std::max(1, output.fixed->width); }
  int elements() const;      ///< of all windows
  int inside_bits() const;   ///< pixels of all windows
  int deepest_fifo() const;  ///< beats
};

/// How a design speaks to what is around it.
enum class Ports {
  Stream,  ///< AXI4-Stream: pauses on both sides
  Plain,   ///< a whole frame on wires at a clock, its answer a fixed number of clocks later; no pauses
};

/// An input or output of a design: one AXI4-Stream, or plain wires.
struct StreamPort {
  std::string name;  ///< of its signals: "x" in s_axis_x_tdata; empty: s_axis_tdata
  TensorType type;   ///< of one frame
  int channels = 1;  ///< elements of one beat
  int source = 0;    ///< outputs: the stage that it shows
  bool buffered =
      false;  ///< outputs: a FIFO of two beats stands before it, since others read that stage, too

  std::int64_t beats() const { return element_count(type.shape) / channels; }  ///< of a frame
  int bits() const { return channels * std::max(1, type.fixed->width); }       ///< of a beat
  int bytes() const { return (bits() + 7) / 8; }                               ///< of a beat, filled up
};

/// A whole network as hardware: a graph of stages with a FIFO in front of each of their streams. What is read
/// by several goes on when all of them can take it.
struct Design {
  std::string name;  ///< of the top module
  Ports ports = Ports::Stream;
  std::vector<StreamPort> inputs, outputs;
  std::vector<StageDesign> stages;  ///< sources come first
  double clock_ns = 5;
  std::int64_t interval = 0;  ///< clocks from one frame to the next, as scheduled
  std::int64_t latency =
      0;      ///< clocks from a frame's first pixel to the last beat of its outputs, as scheduled
  Cost cost;  ///< of all, by the cost model
};

inline int StageDesign::elements() const {
  int count = 0;
  for (const InputStream& stream : streams) count += stream.window.elements();
  return count;
}

inline int StageDesign::inside_bits() const {
  int count = 0;
  for (const InputStream& stream : streams) count += stream.window.kernel_h * stream.window.kernel_w;
  return count;
}

inline int StageDesign::deepest_fifo() const {
  int deepest = 0;
  for (const InputStream& stream : streams) deepest = std::max(deepest, stream.fifo_depth);
  return deepest;
}

}  // namespace gw
