// Where fixed-point numbers leave the road of the real ones. Sums of powers and products give norms and
// correlation in one pass; the differences themselves are kept for their quartiles.
//
// A layer's error contains what the layers before it have done. The one to look at is therefore the first
// that is off by more than a tenth: what follows it only hands on.

#include "study/compare.h"

#include <algorithm>
#include <cmath>

#include "num/real_cast.h"
#include "support/messages.h"

namespace gw {

namespace {

constexpr std::int64_t most_differences = std::int64_t{1} << 25;

/// Sums over one layer's answers.
struct Sums {
  double n = 0, real = 0, fixed = 0, real2 = 0, fixed2 = 0, both = 0, difference = 0, difference2 = 0,
         largest = 0;
  Magnitudes magnitudes;

  void add(std::span<const double> r, std::span<const double> f) {
    std::vector<double> differences(r.size());
    for (size_t i = 0; i < r.size(); ++i) {
      const double d = f[i] - r[i];
      differences[i] = d;
      real += r[i];
      fixed += f[i];
      real2 += r[i] * r[i];
      fixed2 += f[i] * f[i];
      both += r[i] * f[i];
      difference += d;
      difference2 += d * d;
      if (std::abs(d) > std::abs(largest)) largest = d;
    }
    n += static_cast<double>(r.size());
    magnitudes.add(differences);
  }

  LayerDifference result() const {
    LayerDifference row;
    row.norm = std::sqrt(real2);
    row.difference_norm = std::sqrt(difference2);
    row.relative_error = difference2 == 0 ? 0 : real2 == 0 ? 1 : row.difference_norm / row.norm;
    row.mean_difference = difference / n;
    row.largest_difference = largest;
    const double real_spread = real2 - real * real / n, fixed_spread = fixed2 - fixed * fixed / n;
    if (real_spread > 0 && fixed_spread > 0)
      row.correlation =
          std::clamp((both - real * fixed / n) / std::sqrt(real_spread * fixed_spread), -1.0, 1.0);
    row.differences = magnitudes.summary();
    return row;
  }
};

ClassComparison compare_classes(const std::vector<double>& real, const std::vector<double>& fixed,
                                const std::vector<std::int64_t>& labels) {
  const size_t samples = labels.size(), classes = real.size() / samples;
  ClassComparison found;
  found.confusion.assign(classes, std::vector<std::int64_t>(classes, 0));
  for (size_t n = 0; n < samples; ++n) {
    const auto answer = [&](const std::vector<double>& scores) {
      const auto first = scores.begin() + static_cast<std::ptrdiff_t>(n * classes);
      return static_cast<size_t>(std::max_element(first, first + static_cast<std::ptrdiff_t>(classes)) -
                                 first);
    };
    const auto right = static_cast<size_t>(labels[n]);
    found.real_accuracy += answer(real) == right;
    found.fixed_accuracy += answer(fixed) == right;
    ++found.confusion[right][answer(fixed)];
  }
  found.real_accuracy /= static_cast<double>(samples);
  found.fixed_accuracy /= static_cast<double>(samples);
  std::vector<double> scores(samples);
  std::vector<bool> is_class(samples);
  for (size_t c = 0; c < classes; ++c) {
    for (size_t n = 0; n < samples; ++n) is_class[n] = static_cast<size_t>(labels[n]) == c;
    for (const auto& [all, curves] : {std::pair{&real, &found.real}, std::pair{&fixed, &found.fixed}}) {
      for (size_t n = 0; n < samples; ++n) scores[n] = (*all)[n * classes + c];
      curves->push_back(roc(scores, is_class));
    }
  }
  return found;
}

}  // namespace

Result<Comparison> compare_networks(const TwinOptions& options, const fs::path& labels_file,
                                    Progress& progress) {
  auto twin = open_twin(options);
  if (!twin) return twin.errors();
  GW_CHECK(twin->source);
  Comparison result;
  result.options = options;
  result.notes = twin->config.notes;
  std::int64_t per_sample = 0;
  for (const Node& node : twin->typed.nodes()) {
    if (!std::holds_alternative<Constant>(node.op)) per_sample += element_count(node.type.shape);
  }
  if (options.samples == 0)
    twin->samples = std::min(twin->samples, std::max<std::int64_t>(1, most_differences / per_sample));
  result.samples = twin->samples;

  const Node& output = twin->typed[twin->typed.outputs().front()];
  const std::int64_t classes = element_count(output.type.shape);
  const bool has_classes = twin->typed.outputs().size() == 1 && classes > 1;
  std::vector<std::int64_t> labels;
  if (!labels_file.empty()) {
    if (!has_classes)
      return diagnose(messages::labels_without_classes, {labels_file.string()}, to_string(output.type.shape));
    auto read = read_labels(labels_file, twin->source->count(), classes);
    if (!read) return read.errors();
    labels = *std::move(read);
    labels.resize(static_cast<size_t>(result.samples));
  } else if (has_classes) {
    labels.assign(twin->labels().begin(), twin->labels().end());
  }

  std::map<std::string, Sums> sums;
  std::vector<double> real_scores, fixed_scores;
  NodeCounts overflows;
  progress.begin("compare", result.samples);
  const auto whole = run_twin(
      *twin, result.samples,
      [&](std::int64_t, const Node& node, const DoubleTensor& real, const Tensor& fixed) {
        std::vector<double> values(real.values.size());
        dequantize_run(fixed, 0, std::span(values));
        sums[node.name].add(real.values, values);
        if (labels.empty() || node.name != output.name) return;
        real_scores.insert(real_scores.end(), real.values.begin(), real.values.end());
        fixed_scores.insert(fixed_scores.end(), values.begin(), values.end());
      },
      &overflows, options.threads, progress);
  if (!whole) return whole.errors();
  result.stopped = !*whole;
  progress.end(fmt::format("compare: {} samples", result.samples));
  if (result.stopped) return result;
  for (const Node& node : twin->typed.nodes()) {
    const auto found = sums.find(node.name);
    if (found == sums.end()) continue;
    LayerDifference row = found->second.result();
    row.name = node.name;
    row.type = Quantizer{*node.type.fixed};
    row.overflows = overflows.contains(node.name) ? overflows.at(node.name) : 0;
    if (result.first_wrong.empty() && row.relative_error > wrong_layer) result.first_wrong = row.name;
    result.layers.push_back(std::move(row));
  }
  if (!real_scores.empty()) result.classes = compare_classes(real_scores, fixed_scores, labels);
  return result;
}

}  // namespace gw
