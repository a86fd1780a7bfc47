#pragma once

#include <string>

#include "schedule/design.h"

namespace gw {

/// The top module of a design with plain ports.
std::string verilog_plain_top(const Design& design);

/// The name of a port's vector: its own, or "x" for the only input and "y" for the only output.
std::string plain_name(const StreamPort& port, bool is_input);

}  // namespace gw
