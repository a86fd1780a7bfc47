#pragma once

#include "circuit/cost.h"
#include "schedule/design.h"
#include "target/part.h"

namespace gw {

/// The line memory, the registers and the counters of a window over a stream of `pixel_bits` bits a pixel.
Cost window_cost(const Window& window, int pixel_bits, const Part& part,
                 LineMemory memory = LineMemory::Distributed);

/// A FIFO of `depth` beats.
Cost fifo_cost(int depth, int bits, const Part& part);

/// A stage with its windows and FIFOs, whatever is around it.
Cost cost(const StageDesign& stage, const Part& part);

}  // namespace gw
