// A checkpoint is a safetensors file: the parameters under their own names, so that any reader of that format
// finds the weights, and beside them what the optimiser and the loop remember. Reading builds the parameters
// that the stored network asks for and fills them, so that a missing, renamed or resized array is an error
// and never a silent zero.

#include "train/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "graph/safetensors.h"
#include "support/files.h"
#include "support/messages.h"

namespace gw::train {

namespace {

constexpr const char* format_name = "gatewright checkpoint 3";

// The arrays of F32 that a checkpoint holds, by name, with their shapes: calls visit(name, shape, values).
template <class State, class Visit>
void for_arrays(State& state, const Visit& visit) {
  auto& parameters = state.parameters;
  for (size_t i = 0; i < parameters.trained.size(); ++i) {
    auto& parameter = parameters.trained[i];
    visit(parameter.name, parameter.shape, parameter.values);
    visit("optimiser.mean/" + parameter.name, parameter.shape, state.optimiser.mean[i]);
    if (!state.optimiser.square.empty())
      visit("optimiser.square/" + parameter.name, parameter.shape, state.optimiser.square[i]);
    if (!state.optimiser.largest.empty())
      visit("optimiser.largest/" + parameter.name, parameter.shape, state.optimiser.largest[i]);
    if (!state.average.empty()) visit("average/" + parameter.name, parameter.shape, state.average[i]);
  }
  for (auto& statistic : parameters.statistics)
    visit(statistic.name, Shape{static_cast<int>(statistic.values.size())}, statistic.values);
}

// The history as a table with a row an epoch; what there is not is no number.
constexpr std::int64_t columns = 8;

std::vector<double> table_of(const History& history) {
  std::vector<double> table;
  for (const EpochRecord& record : history) {
    table.insert(table.end(), {record.seconds, record.penalty});
    for (const std::optional<Measure>& measure :
         {std::optional(record.training), record.validation, record.test}) {
      table.push_back(measure ? measure->loss : NAN);
      table.push_back(measure ? measure->error.value_or(measure->accuracy) : NAN);
    }
  }
  return table;
}

History history_of(const std::vector<double>& table, bool regresses) {
  History history;
  for (size_t at = 0; at < table.size(); at += columns) {
    const auto measure = [&](size_t column) -> std::optional<Measure> {
      if (std::isnan(table[at + column + 1])) return {};
      if (regresses) return Measure{table[at + column], 0, table[at + column + 1]};
      return Measure{table[at + column], table[at + column + 1]};
    };
    EpochRecord record;
    record.epoch = static_cast<int>(history.size()) + 1;
    record.seconds = table[at];
    record.penalty = table[at + 1];
    record.training = measure(2).value_or(Measure{});
    record.validation = measure(4);
    record.test = measure(6);
    history.push_back(record);
  }
  return history;
}

// What bits cost, likewise: beta, all look-up tables, then of each layer its operations and look-up tables.
std::vector<double> bits_of(const History& history) {
  std::vector<double> table;
  for (const EpochRecord& record : history) {
    if (!record.bits) continue;
    table.insert(table.end(), {record.bits->beta, record.bits->lut.value_or(NAN)});
    for (const LayerCost& layer : record.bits->layers)
      table.insert(table.end(), {layer.operations, layer.lut.value_or(NAN)});
  }
  return table;
}

std::vector<std::string> matrices_of(const Network& network) {
  std::vector<std::string> names;
  for (const LayerSpec& layer : network.layers)
    if (has_weights(layer.kind)) names.push_back(layer.name);
  return names;
}

void add_bits(const std::vector<double>& table, const std::vector<std::string>& layers, History& history) {
  const auto priced = [&](size_t at) {
    return std::isnan(table[at]) ? std::nullopt : std::optional(table[at]);
  };
  const size_t width = 2 + 2 * layers.size();
  for (size_t row = 0; row < history.size(); ++row) {
    size_t at = row * width;
    BitRecord record{.beta = table[at], .layers = {}, .lut = priced(at + 1)};
    for (const std::string& name : layers) {
      at += 2;
      record.layers.push_back({name, table[at], priced(at + 1)});
    }
    history[row].bits = record;
  }
}

Diagnostic broken(const std::string& file, const std::string& item, const std::string& why) {
  return diagnose(messages::checkpoint_broken, {file, 0, item}, why);
}

}  // namespace

Parameters Checkpoint::answering() const {
  Parameters answering = parameters;
  for (size_t i = 0; i < average.size(); ++i) answering.trained[i].values = average[i];
  return answering;
}

Status save_checkpoint(const fs::path& path, const Checkpoint& checkpoint) {
  SafeTensors file;
  for_arrays(checkpoint, [&](const std::string& name, const Shape& shape, const std::vector<float>& values) {
    file.set<float>(name, {shape.begin(), shape.end()}, values);
  });
  for (const Parameter& parameter : checkpoint.parameters.trained)
    if (!parameter.mask.empty())
      file.set<std::uint8_t>("mask/" + parameter.name, {parameter.shape.begin(), parameter.shape.end()},
                             parameter.mask);
  file.set<std::int64_t>("loop.counts", {6},
                         {checkpoint.epoch, checkpoint.step, checkpoint.running.correct,
                          checkpoint.running.count, checkpoint.optimiser.steps, checkpoint.parameters.steps});
  std::vector<double> sums{checkpoint.running.loss_sum, checkpoint.seconds};
  if (checkpoint.running.error_sum > 0) sums.push_back(checkpoint.running.error_sum);
  file.set<double>("loop.sums", {static_cast<std::int64_t>(sums.size())}, sums);
  file.set<double>("loop.history", {static_cast<std::int64_t>(checkpoint.history.size()), columns},
                   table_of(checkpoint.history));
  if (const std::vector<double> bits = bits_of(checkpoint.history); !bits.empty())
    file.set<double>("loop.bits", {static_cast<std::int64_t>(bits.size())}, bits);
  file.metadata = {{"format", format_name},
                   {"network", checkpoint.network},
                   {"seed", std::to_string(checkpoint.seed)},
                   {"data", checkpoint.data}};
  return save_safetensors(path, file);
}

Result<Checkpoint> load_checkpoint(const fs::path& path) {
  auto file = load_safetensors(path);
  if (!file) return file.errors();
  const std::string name = path.string();
  const auto text = [&](const char* key) {
    const auto found = file->metadata.find(key);
    return found == file->metadata.end() ? std::string() : found->second;
  };
  if (text("format") != format_name)
    return broken(name, "format", fmt::format("it says '{}' instead of '{}'", text("format"), format_name));

  Checkpoint checkpoint;
  checkpoint.network = text("network");
  checkpoint.data = text("data");
  const std::string seed = text("seed");
  const auto parsed = std::from_chars(seed.data(), seed.data() + seed.size(), checkpoint.seed);
  if (parsed.ec != std::errc() || parsed.ptr != seed.data() + seed.size())
    return broken(name, "seed", fmt::format("'{}' is no number", seed));
  auto network = parse_network(checkpoint.network, name);
  if (!network) return network.errors();

  const auto counts = file->get<std::int64_t>("loop.counts", name);
  if (!counts) return counts.errors();
  const auto table = file->get<double>("loop.history", name);
  if (!table) return table.errors();
  const auto sums = file->get<double>("loop.sums", name);
  if (!sums) return sums.errors();
  if (counts->size() != 6 || sums->size() < 2 || sums->size() > 3 ||
      std::any_of(counts->begin(), counts->end(), [](auto n) { return n < 0; }))
    return broken(name, "loop.counts", "these are no counts");
  checkpoint.epoch = (*counts)[0];
  checkpoint.step = (*counts)[1];
  checkpoint.running = {(*sums)[0], (*counts)[2], (*counts)[3], sums->size() > 2 ? (*sums)[2] : 0};
  checkpoint.seconds = (*sums)[1];
  if (static_cast<std::int64_t>(table->size()) != checkpoint.epoch * columns)
    return broken(name, "loop.history", "it does not have one row for each epoch");
  checkpoint.history = history_of(*table, network->regresses());
  if (file->tensors.contains("loop.bits")) {
    const auto bits = file->get<double>("loop.bits", name);
    if (!bits) return bits.errors();
    const std::vector<std::string> layers = matrices_of(*network);
    if (bits->size() != checkpoint.history.size() * (2 + 2 * layers.size()))
      return broken(name, "loop.bits", "it does not have the costs of each epoch");
    add_bits(*bits, layers, checkpoint.history);
  }

  checkpoint.parameters = initial_parameters(*network, checkpoint.seed);
  checkpoint.optimiser = Optimiser(network->optimiser, checkpoint.parameters).state();
  if (network->averaging > 0)
    for (const Parameter& parameter : checkpoint.parameters.trained)
      checkpoint.average.push_back(parameter.values);
  checkpoint.optimiser.steps = (*counts)[4];
  checkpoint.parameters.steps = (*counts)[5];
  Diagnostics errors;
  for_arrays(checkpoint, [&](const std::string& array, const Shape& shape, std::vector<float>& values) {
    auto stored = file->get<float>(array, name);
    if (!stored) {
      errors.insert(errors.end(), stored.errors().begin(), stored.errors().end());
    } else if (file->tensors.at(array).shape != std::vector<std::int64_t>(shape.begin(), shape.end())) {
      errors.push_back(broken(name, array, fmt::format("its shape is not {}", to_string(shape))));
    } else {
      values = std::move(*stored);
    }
  });
  for (Parameter& parameter : checkpoint.parameters.trained) {
    const std::string array = "mask/" + parameter.name;
    if (!file->tensors.contains(array)) continue;
    auto mask = file->get<std::uint8_t>(array, name);
    if (!mask) return mask.errors();
    if (mask->size() != parameter.values.size()) {
      errors.push_back(broken(name, array, fmt::format("its shape is not {}", to_string(parameter.shape))));
      continue;
    }
    parameter.mask = std::move(*mask);
  }
  if (!errors.empty()) return errors;
  return checkpoint;
}

std::string fingerprint(const Samples& samples) {
  std::string bytes(samples.labels.begin(), samples.labels.end());
  const auto targets = std::as_bytes(samples.targets);
  bytes.append(reinterpret_cast<const char*>(targets.data()), targets.size());
  const std::int64_t count = samples.count();
  const auto raw = samples.reals.empty() ? std::as_bytes(samples.pixels) : std::as_bytes(samples.reals);
  const std::int64_t size = count == 0 ? 0 : static_cast<std::int64_t>(raw.size()) / count;
  const std::int64_t apart = std::max<std::int64_t>(1, count / 64);
  for (std::int64_t image = 0; image < count; image += apart) {
    const auto some = raw.subspan(static_cast<size_t>(image * size), static_cast<size_t>(size));
    bytes.append(reinterpret_cast<const char*>(some.data()), some.size());
  }
  return fmt::format("{} images, sha256 {}", count, sha256(bytes).substr(0, 16));
}

}  // namespace gw::train
