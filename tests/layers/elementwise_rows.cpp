// Rows of the agreement test: layers that compute on each element or each vector.

#include "layers/agreement.h"

namespace gw::testing {

namespace {

LayerCase batch_norm(Random& random, int n) {
  LayerCase c{BatchNorm{some_quantizer(random, n)}, {any_shape(random), any_type(random, n)}, {}};
  c.constants.push_back(weights(random, {c.x.shape.back()}, n));
  c.constants.push_back(weights(random, {c.x.shape.back()}, n));
  return c;
}

LayerCase relu(Random& random, int n) {
  return {Relu{some_quantizer(random, n)}, {any_shape(random), any_type(random, n)}, {}};
}

// The implementations of hls4ml in turn, along the last axis and others.
LayerCase softmax(Random& random, int n) {
  Softmax layer;
  layer.implementation = static_cast<SoftmaxImplementation>(n % 4);
  layer.table_size = 1 << pick(random, 1, 8);
  layer.inverse_table_size = 1 << pick(random, 1, 8);
  if (layer.implementation == SoftmaxImplementation::Legacy) {
    layer.table_size = pick(random, 1, 100);
    layer.table = quantizer(random, n + 2);
    if (random.below(2) == 0) layer.table = Quantizer{{18, 8, true}};
  }
  if (random.below(2) == 0) layer.exp_type = quantizer(random, n);
  if (random.below(2) == 0) layer.inverse_type = quantizer(random, n + 5);
  if (random.below(2) == 0) layer.inverse_input = quantizer(random, n + 11);
  if (random.below(2) == 0) layer.accumulator = quantizer(random, n + 13);
  if (random.below(4) == 0) layer.difference = quantizer(random, n + 17);
  if (random.below(4) == 0) layer.address = quantizer(random, n + 19);
  layer.out = some_quantizer(random, n);
  if (layer.implementation != SoftmaxImplementation::Legacy) layer.scale = pick(random, 1, 5) / 2.0;
  Shape shape;
  for (int rank = pick(random, 1, 3); rank > 0; --rank) shape.push_back(pick(random, 1, rank == 1 ? 9 : 4));
  layer.axis = pick(random, -static_cast<int>(shape.size()), static_cast<int>(shape.size()) - 1);
  return {layer, {shape, any_type(random, n)}, {}};
}

LayerCase divided_softmax(Random& random, int n) {
  LayerCase c = softmax(random, n);
  auto& layer = std::get<Softmax>(c.layer);
  layer.implementation = SoftmaxImplementation::Divided;
  layer.scale = pick(random, 1, 5) / 2.0;
  layer.accumulator = std::nullopt;
  const bool has_sign = layer.exp_type.to.is_signed;
  layer.exp_type.to = {pick(random, 3, is_wide(n) ? 50 : 18), has_sign ? 2 : 1, has_sign};
  // No quotient is written to more than 50 binary digits.
  for (Quantizer* result : {&layer.inverse_type, layer.out ? &*layer.out : &layer.inverse_type})
    result->to.integer = std::max(result->to.integer, result->to.width - 50);
  layer.table_size = 1 << pick(random, 1, 8);
  return c;
}

}  // namespace

std::vector<Row> elementwise_rows() {
  return {
      {"BatchNorm", batch_norm, 6 * mode_pairs},
      {"Relu", relu, 6 * mode_pairs},
      {"Softmax", softmax, 20 * mode_pairs},
      {"SoftmaxDivided", divided_softmax, 6 * mode_pairs},
  };
}

}  // namespace gw::testing
