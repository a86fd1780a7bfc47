#pragma once

#include "circuit/fabric.h"
#include "schedule/design.h"

namespace gw {

/// The hand-written blocks of backends/library in a fabric: what each of their registers and gates becomes.

/// gw_fifo. Made in two steps, since what takes its beats is made of what it gives.
class FabricFifo {
 public:
  /// `into_register`: what reads its data is a register and nothing else.
  FabricFifo(Fabric& fabric, int depth, Bit offered, const Bits& data, bool into_register, Bit reset);

  Bit takes() const { return !full_; }
  Bit valid() const { return !empty_; }
  const Bits& data() const { return data_; }
  void move(Bit taken);

 private:
  Fabric& fabric_;
  int depth_;
  Bit offered_, reset_, full_, empty_;
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

}  // namespace gw
