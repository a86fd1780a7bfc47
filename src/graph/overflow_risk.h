#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace gw {

/// A type that some input may overflow: of one tensor of a layer, as far as intervals tell.
struct OverflowRisk {
  std::string layer;
  std::string tensor;  ///< as in configurations: "result", "accum"; else the attribute: "exp_type"
  Quantizer type;
  std::int64_t values = 0;  ///< how many channels (or elements, or casts inside) can lie outside the type
};

/// Where a typed graph can hold values that do not fit the type they are cast to: for each layer its results,
/// its accumulators and what else it casts, in order of the nodes. Ranges are those of the graph's types, so
/// that a layer that is not named cannot overflow, whatever the input; one that is named may, unless its
/// inputs never take such values together. Real inputs can always be too large and constants are known
/// (Constant::overflows): neither is listed.
std::vector<OverflowRisk> overflow_risks(const Graph& graph);

}  // namespace gw
