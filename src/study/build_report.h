#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/vendor_report.h"
#include "study/build.h"
#include "study/simulate.h"
#include "study/stopwatch.h"
#include "study/synthesise.h"
#include "support/files.h"
#include "tools/hls_csim.h"

namespace gw {

/// What a build has done, for its report.
struct BuildReport {
  std::string name, model, config;  ///< of the top module; files, the configuration's may be empty
  std::string part;
  std::string version, rebuild;         ///< of Gatewright; the command line that made it
  std::string backend = "verilog", io;  ///< as on the command line; `io` of HLS C++ only
  std::uint64_t seed = 1;
  std::string data;                ///< what was simulated; empty: nothing
  std::optional<double> accuracy;  ///< of the simulated answers
  std::optional<Simulation> simulation;
  std::optional<SynthesisedDesign> synthesised;
  std::optional<ProjectCsim> csim;                      ///< of HLS C++, by a plain compiler
  NamedReports vendor;                                  ///< what vendors' tools reported
  Files files;                                          ///< what was written
  std::vector<std::pair<std::string, double>> seconds;  ///< per step, in order
  Stopwatch watch;

  /// The step that ends now took all the time since the one before.
  void lap(const std::string& step) { seconds.emplace_back(step, watch.lap()); }
};

/// For programs (docs/report.md lists the keys).
std::string print_json(const BuildReport& report, const Build& build);

/// Writes report.json and report.html into `folder`.
Status write_report(const BuildReport& report, const Build& build, const Config& config,
                    const fs::path& folder, const fs::path& cache_folder);

}  // namespace gw
