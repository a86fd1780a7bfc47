#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "train/bit_price.h"
#include "train/network.h"
#include "train/parameters.h"

namespace gw::train {

/// Images and what they are, classes or real numbers, as the data set stores them; nothing is copied.
struct Samples {
  std::span<const std::uint8_t> pixels;  ///< count * height * width * channels bytes, channels last
  std::span<const std::uint8_t> labels;  ///< count classes
  std::span<const float> reals = {};     ///< instead of pixels, likewise: taken as they are, not divided
  std::span<const float> targets = {};   ///< instead of labels: count * outputs numbers to be answered
  int outputs = 0;                       ///< a sample, where there are targets

  std::int64_t count() const {
    return static_cast<std::int64_t>(outputs > 0 ? targets.size() / static_cast<size_t>(outputs)
                                                 : labels.size());
  }
  /// The numbers that image `i` should be answered with.
  std::span<const float> target(std::int64_t i) const {
    const auto size = static_cast<size_t>(outputs);
    return targets.subspan(static_cast<size_t>(i) * size, size);
  }
};

/// What a number of images gave: the summed loss, and how often the largest answer was the right one or, of
/// real numbers, the summed mean absolute errors.
struct Score {
  double loss_sum = 0;
  std::int64_t correct = 0;
  std::int64_t count = 0;
  double error_sum = 0;

  double loss() const { return count == 0 ? 0 : loss_sum / static_cast<double>(count); }
  double accuracy() const {
    return count == 0 ? 0 : static_cast<double>(correct) / static_cast<double>(count);
  }
  double error() const { return count == 0 ? 0 : error_sum / static_cast<double>(count); }
  void add(const Score& other);
};

/// A network ready to compute: gradients of a batch, and answers. The same bits on any number of threads.
class Model {
 public:
  /// Works on up to `batch` images at a time with `threads` threads (0: one per core).
  Model(const Network& network, int batch, int threads);
  ~Model();

  /// Forward with the batch's own statistics, then backward: fills every gradient of `parameters` with that
  /// of the mean loss of the images `order` (at most `batch` positions in `samples`), and moves the
  /// running statistics. The L1 penalty is not part of it.
  /// The loss is that of the network's recipe (loss.h). `noise` settles everything random of the step: which
  /// values dropout takes. `teacher`: the logits to learn from, as many for each image as it answers, in that
  /// order, or none.
  Score gradients(Parameters& parameters, const Samples& samples, std::span<const std::int32_t> order,
                  std::uint64_t noise = 0, std::span<const float> teacher = {});

  /// For batch norms whose gamma and beta are a plain scale and shift: measures the statistics of these
  /// images (at most `batch`), makes them the running ones, and changes gamma and beta so that the answers
  /// stay as they are.
  void adopt_statistics(Parameters& parameters, const Samples& samples, std::span<const std::int32_t> order);

  /// From now on gradients() takes every batch norm with its running statistics, as score() does, and leaves
  /// them; or no longer.
  void freeze_statistics(bool frozen);

  /// The layer whose answer was the first that is no finite number in the last call of gradients(); empty if
  /// there is none.
  std::string first_not_finite() const;

  /// Whether score() and logits() of a quantised network are what the hardware answers, to the bit: no sum of
  /// these weights outgrows the 24 bits of single precision.
  bool is_exact(const Parameters& parameters);

  /// Of each layer with weights of a quantised network.
  std::vector<LayerCost> bit_operations(const Parameters& parameters);

  /// To be called right after gradients(): adds the gradients of what bits cost, and returns it (bit_cost.h).
  double add_bit_gradient(Parameters& parameters, const BitPrice& price);

  /// Forward only, with the running statistics, over all samples.
  Score score(const Parameters& parameters, const Samples& samples);

  /// The values before the softmax or the last sigmoid, Network::outputs() per sample, as score() sees them.
  std::vector<float> logits(const Parameters& parameters, const Samples& samples);

  /// Seconds that each phase of gradients() has taken so far, by name ("forward conv1"), for benchmarks.
  std::vector<std::pair<std::string, double>> phase_seconds() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gw::train
