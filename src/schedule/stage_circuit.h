#pragma once

#include <span>
#include <vector>

#include "circuit/adder_search.h"
#include "circuit/circuit.h"
#include "circuit/pipeline.h"
#include "formula/formula.h"
#include "schedule/truth_tables.h"
#include "target/part.h"

namespace gw {

/// Where the inputs of a stage's circuit stand, as StageDesign numbers them: from where on the elements of
/// each window, and what tells of each of its pixels whether it lies inside the input.
struct InputPlaces {
  std::vector<int> elements, insides;
  int count = 0;  ///< of all
};
InputPlaces input_places(const Stage& stage);

/// All of a stage's arithmetic at once, one position a clock, not yet pipelined. Inputs are numbered as
/// StageDesign says. `search`: how hard to look for few adders. `tables`: what is looked up instead of being
/// computed.
Circuit unfolded_circuit(const Stage& stage, const AdderSearch& search,
                         std::span<const TruthTable> tables = {});

/// A stage's circuit as the part is to have it: large tables in blocks where those are the smaller share, and
/// registers placed for the clock.
Pipelined pipelined_on(const Part& part, const Circuit& circuit, double clock_ns);

}  // namespace gw
