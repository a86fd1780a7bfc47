// Rows of the agreement test: pools, merges, casts, and layers that move elements.

#include "layers/agreement.h"

namespace gw::testing {

namespace {

LayerCase quantize_layer(Random& random, int n) {
  return {Quantize{quantizer(random, n)}, {any_shape(random), any_type(random, n)}, {}};
}

LayerCase max_pool(Random& random, int n) {
  MaxPool2D layer{pick(random, 1, 3), pick(random, 1, 3), pick(random, 1, 3), pick(random, 1, 3),
                  some_quantizer(random, n)};
  const Shape x{layer.pool_h + pick(random, 0, 5), layer.pool_w + pick(random, 0, 5), pick(random, 1, 40)};
  return {layer, {x, any_type(random, n)}, {}};
}

LayerCase flatten(Random& random, int n) {
  return {Flatten{}, {{pick(random, 1, 4), pick(random, 1, 4), pick(random, 1, 4)}, any_type(random, n)}, {}};
}

}  // namespace

std::vector<Row> shape_rows() {
  return {
      {"Quantize", quantize_layer, 6 * mode_pairs},
      {"MaxPool2D", max_pool, 6 * mode_pairs},
      {"Flatten", flatten, 20},
  };
}

}  // namespace gw::testing
