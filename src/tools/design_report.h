#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"
#include "tools/utilisation.h"

namespace gw {

/// A count of clocks as a tool tells it; no value where it says "?", "undef" or "NA".
struct ClockRange {
  std::optional<std::int64_t> least, most;
};

/// What static timing analysis says: slacks in ns, negative where a requirement is missed.
struct SlackReport {
  double setup_ns = 0, setup_total_ns = 0;  ///< worst (WNS) and summed over all failing ends (TNS)
  std::optional<double> hold_ns, hold_total_ns, pulse_ns, pulse_total_ns;  ///< WHS, THS, WPWS, TPWS
  std::int64_t failing_ends = 0;                                           ///< of setup
};

/// Watts, as estimated by the tool.
struct PowerReport {
  double total = 0, dynamic = 0, fixed = 0;  ///< `fixed`: the device's own ("Device Static")
};

/// One simulation of generated HDL against the C++ that it was made of.
struct CosimReport {
  std::string language;  ///< "Verilog" or "VHDL"
  bool passed = false;
  ClockRange latency, interval;
};

/// What reports of a vendor's tools tell of one design. A file tells some of it; what it does not tell is
/// empty.
struct DesignReport {
  std::string tool;                             ///< "Vivado HLS 2018.2"
  std::string top, part;                        ///< as written there
  std::optional<double> target_ns;              ///< the clock that was asked for
  std::optional<double> reached_ns;             ///< the shortest one that the tool expects to hold
  std::optional<Utilisation> used;              ///< as counted or estimated
  std::optional<Utilisation> available;         ///< in the part
  std::optional<ClockRange> latency, interval;  ///< in clocks, by the scheduler of the HLS tool
  std::optional<SlackReport> slack;
  std::optional<PowerReport> power;
  std::vector<CosimReport> cosim;  ///< of the languages that were simulated

  /// The highest clock in MHz, where it is known.
  std::optional<double> fmax_mhz() const;
};

/// Reads one report of Vivado HLS or Vitis HLS (csynth as .rpt, .xml or the table of all modules, cosim) or
/// of Vivado (utilisation, whole or by hierarchy, timing summary, power); which one is seen by what it holds.
/// Errors: a text in which none of these is found, and cells that are no numbers where a number belongs.
Result<DesignReport> read_design_report(std::string_view text, const std::string& file);

/// `later` added to what is known: each part that it tells replaces the one before.
void merge(DesignReport& report, DesignReport later);

}  // namespace gw
