// Weights through a quantizer and gradients back through it. A layer has some thousand weights and they are
// quantised once a step, so these are plain loops; activations, of which there are millions, go through the
// kernels (kernels_body.h).

#include "train/fake_quantizer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <optional>

#include "num/interval.h"
#include "support/check.h"

namespace gw::train {

namespace {

// What QKeras adds before logarithms and divisions.
constexpr double keras_epsilon = 1e-7;

int exponent_at(std::span<const int> exponents, size_t i) {
  return exponents.size() == 1 ? exponents[0] : exponents[i % exponents.size()];
}

float sign_of(float x) { return x < 0 ? -1.0f : 1.0f; }

// Half away from zero, clipped: the whole number that AutoPo2 takes.
double away(double x, double scale, double high) {
  return std::copysign(std::min(std::floor(std::abs(x) / scale + 0.5), high), x);
}

double nearest_power(double scale) { return std::exp2(std::nearbyint(std::log2(scale + keras_epsilon))); }

// QKeras's search for the scale of one channel: from the largest weight, then five times the least squares
// fit of scale * z to the weights, each rounded to a power of two.
int fitted_exponent(const QuantizerSpec& spec, std::span<const float> weights, size_t channel,
                    size_t channels) {
  const double unit = std::ldexp(1.0, spec.integer);
  const double high = static_cast<double>(raw_range(spec).high);
  double largest = 0;
  for (size_t i = channel; i < weights.size(); i += channels)
    largest = std::max(largest, std::abs(static_cast<double>(weights[i]) / unit));
  // Any scale gives zeros; a tiny one would ask for bits that nobody needs.
  if (largest == 0) return spec.integer - spec.magnitude_bits();
  double scale = nearest_power(largest / high);
  for (int round = 0; round < 5; ++round) {
    double xz = 0, zz = 0, count = 0;
    for (size_t i = channel; i < weights.size(); i += channels) {
      const double x = static_cast<double>(weights[i]) / unit, z = away(x, scale, high);
      xz += x * z;
      zz += z * z;
      ++count;
    }
    scale = nearest_power(xz / count / (zz / count + keras_epsilon));
  }
  return static_cast<int>(std::lrint(std::log2(scale))) + spec.integer;
}

}  // namespace

RawRange raw_range(const QuantizerSpec& spec, int magnitude_bits) {
  const double steps = std::ldexp(1.0, magnitude_bits);
  const bool is_signed = spec.kind == QuantizerKind::Bits && spec.keep_negative;
  return {static_cast<float>(is_signed ? -steps + (spec.symmetric ? 1 : 0) : 0.0),
          static_cast<float>(steps - 1)};
}

RawRange raw_range(const QuantizerSpec& spec) {
  if (spec.learns_bits()) return raw_range(spec, most_quantizer_bits - 1);
  if (spec.is_grid()) return raw_range(spec, spec.magnitude_bits());
  return {spec.kind == QuantizerKind::Binary && !spec.keep_negative ? 0.0f : -1.0f, 1.0f};
}

float first_step(const QuantizerSpec& spec) {
  return static_cast<float>(spec.integer - spec.magnitude_bits());
}

float first_top(const QuantizerSpec& spec) { return static_cast<float>(spec.integer); }

int learned_width(float step, float top) {
  const int width = static_cast<int>(std::nearbyint(top) - std::nearbyint(step));
  return std::clamp(width, 0, most_quantizer_bits - 1);
}

FixedType fewest_bits(std::span<const float> values, std::span<const int> exponents) {
  std::optional<Interval> all;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] == 0) continue;
    const int exponent = exponent_at(exponents, i);
    auto raw = static_cast<std::int64_t>(std::ldexp(static_cast<double>(values[i]), -exponent));
    const int zeros = std::countr_zero(static_cast<std::uint64_t>(raw));
    const Interval value = interval_of(raw / (std::int64_t{1} << zeros), -exponent - zeros);
    all = all ? unite(*all, value) : value;
  }
  return all ? type_of(*all) : FixedType{1, 1, false};
}

std::vector<int> step_exponents(const QuantizerSpec& spec, std::span<const float> weights, int channels,
                                std::span<const float> learned) {
  std::vector<int> exponents;
  if (spec.scale == ScaleRule::Learned) {
    for (const float step : learned)
      exponents.push_back(static_cast<int>(std::clamp(std::nearbyint(step), -60.0f, 60.0f)));
  } else if (spec.scale == ScaleRule::AutoPo2) {
    for (int c = 0; c < channels; ++c)
      exponents.push_back(
          fitted_exponent(spec, weights, static_cast<size_t>(c), static_cast<size_t>(channels)));
  } else if (spec.kind == QuantizerKind::Po2) {
    exponents = {spec.least_exponent()};
  } else {
    exponents = {spec.is_grid() ? spec.integer - spec.magnitude_bits() : 0};
  }
  return exponents;
}

void quantise(const QuantizerSpec& spec, std::span<const float> weights, std::span<const int> exponents,
              std::span<float> values) {
  GW_CHECK(weights.size() == values.size() && !exponents.empty());
  const RawRange range = raw_range(spec);
  for (size_t i = 0; i < weights.size(); ++i) {
    const float w = weights[i];
    const int exponent = exponent_at(exponents, i);
    if (spec.is_grid()) {
      const float steps = std::ldexp(w, -exponent);
      const float raw =
          spec.scale == ScaleRule::AutoPo2
              ? static_cast<float>(away(static_cast<double>(steps), 1, static_cast<double>(range.high)))
              : std::clamp(std::nearbyint(steps), range.low, range.high);
      values[i] = std::ldexp(raw, exponent + spec.exponent);
    } else if (spec.is_sign()) {
      values[i] = std::ldexp(w < 0 ? range.low : range.high, spec.exponent);
    } else if (spec.kind == QuantizerKind::Ternary) {
      const bool is_small = std::abs(w) < static_cast<float>(spec.threshold);
      values[i] = is_small ? 0.0f : std::ldexp(sign_of(w), spec.exponent);
    } else {
      float magnitude = std::abs(w);
      if (spec.max_value) magnitude = std::min(magnitude, static_cast<float>(*spec.max_value));
      const float power = std::nearbyint(std::log2(std::max(magnitude, static_cast<float>(keras_epsilon))));
      const float least = static_cast<float>(spec.least_exponent());
      values[i] =
          sign_of(w) * std::exp2(std::clamp(power, least, static_cast<float>(spec.greatest_exponent())));
    }
  }
}

void pass_gradient(const QuantizerSpec& spec, std::span<const float> weights, std::span<const int> exponents,
                   std::span<float> gradient, std::span<float> learned_gradient) {
  if (spec.scale != ScaleRule::Learned) return;
  GW_CHECK(learned_gradient.size() == exponents.size() && gradient.size() == weights.size());
  const RawRange range = raw_range(spec);
  std::vector<double> sums(exponents.size(), 0.0);
  for (size_t i = 0; i < weights.size(); ++i) {
    const size_t channel = exponents.size() == 1 ? 0 : i % exponents.size();
    const float steps = std::ldexp(weights[i], -exponents[channel]);
    const double by_value = static_cast<double>(gradient[i]);
    const bool is_clipped = steps < range.low || steps > range.high;
    const float raw = std::clamp(std::nearbyint(steps), range.low, range.high);
    sums[channel] +=
        by_value * std::ldexp(static_cast<double>(is_clipped ? raw : raw - steps), exponents[channel]);
    if (is_clipped) gradient[i] = 0;
  }
  const double weights_of_one = static_cast<double>(weights.size()) / static_cast<double>(exponents.size());
  const double scale = std::numbers::ln2 /
                       (spec.learns_bits() ? 1 : std::sqrt(weights_of_one * static_cast<double>(range.high)));
  for (size_t c = 0; c < sums.size(); ++c) learned_gradient[c] = static_cast<float>(sums[c] * scale);
}

Quantizer fixed_quantizer(const QuantizerSpec& spec, std::span<const int> exponents) {
  const auto [least, greatest] = std::minmax_element(exponents.begin(), exponents.end());
  const int spread = *greatest - *least, fraction = -(*least + spec.exponent);
  Quantizer quantizer{{}, Rounding::RndConv, spec.symmetric ? Overflow::SatSym : Overflow::Sat};
  const auto type = [&](int width, bool is_signed) { quantizer.to = {width, width - fraction, is_signed}; };
  if (spec.is_grid()) {
    type(spec.bits + spread, spec.kind == QuantizerKind::Bits && spec.keep_negative);
  } else if (spec.kind == QuantizerKind::Po2) {
    type(spec.greatest_exponent() - spec.least_exponent() + 2, true);
  } else {
    const bool is_signed = raw_range(spec).low < 0;
    type(is_signed ? 2 : 1, is_signed);
  }
  return quantizer;
}

}  // namespace gw::train
