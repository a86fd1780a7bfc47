#pragma once

#include "support/files.h"

namespace gw {

/// The hand-written Verilog blocks that every design uses, by file name; the text is that of
/// backends/library/.
const Files& verilog_library();

/// The headers that every HLS project brings along, by file name below its firmware folder; the text is that of
/// backends/hls_library/.
const Files& hls_library();

}  // namespace gw
