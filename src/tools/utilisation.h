#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "support/result.h"

namespace gw {

/// What a netlist occupies, counted out of context: no I/O buffers, no packing of two small LUTs into one
/// site, no optimisation across modules.
struct Utilisation {
  std::int64_t lut = 0;         ///< as vendors count: logic_lut + lut_memory + shift_lut
  std::int64_t logic_lut = 0;   ///< LUT used as logic; an inverter counts 0
  std::int64_t lut_memory = 0;  ///< LUT used as RAM
  std::int64_t shift_lut = 0;   ///< LUT used as shift register
  std::int64_t ff = 0;
  std::int64_t dsp = 0;
  std::int64_t bram18 = 0;  ///< half blocks
  std::int64_t bram36 = 0;  ///< whole blocks
  std::int64_t uram = 0;
  std::int64_t carry8 = 0;      ///< pairs of the CARRY4 that Yosys emits, rounded up
  std::int64_t carry_bits = 0;  ///< of chains that are counted by the bit (iCE40, ECP5)
  std::int64_t ebr4 = 0;        ///< block memories of 4 kilobits
  std::int64_t wide_mux = 0;
  std::map<std::string, std::int64_t> cells;  ///< every cell type of the netlist
  double seconds = 0;                         ///< wall time of Yosys when it ran; 0 if the result was cached
  bool cached = false;

  /// Block memory in 36-kilobit blocks.
  double bram() const {
    return static_cast<double>(bram36) + 0.5 * static_cast<double>(bram18) + static_cast<double>(ebr4) / 9;
  }
  /// Sums every count; `cached` stays true only if both are.
  Utilisation& operator+=(const Utilisation& other);
};

/// Sorts a netlist's cell types into resources. A type that is no resource is an `unmapped-cell` error, a
/// latch an error of its own.
Result<Utilisation> count_cells(const std::string& top, const std::map<std::string, std::int64_t>& cells);

}  // namespace gw
