#pragma once

#include "support/files.h"

namespace gw {

/// The hand-written Verilog blocks that every design uses, by file name; the text is that of
/// backends/library/.
const Files& verilog_library();

}  // namespace gw
