#pragma once

#include "train/model.h"

namespace gw::train {

/// What the emulator makes of a quantised network: the score of its graph (to_graph) on the samples, image by
/// image what Model::score() gives where that is exact. Errors: of the graph, say of a layer whose weights
/// are all quantised to 0.
Result<Score> emulated_score(const Network& network, const Parameters& parameters, const Samples& samples,
                             int threads);

}  // namespace gw::train
