// A filter is gone if all its weights are masked and so are its bias, gamma and beta; and if 0 stays 0 on the
// way to the next weights, which a binary activation does not grant. At least one channel of a layer stays,
// for a layer without any cannot be built.

#include "train/survivors.h"

#include <algorithm>
#include <numeric>

#include "train/element_function.h"

namespace gw::train {

namespace {

const Parameter* find(const Parameters& parameters, const std::string& name) {
  const auto found = std::find_if(parameters.trained.begin(), parameters.trained.end(),
                                  [&](const Parameter& p) { return p.name == name; });
  return found == parameters.trained.end() ? nullptr : &*found;
}

bool is_masked(const Parameter* parameter, size_t channel, size_t channels) {
  if (parameter == nullptr) return true;
  if (parameter->mask.empty()) return false;
  for (size_t i = channel; i < parameter->mask.size(); i += channels)
    if (parameter->mask[i] != 0) return false;
  return true;
}

// Whether the layers from `next` to the next weights answer 0 with 0.
bool keeps_zeros(const Network& network, size_t next) {
  for (; next < network.layers.size() && !has_weights(network.layers[next].kind); ++next) {
    const LayerSpec& layer = network.layers[next];
    if (layer.kind == LayerKind::Activation && layer.quantizer->is_sign()) return false;
    if (network.ends(next)) return false;
    if (is_function(layer.kind) && ElementFunction(layer, network.is_quantised())(0) != 0) return false;
  }
  return next < network.layers.size();  // the answers stay as many
}

}  // namespace

Survivors::Survivors(const Network& network, const Parameters& parameters)
    : left_(static_cast<size_t>(network.input.back())) {
  std::iota(left_.begin(), left_.end(), 0);
  // Filters are not pruned where channels come in groups, which have to stay alike, nor where answers that
  // are added have to.
  whole_ = network.branches() || std::any_of(network.layers.begin(), network.layers.end(),
                                             [](const LayerSpec& layer) { return layer.groups > 1; });
  if (whole_) return;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    const LayerSpec& layer = network.layers[i];
    if (!has_weights(layer.kind)) continue;
    std::vector<int>& left = outputs_[layer.name];
    const auto channels = static_cast<size_t>(layer.filters);
    const LayerSpec* behind = network.norm_behind(i);
    const std::string norm = behind != nullptr ? behind->name : "";
    for (size_t c = 0; c < channels; ++c) {
      bool gone =
          keeps_zeros(network, i + 1) && is_masked(find(parameters, layer.name + ".weight"), c, channels);
      for (const std::string& name : {layer.name + ".bias", norm + ".gamma", norm + ".beta"})
        gone = gone && is_masked(find(parameters, name), c, channels);
      if (!gone) left.push_back(static_cast<int>(c));
    }
    if (left.empty()) left.push_back(0);
  }
}

FloatTensor Survivors::weight(const LayerSpec& layer, const FloatTensor& whole) {
  if (whole_) return whole;
  const std::vector<int>& outputs = outputs_.at(layer.name);
  const auto in = static_cast<size_t>(whole.shape[whole.shape.size() - 2]),
             out = static_cast<size_t>(whole.shape.back());
  FloatTensor rest{whole.shape, 1, {}};
  rest.shape[rest.shape.size() - 2] = static_cast<int>(left_.size());
  rest.shape.back() = static_cast<int>(outputs.size());
  for (size_t place = 0; place < whole.values.size() / (in * out); ++place)
    for (const int i : left_)
      for (const int o : outputs)
        rest.values.push_back(
            whole.values[(place * in + static_cast<size_t>(i)) * out + static_cast<size_t>(o)]);
  left_ = outputs;
  return rest;
}

FloatTensor Survivors::of_channels(const FloatTensor& whole) const {
  if (whole_) return whole;
  FloatTensor rest{{static_cast<int>(left_.size())}, 1, {}};
  for (const int channel : left_) rest.values.push_back(whole.values[static_cast<size_t>(channel)]);
  return rest;
}

void Survivors::flatten(const Shape& shape) {
  if (whole_) return;
  std::vector<int> elements;
  for (int place = 0; place < element_count(shape) / shape.back(); ++place)
    for (const int channel : left_) elements.push_back(place * shape.back() + channel);
  left_ = std::move(elements);
}

}  // namespace gw::train
