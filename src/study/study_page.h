#pragma once

#include "study/study_network.h"

namespace gw {

/// Writes report.json and report.html: a counterpart to each figure that was published, drawn from what was
/// measured, and examples of `data`.
Status write_study_page(const Study& study, const std::vector<StudiedNetwork>& networks, const Split& data);

}  // namespace gw
