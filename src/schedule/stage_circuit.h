#pragma once

#include "circuit/adder_search.h"
#include "circuit/circuit.h"
#include "formula/formula.h"

namespace gw {

/// All of a stage's arithmetic at once, one position a clock, not yet pipelined. Inputs are numbered as
/// StageDesign says. `search`: how hard to look for few adders.
Circuit unfolded_circuit(const Stage& stage, const AdderSearch& search);

}  // namespace gw
