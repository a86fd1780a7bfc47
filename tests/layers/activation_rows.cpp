// Rows of the agreement test: activations.

#include <cmath>

#include "layers/agreement.h"

namespace gw::testing {

namespace {

// A type for a real attribute and a value that fits it.
struct Real {
  Quantizer type;
  double value;
};

Real real(Random& random, int n, int widest = 12) {
  const FixedType type{pick(random, 1, widest), pick(random, -3, 4), random.below(2) == 0};
  // A little more than a value of the type, so that the cast has something to do.
  const double units = static_cast<double>(random.between(type.lowest(), type.highest()));
  const Quantizer cast{type, static_cast<Rounding>(n % 7), Overflow::Sat};
  const double value = std::ldexp(units, -type.fraction());
  const double finer = value + std::ldexp(0.3, -type.fraction());
  return {cast, overflows(cast, finer) ? value : finer};
}

LayerCase clipped_relu(Random& random, int n) {
  ClippedRelu layer;
  if (random.below(2) == 0) layer.max = std::ldexp(pick(random, 1, 1000), -pick(random, 0, 12));
  layer.out = some_quantizer(random, n);
  return {layer, {any_shape(random), any_type(random, n)}, {}};
}

LayerCase leaky_relu(Random& random, int n) {
  const Real alpha = real(random, n);
  return {LeakyRelu{alpha.value, alpha.type, some_quantizer(random, n)},
          {any_shape(random), any_type(random, n)},
          {}};
}

LayerCase thresholded_relu(Random& random, int n) {
  const Real theta = real(random, n);
  return {ThresholdedRelu{theta.value, theta.type, some_quantizer(random, n)},
          {any_shape(random), any_type(random, n)},
          {}};
}

LayerCase prelu(Random& random, int n) {
  LayerCase c{PRelu{some_quantizer(random, n)}, {any_shape(random), any_type(random, n)}, {}};
  const Shape alphas = random.below(2) == 0 ? Shape{c.x.shape.back()} : c.x.shape;
  c.constants.push_back(random_tensor(random, alphas, random_type(random, 10)));
  return c;
}

LayerCase lookup(Random& random, int n) {
  Lookup layer{0, pick(random, -3, 3), some_quantizer(random, n)};
  LayerCase c{layer, {any_shape(random), any_type(random, n)}, {}};
  // The entries begin and end within the values of x or beyond them.
  const Interval x = interval_of(*c.x.fixed);
  const double at = std::ldexp(static_cast<double>(x.lo), layer.fraction - x.fraction);
  std::get<Lookup>(c.layer).first = static_cast<int>(std::clamp(at, -1e6, 1e6)) + pick(random, -9, 9);
  c.constants.push_back(random_tensor(random, {pick(random, 1, 300)}, random_type(random, 10)));
  return c;
}

template <class Hard>
LayerCase hard(Random& random, int n) {
  Hard layer;
  if (random.below(2) == 0) {
    const Real slope = real(random, n), shift = real(random, n + 3);
    layer = {slope.value, shift.value, slope.type, shift.type, {}};
  }
  layer.out = some_quantizer(random, n);
  return {layer, {any_shape(random), any_type(random, n)}, {}};
}

LayerCase binary_tanh(Random& random, int n) {
  BinaryTanh layer{some_quantizer(random, n)};
  if (random.below(4) == 0) layer.out = Quantizer{{1, 1, false}};
  return {layer, {any_shape(random), any_type(random, n)}, {}};
}

LayerCase ternary_tanh(Random& random, int n) {
  TernaryTanh layer;
  if (random.below(2) == 0) layer.threshold = std::ldexp(pick(random, 0, 100), -pick(random, 0, 8));
  layer.out = some_quantizer(random, n);
  return {layer, {any_shape(random), any_type(random, n)}, {}};
}

// A third are hls4ml's tables of 2^n entries, a third of any number, a third are sized from small types.
template <class Smooth>
LayerCase smooth(Random& random, int n) {
  Smooth layer;
  FixedType x = any_type(random, n);
  if (random.below(2) == 0) layer.table = quantizer(random, n + 9);
  layer.out = some_quantizer(random, n);
  switch (n % 3) {
    case 0:
      layer.table_size = 1 << pick(random, 0, 8);
      break;
    case 1:
      layer.table_size = pick(random, 1, 300);
      break;
    default:
      layer.table_size = 0;
      x = random_type(random, 9);
  }
  if constexpr (std::is_same_v<Smooth, Elu>) {
    const Real alpha = real(random, n);
    layer.alpha = alpha.value, layer.parameter = alpha.type;
  }
  return {layer, {any_shape(random), x}, {}};
}

}  // namespace

std::vector<Row> activation_rows() {
  return {
      {"ClippedRelu", clipped_relu, 6 * mode_pairs},
      {"LeakyRelu", leaky_relu, 6 * mode_pairs},
      {"ThresholdedRelu", thresholded_relu, 6 * mode_pairs},
      {"PRelu", prelu, 6 * mode_pairs},
      {"Lookup", lookup, 3 * mode_pairs},
      {"HardSigmoid", hard<HardSigmoid>, 6 * mode_pairs},
      {"HardTanh", hard<HardTanh>, 6 * mode_pairs},
      {"BinaryTanh", binary_tanh, 6 * mode_pairs},
      {"TernaryTanh", ternary_tanh, 6 * mode_pairs},
      {"Sigmoid", smooth<Sigmoid>, 6 * mode_pairs},
      {"Tanh", smooth<Tanh>, 6 * mode_pairs},
      {"Softplus", smooth<Softplus>, 6 * mode_pairs},
      {"Softsign", smooth<Softsign>, 6 * mode_pairs},
      {"Elu", smooth<Elu>, 6 * mode_pairs},
      {"Selu", smooth<Selu>, 6 * mode_pairs},
      {"Silu", smooth<Silu>, 6 * mode_pairs},
      {"Gelu", smooth<Gelu>, 6 * mode_pairs},
  };
}

}  // namespace gw::testing
