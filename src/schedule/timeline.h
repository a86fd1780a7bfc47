#pragma once

#include <memory>
#include <span>
#include <vector>

#include "schedule/design.h"

namespace gw {

/// Follows pixels through designs, clock for clock as the generated hardware moves them. What it has seen of
/// a stage it keeps, so that a design that differs from an earlier one in few stages takes little time.
class Timeline {
 public:
  Timeline();
  ~Timeline();
  /// Sets each FIFO's depth and the design's latency by following every pixel of some frames. A depth is the
  /// larger one of two, and at least 1: the most that ever waits there when every input brings a frame per
  /// `design.interval` clocks without a pause, so that nothing is held up; and the most that waits when
  /// inputs come so slowly that all else has come to rest before the next one, so that nothing can lock up,
  /// whatever pauses (docs/hardware.md says why).
  void set_fifo_depths(Design& design);

  struct Known;  ///< of the implementation

 private:
  std::unique_ptr<Known> known_;
};

/// The clock at which each stage of a design with plain ports answers a frame that comes at clock 0.
std::vector<int> answer_clocks(const Design& design);

/// Clocks from the first pixel of a frame that finds the design empty to the last beat of its outputs.
std::int64_t latency_of(const Design& design);

/// Clocks that a frame takes in a stage with these windows if its pixels are always there and every position
/// takes one clock.
std::int64_t shortest_interval(std::span<const Window> windows);

}  // namespace gw
