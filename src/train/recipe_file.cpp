// How a network is trained, as the network file says it. Every part of a recipe is a map of its own: it is
// read here, checked against the layers once those are known, and printed.

#include "train/recipe_file.h"

#include <algorithm>
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
  OptimiserSpec& to = network.optimiser;
  if (node.IsMap())
    to.kind = static_cast<OptimiserKind>(
        index_of(optimiser_kinds, yaml.choice(node, item, "type", list(optimiser_kinds), "adam")));
  const bool adam = to.kind == OptimiserKind::Adam;
  yaml.check_keys(
      node, item,
      adam ? std::vector<std::string>{"type", "learning_rate", "beta1", "beta2", "epsilon", "amsgrad"}
           : std::vector<std::string>{"type", "learning_rate", "momentum", "nesterov"});
  if (!node.IsMap()) return;
  to.learning_rate = reader.number(node, item, "learning_rate", 1e-3, 0, any, "at least 0");
  to.beta1 = reader.number(node, item, "beta1", 0.9, 0, 1, "at least 0 and below 1");
  to.beta2 = reader.number(node, item, "beta2", 0.999, 0, 1, "at least 0 and below 1");
  to.epsilon = reader.number(node, item, "epsilon", 1e-7, 1e-30, any, "above 0");
  to.amsgrad = yaml.boolean(node, item, "amsgrad", false);
  to.momentum = reader.number(node, item, "momentum", 0, 0, 1, "at least 0 and below 1");
  to.nesterov = yaml.boolean(node, item, "nesterov", false);
}

void read_rate(SpecReader& reader, const YAML::Node& node, Network& network) {
  const std::string item = "training.schedule";
  YamlFile& yaml = reader.yaml;
  RateSpec& to = network.rate;
  std::vector<std::string> keys{"type", "warmup_epochs"};
  if (node.IsMap()) {
    to.kind = static_cast<RateKind>(
        index_of(rate_kinds, yaml.choice(node, item, "type", list(rate_kinds), rate_kinds[0])));
    if (!node["type"].IsDefined()) reader.missing(node, item, "type");
  }
  switch (to.kind) {
    case RateKind::Constant:
      break;
    case RateKind::Step:
      keys.insert(keys.end(), {"factor", "every_epochs"});
      break;
    case RateKind::Cosine:
      keys.emplace_back("final");
      break;
    case RateKind::OneCycle:
      keys.insert(keys.end(), {"rise", "start_divisor", "final_divisor"});
      break;
    case RateKind::Plateau:
      keys.insert(keys.end(), {"factor", "patience", "min_delta"});
      break;
  }
  yaml.check_keys(node, item, keys);
  if (!node.IsMap()) return;
  to.warmup_epochs = reader.number(node, item, "warmup_epochs", 0, 0, any, "at least 0");
  if (to.kind == RateKind::Plateau) to.factor = 0.5;
  to.factor = reader.number(node, item, "factor", to.factor, 1e-9, 1, "above 0 and below 1");
  to.every_epochs = reader.number(node, item, "every_epochs", 10, 1e-6, any, "above 0");
  to.final = reader.number(node, item, "final", 0, 0, 1, "at least 0 and below 1");
  to.rise = reader.number(node, item, "rise", 0.3, 1e-6, 1, "above 0 and below 1");
  to.start_divisor = reader.number(node, item, "start_divisor", 25, 1, any, "at least 1");
  to.final_divisor = reader.number(node, item, "final_divisor", 1e4, 1, any, "at least 1");
  to.patience = reader.positive(node, item, "patience", 5);
  to.min_delta = reader.number(node, item, "min_delta", 1e-4, 0, any, "at least 0");
}

void read_early_stopping(SpecReader& reader, const YAML::Node& node, Network& network) {
  const std::string item = "training.early_stopping";
  YamlFile& yaml = reader.yaml;
  yaml.check_keys(node, item, {"watch", "patience", "min_delta"});
  if (!node.IsMap()) return;
  EarlyStopping spec;
  spec.watch = static_cast<Watched>(
      index_of(watched_values, yaml.choice(node, item, "watch", list(watched_values), watched_values[0])));
  spec.patience = reader.positive(node, item, "patience", 5);
  spec.min_delta = reader.number(node, item, "min_delta", 0, 0, any, "at least 0");
  network.early_stopping = spec;
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
                  {"schedule", "scope", "pattern", "score", "initial_sparsity", "final_sparsity",
                   "begin_epoch", "end_epoch", "every_epochs", "exponent", "except"});
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
  spec.score = static_cast<PruningScore>(
      index_of(pruning_scores, yaml.choice(node, item, "score", list(pruning_scores), "magnitude")));
  if (spec.pattern != PruningPattern::Single && spec.scope == PruningScope::Global)
    reader.out_of_range(node, item, "scope", "global", "layer where the pattern is not single");
  spec.begin_epoch = reader.number(node, item, "begin_epoch", 0, 0, any, "at least 0");
  if (spec.score == PruningScore::Gradient && spec.begin_epoch == 0)
    reader.out_of_range(node, item, "score", "gradient",
                        "magnitude where begin_epoch is 0: no gradient was seen");
  if (spec.score == PruningScore::Gradient && network.optimiser.kind != OptimiserKind::Adam)
    reader.out_of_range(node, item, "score", "gradient", "magnitude where the optimiser is not adam");
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

void read_augmentation(SpecReader& reader, const YAML::Node& node, Network& network) {
  const std::string item = "training.augmentation";
  reader.yaml.check_keys(
      node, item,
      {"shift", "rotation", "scale", "shear", "elastic", "elastic_grid", "erase", "erase_share", "noise"});
  if (!node.IsMap()) return;
  AugmentSpec spec;
  const auto read = [&](const char* key, double& to, double least, double below, const char* wanted) {
    to = reader.number(node, item, key, to, least, below, wanted);
  };
  read("shift", spec.shift, 0, any, "at least 0");
  read("rotation", spec.rotation, 0, 180.001, "0 to 180");
  read("scale", spec.scale, 0, 1, "at least 0 and below 1");
  read("shear", spec.shear, 0, 80, "at least 0 and below 80");
  read("elastic", spec.elastic, 0, any, "at least 0");
  read("elastic_grid", spec.elastic_grid, 1, any, "at least 1");
  read("erase", spec.erase, 0, 1.000001, "0 to 1");
  read("erase_share", spec.erase_share, 0, 1.000001, "0 to 1");
  read("noise", spec.noise, 0, 1, "at least 0 and below 1");
  network.augmentation = spec;
}

void read_bit_cost(SpecReader& reader, const YAML::Node& node, Network& network) {
  const std::string item = "training.bit_cost";
  reader.yaml.check_keys(
      node, item,
      {"beta", "final_beta", "l1", "rate", "begin_epoch", "end_epoch", "target_lut", "target_accuracy"});
  if (!node.IsMap()) return;
  BitCostSpec spec;
  spec.beta = reader.number(node, item, "beta", spec.beta, 1e-30, any, "above 0");
  spec.final_beta = reader.number(node, item, "final_beta", spec.beta, 1e-30, any, "above 0");
  spec.l1 = reader.number(node, item, "l1", 0, 0, any, "at least 0");
  spec.rate = reader.number(node, item, "rate", spec.rate, 0, any, "at least 0");
  spec.begin_epoch = reader.number(node, item, "begin_epoch", 0, 0, any, "at least 0");
  spec.end_epoch = reader.number(node, item, "end_epoch", std::max(spec.begin_epoch, 0.75 * network.epochs),
                                 spec.begin_epoch, any, "at least begin_epoch");
  if (node["target_lut"].IsDefined())
    spec.target_lut = reader.number(node, item, "target_lut", 1, 1, any, "at least 1");
  if (node["target_accuracy"].IsDefined())
    spec.target_accuracy = reader.number(node, item, "target_accuracy", 1, 0, 1.000001, "0 to 1");
  if (spec.target_lut && spec.target_accuracy)
    reader.out_of_range(node, item, "target_accuracy", fmt::format("{}", *spec.target_accuracy),
                        "left out beside target_lut");
  network.bit_cost = spec;
}

void read_distillation(SpecReader& reader, const YAML::Node& node, Network& network) {
  const std::string item = "training.distillation";
  reader.yaml.check_keys(node, item, {"teacher", "temperature", "weight"});
  if (!node.IsMap()) return;
  DistillationSpec spec;
  if (!node["teacher"].IsDefined()) reader.missing(node, item, "teacher");
  spec.teacher = reader.yaml.text(node, item, "teacher", "");
  spec.temperature = reader.number(node, item, "temperature", 4, 1e-3, any, "above 0");
  spec.weight = reader.number(node, item, "weight", 0.9, 0, 1.000001, "0 to 1");
  network.distillation = spec;
}

}  // namespace

void read_recipe(SpecReader& reader, const YAML::Node& node, Network& network) {
  YamlFile& yaml = reader.yaml;
  yaml.check_keys(node, "training",
                  {"epochs", "batch", "loss", "optimiser", "schedule", "early_stopping", "gradient_clip",
                   "label_smoothing", "averaging", "augmentation", "distillation", "pruning",
                   "freeze_batch_norm", "bit_cost"});
  if (!node.IsMap()) return;
  network.epochs = reader.positive(node, "training", "epochs", 1);
  network.batch = reader.positive(node, "training", "batch", 32);
  network.loss =
      static_cast<LossKind>(index_of(losses, yaml.choice(node, "training", "loss", list(losses), losses[0])));
  if (node["freeze_batch_norm"].IsDefined())
    network.freeze_batch_norm =
        reader.number(node, "training", "freeze_batch_norm", any, 0, any, "an epoch, at least 0");
  if (const YAML::Node optimiser = node["optimiser"]; optimiser.IsDefined())
    read_optimiser(reader, optimiser, network);
  if (const YAML::Node rate = node["schedule"]; rate.IsDefined()) read_rate(reader, rate, network);
  if (const YAML::Node stop = node["early_stopping"]; stop.IsDefined())
    read_early_stopping(reader, stop, network);
  network.gradient_clip = reader.number(node, "training", "gradient_clip", 0, 0, any, "at least 0");
  const char* share = "at least 0 and below 1";
  network.label_smoothing = reader.number(node, "training", "label_smoothing", 0, 0, 1, share);
  network.averaging = reader.number(node, "training", "averaging", 0, 0, 1, share);
  if (const YAML::Node changes = node["augmentation"]; changes.IsDefined())
    read_augmentation(reader, changes, network);
  if (const YAML::Node teacher = node["distillation"]; teacher.IsDefined())
    read_distillation(reader, teacher, network);
  if (const YAML::Node pruning = node["pruning"]; pruning.IsDefined()) read_pruning(reader, pruning, network);
  if (const YAML::Node cost = node["bit_cost"]; cost.IsDefined()) read_bit_cost(reader, cost, network);
}

namespace {

// What is for classes alone.
void check_regression(const Network& network, Diagnostics& errors) {
  const auto refuse = [&](const char* key, std::string seen) {
    errors.push_back(diagnose(messages::value_range, {network.file, 0, fmt::format("training.{}", key)},
                              std::move(seen), "left out where the loss is mean_squared_error"));
  };
  if (network.label_smoothing > 0) refuse("label_smoothing", fmt::format("{:g}", network.label_smoothing));
  if (network.distillation)
    refuse("distillation", fmt::format("the teacher '{}'", network.distillation->teacher));
  if (network.early_stopping && network.early_stopping->watch == Watched::ValidationAccuracy)
    errors.push_back(diagnose(messages::value_range, {network.file, 0, "training.early_stopping.watch"},
                              "validation_accuracy", "validation_loss where the loss is mean_squared_error"));
  if (network.bit_cost && network.bit_cost->has_target())
    refuse("bit_cost", network.bit_cost->target_lut ? "target_lut" : "target_accuracy");
}

}  // namespace

Diagnostics check_recipe(const Network& network) {
  Diagnostics errors;
  if (network.regresses()) check_regression(network, errors);
  if (network.is_binary() && network.distillation)
    errors.push_back(diagnose(messages::value_range, {network.file, 0, "training.distillation"},
                              fmt::format("the teacher '{}'", network.distillation->teacher),
                              "left out where the loss is binary_crossentropy"));
  if (network.bit_cost && !network.learns_bits())
    errors.push_back(diagnose(messages::no_learned_bits, {network.file, 0, "training.bit_cost"}));
  if (network.augmentation && network.input.size() != 3)
    errors.push_back(diagnose(messages::value_range, {network.file, 0, "training.augmentation"},
                              fmt::format("for inputs of {}", to_string(network.input)),
                              "for pictures (height, width, channels)"));
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
  const OptimiserSpec& o = network.optimiser;
  std::string text = fmt::format(
      "training:\n  epochs: {}\n  batch: {}\n  loss: {}\n  optimiser: {{type: {}, learning_rate: {}",
      network.epochs, network.batch, losses[static_cast<size_t>(network.loss)],
      optimiser_kinds[static_cast<size_t>(o.kind)], o.learning_rate);
  text += o.kind == OptimiserKind::Adam
              ? fmt::format(", beta1: {}, beta2: {}, epsilon: {}, amsgrad: {}}}\n", o.beta1, o.beta2,
                            o.epsilon, o.amsgrad)
              : fmt::format(", momentum: {}, nesterov: {}}}\n", o.momentum, o.nesterov);
  const RateSpec& r = network.rate;
  if (r.kind != RateKind::Constant || r.warmup_epochs > 0) {
    text += fmt::format("  schedule: {{type: {}, warmup_epochs: {}", rate_kinds[static_cast<size_t>(r.kind)],
                        r.warmup_epochs);
    if (r.kind == RateKind::Step)
      text += fmt::format(", factor: {}, every_epochs: {}", r.factor, r.every_epochs);
    if (r.kind == RateKind::Cosine) text += fmt::format(", final: {}", r.final);
    if (r.kind == RateKind::OneCycle)
      text += fmt::format(", rise: {}, start_divisor: {}, final_divisor: {}", r.rise, r.start_divisor,
                          r.final_divisor);
    if (r.kind == RateKind::Plateau)
      text += fmt::format(", factor: {}, patience: {}, min_delta: {}", r.factor, r.patience, r.min_delta);
    text += "}\n";
  }
  if (network.early_stopping) {
    const EarlyStopping& stop = *network.early_stopping;
    text += fmt::format("  early_stopping: {{watch: {}, patience: {}, min_delta: {}}}\n",
                        watched_values[static_cast<size_t>(stop.watch)], stop.patience, stop.min_delta);
  }
  if (network.gradient_clip > 0) text += fmt::format("  gradient_clip: {}\n", network.gradient_clip);
  if (network.label_smoothing > 0) text += fmt::format("  label_smoothing: {}\n", network.label_smoothing);
  if (network.averaging > 0) text += fmt::format("  averaging: {}\n", network.averaging);
  if (network.augmentation) {
    const AugmentSpec& a = *network.augmentation;
    text += fmt::format(
        "  augmentation: {{shift: {}, rotation: {}, scale: {}, shear: {}, elastic: {}, elastic_grid: {}, "
        "erase: {}, erase_share: {}, noise: {}}}\n",
        a.shift, a.rotation, a.scale, a.shear, a.elastic, a.elastic_grid, a.erase, a.erase_share, a.noise);
  }
  if (network.distillation) {
    const DistillationSpec& d = *network.distillation;
    text += fmt::format("  distillation: {{teacher: \"{}\", temperature: {}, weight: {}}}\n", d.teacher,
                        d.temperature, d.weight);
  }
  if (std::isfinite(network.freeze_batch_norm))
    text += fmt::format("  freeze_batch_norm: {}\n", network.freeze_batch_norm);
  if (network.bit_cost) {
    const BitCostSpec& b = *network.bit_cost;
    text += fmt::format(
        "  bit_cost: {{beta: {}, final_beta: {}, l1: {}, rate: {}, begin_epoch: {}, end_epoch: {}", b.beta,
        b.final_beta, b.l1, b.rate, b.begin_epoch, b.end_epoch);
    if (b.target_lut) text += fmt::format(", target_lut: {}", *b.target_lut);
    if (b.target_accuracy) text += fmt::format(", target_accuracy: {}", *b.target_accuracy);
    text += "}\n";
  }
  if (network.pruning) {
    const PruningSpec& p = *network.pruning;
    text += fmt::format("  pruning: {{schedule: {}, scope: {}, pattern: \"{}\", begin_epoch: {}",
                        pruning_schedules[static_cast<size_t>(p.schedule)],
                        pruning_scopes[static_cast<size_t>(p.scope)],
                        p.pattern == PruningPattern::NOfM      ? fmt::format("{}:{}", p.n, p.m)
                        : p.pattern == PruningPattern::Filters ? "filters"
                                                               : "single",
                        p.begin_epoch);
    if (p.score == PruningScore::Gradient) text += ", score: gradient";
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
