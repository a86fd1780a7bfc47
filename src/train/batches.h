#pragma once

#include <optional>
#include <vector>

#include "train/model.h"
#include "train/teacher.h"

namespace gw::train {

/// The images of training steps as a recipe wants them: changed at random, answered by a teacher.
class Batches {
 public:
  /// `samples` and the network must outlive it. Without augmentation the teacher answers all samples here and
  /// now.
  Batches(const Network& network, const Samples& samples, std::optional<Teacher> teacher, int threads);

  struct Batch {
    Samples samples;
    std::span<const std::int32_t> order;  ///< positions in `samples`
    std::span<const float> teacher;  ///< its logits, those of each image in that order; empty: there is none
  };
  /// The batch of these positions, valid until the next call. What is random in it follows from `noise` and
  /// the image's position among all samples.
  Batch at(std::span<const std::int32_t> order, std::uint64_t noise);

 private:
  const Network& network_;
  const Samples& samples_;
  int threads_;
  std::optional<Teacher> teacher_;
  std::optional<Model> teacher_model_;
  std::vector<std::uint8_t> pixels_, labels_;
  std::vector<std::int32_t> positions_;
  std::vector<float> all_answers_, answers_, targets_;
};

}  // namespace gw::train
