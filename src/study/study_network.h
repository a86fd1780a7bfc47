#pragma once

#include <vector>

#include "report/figure.h"
#include "study/study.h"

namespace gw {

/// A network of a study, and what its page shows of it.
struct StudiedNetwork {
  NetworkStudy report;
  std::vector<Figure> figures;  ///< stages, network, weights before and after; named "NAME-weights_before"
  Graph model;                  ///< as it was trained
  Diagnostics differences;      ///< between circuit and emulation
};

/// One network, from training to synthesis, in a folder of its name below that of the study, with every seed
/// that is asked for.
Result<StudiedNetwork> study_network(const StudyNetwork& network, const Split& data, const Part& part,
                                     const StudyOptions& options, Progress& progress);

}  // namespace gw
