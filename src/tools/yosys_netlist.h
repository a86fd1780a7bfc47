#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "target/part.h"
#include "tools/yosys.h"

namespace gw {

/// A design mapped to the primitives of its part, whole.
struct Netlist {
  std::string json;                           ///< as nextpnr reads it
  std::string verilog;                        ///< the same for simulation, on the cells of `models`
  std::string models;                         ///< Verilog of those cells, from Yosys' own library
  std::map<std::string, std::int64_t> cells;  ///< how many of each type
};

/// Synthesises all modules of the job together for an iCE40 part (`synth_ice40 -abc9`; multiplier blocks
/// where the part has them and `use_dsp` is set). Only LUT, flip-flops, carries, memories and multipliers are
/// left. A warning of Yosys is an error: two versions of it turn some multiply-accumulate circuits into
/// others and say so only in a warning, so that a netlist has to be simulated besides.
Result<Netlist> ice40_netlist(const SynthesisJob& job, const Part& part, const SynthesisOptions& options);

}  // namespace gw
