#pragma once

#include "train/graph.h"

namespace gw::train {

struct QuantiseOptions {
  int weight_bits = 8;      ///< with the sign
  int activation_bits = 8;  ///< of what a rectifier answers
  int input_bits = 8;
  bool equalises = true;  ///< channels are scaled against each other first
  bool rounds = true;     ///< weights are rounded so that answers stay, not each to the nearest
  int images = 1024;      ///< of the samples, which measure all this
  int threads = 0;        ///< 0: one per core; never changes a bit
};

/// A network in floating point as one of fixed-point types, without training: batch norms are folded, weights
/// get a power of two for each output channel as their step, activations one each, and both are chosen and
/// rounded so that the samples' values stay as close as possible. Labels are not looked at. to_graph() gives
/// the typed graph. Errors: a batch norm that cannot be folded, no samples, or samples that are no images of
/// the network.
Result<FloatModel> quantise(const FloatModel& model, const Samples& samples, const QuantiseOptions& options);

}  // namespace gw::train
