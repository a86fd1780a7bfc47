#pragma once

#include "circuit/fabric.h"
#include "schedule/design.h"

namespace gw {

/// The hand-written blocks of backends/verilog/library in a fabric: what each of their registers and gates
/// becomes.

/// gw_fifo. Made in three steps, since what offers its beats is made of whether it takes them, and what takes
/// them of what it gives.
class FabricFifo {
 public:
  FabricFifo(Fabric& fabric, int depth, Bit reset);

  Bit takes() const { return !full_; }
  /// `into_register`: what reads its data is a register and nothing else.
  void offer(Bit offered, const Bits& data, bool into_register);
  /// Behind offer(): what stands at its end.
  Bit valid() const { return !empty_; }
  const Bits& data() const { return data_; }
  void move(Bit taken);

 private:
  Fabric& fabric_;
  int depth_;
  Bit reset_, full_, empty_, offered_;
  Bits head_, tail_, copy_, data_;
};

/// Whether a window's registers are all that reads its stream.
bool goes_into_register(const InputStream& stream);

/// gw_window with gw_split in front of it where the source gives several pixels a beat. Made in two steps,
/// since what moves the window is made of what it shows.
class FabricWindow {
 public:
  FabricWindow(Fabric& fabric, const InputStream& stream, Bit reset);

  Bit valid() const { return valid_; }
  /// `offered`: a beat waits; `used`: a position is done with the window. Returns whether the beat is taken.
  Bit move(Bit offered, const Bits& beat, Bit used);
  /// Behind move(): pixel (i, j) at (i * kernel_w + j) * pixel bits and up, and whether each lies inside.
  const Bits& data() const { return data_; }
  const Bits& inside() const { return inside_; }

 private:
  Bit step_window(Bit offered, const Bits& pixel, Bit used);
  Bits line(const Bits& pixel, Bit write, const Bits& write_place, const Bits& place, const Bits& next_place,
            bool into_register);
  void shift(Bit step, Bit hit, const std::vector<Bits>& above, Bit first_pass, const Bits& window_row,
             const Bits& window_column);
  Bit lies_inside(int windows, int from, int to, const Bits& place, Bit advance);

  Fabric& fabric_;
  const InputStream& stream_;
  Bit reset_, valid_;
  Bits data_, inside_;
};

/// A stage with a FIFO in front of each of its streams. Made in steps: the FIFOs first, since what offers
/// beats has to know whether they are taken.
class FabricStage {
 public:
  FabricStage(Fabric& fabric, const StageDesign& stage, Bit reset);

  /// Whether that stream takes a beat.
  Bit takes(size_t stream) const { return fifos_[stream].takes(); }
  void offer(size_t stream, Bit offered, const Bits& beat);
  /// Behind all offers. `ready`: its answer is taken.
  void build(Bit ready);
  /// Behind build(): an answer stands there, and its bits.
  Bit valid() const { return valid_; }
  const Bits& answer() const { return answer_; }

 private:
  Fabric& fabric_;
  const StageDesign& stage_;
  Bit reset_, valid_;
  std::vector<FabricFifo> fifos_;
  Bits answer_;
};

/// Bits cut into elements of `width` bits each, behind those that are there, and elements as bits again.
void append_elements(std::vector<Bits>& elements, const Bits& bits, int width);
Bits joined(const std::vector<Bits>& elements);

}  // namespace gw
