#pragma once

#include <span>
#include <string>
#include <vector>

#include "support/files.h"
#include "support/progress.h"
#include "support/result.h"
#include "target/part.h"
#include "tools/utilisation.h"

namespace gw {

/// One module to synthesise on its own: all the Verilog that it needs, and its name.
struct SynthesisJob {
  std::string top;
  Files files;  ///< .v and .sv are read in this order; other files ($readmemh data) only lie beside them
};

struct SynthesisOptions {
  fs::path cache_folder = {};  ///< results by content, and a `work` folder that is empty when all went well
  /// Variable products may become DSP blocks if the part has any; products with a constant never do.
  bool use_dsp = true;
  bool fast = false;  ///< stops before the last LUT clean-up: up to 25 % faster, LUT within 1 %
};

/// The Yosys script for a job, exactly as it is run (and as it enters the key of the cache).
std::string synthesis_script(const SynthesisJob& job, const Part& part, const SynthesisOptions& options);

/// Synthesises one module for `part`, or returns what an earlier run of the same bytes gave: the key is the
/// SHA-256 of Yosys' version, script, file names and contents. Errors: a part that this Yosys flow does not
/// serve, Yosys failing, and every warning of Yosys that is not known to be harmless (conflicting or missing
/// drivers, latches, resized ports, ...), since such a netlist may compute something else.
Result<Utilisation> synthesise(const SynthesisJob& job, const Part& part, const SynthesisOptions& options);

/// All jobs on `threads` threads (0: one per core), the largest first; the results in the order of the jobs.
/// The errors of all jobs are returned together. A stop between two jobs gives a `stopped` error; what is
/// done is kept in the cache.
Result<std::vector<Utilisation>> synthesise_all(std::span<const SynthesisJob> jobs, const Part& part,
                                                const SynthesisOptions& options, int threads,
                                                Progress& progress);

}  // namespace gw
