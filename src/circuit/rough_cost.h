#pragma once

#include "circuit/cost.h"

namespace gw {

/// The circuit's price by the cell: what cost() finds, to some ten percent, in a hundredth of its time.
/// Circuit as pipelined() leaves it.
Cost rough_cost(const Circuit& circuit, const Part& part);

}  // namespace gw
