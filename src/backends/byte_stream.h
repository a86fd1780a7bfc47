#pragma once

#include "schedule/design.h"
#include "support/files.h"

namespace gw {

/// The design behind streams of bytes, for parts with few pins: a top module `<name>_bytes` whose ports are
/// those of the design, but with TDATA of 8 bits: the bytes of a beat one after the other, the lowest first.
/// TLAST stands on the last byte of a frame. 3 pins and 11 for each port.
Files verilog_byte_stream(const Design& design);

/// The design as that module shows it: every port's beats are single bytes. For the test bench; the frames of
/// the design's own ports are the same bytes.
Design byte_stream_ports(const Design& design);

}  // namespace gw
