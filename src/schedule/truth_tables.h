#pragma once

#include <cstdint>
#include <vector>

#include "formula/formula.h"
#include "target/part.h"

namespace gw {

/// A value of a formula as a function of some bits of a window, written out.
struct TruthTable {
  ExprId expr = 0;
  /// Loads, and Insides, whose bits side by side are the address, the first one lowest: of each as many as
  /// its range needs.
  std::vector<ExprId> loads;
  std::vector<std::int64_t> words;  ///< of each address, raw, in units of the expression
};

/// The values of a stage's formula that as a table of at most `most_bits` address bits take fewer look-up
/// tables of the part than in adders and gates; none lies inside another.
std::vector<TruthTable> truth_tables(const Stage& stage, int most_bits, const Part& part);

}  // namespace gw
