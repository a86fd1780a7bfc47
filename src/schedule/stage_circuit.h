#pragma once

#include "circuit/circuit.h"
#include "formula/formula.h"

namespace gw {

/// All of a stage's arithmetic at once, one position a clock, not yet pipelined. Inputs are numbered as
/// StageDesign says.
Circuit unfolded_circuit(const Stage& stage);

}  // namespace gw
