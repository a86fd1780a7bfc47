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

LayerCase softmax(Random& random, int n) {
  Softmax layer;
  layer.table_size = 1 << pick(random, 1, 8);
  if (random.below(2) == 0) layer.exp_type = quantizer(random, n);
  if (random.below(2) == 0) layer.inverse_type = quantizer(random, n + 5);
  if (random.below(2) == 0) layer.inverse_input = quantizer(random, n + 11);
  layer.out = some_quantizer(random, n);
  return {layer, {{pick(random, 1, 12)}, any_type(random, n)}, {}};
}

}  // namespace

std::vector<Row> elementwise_rows() {
  return {
      {"BatchNorm", batch_norm, 6 * mode_pairs},
      {"Relu", relu, 6 * mode_pairs},
      {"Softmax", softmax, 6 * mode_pairs},
  };
}

}  // namespace gw::testing
