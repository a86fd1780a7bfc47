#pragma once

#include <string>

#include "graph/graph.h"

namespace gw {

/// A network as a table of text, a line per input and layer: name, kind, shape and type of its answer,
/// trained parameters, and multiplications by a weight for one sample; a line of totals at its end.
std::string summary(const Graph& graph);

}  // namespace gw
