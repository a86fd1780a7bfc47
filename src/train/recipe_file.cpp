// How a network is trained, as the network file says it. Every part of a recipe is a map of its own: it is
// read here, checked against the layers once those are known, and printed.

#include "train/recipe_file.h"

#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "support/messages.h"
#include "train/pruning.h"

namespace gw::train {

namespace {

constexpr double any = std::numeric_limits<double>::infinity();

void read_optimiser(SpecReader& reader, const YAML::Node& node, Network& network) {
  const std::string item = "training.optimiser";
  YamlFile& yaml = reader.yaml;
  yaml.check_keys(node, item, {"type", "learning_rate", "beta1", "beta2", "epsilon", "amsgrad"});
  if (!node.IsMap()) return;
  yaml.choice(node, item, "type", {"adam"}, "adam");
  AdamSpec& to = network.adam;
  to.learning_rate = reader.number(node, item, "learning_rate", 1e-3, 0, any, "at least 0");
  to.beta1 = reader.number(node, item, "beta1", 0.9, 0, 1, "at least 0 and below 1");
  to.beta2 = reader.number(node, item, "beta2", 0.999, 0, 1, "at least 0 and below 1");
  to.epsilon = reader.number(node, item, "epsilon", 1e-7, 1e-30, any, "above 0");
  to.amsgrad = yaml.boolean(node, item, "amsgrad", false);
}

/// "2:4"
bool read_pattern(const std::string& text, int& n, int& m) {
  const size_t colon = text.find(':');
  if (colon == text.npos) return false;
  const auto whole = [](std::string_view part, int& to) {
    const auto parsed = std::from_chars(part.data(), part.data() + part.size(), to);
    return parsed.ec == std::errc() && parsed.ptr == part.data() + part.size();
  };
  return whole(std::string_view(text).substr(0, colon), n) &&
         whole(std::string_view(text).substr(colon + 1), m) && n >= 1 && n < m && m <= 64;
}

void read_pruning(SpecReader& reader, const YAML::Node& node, Network& network) {
  const std::string item = "training.pruning";
  YamlFile& yaml = reader.yaml;
  yaml.check_keys(node, item,
                  {"schedule", "scope", "pattern", "initial_sparsity", "final_sparsity", "begin_epoch",
                   "end_epoch", "every_epochs", "exponent", "except"});
  if (!node.IsMap()) return;
  PruningSpec spec;
  spec.schedule = static_cast<PruningSchedule>(index_of(
      pruning_schedules, yaml.choice(node, item, "schedule", list(pruning_schedules), "polynomial")));
  spec.scope = static_cast<PruningScope>(
      index_of(pruning_scopes, yaml.choice(node, item, "scope", list(pruning_scopes), "layer")));
  const std::string pattern = yaml.text(node, item, "pattern", "single");
  const char* share = "at least 0 and below 1";
  if (read_pattern(pattern, spec.n, spec.m)) {
    spec.pattern = PruningPattern::NOfM;
    spec.final_sparsity = 1 - static_cast<double>(spec.n) / spec.m;
    if (node["final_sparsity"].IsDefined())
      reader.out_of_range(node, item, "final_sparsity", yaml.text(node, item, "final_sparsity", ""),
                          "left out where the pattern is n:m, which settles it");
  } else {
    if (pattern == "filters") spec.pattern = PruningPattern::Filters;
    if (pattern != "filters" && pattern != "single")
      reader.out_of_range(node, item, "pattern", pattern, "single, filters or n:m, such as 2:4");
    if (!node["final_sparsity"].IsDefined()) reader.missing(node, item, "final_sparsity");
    spec.final_sparsity = reader.number(node, item, "final_sparsity", 0, 0, 1, share);
  }
  if (spec.pattern != PruningPattern::Single && spec.scope == PruningScope::Global)
    reader.out_of_range(node, item, "scope", "global", "layer where the pattern is not single");
  spec.begin_epoch = reader.number(node, item, "begin_epoch", 0, 0, any, "at least 0");
  if (spec.schedule == PruningSchedule::Polynomial) {
    spec.initial_sparsity = reader.number(node, item, "initial_sparsity", 0, 0, 1, share);
    if (!node["end_epoch"].IsDefined()) reader.missing(node, item, "end_epoch");
    spec.end_epoch = reader.number(node, item, "end_epoch", spec.begin_epoch + 1, 0, any, "at least 0");
    spec.every_epochs = reader.number(node, item, "every_epochs", 1, 1e-6, any, "above 0");
    spec.exponent = reader.number(node, item, "exponent", 3, 1e-6, any, "above 0");
    if (spec.end_epoch <= spec.begin_epoch)
      reader.out_of_range(node, item, "end_epoch", fmt::format("{}", spec.end_epoch), "above begin_epoch");
    if (spec.final_sparsity < spec.initial_sparsity)
      reader.out_of_range(node, item, "initial_sparsity", fmt::format("{}", spec.initial_sparsity),
                          "at most final_sparsity");
  } else {
    for (const char* key : {"initial_sparsity", "end_epoch", "every_epochs", "exponent"})
      if (node[key].IsDefined())
        reader.out_of_range(node, item, key, yaml.text(node, item, key, ""),
                            "left out where the schedule is constant");
  }
  spec.except = reader.texts(node, item, "except");
  network.pruning = spec;
}

}  // namespace

void read_recipe(SpecReader& reader, const YAML::Node& node, Network& network) {
  YamlFile& yaml = reader.yaml;
  yaml.check_keys(node, "training", {"epochs", "batch", "loss", "optimiser", "pruning", "freeze_batch_norm"});
  if (!node.IsMap()) return;
  network.epochs = reader.positive(node, "training", "epochs", 1);
  network.batch = reader.positive(node, "training", "batch", 32);
  yaml.choice(node, "training", "loss", {"categorical_crossentropy"}, "categorical_crossentropy");
  if (node["freeze_batch_norm"].IsDefined())
    network.freeze_batch_norm =
        reader.number(node, "training", "freeze_batch_norm", any, 0, any, "an epoch, at least 0");
  if (const YAML::Node optimiser = node["optimiser"]; optimiser.IsDefined())
    read_optimiser(reader, optimiser, network);
  if (const YAML::Node pruning = node["pruning"]; pruning.IsDefined()) read_pruning(reader, pruning, network);
}

Diagnostics check_recipe(const Network& network) {
  Diagnostics errors;
  if (!network.pruning) return errors;
  std::vector<std::string> prunable;
  for (const LayerSpec& layer : network.layers)
    if (has_weights(layer.kind)) prunable.push_back(layer.name);
  for (const std::string& name : network.pruning->except) {
    if (std::find(prunable.begin(), prunable.end(), name) == prunable.end())
      errors.push_back(diagnose(messages::unknown_value, {network.file, 0, "training.pruning.except"}, name,
                                nearest(name, prunable)));
  }
  if (!errors.empty()) return errors;
  return check_pruning(network);
}

std::string print_recipe(const Network& network) {
  const AdamSpec& adam = network.adam;
  std::string text = fmt::format(
      "training:\n  epochs: {}\n  batch: {}\n  loss: categorical_crossentropy\n  optimiser: {{type: adam, "
      "learning_rate: {}, beta1: {}, beta2: {}, epsilon: {}, amsgrad: {}}}\n",
      network.epochs, network.batch, adam.learning_rate, adam.beta1, adam.beta2, adam.epsilon, adam.amsgrad);
  if (std::isfinite(network.freeze_batch_norm))
    text += fmt::format("  freeze_batch_norm: {}\n", network.freeze_batch_norm);
  if (network.pruning) {
    const PruningSpec& p = *network.pruning;
    text += fmt::format("  pruning: {{schedule: {}, scope: {}, pattern: \"{}\", begin_epoch: {}",
                        pruning_schedules[static_cast<size_t>(p.schedule)],
                        pruning_scopes[static_cast<size_t>(p.scope)],
                        p.pattern == PruningPattern::NOfM      ? fmt::format("{}:{}", p.n, p.m)
                        : p.pattern == PruningPattern::Filters ? "filters"
                                                               : "single",
                        p.begin_epoch);
    if (p.pattern != PruningPattern::NOfM) text += fmt::format(", final_sparsity: {}", p.final_sparsity);
    if (p.schedule == PruningSchedule::Polynomial)
      text += fmt::format(", initial_sparsity: {}, end_epoch: {}, every_epochs: {}, exponent: {}",
                          p.initial_sparsity, p.end_epoch, p.every_epochs, p.exponent);
    if (!p.except.empty()) text += fmt::format(", except: [\"{}\"]", fmt::join(p.except, "\", \""));
    text += "}\n";
  }
  return text;
}

}  // namespace gw::train
