#pragma once

#include <span>
#include <vector>

#include "circuit/adder_graph.h"
#include "circuit/circuit.h"

namespace gw {

/// The adders of a graph as cells: the wire of output o holds the low `bits[o]` bits of y[o], or all of them
/// if y[o] has fewer. `inputs`: the wires of x. Bits that no output looks at are not computed.
std::vector<WireId> adder_cells(Circuit& circuit, const AdderGraph& graph, std::span<const WireId> inputs,
                                std::span<const int> bits);

}  // namespace gw
