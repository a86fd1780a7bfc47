#pragma once

#include <cstdint>
#include <functional>

#include "circuit/adder_graph.h"

namespace gw {

struct AdderSearch {
  /// Adders on a path to an output beyond the least number that it takes; negative: any number.
  int extra_depth = -1;
  /// How long to improve on the first answer, in units that grow with the square of the matrix's digits (1:
  /// some 0.02 s for 16 x 16 weights of 8 bits, 5 s for 64 x 64). The same effort gives the same answer on
  /// every machine. 0: the first answer.
  double effort = 1;
  /// The end of any effort, in pair counts changed (some 20 million a second).
  double most_work = 3e9;
  /// Instead of an effort: improve for so many seconds of this machine. 0: by effort.
  double seconds = 0;
  std::uint64_t seed = 1;
  /// Told now and then how much of the search is done (0 to 1) and how many adders the answer has by now; it
  /// says whether to go on. A search that is broken off gives what it has.
  std::function<bool(double, long)> progress = {};
};

/// Shared shift-adds for a constant matrix: greedy sharing of digit pairs weighed by their bits, then
/// simulated annealing over small changes (SharedSums), then for each sum the tree whose adders are cheapest
/// within the depth limit. Right by construction; `computes` proves it.
AdderGraph search_adders(const ConstantMatrix& matrix, const AdderSearch& search = {});

}  // namespace gw
