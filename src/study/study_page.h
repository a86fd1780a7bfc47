#pragma once

#include "data/dataset.h"
#include "study/build.h"
#include "study/study.h"

namespace gw {

/// Writes report.json and report.html: the figures of the published study with what was measured, and
/// examples of `data`. `model` is the network as it was trained, `build` what became of it.
Status write_study_page(const StudyReport& report, const Graph& model, const Build& build, const Split& data);

}  // namespace gw
