#pragma once

#include <span>
#include <string>

#include "schedule/design.h"

namespace gw {

/// A C++ test bench for the design under Verilator, one file. It is run as
///   bench INPUTS OUTPUTS REPORT [--images N] [--stall-in P] [--stall-out P] [--seed S]
/// INPUTS holds frames of beats as raw bytes, port after port (backends/beats.h), OUTPUTS receives the
/// design's beats likewise. P is the probability that a port pauses at a clock. REPORT is a JSON object:
/// frames, clocks, latency_clocks (first input beat of the first frame to its last output beat),
/// interval_clocks (the longest time between last beats of consecutive frames), protocol_errors (output
/// changed or vanished while waiting, TLAST in the wrong place, frame_error set). Exit code 0 only if every
/// frame came out and no protocol rule was broken.
std::string verilator_bench(const Design& design);

/// The same for several designs side by side in a module `top`, whose pins are those of design k with "dK_"
/// before their names, clock and reset common. Files of design k are named INPUTS.K and so on.
std::string verilator_bench(const std::string& top, std::span<const Design> designs);

}  // namespace gw
