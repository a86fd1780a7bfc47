#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "num/tensor.h"
#include "study/build.h"
#include "support/files.h"

namespace gw {

/// What a design is tried on.
struct Frames {
  std::vector<Tensor> inputs;         ///< one per input, all of as many frames, in the inputs' types
  std::vector<std::uint8_t> classes;  ///< the right class of each frame; empty: not known

  std::int64_t count() const { return inputs.empty() ? 0 : inputs.front().batch(); }
};

/// Frame 0 is all lowest, frame 1 all highest, the others are random: the extremes are where widths go wrong.
Frames random_frames(const Build& build, std::int64_t count, std::uint64_t seed);

/// The first `count` samples (0: all) of a data set in the notation of docs/data.md: "mnist:test".
/// Errors: a data set that is not there or that the one input does not fit.
Result<Frames> dataset_frames(const Build& build, const std::string& dataset, std::int64_t count,
                              const fs::path& cache_folder);

}  // namespace gw
