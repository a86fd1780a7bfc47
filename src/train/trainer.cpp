// The fit loop.
//
// Everything random follows from the seed and the number of the epoch, never from how long the loop has run:
// the order of the images in epoch e is a shuffle by a generator seeded with (seed, e). A checkpoint
// therefore needs no generator state, and a training that stops and resumes takes the same steps as one that
// does not.

#include "train/trainer.h"

#include <chrono>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "support/check.h"
#include "support/files.h"
#include "support/messages.h"
#include "support/random.h"
#include "train/batches.h"
#include "train/bit_target.h"
#include "train/emulate.h"
#include "train/graph.h"
#include "train/learning_rate.h"
#include "train/pruning.h"
#include "train/start_from.h"

namespace gw::train {

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The images' order in an epoch (Fisher, Yates 1938).
std::vector<std::int32_t> shuffled(std::int64_t count, std::uint64_t seed, std::int64_t epoch) {
  std::vector<std::int32_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  Random random(Random(seed ^ Random(static_cast<std::uint64_t>(epoch)).bits()).bits());
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

Diagnostics check_samples(const Network& network, const Samples& samples, const std::string& role) {
  Diagnostics errors;
  const Place place{network.file, 0, "input"};
  const std::int64_t size = element_count(network.input);
  const size_t numbers = samples.reals.empty() ? samples.pixels.size() : samples.reals.size();
  if (static_cast<std::int64_t>(numbers) != samples.count() * size) {
    errors.push_back(diagnose(messages::samples_size, place, role, static_cast<std::int64_t>(numbers),
                              samples.count(), to_string(network.input)));
  }
  if (network.augmentation && !samples.reals.empty() && role == "training")
    errors.push_back(diagnose(messages::augment_reals, {network.file, 0, "training.augmentation"}));
  if (samples.count() > 0 && network.regresses() != (samples.outputs > 0)) {
    errors.push_back(diagnose(messages::samples_answers, place, role,
                              samples.outputs > 0 ? "real numbers to be answered" : "labels",
                              network.regresses() ? "real numbers" : "classes"));
    return errors;
  }
  if (samples.count() > 0 && network.regresses() && samples.outputs != network.outputs())
    errors.push_back(diagnose(messages::samples_targets, place, role, samples.outputs, network.outputs()));
  std::uint8_t highest = 0;
  for (const std::uint8_t label : samples.labels) highest = std::max(highest, label);
  if (!network.regresses() && samples.count() > 0 && highest >= network.classes())
    errors.push_back(diagnose(messages::samples_label, place, role, highest, network.classes()));
  return errors;
}

// The file without what may differ between the runs of one training.
std::string without_epochs(Network network) {
  network.epochs = 1;
  return print_network(network);
}

Result<Checkpoint> start(const Network& network, const Samples& training, const TrainOptions& options) {
  Checkpoint state;
  state.network = print_network(network);
  state.seed = options.seed;
  state.data = fingerprint(training);
  const fs::path path = options.folder / "latest.safetensors";
  std::error_code ignored;
  const bool present = !options.folder.empty() && fs::exists(path, ignored);
  if (!options.resume) {
    // Starting over would overwrite hours of work, and leave checkpoints of two trainings side by side.
    if (present) return diagnose(messages::checkpoint_present, {path.string(), 0, ""});
    if (options.from.empty()) {
      state.parameters = initial_parameters(network, options.seed);
    } else {
      auto parameters = parameters_from(options.from, network, training, options.seed, options.threads);
      if (!parameters) return parameters.errors();
      state.parameters = *std::move(parameters);
      apply_masks(state.parameters);
    }
    state.optimiser = Optimiser(network.optimiser, state.parameters).state();
    if (network.averaging > 0)
      for (const Parameter& parameter : state.parameters.trained) state.average.push_back(parameter.values);
    return state;
  }
  if (!present) return diagnose(messages::checkpoint_absent, {path.string(), 0, ""});
  auto saved = load_checkpoint(path);
  if (!saved) return saved.errors();
  const auto other = [&](const char* what, const std::string& was, const std::string& is) {
    return diagnose(messages::checkpoint_other, {path.string(), 0, ""}, what, was, is);
  };
  const auto theirs = parse_network(saved->network, path.string());
  if (!theirs) return theirs.errors();
  if (without_epochs(*theirs) != without_epochs(network))
    return other("network", theirs->name, network.name + " (the files differ)");
  if (saved->seed != state.seed)
    return other("seed", std::to_string(saved->seed), std::to_string(state.seed));
  if (saved->data != state.data) return other("training data", saved->data, state.data);
  saved->network = state.network;
  return saved;
}

Status save(const TrainOptions& options, const Checkpoint& state, bool epoch_end) {
  if (options.folder.empty()) return Done{};
  if (epoch_end) {
    if (auto done = save_checkpoint(options.folder / checkpoint_name(static_cast<int>(state.epoch)), state);
        !done)
      return done;
    if (auto done = write_file(options.folder / "history.csv", print_csv(state.history)); !done) return done;
    if (auto done = write_file(options.folder / "history.json", print_json(state.history)); !done)
      return done;
    const History front = pareto_front(state.history);
    if (!front.empty()) {
      if (auto done = write_file(options.folder / "pareto.csv", print_front(front)); !done) return done;
    }
  }
  return save_checkpoint(options.folder / "latest.safetensors", state);
}

// The average follows the weights at once in the first steps, when it would still be that of the first ones.
void move_average(double averaging, std::int64_t step, Checkpoint& state) {
  const auto t = static_cast<double>(step);
  const auto kept = static_cast<float>(std::min(averaging, (1 + t) / (10 + t)));
  for (size_t p = 0; p < state.average.size(); ++p) {
    const Parameter& parameter = state.parameters.trained[p];
    for (size_t i = 0; i < parameter.values.size(); ++i) {
      float& average = state.average[p][i];
      average = kept * average + (1 - kept) * parameter.values[i];
      if (!parameter.mask.empty() && parameter.mask[i] == 0) average = 0;
    }
  }
}

// What a network with learned widths costs at the end of an epoch.
Result<BitRecord> measure_bits(const Network& network, const Parameters& answering, double beta, Model& model,
                               const PriceFunction& price) {
  BitRecord record{.beta = beta, .layers = model.bit_operations(answering)};
  if (!price) return record;
  const auto graph = to_graph(network, answering);
  if (!graph) return graph.errors();
  const auto priced = price(*graph);
  if (!priced) return priced.errors();
  record.lut = priced->lut;
  for (LayerCost& layer : record.layers)
    if (const auto found = priced->layers.find(layer.layer); found != priced->layers.end())
      layer.lut = found->second;
  return record;
}

// The steps and tops that settle widths, to be put back after a step that must not move them.
std::vector<std::vector<float>> widths_of(const Parameters& parameters) {
  std::vector<std::vector<float>> widths;
  for (const Parameter& parameter : parameters.trained)
    if (parameter.is_width) widths.push_back(parameter.values);
  return widths;
}

void restore_widths(std::vector<std::vector<float>> widths, Parameters& parameters) {
  auto next = widths.begin();
  for (Parameter& parameter : parameters.trained)
    if (parameter.is_width) parameter.values = std::move(*next++);
}

Measure measure_of(const Network& network, const Score& score) {
  Measure measure{score.loss(), score.accuracy()};
  if (network.regresses()) measure.error = score.error();
  return measure;
}

// The metric beside the loss: "accuracy 0.98".
std::string told(const Measure& measure) {
  return measure.error ? fmt::format("mean absolute error {:.4g}", *measure.error)
                       : fmt::format("accuracy {:.4f}", measure.accuracy);
}

std::string summary(const EpochRecord& record, int epochs) {
  std::string text = fmt::format("epoch {}/{}: loss {:.4f}, {}", record.epoch, epochs, record.training.loss,
                                 told(record.training));
  const auto add = [&](const char* name, const std::optional<Measure>& measure) {
    if (measure && measure->error)
      text += fmt::format("; {} {:.4g}", name, *measure->error);
    else if (measure)
      text += fmt::format("; {} {:.4f}", name, measure->accuracy);
  };
  add("validation", record.validation);
  add("test", record.test);
  if (record.bits && record.bits->lut)
    text += fmt::format("; {:.0f} LUT", *record.bits->lut);
  else if (record.bits)
    text += fmt::format("; {:.0f} bit operations", record.bits->operations());
  return text + fmt::format("; {:.1f} s", record.seconds);
}

}  // namespace

Diagnostics schedule_notes(const Network& network, int epochs) {
  const int last = epochs > 0 ? epochs : network.epochs;
  Diagnostics notes;
  const auto cut = [&](const char* key, double end, const std::string& what) {
    if (end > last)
      notes.push_back(diagnose(messages::schedule_cut, {network.file, 0, fmt::format("training.{}", key)},
                               fmt::format("{:g}", end), std::to_string(last), what));
  };
  if (network.pruning && network.pruning->schedule == PruningSchedule::Polynomial)
    cut("pruning", network.pruning->end_epoch,
        fmt::format("{:g} % of the weights will not be pruned", 100 * network.pruning->final_sparsity));
  cut("schedule.warmup_epochs", network.rate.warmup_epochs, "the learning rate rises to the end");
  return notes;
}

std::string checkpoint_name(int epoch) { return fmt::format("epoch-{:03}.safetensors", epoch); }

Result<Training> train(const Network& wanted, const Samples& training, const Samples& validation,
                       const Samples& test, const TrainOptions& options, Progress& progress) {
  Network network = wanted;
  if (options.epochs > 0) network.epochs = options.epochs;
  Diagnostics errors;
  for (const auto& [samples, role] :
       {std::pair{&training, "training"}, std::pair{&validation, "validation"}, std::pair{&test, "test"}}) {
    const Diagnostics found = check_samples(network, *samples, role);
    errors.insert(errors.end(), found.begin(), found.end());
  }
  if (network.early_stopping && validation.count() == 0)
    errors.push_back(diagnose(messages::samples_needed, {network.file, 0, "training.early_stopping"},
                              "leave it out, or give some"));
  if (network.bit_cost && network.bit_cost->has_target()) {
    GW_CHECK(options.price);
    if (validation.count() == 0)
      errors.push_back(diagnose(messages::samples_needed, {network.file, 0, "training.bit_cost"},
                                "leave the target out, or give some"));
  }
  if (training.count() == 0)
    errors.push_back(diagnose(messages::samples_missing, {network.file, 0, network.name}, "training"));
  const std::int64_t steps = (training.count() + network.batch - 1) / network.batch;
  if (network.pruning && network.pruning->score == PruningScore::Gradient && steps > 0 &&
      prunes_at(*network.pruning, 0, steps))
    errors.push_back(diagnose(
        messages::value_range, {network.file, 0, "training.pruning.begin_epoch"},
        fmt::format("{:g}", network.pruning->begin_epoch),
        fmt::format("at least one of the {} steps of an epoch where the score is gradient: none was seen",
                    steps)));
  if (!errors.empty()) return errors;

  auto started = start(network, training, options);
  if (!started) return started.errors();
  Training result{std::move(*started), {}, false};
  Checkpoint& state = result.state;
  Optimiser optimiser(network.optimiser, state.parameters);
  optimiser.state() = state.optimiser;
  Model model(network, network.batch, options.threads);
  std::optional<Teacher> teacher;
  if (network.distillation) {
    const fs::path path = fs::path(network.file).parent_path() / network.distillation->teacher;
    auto loaded = load_teacher(path, network);
    if (!loaded) return loaded.errors();
    teacher = *std::move(loaded);
  }
  Batches batches(network, training, std::move(teacher), options.threads);

  const auto is_over = [&] {
    return state.epoch >= network.epochs ||
           (network.early_stopping && state.step == 0 && stops_early(*network.early_stopping, state.history));
  };
  while (!is_over()) {
    const std::vector<std::int32_t> order = shuffled(training.count(), state.seed, state.epoch);
    progress.begin(fmt::format("epoch {}/{}", state.epoch + 1, network.epochs), steps);
    double begin = now();
    const BitPrice price = network.bit_cost ? price_of_bits(*network.bit_cost, state.history) : BitPrice{};
    const bool holds = network.bit_cost && holds_widths(*network.bit_cost, state.history);
    while (state.step < steps) {
      const std::int64_t first = state.step * network.batch;
      const auto batch =
          std::span(order)
              .subspan(static_cast<size_t>(first))
              .first(static_cast<size_t>(std::min<std::int64_t>(network.batch, training.count() - first)));
      const std::int64_t at = state.epoch * steps + state.step;
      if (network.pruning && prunes_at(*network.pruning, at, steps)) {
        const double sparsity = sparsity_at(*network.pruning, at, steps);
        if (auto pruned =
                prune(*network.pruning, network, sparsity, state.parameters, optimiser.state().square);
            !pruned) {
          progress.end("pruning would leave a layer without weights");
          return pruned.errors();
        }
      }
      // A width that changes moves the statistics, so both come to rest together.
      const bool is_frozen =
          static_cast<double>(at) >= network.freeze_batch_norm * static_cast<double>(steps);
      model.freeze_statistics(is_frozen);
      const std::uint64_t noise = Random(state.seed ^ Random(~static_cast<std::uint64_t>(at)).bits()).bits();
      const Batches::Batch images = batches.at(batch, noise);
      state.running.add(
          model.gradients(state.parameters, images.samples, images.order, noise, images.teacher));
      add_penalty_gradient(state.parameters);
      model.add_bit_gradient(state.parameters, price);
      mask_gradients(state.parameters);
      if (network.gradient_clip > 0) clip_gradients(state.parameters, network.gradient_clip);
      auto widths = is_frozen || holds ? widths_of(state.parameters) : std::vector<std::vector<float>>();
      optimiser.step(state.parameters, rate_factor(network.rate, network.epochs, steps, at, state.history));
      if (is_frozen || holds) restore_widths(std::move(widths), state.parameters);
      apply_masks(state.parameters);
      move_average(network.averaging, optimiser.state().steps, state);
      ++state.step;
      progress.update(state.step, fmt::format("loss {:.4f}, {}", state.running.loss(),
                                              told(measure_of(network, state.running))));
      if (!std::isfinite(state.running.loss_sum)) {
        progress.end("the loss is no finite number");
        const std::string layer = model.first_not_finite();
        return diagnose(messages::training_diverged, {network.file, 0, network.name}, state.epoch + 1,
                        state.step,
                        layer.empty() ? "all layers' answers are finite"
                                      : fmt::format("the first answer that is none is that of '{}'", layer));
      }
      if (progress.stop_requested() && state.step < steps) {
        state.seconds += now() - begin;
        state.optimiser = optimiser.state();
        result.stopped = true;
        progress.end(fmt::format("stopped in epoch {} of {} after step {} of {}", state.epoch + 1,
                                 network.epochs, state.step, steps));
        if (auto done = save(options, state, false); !done) return done.errors();
        return result;
      }
    }
    EpochRecord record;
    record.seconds = state.seconds + now() - begin;
    record.epoch = static_cast<int>(++state.epoch);
    Parameters answering = state.answering();
    record.penalty = penalty(answering);
    if (network.learns_bits()) {
      auto bits = measure_bits(network, answering, price.beta, model, options.price);
      if (!bits) return bits.errors();
      record.bits = *std::move(bits);
      record.penalty += model.add_bit_gradient(answering, price);
    }
    record.training = measure_of(network, state.running);
    const bool is_emulated = network.is_quantised() && !model.is_exact(answering);
    for (const auto& [samples, to] :
         {std::pair{&validation, &record.validation}, std::pair{&test, &record.test}}) {
      if (samples->count() == 0) continue;
      const auto score = is_emulated ? emulated_score(network, answering, *samples, options.threads)
                                     : Result<Score>(model.score(answering, *samples));
      if (!score) return score.errors();
      *to = measure_of(network, *score);
    }
    state.history.push_back(record);
    state.step = 0;
    state.running = {};
    state.seconds = 0;
    state.optimiser = optimiser.state();
    progress.end(summary(record, network.epochs));
    if (options.watch) options.watch(state.history);
    if (auto done = save(options, state, true); !done) return done.errors();
    if (progress.stop_requested() && !is_over()) {
      result.stopped = true;
      return result;
    }
  }
  result.chosen = result.state;
  if (!network.bit_cost || options.folder.empty()) return result;
  if (const auto chosen = chosen_epoch(*network.bit_cost, state.history)) {
    auto loaded = load_checkpoint(options.folder / checkpoint_name(*chosen));
    if (!loaded) return loaded.errors();
    result.chosen = *std::move(loaded);
  }
  return result;
}

}  // namespace gw::train
