#pragma once

#include <limits>
#include <vector>

#include "circuit/cost.h"
#include "circuit/pipeline.h"
#include "schedule/design.h"
#include "schedule/stage_cost.h"
#include "support/result.h"

namespace gw {

/// One way to make a stage.
struct Choice {
  const char* style = "";
  Pipelined made;
  std::vector<InputStream> streams;
  Cost cost;         ///< of the circuit and its windows
  double share = 0;  ///< of the part
};

/// No limit in any resource.
inline constexpr Cost unlimited{
    std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(),
    std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};

/// True if the budget limits anything.
bool has_limit(const Cost& budget);

/// What a cost takes more than the budget grants.
Cost beyond(const Cost& cost, const Cost& budget, const Part& part);

/// Takes one choice for each stage of the design: the set that is the smallest share of the part, where each
/// clock of latency is worth `clock_share` of it. If that is more than `budget`, or more than the part holds,
/// the best set that fits is found by an integer program; `aside` is kept free for what stands around the
/// stages besides FIFOs of the least depth. Errors: none fits the budget, naming the resource that binds,
/// what it takes at least and the stage that takes most. What does not fit the part alone is no error; then
/// the set is taken that exceeds it least.
Status choose(Design& design, const std::vector<std::vector<Choice>>& choices, const Part& part,
              const Cost& budget, const Cost& aside, double clock_share);

}  // namespace gw
