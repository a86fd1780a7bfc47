#pragma once

#include "circuit/circuit.h"

namespace gw {

/// Choices between a sum and a constant in front of a register, such as a ReLU's, made by the register's
/// reset: one bit for the word instead of a table for each of its bits. All others of a constant are marked
/// to stay gates. Pipelined circuit, for parts whose registers are reset whether they are enabled or not.
Circuit with_reset_registers(const Circuit& circuit);

}  // namespace gw
