#pragma once

#include "schedule/design.h"

namespace gw {

/// Follows every pixel of some frames, fed without a pause at one frame per `design.interval` clocks, through
/// the chain, clock for clock as the generated hardware moves them, and sets each FIFO's depth to the most
/// that ever waits in it (at least 2), and the design's latency. Frames are followed until the picture
/// repeats; a design whose stages keep the interval does.
void set_fifo_depths(Design& design);

}  // namespace gw
