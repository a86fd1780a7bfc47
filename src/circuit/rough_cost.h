#pragma once

#include "circuit/cost.h"

namespace gw {

/// The circuit's price by the cell, without looking at what is merged with what: within a factor of two of
/// what cost() counts. Circuit as pipelined() leaves it.
Cost rough_cost(const Circuit& circuit, const Part& part);

}  // namespace gw
