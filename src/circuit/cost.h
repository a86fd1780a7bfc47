#pragma once

#include "circuit/circuit.h"
#include "formula/formula.h"
#include "target/part.h"

namespace gw {

/// What hardware is expected to need, before any synthesis.
struct Cost {
  double lut = 0;
  double ff = 0;
  double dsp = 0;
  double bram36 = 0;
  Cost& operator+=(const Cost& other);
};

Cost operator+(Cost a, const Cost& b);

/// The cells of a circuit, registers included. Adders and comparisons cost a LUT a bit (W - 1 - s for a sum
/// of W bits with an operand shifted by s: exact for carry chains, Gatewright's measurement with Yosys),
/// multiplexers and ROMs what a tree of LUTs costs, products of two variables a multiplier block if the part
/// has one that is wide enough.
Cost cost(const Circuit& circuit, const Part& part);

/// What holds the rows of a stream that wait for the window's lower ones.
enum class LineMemory { Registers, Distributed, Block };

/// The line memory, the registers and the counters of a window over a stream of `pixel_bits` bits a pixel.
Cost window_cost(const Window& window, int pixel_bits, const Part& part,
                 LineMemory memory = LineMemory::Distributed);

/// Beats of `bits` bits cut into pixels: registers that shift.
Cost split_cost(int bits);

/// A FIFO of `depth` pixels.
Cost fifo_cost(int depth, int pixel_bits, const Part& part);

/// A cost as one number: the sum of the shares that it takes of the part's resources. What the part does not
/// have at all counts as a share of 1 a piece.
double share(const Cost& cost, const Part& part);

}  // namespace gw
