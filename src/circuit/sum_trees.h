#pragma once

#include "circuit/adder_graph.h"
#include "circuit/shared_sums.h"

namespace gw {

/// Every sum as a tree of adders: at each step the two operands whose adder has the fewest bits, as far as
/// the depth that is left allows. depth_limit: adders on a path to an output; negative: any number.
AdderGraph adder_graph(const SharedSums& sums, const ConstantMatrix& matrix, int depth_limit);

}  // namespace gw
