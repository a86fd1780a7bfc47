#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gw {

/// What one synthesis tool wants to be told differently from another.
struct HlsDialect {
  std::string_view name;      ///< as on the command line: "vivado"
  std::string_view title;     ///< "Vivado HLS 2018.2 to 2020.1"
  std::string_view start;     ///< the command that runs a script
  std::string_view solution;  ///< arguments of open_solution
  std::string_view settings;  ///< lines of the script that only this tool knows
  double clock_uncertainty;   ///< what is usual with it, as a share of the period
  // Pragmas, each with {} for its arguments.
  std::string_view storage;  ///< variable, kind of memory: one that is read and written at a clock
  std::string_view block_memory, lut_memory;  ///< the kinds
  std::string_view block_rom;                 ///< variable: an array that is only read, in block memory
  std::string_view packed;                    ///< variable: a structure as one word
  std::string_view allocation;                ///< number: multipliers at most
};

std::span<const HlsDialect> all_hls_dialects();
/// Nothing if there is none of that name.
const HlsDialect* find_hls_dialect(std::string_view name);

}  // namespace gw
