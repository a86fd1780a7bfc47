// Folding and quantising, once for training and export alike, so that both have the same numbers to the bit.

#include "train/quantised_layer.h"

#include <algorithm>
#include <cmath>

#include "support/check.h"
#include "train/fake_quantizer.h"

namespace gw::train {

namespace {

std::span<const float> learned_step(const Parameters& parameters, int index) {
  return index < 0 ? std::span<const float>() : std::span(parameters.values(index));
}

}  // namespace

QuantisedLayer::QuantisedLayer(const Block& block) : block_(block) {
  GW_CHECK(block.linear && block.kernel_quantizer);
}

void QuantisedLayer::load(const Parameters& parameters, int in_fraction) {
  const auto channels = static_cast<size_t>(block_.shape.channels);
  const Parameter& kernel = parameters.trained[static_cast<size_t>(block_.weight)];
  factors_.assign(channels, 1.0f);
  if (block_.norm) {
    const auto& variances = parameters.statistics[static_cast<size_t>(block_.moving) + 1].values;
    const auto epsilon = static_cast<float>(block_.epsilon);
    inverse_deviations_.resize(channels);
    for (size_t c = 0; c < channels; ++c) {
      const float inverse = 1 / std::sqrt(variances[c] + epsilon);
      inverse_deviations_[c] = static_cast<double>(inverse);
      factors_[c] = inverse * parameters.values(block_.gamma)[c];
    }
  }
  folded_.resize(kernel.values.size());
  for (size_t i = 0; i < folded_.size(); ++i) folded_[i] = factors_[i % channels] * kernel.values[i];
  exponents_ = step_exponents(*block_.kernel_quantizer, folded_, block_.shape.channels,
                              learned_step(parameters, block_.weight_step));
  weights_.resize(folded_.size());
  quantise(*block_.kernel_quantizer, folded_, exponents_, weights_);
  // Some quantizers have no zero.
  for (size_t i = 0; i < kernel.mask.size(); ++i)
    if (kernel.mask[i] == 0) weights_[i] = 0;

  std::vector<double> both(channels, 0.0), own(channels, 0.0);
  for (size_t i = 0; i < folded_.size(); ++i) {
    const auto w = static_cast<double>(folded_[i]);
    both[i % channels] += w * static_cast<double>(weights_[i]);
    own[i % channels] += w * w;
  }
  shrinkages_.resize(channels);
  for (size_t c = 0; c < channels; ++c) shrinkages_[c] = own[c] > 0 ? both[c] / own[c] : 0;

  product_fraction_ = in_fraction + weight_type().to.fraction();
  biases_.clear();
  if (block_.bias >= 0) {
    for (const float bias : parameters.values(block_.bias)) biases_.push_back(quantise_bias(bias));
  } else if (block_.norm) {
    const auto& means = parameters.statistics[static_cast<size_t>(block_.moving)].values;
    for (size_t c = 0; c < channels; ++c) {
      const float centred = factors_[c] * -means[c];
      biases_.push_back(quantise_bias(centred + parameters.values(block_.beta)[c]));
    }
  }
}

float QuantisedLayer::quantise_bias(float bias) const {
  if (!block_.bias_quantizer)
    return static_cast<float>(std::ldexp(
        std::nearbyint(std::ldexp(static_cast<double>(bias), product_fraction_)), -product_fraction_));
  float value = 0;
  const int exponent = step_exponents(*block_.bias_quantizer, {}, 1, {}).front();
  quantise(*block_.bias_quantizer, {&bias, 1}, {&exponent, 1}, {&value, 1});
  return value;
}

void QuantisedLayer::pass_gradient(Parameters& parameters, std::span<float> by_weights) const {
  const Parameter& kernel = parameters.trained[static_cast<size_t>(block_.weight)];
  for (size_t i = 0; i < kernel.mask.size(); ++i)
    if (kernel.mask[i] == 0) by_weights[i] = 0;
  train::pass_gradient(
      *block_.kernel_quantizer, folded_, exponents_, by_weights,
      block_.weight_step < 0 ? std::span<float>() : std::span(parameters.gradient(block_.weight_step)));
  std::vector<float>& by_kernel = parameters.gradient(block_.weight);
  const size_t channels = factors_.size();
  std::vector<double> by_factor(channels, 0.0);
  for (size_t i = 0; i < by_weights.size(); ++i) {
    by_kernel[i] = factors_[i % channels] * by_weights[i];
    by_factor[i % channels] += static_cast<double>(kernel.values[i]) * static_cast<double>(by_weights[i]);
  }
  if (!block_.norm) return;
  std::vector<float>& by_gamma = parameters.gradient(block_.gamma);
  for (size_t c = 0; c < channels; ++c)
    by_gamma[c] += static_cast<float>(by_factor[c] * inverse_deviations_[c]);
}

Quantizer QuantisedLayer::weight_type() const {
  return fixed_quantizer(*block_.kernel_quantizer, exponents_);
}

Quantizer QuantisedLayer::bias_type() const {
  if (block_.bias_quantizer)
    return fixed_quantizer(*block_.bias_quantizer, step_exponents(*block_.bias_quantizer, {}, 1, {}));
  // The fewest bits that hold these.
  Interval all{0, 0, product_fraction_};
  for (const float bias : biases_) {
    const auto raw = static_cast<std::int64_t>(std::ldexp(static_cast<double>(bias), product_fraction_));
    all = unite(all, interval_of(raw, product_fraction_));
  }
  FixedType type = type_of(all);
  if (type.width == 0) type = {1, 1 - product_fraction_, false};
  return {type, Rounding::RndConv, Overflow::Sat};
}

int QuantisedLayer::fraction() const {
  if (biases_.empty() || !block_.bias_quantizer) return product_fraction_;
  return std::max(product_fraction_, bias_type().to.fraction());
}

double QuantisedLayer::bound(double in_bound) const {
  const size_t channels = factors_.size();
  std::vector<double> bounds(channels, 0.0);
  for (size_t i = 0; i < weights_.size(); ++i)
    bounds[i % channels] += std::abs(static_cast<double>(weights_[i])) * in_bound;
  for (size_t c = 0; c < biases_.size(); ++c) bounds[c] += std::abs(static_cast<double>(biases_[c]));
  return *std::max_element(bounds.begin(), bounds.end());
}

Quantizer activation_type(const Block& block, const Parameters& parameters) {
  return fixed_quantizer(*block.quantizer,
                         step_exponents(*block.quantizer, {}, 1, learned_step(parameters, block.step)));
}

Quantizer input_type(const QuantizerSpec& spec) {
  return fixed_quantizer(spec, step_exponents(spec, {}, 1, {}));
}

Activation activation_of(const Block& block, const Parameters& parameters) {
  Activation activation;
  if (block.relu) activation.kind = Activation::Kind::Relu;
  if (!block.quantizer) return activation;
  const QuantizerSpec& spec = *block.quantizer;
  if (spec.is_sign()) {
    // As in Courbariaux et al., 2016: the gradient of max(-1, min(v, 1)).
    activation.kind = Activation::Kind::Sign;
    activation.pass_above = std::nextafter(-1.0f, -2.0f);
    activation.pass_upto = 1;
    return activation;
  }
  const int exponent = step_exponents(spec, {}, 1, learned_step(parameters, block.step)).front();
  const RawRange range = raw_range(spec);
  activation.kind = Activation::Kind::Grid;
  activation.step = std::ldexp(1.0f, exponent);
  activation.steps_per_one = std::ldexp(1.0f, -exponent);
  activation.low = range.low;
  activation.high = range.high;
  activation.pass_above = range.low * activation.step;
  // A rectifier's gradient at 0 is 0; other grids pass what lies on their lowest value.
  if (spec.kind == QuantizerKind::Bits)
    activation.pass_above = std::nextafter(activation.pass_above, -INFINITY);
  activation.pass_upto = range.high * activation.step;
  return activation;
}

}  // namespace gw::train
