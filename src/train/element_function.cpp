// Functions of one number. Their formulas are those of the layers (layers/table_function.h, rectifier.h,
// hard_activation.h); what a quantised network casts, its numbers, is cast here, so that a piecewise straight
// function is the same to the bit wherever its products fit into single precision.

#include "train/element_function.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "support/check.h"

namespace gw::train {

namespace {

constexpr auto selu_a = static_cast<float>(selu_alpha), selu_s = static_cast<float>(selu_scale);

float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

float normal(float x) { return 0.5f * std::erfc(-x / std::numbers::sqrt2_v<float>); }

template <class L>
L table(const std::optional<Quantizer>& out) {
  L layer;
  if (out) layer.table_size = 0;
  layer.out = out;
  return layer;
}

// Half is a shift; other slopes have sixteen bits.
template <class L>
L hard(const LayerSpec& spec, const std::optional<Quantizer>& out) {
  L layer;
  layer.slope = spec.alpha;
  if (spec.alpha == 0.5) layer.slope_type = layer.shift_type = Quantizer{{2, 0, false}};
  layer.out = out;
  return layer;
}

float cast(const Quantizer& type, double value) {
  return static_cast<float>(to_double(quantize(type, value), type.to.fraction()));
}

// Bits behind the point that a number needs.
int fraction_of(float value) {
  int bits = 0;
  while (bits < 60 && std::ldexp(value, bits) != std::trunc(std::ldexp(value, bits))) ++bits;
  return bits;
}

}  // namespace

Layer function_layer(const LayerSpec& spec, const std::optional<Quantizer>& out) {
  switch (spec.kind) {
    case LayerKind::Tanh:
      return table<Tanh>(out);
    case LayerKind::Sigmoid:
      return table<Sigmoid>(out);
    case LayerKind::Softplus:
      return table<Softplus>(out);
    case LayerKind::Softsign:
      return table<Softsign>(out);
    case LayerKind::Selu:
      return table<Selu>(out);
    case LayerKind::Silu:
      return table<Silu>(out);
    case LayerKind::Gelu:
      return table<Gelu>(out);
    case LayerKind::Elu: {
      Elu layer = table<Elu>(out);
      layer.alpha = spec.alpha;
      return layer;
    }
    case LayerKind::LeakyRelu: {
      LeakyRelu layer;
      layer.alpha = spec.alpha;
      layer.out = out;
      return layer;
    }
    case LayerKind::ThresholdedRelu: {
      ThresholdedRelu layer;
      layer.theta = spec.alpha;
      layer.out = out;
      return layer;
    }
    case LayerKind::ClippedRelu: {
      ClippedRelu layer;
      layer.max = spec.alpha;
      layer.out = out;
      return layer;
    }
    case LayerKind::HardSigmoid:
      return hard<HardSigmoid>(spec, out);
    case LayerKind::HardTanh:
      return hard<HardTanh>(spec, out);
    default:
      GW_CHECK(false);
  }
}

ElementFunction::ElementFunction(const LayerSpec& spec, bool is_quantised)
    : kind_(spec.kind), a_(static_cast<float>(spec.alpha)) {
  const Layer layer = function_layer(spec, std::nullopt);
  std::visit(
      [&](const auto& l) {
        if constexpr (requires { l.shift_type; }) {
          b_ = static_cast<float>(l.shift);
          if (is_quantised) {
            a_ = cast(l.slope_type, l.slope);
            b_ = cast(l.shift_type, l.shift);
          }
        } else if constexpr (requires { l.parameter; }) {
          if (is_quantised) a_ = cast(l.parameter, spec.alpha);
        }
      },
      layer);
  bits_ = std::max(fraction_of(a_), fraction_of(b_));
  fits_ = is_quantised || static_cast<double>(a_) == spec.alpha;
  if (kind_ == LayerKind::ClippedRelu) fits_ = static_cast<double>(a_) == spec.alpha;
}

float ElementFunction::operator()(float x) const {
  switch (kind_) {
    case LayerKind::Tanh:
      return std::tanh(x);
    case LayerKind::Sigmoid:
      return sigmoid(x);
    case LayerKind::Softplus:
      return std::max(x, 0.0f) + std::log1p(std::exp(-std::abs(x)));
    case LayerKind::Softsign:
      return x / (1 + std::abs(x));
    case LayerKind::Selu:
      return x >= 0 ? selu_s * x : selu_s * selu_a * std::expm1(x);
    case LayerKind::Silu:
      return x * sigmoid(x);
    case LayerKind::Gelu:
      return x * normal(x);
    case LayerKind::Elu:
      return x >= 0 ? x : a_ * std::expm1(x);
    case LayerKind::LeakyRelu:
      return x > 0 ? x : a_ * x;
    case LayerKind::ThresholdedRelu:
      return x > a_ ? x : 0;
    case LayerKind::ClippedRelu:
      return std::min(std::max(x, 0.0f), a_);
    case LayerKind::HardSigmoid:
      return std::clamp(a_ * x + b_, 0.0f, 1.0f);
    case LayerKind::HardTanh:
      return 2 * std::clamp(a_ * x + b_, 0.0f, 1.0f) - 1;
    default:
      GW_CHECK(false);
  }
}

float ElementFunction::slope(float x) const {
  switch (kind_) {
    case LayerKind::Tanh: {
      const float y = std::tanh(x);
      return 1 - y * y;
    }
    case LayerKind::Sigmoid: {
      const float y = sigmoid(x);
      return y * (1 - y);
    }
    case LayerKind::Softplus:
      return sigmoid(x);
    case LayerKind::Softsign: {
      const float y = 1 / (1 + std::abs(x));
      return y * y;
    }
    case LayerKind::Selu:
      return x > 0 ? selu_s : selu_s * selu_a * std::exp(x);
    case LayerKind::Silu: {
      const float y = sigmoid(x);
      return y + x * y * (1 - y);
    }
    case LayerKind::Gelu: {
      const float density =
          std::exp(-x * x / 2) * std::numbers::inv_sqrtpi_v<float> / std::numbers::sqrt2_v<float>;
      return normal(x) + x * density;
    }
    case LayerKind::Elu:
      return x > 0 ? 1 : a_ * std::exp(x);
    case LayerKind::LeakyRelu:
      return x > 0 ? 1 : a_;
    case LayerKind::ThresholdedRelu:
      return x > a_ ? 1 : 0;
    case LayerKind::ClippedRelu:
      return x > 0 && x <= a_ ? 1 : 0;
    case LayerKind::HardSigmoid:
    case LayerKind::HardTanh: {
      const float y = a_ * x + b_;
      return y <= 0 || y > 1 ? 0 : kind_ == LayerKind::HardTanh ? 2 * a_ : a_;
    }
    default:
      GW_CHECK(false);
  }
}

bool ElementFunction::rises() const { return kind_ != LayerKind::Silu && kind_ != LayerKind::Gelu; }

bool ElementFunction::is_exact(double bound, int fraction) const {
  const auto a = static_cast<double>(a_);
  double largest = bound;
  switch (kind_) {
    case LayerKind::LeakyRelu:
      largest = bound * std::max(1.0, a);
      break;
    case LayerKind::HardSigmoid:
    case LayerKind::HardTanh:
      largest = a * bound + 1;
      break;
    case LayerKind::ThresholdedRelu:
    case LayerKind::ClippedRelu:
      return fits_;
    default:
      return false;
  }
  return fits_ && std::ldexp(largest, fraction + bits_) <= 0x1p24;
}

}  // namespace gw::train
