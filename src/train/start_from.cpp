// Fine-tuning: a training that begins where another ended, as float weights that are to be pruned or
// quantised do.

#include "train/start_from.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "graph/model_file.h"
#include "graph/safetensors.h"
#include "support/files.h"
#include "support/messages.h"
#include "train/checkpoint.h"
#include "train/graph.h"

namespace gw::train {

namespace {

// The network computed in floating point.
Network unquantised(Network network) {
  network.input_quantizer.reset();
  for (LayerSpec& layer : network.layers) {
    layer.kernel_quantizer.reset();
    layer.bias_quantizer.reset();
    if (is_function(layer.kind)) layer.quantizer.reset();
    if (layer.kind != LayerKind::Activation) continue;
    // Dropout of rate 0 is nothing.
    layer.kind = layer.quantizer->kind == QuantizerKind::Relu ? LayerKind::Relu : LayerKind::Dropout;
    layer.quantizer.reset();
  }
  return network;
}

bool is_learned_step(const std::string& name) {
  return name.ends_with(".weight_step") || name.ends_with(".step") || name.ends_with(".top");
}

// Steps that were learned for fewer, one or one a channel, hold for all that has one of its own now.
bool spreads(const Parameter& from, const Parameter& to) {
  return is_learned_step(to.name) &&
         (from.values.size() == 1 || (from.shape.size() == 1 && from.shape[0] == to.shape.back()));
}

template <class Entries>
auto find(Entries& entries, const std::string& name) {
  return std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.name == name; });
}

// Takes what has the same name; nothing may be left over on either side.
Diagnostics adopt(const Parameters& source, const std::string& file, Parameters& to) {
  Diagnostics errors;
  const auto refuse = [&](std::string why) {
    errors.push_back(diagnose(messages::start_refused, {file, 0, ""}, std::move(why)));
  };
  for (Parameter& parameter : to.trained) {
    const auto from = find(source.trained, parameter.name);
    if (from == source.trained.end()) {
      if (!is_learned_step(parameter.name)) refuse(fmt::format("it has no '{}'", parameter.name));
    } else if (spreads(*from, parameter)) {
      for (size_t i = 0; i < parameter.values.size(); ++i)
        parameter.values[i] = from->values[i % from->values.size()];
    } else if (from->shape != parameter.shape) {
      refuse(fmt::format("its '{}' has the shape {}, not {}", parameter.name, to_string(from->shape),
                         to_string(parameter.shape)));
    } else {
      parameter.values = from->values;
      parameter.mask = from->mask;
    }
  }
  for (Statistic& statistic : to.statistics) {
    const auto from = find(source.statistics, statistic.name);
    if (from != source.statistics.end() && from->values.size() == statistic.values.size())
      statistic.values = from->values;
  }
  for (const Parameter& parameter : source.trained)
    if (find(to.trained, parameter.name) == to.trained.end() && !is_learned_step(parameter.name))
      refuse(fmt::format("no layer here has its '{}'", parameter.name));
  to.steps = source.steps;
  return errors;
}

// Where a step was learned for a fixed number of bits, the top that is learned now begins above as many
// steps.
void adopt_tops(const Network& source, const Network& network, Parameters& to) {
  for (const LayerSpec& layer : network.layers) {
    if (!layer.quantizer || !layer.quantizer->learns_bits()) continue;
    const auto from = find(source.layers, layer.name);
    if (from == source.layers.end() || !from->quantizer || from->quantizer->learns_bits() ||
        from->quantizer->scale != ScaleRule::Learned)
      continue;
    std::vector<float>& tops = find(to.trained, layer.name + ".top")->values;
    tops = find(to.trained, layer.name + ".step")->values;
    for (float& top : tops) top = std::nearbyint(top) + static_cast<float>(from->quantizer->magnitude_bits());
  }
}

// Pruned weights, where nothing else tells.
void mask_zeros(Parameters& parameters) {
  for (Parameter& parameter : parameters.trained) {
    if (!parameter.name.ends_with(".weight")) continue;
    if (std::find(parameter.values.begin(), parameter.values.end(), 0.0f) == parameter.values.end()) continue;
    parameter.mask.clear();
    for (const float value : parameter.values) parameter.mask.push_back(value != 0 ? 1 : 0);
  }
}

}  // namespace

Result<Parameters> parameters_from(const fs::path& path, const Network& network, const Samples& samples,
                                   std::uint64_t seed, int threads) {
  const std::string file = path.string();
  Parameters parameters = initial_parameters(network, seed);
  const auto container = load_safetensors(path);
  if (!container) return container.errors();
  if (!container->metadata.contains(graph_metadata_key)) {
    const auto checkpoint = load_checkpoint(path);
    if (!checkpoint) return checkpoint.errors();
    if (Diagnostics errors = adopt(checkpoint->answering(), file, parameters); !errors.empty()) return errors;
    const auto source = parse_network(checkpoint->network, file);
    if (!source) return source.errors();
    adopt_tops(*source, network, parameters);
    return parameters;
  }
  const auto graph = load_model(path);
  if (!graph) return graph.errors();
  auto source = from_graph(*graph, file, network.divide_by);
  if (!source) return source.errors();
  mask_zeros(source->parameters);
  if (Diagnostics errors = adopt(source->parameters, file, parameters); !errors.empty()) return errors;

  // In floating point, where the answers of the model file hold.
  const Network plain = unquantised(network);
  Parameters measured = initial_parameters(plain, seed);
  for (Parameter& parameter : measured.trained)
    parameter.values = find(parameters.trained, parameter.name)->values;
  std::vector<std::int32_t> order(static_cast<size_t>(std::min<std::int64_t>(samples.count(), 4096)));
  std::iota(order.begin(), order.end(), 0);
  Model(plain, static_cast<int>(order.size()), threads).adopt_statistics(measured, samples, order);
  for (const Parameter& parameter : measured.trained)
    find(parameters.trained, parameter.name)->values = parameter.values;
  parameters.statistics = measured.statistics;
  parameters.steps = 1000;  // as many as it takes for a running mean to trust them
  return parameters;
}

}  // namespace gw::train
