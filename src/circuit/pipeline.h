#pragma once

#include "circuit/circuit.h"
#include "target/part.h"

namespace gw {

struct Pipelined {
  Circuit circuit;        ///< with Register cells; every output leaves a register; levels and latency are set
  double slowest_ns = 0;  ///< the longest path between registers by the model
};

/// Places registers so that no path between two of them is longer than the clock allows, as far as a cell
/// alone does not exceed it. Cells are taken as early as their arguments allow; where paths of different
/// length meet, the shorter one is delayed. The address of a table in pieces leaves a register. Never changes
/// a bit, only when it arrives.
Pipelined pipelined(const Circuit& circuit, const Delays& delays, double clock_ns);

/// The model's delay of one cell.
double delay_ns(const Circuit& circuit, const Cell& cell, const Delays& delays);

}  // namespace gw
