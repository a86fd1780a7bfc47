// Folding and quantising, once for training and export alike, so that both have the same numbers to the bit.

#include "train/quantised_layer.h"

#include <algorithm>
#include <cmath>
#include <limits>

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

int QuantisedLayer::bits(size_t weight) const {
  const float value = weights_[weight];
  if (value == 0) return 0;
  const int exponent = exponents_[exponents_.size() == 1 ? 0 : weight % exponents_.size()];
  return std::ilogb(value) - exponent - block_.kernel_quantizer->exponent + 1;
}

Quantizer QuantisedLayer::weight_type() const {
  if (block_.kernel_quantizer->learns_bits())
    return {fewest_bits(weights_, exponents_), Rounding::RndConv, Overflow::Sat};
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

std::vector<Quantizer> activation_types(const Block& block, const Parameters& parameters) {
  const QuantizerSpec& spec = *block.quantizer;
  const std::vector<int> exponents = step_exponents(spec, {}, 1, learned_step(parameters, block.step));
  if (!spec.learns_bits()) return {fixed_quantizer(spec, exponents)};
  std::vector<Quantizer> types;
  const bool is_signed = spec.kind == QuantizerKind::Bits && spec.keep_negative;
  for (size_t c = 0; c < exponents.size(); ++c) {
    const int width = learned_width(parameters.values(block.step)[c], parameters.values(block.top)[c]);
    FixedType type{width, width + exponents[c], false};
    if (is_signed && width > 0) type = {width + 1, width + 1 + exponents[c], true};
    types.push_back({type, Rounding::RndConv, Overflow::Sat});
  }
  // No tensor has a type without bits, but its channels may.
  if (types.size() == 1 && types.front().to.width == 0)
    types.resize(static_cast<size_t>(block.shape.channels), types.front());
  return types;
}

Quantizer activation_type(const Block& block, const Parameters& parameters) {
  const std::vector<Quantizer> types = activation_types(block, parameters);
  Quantizer all = types.front();
  if (types.size() == 1) return all;
  int top = std::numeric_limits<int>::min(), fraction = top;
  for (const Quantizer& type : types) {
    if (type.to.width == 0) continue;
    top = std::max(top, type.to.integer);
    fraction = std::max(fraction, type.to.fraction());
    all.to.is_signed = type.to.is_signed;
  }
  // Where nothing but 0 is left a bit holds it.
  if (top == std::numeric_limits<int>::min()) return {{1, 1, false}, all.rounding, all.overflow};
  all.to.width = top + fraction;
  all.to.integer = top;
  return all;
}

Quantizer input_type(const QuantizerSpec& spec) {
  return fixed_quantizer(spec, step_exponents(spec, {}, 1, {}));
}

Activation ActivationTable::view() const {
  return {kind,        step.data(),       steps_per_one.data(), low.data(),
          high.data(), pass_above.data(), pass_upto.data()};
}

ActivationTable activation_of(const Block& block, const Parameters& parameters) {
  ActivationTable table;
  if (block.relu) table.kind = Activation::Kind::Relu;
  if (!block.quantizer) return table;
  const QuantizerSpec& spec = *block.quantizer;
  const auto channels = static_cast<size_t>(block.shape.channels);
  if (spec.is_sign()) {
    // As in Courbariaux et al., 2016: the gradient of max(-1, min(v, 1)).
    table.kind = Activation::Kind::Sign;
    table.step.assign(channels, 1.0f);
    table.steps_per_one.assign(channels, 1.0f);
    table.low.assign(channels, 0.0f);
    table.high.assign(channels, 0.0f);
    table.pass_above.assign(channels, std::nextafter(-1.0f, -2.0f));
    table.pass_upto.assign(channels, 1.0f);
    return table;
  }
  table.kind = Activation::Kind::Grid;
  const std::vector<int> exponents = step_exponents(spec, {}, 1, learned_step(parameters, block.step));
  for (size_t c = 0; c < channels; ++c) {
    const size_t own = exponents.size() == 1 ? 0 : c;
    const RawRange range = spec.learns_bits()
                               ? raw_range(spec, learned_width(parameters.values(block.step)[own],
                                                               parameters.values(block.top)[own]))
                               : raw_range(spec);
    const float step = std::ldexp(1.0f, exponents[own]);
    table.step.push_back(step);
    table.steps_per_one.push_back(std::ldexp(1.0f, -exponents[own]));
    table.low.push_back(range.low);
    table.high.push_back(range.high);
    // A rectifier's gradient at 0 is 0; other grids pass what lies on their lowest value.
    const float above = range.low * step;
    table.pass_above.push_back(spec.kind == QuantizerKind::Bits ? std::nextafter(above, -INFINITY) : above);
    table.pass_upto.push_back(range.high * step);
  }
  return table;
}

}  // namespace gw::train
