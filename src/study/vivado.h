#pragma once

#include "study/build.h"
#include "support/progress.h"
#include "tools/vivado.h"

namespace gw {

/// The design through Vivado in `folder`: as it is, out of context, or for a bitstream behind streams of
/// bytes, which fit on a package's pins.
Result<VivadoResult> run_vivado(const Build& build, VivadoGoal goal, const FoundTool& vivado,
                                const fs::path& folder, const StageLimits& limits, Progress& progress);

}  // namespace gw
