#pragma once

#include <vector>

#include "circuit/cost.h"
#include "schedule/design.h"
#include "target/part.h"

namespace gw {

/// What a design needs, by its parts.
struct DesignCost {
  Cost around;               ///< counters of the ports, FIFOs before outputs, registers between stages
  std::vector<Cost> stages;  ///< with their windows and FIFOs
  Cost total() const;
};

/// A whole design as one netlist, counted: bits that are constant, equal or unread from one stage to the next
/// are known, as they are to synthesis. What several stages have in common is the first one's.
DesignCost cost(const Design& design, const Part& part);

}  // namespace gw
