// Quantisation after training.
//
// Layer by layer, from the input on, so that each layer is fitted to inputs as the quantised layers before it
// give them. No label is looked at.
//
// Equalisation (Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV
// 2019). Between two layers with nothing but rectifiers and pools a channel may be scaled by any s > 0 and
// the weights that read it by 1 / s. Weights have a step for each output channel here, so the first layer
// does not care; the values share one step, and with s = sqrt(largest weight / largest value) the ranges of
// values and of the weights that read them become the same.
//
// Ranges. A step is a power of two; of the one that clips nothing and the next smaller ones that is taken
// that has the least squared error, for a channel of weights over its weights and for an activation over its
// values.
//
// Rounding and bias correction: layer_fit.cpp.

#include "train/quantise.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "support/check.h"
#include "support/messages.h"
#include "train/fake_quantizer.h"
#include "train/layer_fit.h"

namespace gw::train {

namespace {

Parameter& named(Parameters& parameters, const std::string& name) {
  const auto found = std::find_if(parameters.trained.begin(), parameters.trained.end(),
                                  [&](const Parameter& parameter) { return parameter.name == name; });
  GW_CHECK(found != parameters.trained.end());
  return *found;
}

// The same answers without batch norms, every layer with weights having a bias.
Result<FloatModel> folded(const FloatModel& model) {
  FloatModel result;
  result.network = model.network;
  result.network.layers.clear();
  size_t trained = 0, statistic = 0;
  for (const LayerSpec& layer : model.network.layers) {
    const auto take = [&] { return model.parameters.trained.at(trained++); };
    if (layer.kind == LayerKind::BatchNorm) {
      const LayerSpec* before = result.network.layers.empty() ? nullptr : &result.network.layers.back();
      if (before == nullptr || !has_weights(before->kind))
        return diagnose(messages::norm_not_folded, {model.network.file, 0, place_of(layer.name)});
      const Parameter gamma = take(), beta = take();
      const Statistic &mean = model.parameters.statistics.at(statistic),
                      &variance = model.parameters.statistics.at(statistic + 1);
      statistic += 2;
      std::vector<float>& weights = named(result.parameters, before->name + ".weight").values;
      std::vector<float>& biases = named(result.parameters, before->name + ".bias").values;
      const size_t channels = biases.size();
      for (size_t c = 0; c < channels; ++c) {
        const double factor = static_cast<double>(gamma.values[c]) /
                              std::sqrt(static_cast<double>(variance.values[c]) + layer.epsilon);
        for (size_t i = c; i < weights.size(); i += channels)
          weights[i] = static_cast<float>(factor * static_cast<double>(weights[i]));
        const double centred = static_cast<double>(biases[c]) - static_cast<double>(mean.values[c]);
        biases[c] = static_cast<float>(factor * centred + static_cast<double>(beta.values[c]));
      }
      continue;
    }
    result.network.layers.push_back(layer);
    if (!has_weights(layer.kind)) continue;
    Parameter weight = take();
    Parameter bias{layer.name + ".bias",
                   {layer.filters},
                   0,
                   std::vector<float>(static_cast<size_t>(layer.filters), 0.0f)};
    if (layer.bias) bias.values = take().values;
    weight.name = layer.name + ".weight";
    weight.mask.clear();
    result.parameters.trained.push_back(std::move(weight));
    result.parameters.trained.push_back(std::move(bias));
    result.network.layers.back().bias = true;
  }
  return result;
}

QuantizerSpec quantizer_of(const std::string& text) {
  std::string why;
  const auto spec = read_quantizer(text, why);
  GW_CHECK(spec);
  return *spec;
}

Network quantised_network(const Network& plain, const QuantiseOptions& options) {
  Network network = plain;
  const auto bits = [](const char* text, int count) { return fmt::format(fmt::runtime(text), count); };
  network.input_quantizer = quantizer_of(bits("quantized_bits({},0,keep_negative=0)", options.input_bits));
  for (LayerSpec& layer : network.layers) {
    if (has_weights(layer.kind))
      layer.kernel_quantizer =
          quantizer_of(bits("quantized_bits({},0,alpha=learned_po2,per_channel=1)", options.weight_bits));
    if (layer.kind != LayerKind::Relu) continue;
    layer.kind = LayerKind::Activation;
    layer.quantizer = quantizer_of(bits("quantized_relu({},0,alpha=learned_po2)", options.activation_bits));
  }
  return network;
}

// Images to look at values with; labels are asked for and mean nothing.
class Probe {
 public:
  Probe(const Samples& samples, std::int64_t image_bytes, int images, int threads) : threads_(threads) {
    const std::int64_t count = std::min<std::int64_t>(images, samples.count());
    pixels_ = samples.pixels.first(static_cast<size_t>(count * image_bytes));
    labels_.resize(static_cast<size_t>(count));
  }
  // What the first `layers` layers of a network answer, image after image.
  std::vector<float> values(const Network& network, const Parameters& parameters, size_t layers) const {
    if (layers == 0) {
      std::vector<float> input;
      for (const std::uint8_t pixel : pixels_) {
        double value = pixel / network.divide_by;
        if (network.input_quantizer) {
          const Quantizer type =
              fixed_quantizer(*network.input_quantizer, step_exponents(*network.input_quantizer, {}, 1, {}));
          value = to_double(gw::quantize(type, static_cast<double>(static_cast<float>(value))),
                            type.to.fraction());
        }
        input.push_back(static_cast<float>(value));
      }
      return input;
    }
    Network part = network;
    part.layers.resize(layers);
    const Shape out = part.layers.back().out;
    const Shape flat{static_cast<int>(element_count(out))};
    // A flatten, and a layer that does nothing to a row of values.
    LayerSpec flatten, nothing, softmax;
    flatten.name = "flat";
    flatten.kind = LayerKind::Flatten;
    flatten.in = out;
    nothing.name = "nothing";
    nothing.kind = LayerKind::Dropout;
    softmax.name = "end";
    softmax.kind = LayerKind::Softmax;
    flatten.out = nothing.in = nothing.out = softmax.in = softmax.out = flat;
    part.layers.insert(part.layers.end(), {flatten, nothing, softmax});
    const int batch = static_cast<int>(std::min<size_t>(labels_.size(), 64));
    return Model(part, batch, threads_).logits(parameters, {pixels_, labels_});
  }

 private:
  int threads_;
  std::span<const std::uint8_t> pixels_;
  std::vector<std::uint8_t> labels_;
};

// Where layer i's answers go next: the position of the layer with weights that reads them through rectifiers,
// pools and flattens alone; or none.
std::optional<size_t> reader_of(const Network& network, size_t i) {
  for (size_t next = i + 1; next < network.layers.size(); ++next) {
    if (has_weights(network.layers[next].kind)) return next;
    if (network.layers[next].kind == LayerKind::Softmax) break;
  }
  return std::nullopt;
}

void equalise(FloatModel& model, const Probe& probe) {
  const std::vector<LayerSpec>& layers = model.network.layers;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (!has_weights(layers[i].kind)) continue;
    const auto reader = reader_of(model.network, i);
    // Groups read their own channels; there the ranges stay as they are.
    if (!reader || layers[*reader].groups > 1) continue;
    const auto channels = static_cast<size_t>(layers[i].filters);
    std::vector<double> values(channels, 0.0), weights(channels, 0.0);
    const std::vector<float> answers = probe.values(model.network, model.parameters, *reader);
    for (size_t k = 0; k < answers.size(); ++k)
      values[k % channels] = std::max(values[k % channels], static_cast<double>(std::abs(answers[k])));
    std::vector<float>& own = named(model.parameters, layers[i].name + ".weight").values;
    std::vector<float>& biases = named(model.parameters, layers[i].name + ".bias").values;
    std::vector<float>& reading = named(model.parameters, layers[*reader].name + ".weight").values;
    const auto outputs = static_cast<size_t>(layers[*reader].filters);
    for (size_t k = 0; k < reading.size(); ++k) {
      double& largest = weights[k / outputs % channels];
      largest = std::max(largest, static_cast<double>(std::abs(reading[k])));
    }
    std::vector<float> factors;
    for (size_t c = 0; c < channels; ++c)
      factors.push_back(
          values[c] > 0 && weights[c] > 0 ? static_cast<float>(std::sqrt(weights[c] / values[c])) : 1.0f);
    for (size_t k = 0; k < own.size(); ++k) own[k] *= factors[k % channels];
    for (size_t c = 0; c < channels; ++c) biases[c] *= factors[c];
    for (size_t k = 0; k < reading.size(); ++k) reading[k] /= factors[k / outputs % channels];
  }
}

// log2 of the step that has the least squared error on these values, for raw values from low to high.
float best_step(std::span<const float> values, RawRange range) {
  double largest = 0;
  for (const float value : values) largest = std::max(largest, static_cast<double>(std::abs(value)));
  if (largest == 0) return 0;
  const int widest = static_cast<int>(std::ceil(std::log2(largest / static_cast<double>(range.high))));
  int best = widest;
  double least = std::numeric_limits<double>::infinity();
  for (int exponent = widest; exponent > widest - 5; --exponent) {
    double error = 0;
    for (const float value : values) {
      const double raw = std::nearbyint(std::ldexp(static_cast<double>(value), -exponent));
      const double near = std::ldexp(
          std::clamp(raw, static_cast<double>(range.low), static_cast<double>(range.high)), exponent);
      error += (near - static_cast<double>(value)) * (near - static_cast<double>(value));
    }
    if (error < least) best = exponent;
    least = std::min(least, error);
  }
  return static_cast<float>(best);
}

}  // namespace

Result<FloatModel> quantise(const FloatModel& model, const Samples& samples, const QuantiseOptions& options) {
  const Place place{model.network.file, 0, "input"};
  const std::int64_t image_bytes = element_count(model.network.input);
  if (samples.count() == 0) return diagnose(messages::samples_missing, place, "calibration");
  if (static_cast<std::int64_t>(samples.pixels.size()) != samples.count() * image_bytes)
    return diagnose(messages::samples_size, place, "calibration",
                    static_cast<std::int64_t>(samples.pixels.size()), samples.count(),
                    to_string(model.network.input));
  for (const LayerSpec& layer : model.network.layers) {
    if (is_merge(layer.kind) || is_function(layer.kind) || !layer.from.empty())
      return diagnose(messages::value_range, {model.network.file, 0, place_of(layer.name)},
                      std::string(name_of(layer.kind)),
                      "one of a chain of layers with rectifiers alone to be quantised without training");
    const int pixels = layer.kernel_h * layer.kernel_w;
    if (is_average(layer.kind) && (pixels & (pixels - 1)) != 0)
      return diagnose(messages::value_range, {model.network.file, 0, place_of(layer.name)},
                      fmt::format("the mean of {} pixels", pixels),
                      "of a power of two in a quantised network, where other means are rounded");
  }
  auto made = folded(model);
  if (!made) return made.errors();
  FloatModel& plain = *made;
  const Probe probe(samples, image_bytes, options.images, options.threads);
  if (options.equalises) equalise(plain, probe);

  FloatModel result;
  result.network = quantised_network(plain.network, options);
  result.parameters = initial_parameters(result.network, 1);
  for (const Parameter& parameter : plain.parameters.trained)
    named(result.parameters, parameter.name).values = parameter.values;
  for (size_t i = 0; i < result.network.layers.size(); ++i) {
    const LayerSpec& layer = result.network.layers[i];
    if (has_weights(layer.kind)) {
      std::vector<float>& weights = named(result.parameters, layer.name + ".weight").values;
      std::vector<float>& steps = named(result.parameters, layer.name + ".weight_step").values;
      const RawRange range = raw_range(*layer.kernel_quantizer);
      for (size_t c = 0; c < steps.size(); ++c) {
        std::vector<float> own;
        for (size_t k = c; k < weights.size(); k += steps.size()) own.push_back(weights[k]);
        steps[c] = best_step(own, range);
      }
      const std::vector<float> original = probe.values(plain.network, plain.parameters, i);
      const std::vector<float> inputs = probe.values(result.network, result.parameters, i);
      const size_t outputs = static_cast<size_t>(layer.filters) / static_cast<size_t>(layer.groups);
      for (int group = 0; group < layer.groups; ++group) {
        const Windows before = windows_of(layer, original, group), now = windows_of(layer, inputs, group);
        LayerFit(before, now)
            .fit(static_cast<size_t>(group) * outputs, outputs, weights,
                 named(result.parameters, layer.name + ".bias").values, steps, range, options.rounds);
      }
    }
    if (layer.kind != LayerKind::Activation) continue;
    std::vector<float> values = probe.values(result.network, result.parameters, i);
    for (float& value : values) value = std::max(value, 0.0f);
    named(result.parameters, layer.name + ".step").values = {best_step(values, raw_range(*layer.quantizer))};
  }
  return result;
}

}  // namespace gw::train
