#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/files.h"
#include "support/progress.h"
#include "support/result.h"
#include "target/part.h"
#include "tools/design_report.h"
#include "tools/vendor_stage.h"
#include "tools/vendor_tool.h"

namespace gw {

/// What the compiler of an HLS project can be asked for, in the order in which it is done.
enum class HlsStage {
  Csim,        ///< runs the C++ as a program
  Synth,       ///< makes HDL and estimates it
  Cosim,       ///< simulates the HDL against the C++
  Validation,  ///< compares what both simulations wrote
  Export,      ///< packs the HDL as an IP core
  Vsynth,      ///< synthesises the HDL with Vivado, for counts
};

/// The name that build_prj.tcl knows it by: "csim" ...
std::string_view name_of(HlsStage stage);

/// The stages and all that they build on, in the order in which they are done.
std::vector<HlsStage> with_foundations(const std::vector<HlsStage>& stages);

/// Which of the compilers a project is written for.
enum class HlsCompiler { VivadoHls, VitisHls };

struct HlsBuildOptions {
  std::vector<HlsStage> stages = {HlsStage::Csim, HlsStage::Synth};
  HlsCompiler compiler = HlsCompiler::VitisHls;
  bool reset = false;       ///< nothing that is finished is kept
  StageLimits limits = {};  ///< of each stage
};

struct HlsBuildResult {
  std::vector<StageRun> runs;
  std::vector<std::pair<std::string, DesignReport>>
      reports;  ///< "csynth", "cosim", "vsynth": of the stages that were asked for
};

/// An error that names the families if no compiler of HLS C++ serves the part; `backend` as the user said it.
Status check_hls_part(const Part& part, std::string_view backend);

/// The programs that such stages need, found and of versions that are served; what is missing is told before
/// any work begins.
Status require_hls_tools(HlsCompiler compiler, const std::vector<HlsStage>& stages,
                         const Installations& installations);

/// What a project is made of and no tool wrote, by name: what a compiler may read.
Result<Files> hls_project_sources(const fs::path& folder);

/// Runs stages of the project in `folder` (which has hls4ml's layout: build_prj.tcl that takes "csim=1
/// synth=0 ...", project.tcl with its name, vivado_synth.tcl) with the compiler that is installed, each stage
/// in a run of its own, and reads what they report. Finished stages of unchanged sources are kept. Errors:
/// those of require_vendor_tool and of run_stages, and a folder that is no such project.
Result<HlsBuildResult> build_hls_project(const fs::path& folder, const HlsBuildOptions& options,
                                         const Installations& installations, Progress& progress);

/// The reports that lie in the folder of such a project, whoever made them; empty if there are none.
Result<std::vector<std::pair<std::string, DesignReport>>> hls_project_reports(const fs::path& folder);

}  // namespace gw
