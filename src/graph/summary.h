#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace gw {

/// What a network's input or layer is and costs.
struct SummaryRow {
  std::string name, kind;
  TensorType type;      ///< of its answer
  std::string weights;  ///< the type of what it multiplies by: "ap_fixed<8,2>", "float"; empty if nothing
  std::int64_t parameters = 0;       ///< elements of its constants
  std::int64_t factors = 0;          ///< those among them that inputs are multiplied by: weights and scales
  std::int64_t zeros = 0;            ///< factors that are 0, so that hardware has no multiplication
  std::int64_t multiplications = 0;  ///< by a factor, 0 or not, for one sample
};

/// A row an input and layer, in the order of the graph.
std::vector<SummaryRow> summarise(const Graph& graph);

/// The rows as a table of text, with a line of totals at its end.
std::string summary(const Graph& graph);
/// The rows as JSON: {"layers": [{"name": .., "kind": .., "shape": [..], "type": .., "parameters": ..,
/// "factors": .., "zeros": .., "multiplications": ..}, ..], "total": {..}}.
std::string summary_json(const Graph& graph);

}  // namespace gw
