// The numbers of a network before the first step. Each layer draws from a generator of its own, seeded by the
// seed and its position, so that changing one layer leaves the others' first weights as they were.

#include "train/parameters.h"

#include <cmath>

#include "support/random.h"
#include "train/fake_quantizer.h"

namespace gw::train {

namespace {

void add_logarithm(Parameters& parameters, const Network& network, const QuantizerSpec& quantizer,
                   const std::string& name, const Shape& shape, float first) {
  Parameter logarithm{name, shape, 0, std::vector<float>(static_cast<size_t>(element_count(shape)), first)};
  logarithm.is_width = quantizer.learns_bits();
  if (logarithm.is_width) logarithm.rate = network.bit_cost.value_or(BitCostSpec{}).rate;
  parameters.trained.push_back(std::move(logarithm));
}

void add_weights(Parameters& parameters, const Network& network, const LayerSpec& layer, std::uint64_t seed) {
  const int in = layer.in.back() / layer.groups, out = layer.filters,
            window = layer.kernel_h * layer.kernel_w;
  const double fan_in = double{1} * in * window, fan_out = double{1} * out * window;
  double limit = 0;
  switch (layer.init) {
    case WeightInit::LecunUniform:
      limit = std::sqrt(3 / fan_in);
      break;
    case WeightInit::HeUniform:
      limit = std::sqrt(6 / fan_in);
      break;
    case WeightInit::GlorotUniform:
      limit = std::sqrt(6 / (fan_in + fan_out));
      break;
  }
  Shape extents{in, out};
  if (is_conv(layer.kind)) extents.insert(extents.begin(), layer.kernel_w);
  if (layer.kind == LayerKind::Conv2D) extents.insert(extents.begin(), layer.kernel_h);
  Parameter weight{layer.name + ".weight", extents, layer.l1, {}};
  weight.l2 = layer.l2;
  weight.values.resize(static_cast<size_t>(element_count(weight.shape)));
  Random random(seed);
  for (float& value : weight.values) value = static_cast<float>((2 * random.unit() - 1) * limit);
  const Shape shape = weight.shape;
  parameters.trained.push_back(std::move(weight));
  if (const auto& quantizer = layer.kernel_quantizer; quantizer && quantizer->scale == ScaleRule::Learned) {
    const bool is_for_channels = quantizer->per_channel || quantizer->learned_bits == LearnedBits::Channel;
    add_logarithm(parameters, network, *quantizer, layer.name + ".weight_step",
                  quantizer->learned_bits == LearnedBits::Weight ? shape
                  : is_for_channels                              ? Shape{out}
                                                                 : Shape{1},
                  first_step(*quantizer));
  }
  if (layer.bias)
    parameters.trained.push_back(
        {layer.name + ".bias", {out}, 0, std::vector<float>(static_cast<size_t>(out))});
}

}  // namespace

Parameters initial_parameters(const Network& network, std::uint64_t seed) {
  Parameters parameters;
  Random seeds(seed);
  for (const LayerSpec& layer : network.layers) {
    const std::uint64_t own = seeds.bits();
    if (has_weights(layer.kind)) add_weights(parameters, network, layer, own);
    if (layer.quantizer && layer.quantizer->scale == ScaleRule::Learned) {
      const QuantizerSpec& quantizer = *layer.quantizer;
      const Shape shape{quantizer.learned_bits == LearnedBits::Channel ? layer.in.back() : 1};
      add_logarithm(parameters, network, quantizer, layer.name + ".step", shape, first_step(quantizer));
      if (quantizer.learns_bits())
        add_logarithm(parameters, network, quantizer, layer.name + ".top", shape, first_top(quantizer));
    }
    if (layer.kind == LayerKind::BatchNorm) {
      const int channels = layer.in.back();
      const auto count = static_cast<size_t>(channels);
      parameters.trained.push_back({layer.name + ".gamma", {channels}, 0, std::vector<float>(count, 1.0f)});
      parameters.trained.push_back({layer.name + ".beta", {channels}, 0, std::vector<float>(count, 0.0f)});
      parameters.statistics.push_back({layer.name + ".moving_mean", std::vector<float>(count, 0.0f)});
      parameters.statistics.push_back({layer.name + ".moving_variance", std::vector<float>(count, 1.0f)});
    }
  }
  for (Parameter& parameter : parameters.trained) parameter.gradient.resize(parameter.values.size());
  return parameters;
}

double penalty(const Parameters& parameters) {
  double total = 0;
  for (const Parameter& parameter : parameters.trained) {
    if (parameter.l1 == 0 && parameter.l2 == 0) continue;
    double sum = 0, squares = 0;
    for (const float value : parameter.values) {
      sum += std::abs(static_cast<double>(value));
      squares += static_cast<double>(value) * static_cast<double>(value);
    }
    total += parameter.l1 * sum + parameter.l2 * squares;
  }
  return total;
}

void add_penalty_gradient(Parameters& parameters) {
  for (Parameter& parameter : parameters.trained) {
    const auto l1 = static_cast<float>(parameter.l1), slope = static_cast<float>(2 * parameter.l2);
    if (parameter.l1 == 0 && parameter.l2 == 0) continue;
    for (size_t i = 0; i < parameter.values.size(); ++i) {
      const float value = parameter.values[i];
      parameter.gradient[i] += (value > 0 ? l1 : value < 0 ? -l1 : 0.0f) + slope * value;
    }
  }
}

}  // namespace gw::train
