#pragma once

#include <string>
#include <vector>

#include "formula/pipeline.h"
#include "num/tensor.h"
#include "schedule/design.h"

namespace gw::testing {

/// A design with frames for its inputs and the answers that it must give.
struct Candidate {
  std::string what;  ///< for messages
  Design design;     ///< modules of different candidates must have different names
  std::vector<Tensor> inputs, wanted;
  Pipeline pipeline = {};  ///< what the design was scheduled from
};

/// Simulates all designs in one program (a build of it costs more than most of their runs), without pauses,
/// with pauses of two kinds on both sides, and with inputs so slow that everything comes to rest between two
/// beats. Expects Verilator to find nothing to warn of, every answer bit for bit, the stream protocol kept,
/// and, without pauses, the scheduled latency exactly and the scheduled interval at most.
void expect_same_bits(const std::vector<Candidate>& candidates);

}  // namespace gw::testing
