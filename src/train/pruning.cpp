// Pruning: which weights become 0. Ranking is by score, with what is pruned already first and equal scores in
// the order of the array, so that a mask only grows and depends on nothing but the state of the training.
//
// Whole filters take the batch norm or the bias of their channel along: what is left of the channel then is
// 0 for every input, and the layers behind read nothing from it.

#include "train/pruning.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "support/check.h"
#include "support/messages.h"

namespace gw::train {

namespace {

// A weight that is pruned, with what goes along with its output channels.
struct Target {
  const LayerSpec* layer = nullptr;
  size_t weight = 0;
  std::vector<size_t> per_channel = {};  // positions of bias, gamma, beta in Parameters::trained
};

bool is_last_matrix(const Network& network, size_t i) {
  return std::none_of(network.layers.begin() + static_cast<std::ptrdiff_t>(i) + 1, network.layers.end(),
                      [](const LayerSpec& layer) { return has_weights(layer.kind); });
}

// The classes themselves are no filters to prune.
std::vector<const LayerSpec*> pruned_layers(const Network& network) {
  std::vector<const LayerSpec*> layers;
  const PruningSpec& spec = *network.pruning;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const LayerSpec& layer = network.layers[i];
    if (!has_weights(layer.kind)) continue;
    if (std::find(spec.except.begin(), spec.except.end(), layer.name) != spec.except.end()) continue;
    if (spec.pattern == PruningPattern::Filters && is_last_matrix(network, i)) continue;
    layers.push_back(&layer);
  }
  return layers;
}

std::vector<Target> targets_of(const Network& network, const Parameters& parameters) {
  const auto find = [&](const std::string& name) {
    const auto found = std::find_if(parameters.trained.begin(), parameters.trained.end(),
                                    [&](const Parameter& p) { return p.name == name; });
    return static_cast<size_t>(found - parameters.trained.begin());
  };
  std::vector<Target> targets;
  for (const LayerSpec* layer : pruned_layers(network)) {
    Target target{layer, find(layer->name + ".weight")};
    if (layer->bias) target.per_channel.push_back(find(layer->name + ".bias"));
    if (const LayerSpec* norm = network.norm_behind(static_cast<size_t>(layer - network.layers.data()))) {
      target.per_channel.push_back(find(norm->name + ".gamma"));
      target.per_channel.push_back(find(norm->name + ".beta"));
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

std::int64_t survivors(std::int64_t count, double sparsity) {
  return std::llrint(static_cast<double>(count) * (1 - sparsity));
}

using Mask = std::vector<std::uint8_t>;

Mask full_mask(const Parameter& parameter) {
  return parameter.mask.empty() ? Mask(parameter.values.size(), 1) : parameter.mask;
}

// Of the elements at `places`, those beyond the `keep` largest become 0 in the mask.
void drop_smallest(std::vector<size_t> places, std::int64_t keep, const std::vector<double>& scores,
                   Mask& mask) {
  std::stable_sort(places.begin(), places.end(), [&](size_t a, size_t b) {
    if (mask[a] != mask[b]) return mask[a] > mask[b];
    return scores[a] > scores[b];
  });
  for (size_t i = static_cast<size_t>(keep); i < places.size(); ++i) mask[places[i]] = 0;
}

using Scores = std::vector<double>;

// `squares`: of its gradients; none: by magnitude.
Scores scores_of(const Parameter& parameter, const std::vector<float>* squares) {
  Scores scores;
  for (const float value : parameter.values) {
    const double w = value;
    scores.push_back(squares ? w * w * (*squares)[scores.size()] : std::abs(w));
  }
  return scores;
}

Mask mask_of_single(const Parameter& weight, const Scores& scores, double sparsity) {
  Mask mask = full_mask(weight);
  std::vector<size_t> places(mask.size());
  std::iota(places.begin(), places.end(), size_t{0});
  drop_smallest(places, survivors(static_cast<std::int64_t>(mask.size()), sparsity), scores, mask);
  return mask;
}

// Groups of m along the rows, which are the inputs of an output in their order.
Mask mask_of_groups(const PruningSpec& spec, const Parameter& weight, const Scores& scores, double sparsity) {
  Mask mask = full_mask(weight);
  const auto channels = static_cast<size_t>(weight.shape.back()), rows = mask.size() / channels;
  const auto m = static_cast<size_t>(spec.m);
  for (size_t c = 0; c < channels; ++c) {
    for (size_t first = 0; first < rows; first += m) {
      std::vector<size_t> places;
      for (size_t r = first; r < std::min(rows, first + m); ++r) places.push_back(r * channels + c);
      const auto keep = std::max<std::int64_t>(spec.n, survivors(spec.m, sparsity));
      if (static_cast<size_t>(keep) < places.size()) drop_smallest(places, keep, scores, mask);
    }
  }
  return mask;
}

// One entry per output channel.
Mask mask_of_filters(const Parameter& weight, const Scores& of_weights, double sparsity) {
  const auto channels = static_cast<size_t>(weight.shape.back());
  const Mask before = full_mask(weight);
  Scores scores(channels, 0.0);
  Mask mask(channels, 0);
  for (size_t i = 0; i < before.size(); ++i) {
    scores[i % channels] += of_weights[i];
    if (before[i] != 0) mask[i % channels] = 1;
  }
  std::vector<size_t> places(channels);
  std::iota(places.begin(), places.end(), size_t{0});
  drop_smallest(places, survivors(static_cast<std::int64_t>(channels), sparsity), scores, mask);
  return mask;
}

bool is_empty(const Mask& mask) {
  return std::none_of(mask.begin(), mask.end(), [](std::uint8_t m) { return m != 0; });
}

Diagnostic kills(const Network& network, const LayerSpec& layer, double sparsity, const char* advice) {
  return diagnose(messages::pruning_kills, {network.file, layer.line, layer.name},
                  fmt::format("{}", sparsity), advice);
}

constexpr const char* less_or_except = "lower it, or name the layer under training.pruning.except";

}  // namespace

double sparsity_at(const PruningSpec& spec, std::int64_t step, std::int64_t steps_per_epoch) {
  const auto steps = static_cast<double>(steps_per_epoch);
  const auto at = static_cast<double>(step), begin = std::round(spec.begin_epoch * steps);
  if (spec.schedule == PruningSchedule::Constant) return at < begin ? 0 : spec.final_sparsity;
  const double end = std::max(begin + 1, std::round(spec.end_epoch * steps));
  const double done = std::clamp((at - begin) / (end - begin), 0.0, 1.0);
  return spec.final_sparsity +
         (spec.initial_sparsity - spec.final_sparsity) * std::pow(1 - done, spec.exponent);
}

bool prunes_at(const PruningSpec& spec, std::int64_t step, std::int64_t steps_per_epoch) {
  const auto steps = [&](double epochs) {
    return std::llround(epochs * static_cast<double>(steps_per_epoch));
  };
  const std::int64_t begin = steps(spec.begin_epoch);
  if (spec.schedule == PruningSchedule::Constant) return step == begin;
  const std::int64_t end = std::max<std::int64_t>(begin + 1, steps(spec.end_epoch));
  const std::int64_t every = std::max<std::int64_t>(1, steps(spec.every_epochs));
  return step == end || (step >= begin && step < end && (step - begin) % every == 0);
}

Status prune(const PruningSpec& spec, const Network& network, double sparsity, Parameters& parameters,
             std::span<const std::vector<float>> squares) {
  const std::vector<Target> targets = targets_of(network, parameters);
  std::vector<Scores> scores;
  for (const Target& target : targets) {
    const bool by_gradient = spec.score == PruningScore::Gradient;
    GW_CHECK(!by_gradient || squares.size() == parameters.trained.size());
    scores.push_back(
        scores_of(parameters.trained[target.weight], by_gradient ? &squares[target.weight] : nullptr));
  }
  std::vector<Mask> masks;
  if (spec.scope == PruningScope::Global) {
    Parameter all;
    all.shape = {1};
    Scores of_all;
    for (size_t t = 0; t < targets.size(); ++t) {
      const Parameter& weight = parameters.trained[targets[t].weight];
      const Mask mask = full_mask(weight);
      all.values.insert(all.values.end(), weight.values.begin(), weight.values.end());
      all.mask.insert(all.mask.end(), mask.begin(), mask.end());
      of_all.insert(of_all.end(), scores[t].begin(), scores[t].end());
    }
    const Mask mask = mask_of_single(all, of_all, sparsity);
    auto from = mask.begin();
    for (const Target& target : targets) {
      const auto count = static_cast<std::ptrdiff_t>(parameters.trained[target.weight].values.size());
      masks.emplace_back(from, from + count);
      from += count;
    }
  } else {
    for (size_t t = 0; t < targets.size(); ++t) {
      const Parameter& weight = parameters.trained[targets[t].weight];
      masks.push_back(spec.pattern == PruningPattern::Single ? mask_of_single(weight, scores[t], sparsity)
                      : spec.pattern == PruningPattern::NOfM
                          ? mask_of_groups(spec, weight, scores[t], sparsity)
                          : mask_of_filters(weight, scores[t], sparsity));
    }
  }
  Diagnostics errors;
  for (size_t t = 0; t < targets.size(); ++t)
    if (is_empty(masks[t])) errors.push_back(kills(network, *targets[t].layer, sparsity, less_or_except));
  if (!errors.empty()) return errors;
  for (size_t t = 0; t < targets.size(); ++t) {
    Parameter& weight = parameters.trained[targets[t].weight];
    if (spec.pattern != PruningPattern::Filters) {
      weight.mask = masks[t];
      continue;
    }
    weight.mask = full_mask(weight);
    for (size_t i = 0; i < weight.mask.size(); ++i)
      if (masks[t][i % masks[t].size()] == 0) weight.mask[i] = 0;
    for (const size_t other : targets[t].per_channel) parameters.trained[other].mask = masks[t];
  }
  apply_masks(parameters);
  return Done{};
}

Diagnostics check_pruning(const Network& network) {
  Diagnostics errors;
  const PruningSpec& spec = *network.pruning;
  const auto grouped = std::find_if(network.layers.begin(), network.layers.end(),
                                    [](const LayerSpec& layer) { return layer.groups > 1; });
  if (spec.pattern == PruningPattern::Filters && grouped != network.layers.end())
    errors.push_back(diagnose(messages::value_range, {network.file, 0, "training.pruning.pattern"}, "filters",
                              fmt::format("single or n:m beside the groups of '{}'", grouped->name)));
  const auto branch = std::find_if(network.layers.begin(), network.layers.end(),
                                   [](const LayerSpec& layer) { return !layer.from.empty(); });
  if (spec.pattern == PruningPattern::Filters && branch != network.layers.end())
    errors.push_back(
        diagnose(messages::value_range, {network.file, 0, "training.pruning.pattern"}, "filters",
                 fmt::format("single or n:m beside the branches that '{}' reads", branch->name)));
  if (spec.scope == PruningScope::Global || spec.pattern == PruningPattern::NOfM) return errors;
  for (const LayerSpec* layer : pruned_layers(network)) {
    const std::int64_t inputs = layer->in.back() / layer->groups,
                       window = std::int64_t{layer->kernel_h} * layer->kernel_w;
    const std::int64_t count =
        spec.pattern == PruningPattern::Filters ? layer->filters : layer->filters * inputs * window;
    if (survivors(count, spec.final_sparsity) < 1)
      errors.push_back(kills(network, *layer, spec.final_sparsity, less_or_except));
  }
  return errors;
}

void apply_masks(Parameters& parameters) {
  for (Parameter& parameter : parameters.trained)
    for (size_t i = 0; i < parameter.mask.size(); ++i)
      if (parameter.mask[i] == 0) parameter.values[i] = 0;
}

void mask_gradients(Parameters& parameters) {
  for (Parameter& parameter : parameters.trained)
    for (size_t i = 0; i < parameter.mask.size(); ++i)
      if (parameter.mask[i] == 0) parameter.gradient[i] = 0;
}

double sparsity_of(const Network& network, const Parameters& parameters) {
  std::int64_t all = 0, pruned = 0;
  for (const Target& target : targets_of(network, parameters)) {
    const Parameter& weight = parameters.trained[target.weight];
    all += static_cast<std::int64_t>(weight.values.size());
    pruned += std::count(weight.mask.begin(), weight.mask.end(), 0);
  }
  return all == 0 ? 0 : static_cast<double>(pruned) / static_cast<double>(all);
}

}  // namespace gw::train
