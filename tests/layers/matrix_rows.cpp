// Rows of the agreement test: layers that multiply with a matrix.

#include "layers/agreement.h"

namespace gw::testing {

namespace {

// The types of a matrix layer, and sometimes an order of its own for the sum.
template <class L>
void draw_types(Random& random, int n, int rows, L& layer, LayerCase& c) {
  layer.out = some_quantizer(random, n);
  layer.accumulator = some_accumulator(random, n);
  c.x.fixed = any_type(random, n, 26);
  if (random.below(4) == 0) {
    c.x.fixed = usual_type(random);
    layer.accumulator = layer.out = Quantizer{usual_type(random)};
  }
  // Narrow enough that the order shows.
  if (random.below(4) == 0) {
    layer.reuse = pick(random, 2, std::max(2, rows));
    layer.accumulator = Quantizer{{pick(random, 4, 8), pick(random, 3, 6), true},
                                  static_cast<Rounding>(n % 7),
                                  static_cast<Overflow>(1 + n % 3)};
  }
  c.layer = layer;
}

LayerCase dense(Random& random, int n) {
  const int in = pick(random, 1, 40), out = pick(random, 1, 40);
  LayerCase c;
  c.x.shape = {in};
  if (random.below(4) == 0) c.x.shape = {pick(random, 1, 4), in};
  if (random.below(8) == 0) c.x.shape = {2, 3, pick(random, 1, 2), in};
  Dense layer;
  draw_types(random, n, in, layer, c);
  c.constants.push_back(weights(random, {in, out}, n));
  if (random.below(3) != 0) c.constants.push_back(weights(random, {out}, n));
  return c;
}

// Channels and filters of a group.
struct Groups {
  int count, channels, filters;
};

Groups some_groups(Random& random) {
  if (random.below(3) == 0) return {pick(random, 2, 18), 1, pick(random, 1, 2)};  // depthwise
  if (random.below(4) == 0) return {pick(random, 2, 3), pick(random, 1, 3), pick(random, 1, 4)};
  return {1, pick(random, 1, 4), pick(random, 1, 20)};
}

Padding some_padding(Random& random, bool causal) {
  return random.below(2) == 0 ? Padding::Explicit : static_cast<Padding>(random.between(1, causal ? 3 : 2));
}

LayerCase conv1d(Random& random, int n) {
  const Groups groups = some_groups(random);
  Conv1D layer;
  const int kernel = pick(random, 1, 4);
  layer.stride = pick(random, 1, 3);
  layer.dilation = random.below(3) == 0 ? pick(random, 2, 3) : 1;
  layer.groups = groups.count;
  layer.padding = some_padding(random, true);
  if (layer.padding == Padding::Explicit)
    layer.pad_left = pick(random, 0, 2), layer.pad_right = pick(random, 0, 2);
  LayerCase c;
  c.x.shape = {(kernel - 1) * layer.dilation + 1 + pick(random, 0, 6), groups.count * groups.channels};
  draw_types(random, n, kernel * c.x.shape[1], layer, c);
  const int filters = groups.count * groups.filters;
  c.constants.push_back(weights(random, {kernel, groups.channels, filters}, n));
  if (random.below(3) != 0) c.constants.push_back(weights(random, {filters}, n));
  return c;
}

LayerCase conv2d(Random& random, int n) {
  const Groups groups = some_groups(random);
  Conv2D layer;
  const int kernel_h = pick(random, 1, 3), kernel_w = pick(random, 1, 3);
  layer.stride_h = pick(random, 1, 3), layer.stride_w = pick(random, 1, 3);
  if (random.below(4) == 0) layer.dilation_h = pick(random, 1, 3), layer.dilation_w = pick(random, 1, 3);
  layer.groups = groups.count;
  layer.padding = some_padding(random, false);
  if (layer.padding == Padding::Explicit && random.below(3) != 0) {
    layer.pad_top = pick(random, 0, 2), layer.pad_bottom = pick(random, 0, 2);
    layer.pad_left = pick(random, 0, 2), layer.pad_right = pick(random, 0, 2);
  }
  LayerCase c;
  c.x.shape = {(kernel_h - 1) * layer.dilation_h + 1 + pick(random, 0, 4),
               (kernel_w - 1) * layer.dilation_w + 1 + pick(random, 0, 5), groups.count * groups.channels};
  draw_types(random, n, kernel_h * kernel_w * c.x.shape[2], layer, c);
  const int filters = groups.count * groups.filters;
  c.constants.push_back(weights(random, {kernel_h, kernel_w, groups.channels, filters}, n));
  if (random.below(3) != 0) c.constants.push_back(weights(random, {filters}, n));
  return c;
}

}  // namespace

std::vector<Row> matrix_rows() {
  return {
      {"Dense", dense, 20 * mode_pairs},
      {"Conv1D", conv1d, 12 * mode_pairs},
      {"Conv2D", conv2d, 20 * mode_pairs},
  };
}

}  // namespace gw::testing
