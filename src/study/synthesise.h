#pragma once

#include <vector>

#include "study/build.h"
#include "support/files.h"
#include "support/progress.h"
#include "tools/utilisation.h"

namespace gw {

/// What Yosys counts for each part of a design, synthesised out of context.
struct SynthesisedDesign {
  std::vector<Utilisation> stages;  ///< without their FIFOs
  Utilisation fifos;                ///< all of them
  Utilisation total;
};

/// Stage by stage in parallel; an unchanged stage is taken from the cache.
Result<SynthesisedDesign> synthesise(const Build& build, const fs::path& cache_folder, int threads,
                                     Progress& progress);

}  // namespace gw
