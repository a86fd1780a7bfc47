// A data set is one flat array of bytes with its shape beside it: the trainer, the emulation and the test
// benches all walk it front to back, and a slice is a copy of a range. That moves 5 MB of MNIST, once a
// run, which is less trouble than views with lifetimes.

#include "data/dataset.h"

#include <utility>

#include "support/check.h"

namespace gw {

std::span<const std::uint8_t> Dataset::image(int index) const {
  GW_CHECK(index >= 0 && index < count());
  return std::span(pixels).subspan(static_cast<std::size_t>(index) * image_size(), image_size());
}

Dataset Dataset::slice(int first, int size) const {
  GW_CHECK(first >= 0 && size >= 0 && first <= count() - size);
  const auto range = [&](const auto& values, std::size_t step) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(first) * step);
    return std::vector<std::uint8_t>(
        begin, begin + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(size) * step));
  };
  return {name, height, width, channels, classes, range(pixels, image_size()), range(labels, 1)};
}

Split split_dataset(Dataset training, Dataset test) {
  const int validation = training.count() / 10;
  const int train = training.count() - validation;
  Dataset tail = training.slice(train, validation);
  training.pixels.resize(static_cast<std::size_t>(train) * training.image_size());
  training.labels.resize(static_cast<std::size_t>(train));
  return {std::move(training), std::move(tail), std::move(test)};
}

}  // namespace gw
