#pragma once

#include <string>

#include "schedule/design.h"

namespace gw::text {

/// A stage's circuit as Verilog. It reads window0, window1, .. and inside0, .., and moves on `advance`.
struct PrintedCircuit {
  std::string cells;         ///< declarations, and the clocked statements behind them
  std::string outputs;       ///< all bits of all outputs, the last output first: what a concatenation holds
  std::string unused;        ///< bits that nothing reads, as operands of a reduction, each behind ", "
  unsigned phases_used = 0;  ///< bit n: counter -n of the fold is read

  bool uses(Phase which) const;
};

PrintedCircuit print_circuit(const StageDesign& stage);

}  // namespace gw::text
