#pragma once

#include <cstdint>
#include <filesystem>

#include "train/model.h"

namespace gw::train {

/// First numbers for a training of `network`: those of another one, by their names, with what it pruned.
/// `path` is a checkpoint or a model file of a network with the same layers, quantised or not. Learned steps
/// that it does not have begin as usual. A model file has its batch norms as scale and bias: their statistics
/// are measured on up to 4,096 of the samples, and gamma and beta follow so that the answers stay; weights
/// that are 0 count as pruned. Errors: an array that is missing, left over or of another shape.
Result<Parameters> parameters_from(const std::filesystem::path& path, const Network& network,
                                   const Samples& samples, std::uint64_t seed, int threads);

}  // namespace gw::train
