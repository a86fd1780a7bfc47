#pragma once

#include <span>
#include <string>

#include "circuit/adder_search.h"
#include "formula/pipeline.h"
#include "schedule/choice.h"
#include "schedule/design.h"
#include "support/result.h"
#include "target/part.h"

namespace gw {

struct ScheduleOptions {
  double clock_ns = 5;
  /// Clocks from one frame to the next. 0: the fewest that every input and stage can keep at one pixel a
  /// clock.
  std::int64_t interval = 0;
  /// Plain ports take a frame a clock, whatever `interval` says.
  Ports ports = Ports::Stream;
  /// What a clock of latency is worth, as a share of the part: the design may take this much more of the part
  /// for each clock that its answer comes sooner. 0: the smallest design, however late its answer.
  double clock_share = 3e-5;
  /// What the design may take of each resource. With a budget and no interval, the fastest design up to one
  /// pixel a clock that keeps it.
  Cost budget = unlimited;
  /// How shared adders are looked for where a stage's products are built from them.
  AdderSearch adders = {.extra_depth = 1, .effort = 4, .most_work = 6e7};
};

/// Chooses, for a graph of stages, how often each stage's arithmetic is shared, places the registers and
/// computes the FIFOs. Every stage keeps up with the interval; within that each takes the form that costs the
/// smallest share of the part. Errors: an interval that a stage or an input cannot keep, naming it and the
/// shortest one that it can; a budget that no choice keeps.
Result<Design> schedule(const std::string& name, const Pipeline& pipeline, const Part& part,
                        const ScheduleOptions& options);

/// Clocks that a stage with these windows may spend on each position so that it keeps the interval; below 1
/// if it cannot.
std::int64_t affordable_clocks(std::span<const Window> windows, std::int64_t interval);

/// The price of the stage with every product in its own adders, one window a clock: what folding saves.
Cost unfolded_cost(const Stage& stage, const Part& part, double clock_ns);

}  // namespace gw
