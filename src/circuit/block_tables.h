#pragma once

#include "circuit/circuit.h"
#include "target/part.h"

namespace gw {

/// Tables that counters do not address (of functions: exp, 1/x, sigmoid) in block memory, where that is a
/// smaller share of the part than their look-up tables are. Circuit before pipelining.
Circuit with_block_tables(const Circuit& circuit, const Part& part);

}  // namespace gw
