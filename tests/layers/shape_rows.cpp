// Rows of the agreement test: pools, merges, casts, and layers that move elements.

#include <algorithm>
#include <cmath>
#include <numeric>

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

// One to four extents.
Shape shape_of_rank(Random& random, int rank) {
  Shape shape;
  for (int a = 0; a < rank; ++a) shape.push_back(pick(random, 1, rank == 4 ? 3 : 5));
  return shape;
}

TensorType any_tensor(Random& random, int n) {
  return {shape_of_rank(random, 1 + n % 4), any_type(random, n)};
}

std::vector<int> per_axis(Random& random, size_t axes, int most) {
  std::vector<int> list;
  for (size_t a = 0; a < axes; ++a) list.push_back(random.below(3) == 0 ? 0 : pick(random, 0, most));
  return list;
}

LayerCase reshape(Random& random, int n) {
  LayerCase c{Reshape{}, any_tensor(random, n), {}};
  Shape shape = c.x.shape;
  if (random.below(2) == 0) std::reverse(shape.begin(), shape.end());
  if (random.below(2) == 0) shape.insert(shape.begin(), 1);
  c.layer = Reshape{shape};
  return c;
}

LayerCase permute(Random& random, int n) {
  LayerCase c{Permute{}, any_tensor(random, n), {}};
  std::vector<int> axes(c.x.shape.size());
  std::iota(axes.begin(), axes.end(), 0);
  for (size_t a = axes.size(); a-- > 1;) std::swap(axes[a], axes[random.below(a + 1)]);
  c.layer = Permute{axes};
  return c;
}

LayerCase pad(Random& random, int n) {
  LayerCase c{Pad{}, any_tensor(random, n), {}};
  const size_t axes = c.x.shape.size();
  Pad layer{per_axis(random, axes, 2), per_axis(random, axes, 2)};
  if (random.below(3) != 0) {
    // A value of the type, one beside it, or one of another unit.
    const FixedType& type = *c.x.fixed;
    const std::int64_t raw = random.between(type.lowest(), type.highest()) >> (is_wide(n) ? 20 : 0);
    layer.value = std::ldexp(static_cast<double>(raw), -type.fraction() + (random.below(3) == 0 ? 2 : 0));
  }
  c.layer = layer;
  return c;
}

LayerCase crop(Random& random, int n) {
  LayerCase c{Crop{}, any_tensor(random, n), {}};
  const std::vector<int> before = per_axis(random, c.x.shape.size(), 2),
                         after = per_axis(random, c.x.shape.size(), 2);
  for (size_t a = 0; a < before.size(); ++a) c.x.shape[a] += before[a] + after[a];
  c.layer = Crop{before, after};
  return c;
}

LayerCase slice(Random& random, int n) {
  LayerCase c{Slice{}, any_tensor(random, n), {}};
  Slice layer;
  for (const int extent : c.x.shape) {
    const int step = pick(random, 1, 3), first = pick(random, 0, extent - 1);
    const int last = pick(random, first, extent - 1);
    const bool backwards = random.below(4) == 0;
    layer.begin.push_back(backwards ? last : first);
    layer.end.push_back(backwards ? first - 1 : last + 1);
    layer.step.push_back(backwards ? -step : step);
  }
  c.layer = layer;
  return c;
}

LayerCase up_sample(Random& random, int n) {
  LayerCase c{UpSample{}, any_tensor(random, n), {}};
  UpSample layer;
  for (size_t a = 0; a + 1 < c.x.shape.size(); ++a) layer.factors.push_back(pick(random, 1, 3));
  c.layer = layer;
  return c;
}

}  // namespace

std::vector<Row> shape_rows() {
  return {
      {"Quantize", quantize_layer, 6 * mode_pairs},
      {"MaxPool2D", max_pool, 6 * mode_pairs},
      {"Flatten", flatten, 20},
      {"Reshape", reshape, 60},
      {"Permute", permute, 80},
      {"Pad", pad, 200},
      {"Crop", crop, 100},
      {"Slice", slice, 160},
      {"UpSample", up_sample, 80},
  };
}

}  // namespace gw::testing
