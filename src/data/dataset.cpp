// A data set is one flat array of bytes with its shape beside it: the trainer, the emulation and the test
// benches all walk it front to back, and a slice is a copy of a range. That moves 5 MB of MNIST, once a
// run, which is less trouble than views with lifetimes.

#include "data/dataset.h"

#include <numeric>
#include <utility>

#include "support/check.h"

namespace gw {

std::span<const std::uint8_t> Dataset::image(int index) const {
  GW_CHECK(index >= 0 && index < count());
  return std::span(pixels).subspan(static_cast<std::size_t>(index) * image_size(), image_size());
}

Dataset Dataset::slice(int first, int size) const {
  GW_CHECK(first >= 0 && size >= 0 && first <= count() - size);
  std::vector<int> positions(static_cast<std::size_t>(size));
  std::iota(positions.begin(), positions.end(), first);
  return picked(positions);
}

Dataset Dataset::picked(std::span<const int> positions) const {
  const auto pick = [&](const auto& values, std::size_t step) {
    std::decay_t<decltype(values)> some;
    if (values.empty()) return some;
    some.reserve(positions.size() * step);
    for (const int position : positions) {
      const auto begin =
          values.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(position) * step);
      some.insert(some.end(), begin, begin + static_cast<std::ptrdiff_t>(step));
    }
    return some;
  };
  return {name,
          height,
          width,
          channels,
          classes,
          pick(pixels, image_size()),
          pick(labels, 1),
          pick(reals, image_size()),
          pick(targets, static_cast<std::size_t>(outputs)),
          outputs};
}

Split split_dataset(Dataset training, Dataset test) {
  const int validation = training.count() / 10;
  const int train = training.count() - validation;
  Dataset tail = training.slice(train, validation);
  return {training.slice(0, train), std::move(tail), std::move(test)};
}

}  // namespace gw
