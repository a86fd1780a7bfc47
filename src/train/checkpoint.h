#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "train/history.h"
#include "train/model.h"
#include "train/optimiser.h"

namespace gw::train {

/// All that a training is at a moment between two steps; from it the rest follows to the bit.
struct Checkpoint {
  std::string network;  ///< print_network() of what is trained
  std::uint64_t seed = 0;
  std::string data;        ///< fingerprint() of the training samples
  std::int64_t epoch = 0;  ///< epochs that are complete
  std::int64_t step = 0;   ///< steps done of the epoch after those
  Score running;           ///< of those steps
  double seconds = 0;      ///< and the wall time that they took
  Parameters parameters;
  Optimiser::State optimiser;
  std::vector<std::vector<float>>
      average;  ///< of each parameter, if the network's recipe averages; else empty
  History history;

  /// What the network answers with: the parameters, or their average.
  Parameters answering() const;
};

/// A file in the safetensors format; docs/training.md lists its arrays. Written whole or not at all.
Status save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// Reads it back to the same bits. Every array must be there and have the size that the network in it asks
/// for.
Result<Checkpoint> load_checkpoint(const std::filesystem::path& path);

/// Tells two sets of training samples apart: their number, their labels in order, and 64 of the images.
std::string fingerprint(const Samples& samples);

}  // namespace gw::train
