// Between data sets and the trainer: the same samples in the form that each side has, and whether they fit.

#include "study/train_data.h"

#include <algorithm>

#include "support/messages.h"

namespace gw {

namespace {

Shape without_ones(Shape shape) {
  shape.erase(std::remove(shape.begin(), shape.end(), 1), shape.end());
  return shape;
}

}  // namespace

train::Samples samples_of(const Dataset& set) {
  return {set.pixels, set.labels, set.reals, set.targets, set.outputs};
}

FloatTensor numbers_of(const Dataset& set, double divide_by) {
  FloatTensor x{{set.height, set.width, set.channels}, set.count(), set.reals};
  x.values.reserve(set.image_size() * static_cast<size_t>(set.count()));
  for (const std::uint8_t pixel : set.pixels) x.values.push_back(static_cast<float>(pixel / divide_by));
  return x;
}

Status check_fit(const Split& data, const train::Network& network) {
  const Dataset& set = data.train;
  const Shape shape{set.height, set.width, set.channels};
  Diagnostics errors;
  if (without_ones(shape) != without_ones(network.input))
    errors.push_back(
        diagnose(messages::data_shape, {set.name}, to_string(shape), network.name, to_string(network.input)));
  // Whether there are labels or numbers, and how many of these, training says.
  if (!network.regresses() && set.classes > network.classes())
    errors.push_back(
        diagnose(messages::data_classes, {set.name}, set.classes, network.name, network.classes()));
  if (!errors.empty()) return errors;
  return Done{};
}

Result<Split> whole_data(const std::string& text, const fs::path& cache, AnswerKind answers) {
  const auto spec = parse_data(text);
  if (!spec) return spec.errors();
  if (spec->part) return diagnose(messages::unknown_value, {.item = "--data"}, text, spec->text);
  return load_data(*spec, cache, answers);
}

Result<Split> training_data(const std::string& text, const fs::path& cache, const train::Network& network) {
  auto data = whole_data(text, cache, network.regresses() ? AnswerKind::Numbers : AnswerKind::Classes);
  if (!data) return data;
  if (auto fits = check_fit(*data, network); !fits) return fits.errors();
  return data;
}

}  // namespace gw
