#pragma once

#include "circuit/circuit.h"
#include "target/part.h"

namespace gw {

/// What hardware is expected to need, before any synthesis.
struct Cost {
  double lut = 0;  ///< look-up tables, those that are shift registers or memory included
  double ff = 0;
  double dsp = 0;
  double bram36 = 0;
  double srl = 0;       ///< of the look-up tables: shift registers
  double carry = 0;     ///< bits of carry chains
  double loose_ff = 0;  ///< of the flip-flops: those that no look-up table of their own feeds
  Cost& operator+=(const Cost& other);
  bool operator==(const Cost&) const = default;
};

Cost operator+(Cost a, const Cost& b);
Cost operator*(double times, Cost cost);

/// The cells of a circuit, registers included, and the logic that moves its tokens on. Random logic is
/// covered with look-up tables of the part's size, carry chains are counted by the bit, chains of registers
/// become shift registers where the part has them, products of two variables a multiplier block if the part
/// has one that is wide enough.
Cost cost(const Circuit& circuit, const Part& part);

/// What holds the rows of a stream that wait for the window's lower ones.
enum class LineMemory { Registers, Distributed, Block };

/// The share of each resource of a part that is used.
struct Shares {
  double lut = 1, ff = 1, dsp = 1, bram = 1;
};

/// A cost as shares of the part's resources. What the part does not have at all counts as a share of 1 a
/// piece.
Shares shares(const Cost& cost, const Part& part);

/// A cost as one number: the sum of its shares.
double share(const Cost& cost, const Part& part);

/// Memory blocks, in units of 36 kilobits, for `words` words of `width` bits, in the best of the block's
/// shapes.
double block_memory(std::int64_t words, int width, const Part& part);

}  // namespace gw
