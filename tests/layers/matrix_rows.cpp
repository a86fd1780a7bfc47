// Rows of the agreement test: layers that multiply with a matrix.

#include "layers/agreement.h"

namespace gw::testing {

namespace {

LayerCase dense(Random& random, int n) {
  const int in = pick(random, 1, 40), out = pick(random, 1, 40);
  LayerCase c{
      Dense{some_quantizer(random, n), some_accumulator(random, n)}, {{in}, any_type(random, n, 26)}, {}};
  if (random.below(4) == 0) {
    c.x = {{2, in, 3}, usual_type(random)};
    c.layer = Dense{Quantizer{usual_type(random)}, Quantizer{usual_type(random)}};
  }
  c.constants.push_back(weights(random, {static_cast<int>(element_count(c.x.shape)), out}, n));
  if (random.below(3) != 0) c.constants.push_back(weights(random, {out}, n));
  return c;
}

LayerCase conv(Random& random, int n) {
  const Shape kernel{pick(random, 1, 3), pick(random, 1, 3), pick(random, 1, 4), pick(random, 1, 20)};
  Conv2D layer{pick(random, 1, 3), pick(random, 1, 3), some_quantizer(random, n),
               some_accumulator(random, n)};
  LayerCase c{
      layer,
      {{kernel[0] + pick(random, 0, 4), kernel[1] + pick(random, 0, 5), kernel[2]}, any_type(random, n, 26)},
      {}};
  if (random.below(4) == 0) {
    c.x.fixed = usual_type(random);
    layer.accumulator = layer.out = Quantizer{usual_type(random)};
    c.layer = layer;
  }
  c.constants.push_back(weights(random, kernel, n));
  if (random.below(3) != 0) c.constants.push_back(weights(random, {kernel[3]}, n));
  return c;
}

}  // namespace

std::vector<Row> matrix_rows() {
  return {
      {"Dense", dense, 20 * mode_pairs},
      {"Conv2D", conv, 20 * mode_pairs},
  };
}

}  // namespace gw::testing
