#pragma once

#include <string>

#include "study/build.h"
#include "support/files.h"
#include "support/progress.h"
#include "tools/nextpnr.h"

namespace gw {

/// A design as the bits that its part is loaded with.
struct Bitstream {
  std::string bits;  ///< the contents of the .bin file
  Files netlist;     ///< what was placed, with the models of its cells, for simulation
  std::map<std::string, std::int64_t> cells;  ///< of the netlist
  Placement placement;                        ///< use of the part, and nextpnr's clock
  double icetime_mhz = 0;                     ///< icetime's clock

  /// Frames a second at nextpnr's clock, one every `interval` clocks.
  double frames_a_second(std::int64_t interval) const {
    return placement.fmax_mhz * 1e6 / static_cast<double>(interval);
  }
};

/// An error that says why if bitstreams cannot be made for the part: only iCE40 is served by the open tools
/// that Gatewright calls.
Status check_bitstream(const Part& part);

/// Synthesises the design behind streams of bytes whole, places it, packs it. Everything is kept by content.
Result<Bitstream> make_bitstream(const Build& build, const fs::path& cache_folder, Progress& progress);

}  // namespace gw
