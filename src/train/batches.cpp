// Between the samples and a training step. Images are changed in groups on all threads; each depends on its
// own key alone, so that threads and their order change nothing.

#include "train/batches.h"

#include <algorithm>
#include <numeric>

#include "support/random.h"
#include "support/threads.h"
#include "train/augment.h"

namespace gw::train {

Batches::Batches(const Network& network, const Samples& samples, std::optional<Teacher> teacher, int threads)
    : network_(network), samples_(samples), threads_(threads), teacher_(std::move(teacher)) {
  if (!teacher_) return;
  teacher_model_.emplace(teacher_->network, network.batch, threads);
  if (!network.augmentation) all_answers_ = teacher_model_->logits(teacher_->parameters, samples);
}

Batches::Batch Batches::at(std::span<const std::int32_t> order, std::uint64_t noise) {
  Batch batch{samples_, order, {}};
  const auto size = static_cast<size_t>(element_count(network_.input));
  if (network_.augmentation) {
    pixels_.resize(order.size() * size);
    labels_.resize(samples_.labels.empty() ? 0 : order.size());
    targets_.resize(order.size() * static_cast<size_t>(samples_.outputs));
    positions_.resize(order.size());
    std::iota(positions_.begin(), positions_.end(), 0);
    constexpr size_t group = 32;
    parallel_for(
        static_cast<std::int64_t>((order.size() + group - 1) / group), threads_, [&](std::int64_t g) {
          const size_t first = static_cast<size_t>(g) * group, end = std::min(order.size(), first + group);
          for (size_t i = first; i < end; ++i) {
            const auto image = static_cast<size_t>(order[i]);
            const std::uint64_t key = Random(noise ^ Random(image).bits()).bits();
            augment(*network_.augmentation, network_.input, key, samples_.pixels.subspan(image * size, size),
                    std::span(pixels_).subspan(i * size, size));
            if (samples_.outputs > 0)
              std::ranges::copy(
                  samples_.target(order[i]),
                  targets_.begin() + static_cast<std::ptrdiff_t>(i * static_cast<size_t>(samples_.outputs)));
            else
              labels_[i] = samples_.labels[image];
          }
        });
    batch.samples = {pixels_, labels_, {}, targets_, samples_.outputs};
    batch.order = positions_;
    if (teacher_) answers_ = teacher_model_->logits(teacher_->parameters, batch.samples);
  } else if (teacher_) {
    const auto size_of_answer = static_cast<size_t>(network_.outputs());
    answers_.clear();
    for (const std::int32_t image : order) {
      const auto from =
          all_answers_.begin() + static_cast<std::ptrdiff_t>(static_cast<size_t>(image) * size_of_answer);
      answers_.insert(answers_.end(), from, from + static_cast<std::ptrdiff_t>(size_of_answer));
    }
  }
  if (teacher_) batch.teacher = answers_;
  return batch;
}

}  // namespace gw::train
