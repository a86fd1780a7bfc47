#pragma once

#include <optional>
#include <vector>

#include "train/aligned.h"
#include "train/block.h"
#include "train/quantised_layer.h"

namespace gw::train {

/// A block with its storage for a batch.
struct Stage {
  /// For `rows` images, and as many chunks at a time as there are `lanes`.
  Stage(const Block& block, size_t rows, int lanes);

  Block block;
  std::optional<Linear> linear;
  std::optional<QuantisedLayer> quantised;  ///< its numbers, in a quantised network
  ActivationTable activation;
  Floats p, x, g;  ///< x: only if kept and not p itself; g: the gradient at p's affine image
  Floats sign, scale, shift, mean,
      inverse_deviation;       ///< the affine map and, of batch norm, where it is from
  Floats gain, slope, offset;  ///< of dx
  Floats gamma_gain;           ///< of gamma's gradient, on that by the normalised x
  std::vector<double>
      sums;  ///< per chunk: a channel's sums, its square or product sums, those of its step, of its top
  std::vector<double> totals;  ///< of all chunks
  Floats partial;              ///< per chunk: the gradient of the weights
  Floats gradient;             ///< of all chunks
  Floats ones, zeros;          ///< per channel, where there is a function: an affine map that changes nothing
  int fraction = 0;            ///< in a quantised network: bits behind the point of the answer, as loaded
  double bound = 0;            ///< and its largest magnitude
  double out_bits = 0;         ///< in a quantised network: of a sum before any activation, as loaded
  double forward_seconds = 0, backward_seconds = 0;

  bool keeps_x() const { return block.shape.pools() && block.needs_x() && !block.recomputes_x(); }
  size_t channels() const { return static_cast<size_t>(block.shape.channels); }
  bool folds() const { return quantised && block.norm; }

  /// What the block answers for images [first, first + count), without dropout.
  void answer(const Kernels& loops, int first, int count, float* to) const;

  /// Makes of the gradient at the answer, in g, that at its affine image, and takes its sums as those of
  /// `chunk`. `scratch` is one thread's own.
  void gate(const Kernels& loops, size_t chunk, int first, int count, Floats& scratch);

  /// Scale and shift from the statistics of the `images` at hand, which also move the running ones in
  /// `moving`; or, if that is null, from the running ones.
  void set_affine(int images, Parameters* moving, const Parameters& parameters);

  /// As Model::adopt_statistics.
  void adopt_statistics(int images, Parameters& parameters);

  /// From the sums that gate() took in chunks of `sum_chunk` images: the gradients of bias, gamma, beta and
  /// step, and how dx follows from x. `frozen`: batch norm used its running statistics.
  void set_backward(int images, int sum_chunk, bool frozen, Parameters& parameters);

 private:
  void gate_function(const Kernels& loops, std::int64_t at, std::int64_t pixels, double* to, Floats& scratch);
  void add_up(int images, int chunk);
  void set_steps_backward(Parameters& parameters);
};

}  // namespace gw::train
