#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "support/files.h"
#include "support/result.h"
#include "target/part.h"

namespace gw {

/// How many of one kind of cell a placed design takes of how many that there are.
struct CellUse {
  std::int64_t used = 0, available = 0;
};

/// A placed and routed design.
struct Placement {
  std::string asc;                     ///< the configuration as text, which icepack reads
  double fmax_mhz = 0;                 ///< of the design's clock, by nextpnr's timing
  std::map<std::string, CellUse> use;  ///< by nextpnr's names: ICESTORM_LC, ICESTORM_RAM, ICESTORM_DSP, SB_IO
};

/// Places a netlist on pins of nextpnr's choice. `mhz` is what it strives for; a slower result is no error
/// but told in `fmax_mhz`. The same seed gives the same bits. Errors: a design that does not fit, with
/// nextpnr's words.
Result<Placement> place_and_route(const std::string& top, const std::string& netlist_json, const Part& part,
                                  double mhz, int seed, const fs::path& cache_folder);

}  // namespace gw
