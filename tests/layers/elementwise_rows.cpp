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

// All four implementations in turn, along the last axis and others.
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
  Shape shape;
  for (int rank = pick(random, 1, 3); rank > 0; --rank) shape.push_back(pick(random, 1, rank == 1 ? 9 : 4));
  layer.axis = pick(random, -static_cast<int>(shape.size()), static_cast<int>(shape.size()) - 1);
  return {layer, {shape, any_type(random, n)}, {}};
}

}  // namespace

std::vector<Row> elementwise_rows() {
  return {
      {"BatchNorm", batch_norm, 6 * mode_pairs},
      {"Relu", relu, 6 * mode_pairs},
      {"Softmax", softmax, 20 * mode_pairs},
  };
}

}  // namespace gw::testing
