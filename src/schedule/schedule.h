#pragma once

#include <map>
#include <span>
#include <string>

#include "circuit/adder_search.h"
#include "formula/pipeline.h"
#include "schedule/choice.h"
#include "schedule/design.h"
#include "support/result.h"
#include "target/part.h"

namespace gw {

/// How the matrix of a layer is to be laid out, where that is not left to the schedule alone.
struct MatrixLayout {
  enum class Kind {
    Free,    ///< any form of at most `clocks` clocks a position, or of as many as the data rate leaves
    Within,  ///< any form of at most `clocks` clocks; with 1: all products at once, as shared adders
    Shared,  ///< folded over at most `clocks` clocks, however that costs least
    Exact,   ///< folded over exactly `clocks` clocks: first over the terms of the sums, then over outputs
  };
  Kind kind = Kind::Free;
  int clocks = 1;  ///< hls4ml's reuse factor
};

struct ScheduleOptions {
  double clock_ns = 5;
  /// Clocks from one frame to the next. 0: the fewest that every input and stage can keep at one pixel a
  /// clock.
  std::int64_t interval = 0;
  /// Plain ports take a frame a clock, whatever `interval` says.
  Ports ports = Ports::Stream;
  /// What a clock of latency is worth, as a share of the part: the design may take this much more of the part
  /// for each clock that its answer comes sooner. 0: the smallest design, however late its answer.
  double clock_share = 1e-5;
  /// What the design may take of each resource. With a budget and no interval, the fastest design up to one
  /// pixel a clock that keeps it.
  Cost budget = unlimited;
  /// How shared adders are looked for where a stage's products are built from them.
  AdderSearch adders = {.extra_depth = 1, .effort = 10, .most_work = 5e7};
  /// By layer; one that is not there is free.
  std::map<std::string, MatrixLayout> layouts = {};
  /// Clocks from a frame's first pixel to its last answer, at most: the smallest design that keeps this. 0:
  /// latency has its price only.
  std::int64_t most_latency = 0;
};

/// Chooses, for a graph of stages, how often each stage's arithmetic is shared, places the registers and
/// computes the FIFOs. Every stage keeps up with the interval; within that each takes the form that costs the
/// smallest share of the part. A layout that takes more clocks than the data rate leaves makes the interval
/// longer. Errors: an interval that a stage or an input cannot keep, naming it and the shortest one that it
/// can; an interval that a layout does not keep; a budget or a latency that no choice keeps.
Result<Design> schedule(const std::string& name, const Pipeline& pipeline, const Part& part,
                        const ScheduleOptions& options);

/// Clocks that a stage with these windows may spend on each position so that it keeps the interval; below 1
/// if it cannot.
std::int64_t affordable_clocks(std::span<const Window> windows, std::int64_t interval);

/// The price of the stage with every product in its own adders, one window a clock: what folding saves.
Cost unfolded_cost(const Stage& stage, const Part& part, double clock_ns);

}  // namespace gw
