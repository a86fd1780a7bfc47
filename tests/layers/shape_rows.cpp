// Rows of the agreement test: pools, merges, casts, and layers that move elements.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "layers/agreement.h"

namespace gw::testing {

namespace {

// One to four extents.
Shape shape_of_rank(Random& random, int rank) {
  Shape shape;
  for (int a = 0; a < rank; ++a) shape.push_back(pick(random, 1, rank == 4 ? 3 : 5));
  return shape;
}

LayerCase quantize_layer(Random& random, int n) {
  Quantize layer{quantizer(random, n)};
  const TensorType x{any_shape(random), any_type(random, n)};
  // A third with a type for each channel, or for each element; some of those hold nothing.
  if (random.below(3) == 0) {
    const auto count = random.below(2) == 0 ? x.shape.back() : element_count(x.shape);
    std::vector<Quantizer> few;
    for (int k = 0; k < 4; ++k) few.push_back(quantizer(random, n + 9 * k));
    few[0].to.width = 0;
    for (std::int64_t i = 0; i < count; ++i) layer.elements.push_back(few[random.below(4)]);
  }
  return {layer, x, {}};
}

constexpr Padding paddings[] = {Padding::Explicit, Padding::Explicit, Padding::Same, Padding::SameLower};

// Pads that leave every window a pixel.
template <class L>
void pad_2d(Random& random, L& layer) {
  layer.padding = paddings[random.below(4)];
  if (layer.padding != Padding::Explicit || random.below(2) == 0) return;
  layer.pad_top = pick(random, 0, layer.pool_h - 1);
  layer.pad_bottom = pick(random, 0, layer.pool_h - 1);
  layer.pad_left = pick(random, 0, layer.pool_w - 1);
  layer.pad_right = pick(random, 0, layer.pool_w - 1);
}

template <class L>
L pool_2d(Random& random) {
  L layer;
  layer.pool_h = pick(random, 1, 3);
  layer.pool_w = pick(random, 1, 4);
  layer.stride_h = pick(random, 1, 3);
  layer.stride_w = pick(random, 1, 3);
  pad_2d(random, layer);
  return layer;
}

template <class L>
L pool_1d(Random& random) {
  L layer;
  layer.pool = pick(random, 1, 5);
  layer.stride = pick(random, 1, 4);
  layer.padding = paddings[random.below(4)];
  if (layer.padding == Padding::Explicit && random.below(2) == 0) {
    layer.pad_left = pick(random, 0, layer.pool - 1);
    layer.pad_right = pick(random, 0, layer.pool - 1);
  }
  return layer;
}

template <class L>
LayerCase on_image(Random& random, int n, L layer) {
  const Shape x{layer.pool_h + pick(random, 0, 5), layer.pool_w + pick(random, 0, 5), pick(random, 1, 20)};
  return {layer, {x, any_type(random, n)}, {}};
}

template <class L>
LayerCase on_sequence(Random& random, int n, L layer) {
  return {layer, {{layer.pool + pick(random, 0, 9), pick(random, 1, 9)}, any_type(random, n)}, {}};
}

// Two or three extents.
Shape pixels(Random& random) {
  Shape shape{pick(random, 1, 5), pick(random, 1, 9)};
  if (random.below(2) == 0) shape.insert(shape.begin(), pick(random, 1, 5));
  return shape;
}

std::optional<Quantizer> rarely(Random& random, int n) {
  if (random.below(3) != 0) return std::nullopt;
  return quantizer(random, n + 3);
}

LayerCase max_pool_2d(Random& random, int n) {
  auto layer = pool_2d<MaxPool2D>(random);
  layer.accumulator = rarely(random, n);
  layer.out = some_quantizer(random, n);
  return on_image(random, n, layer);
}

LayerCase max_pool_1d(Random& random, int n) {
  auto layer = pool_1d<MaxPool1D>(random);
  layer.accumulator = rarely(random, n);
  layer.out = some_quantizer(random, n);
  return on_sequence(random, n, layer);
}

LayerCase global_max_pool(Random& random, int n) {
  return {GlobalMaxPool{random.below(2) == 0, rarely(random, n), some_quantizer(random, n)},
          {pixels(random), any_type(random, n)},
          {}};
}

LayerCase average_pool_2d(Random& random, int n) {
  auto layer = pool_2d<AveragePool2D>(random);
  layer.count_include_pad = random.below(3) == 0;
  layer.accumulator = some_accumulator(random, n);
  layer.out = some_quantizer(random, n);
  return on_image(random, n, layer);
}

LayerCase average_pool_1d(Random& random, int n) {
  auto layer = pool_1d<AveragePool1D>(random);
  layer.count_include_pad = random.below(3) == 0;
  layer.accumulator = some_accumulator(random, n);
  layer.out = some_quantizer(random, n);
  return on_sequence(random, n, layer);
}

LayerCase global_average_pool(Random& random, int n) {
  return {GlobalAveragePool{random.below(2) == 0, some_accumulator(random, n), some_quantizer(random, n)},
          {pixels(random), any_type(random, n)},
          {}};
}

// A shape that is broadcast to `to`: some extents 1, some of the first left out.
Shape broadcast_from(Random& random, const Shape& to) {
  Shape shape = to;
  if (random.below(2) == 0) return shape;
  for (int& extent : shape) {
    if (random.below(3) == 0) extent = 1;
  }
  while (shape.size() > 1 && random.below(4) == 0) shape.erase(shape.begin());
  return shape;
}

template <class L>
LayerCase merge(Random& random, int n) {
  Shape shape = shape_of_rank(random, 1 + n % 4);
  LayerCase c{L{some_quantizer(random, n)}, {broadcast_from(random, shape), any_type(random, n, 28)}, {}};
  const int inputs = std::is_same_v<L, Subtract> ? 2 : pick(random, 2, std::is_same_v<L, Multiply> ? 3 : 5);
  for (int k = 1; k < inputs; ++k) {
    // One at least is of the full shape.
    const Shape other = k == 1 ? shape : broadcast_from(random, shape);
    if (random.below(3) == 0) {
      c.constants.push_back(weights(random, other, n));
    } else {
      c.more.push_back({other, any_type(random, n, 28)});
    }
  }
  c.constants_first = random.below(2) == 0;
  return c;
}

LayerCase dot(Random& random, int n) {
  LayerCase c{Dot{some_quantizer(random, n), some_accumulator(random, n)},
              {{pick(random, 1, 30)}, any_type(random, n, 28)},
              {}};
  if (random.below(3) == 0) {
    c.constants.push_back(weights(random, c.x.shape, n));
    c.constants_first = random.below(2) == 0;
  } else {
    c.more.push_back({c.x.shape, any_type(random, n, 28)});
  }
  return c;
}

LayerCase concatenate(Random& random, int n) {
  const Shape shape = shape_of_rank(random, 1 + n % 4);
  const int axis = pick(random, 0, static_cast<int>(shape.size()) - 1);
  const auto other = [&] {
    Shape beside = shape;
    beside[static_cast<size_t>(axis)] = pick(random, 1, 5);
    return beside;
  };
  LayerCase c{Concatenate{random.below(2) == 0 ? axis : axis - static_cast<int>(shape.size()),
                          some_quantizer(random, n)},
              {shape, any_type(random, n)},
              {}};
  for (int k = pick(random, 1, 3); k > 0; --k) {
    if (random.below(4) == 0) {
      c.constants.push_back(weights(random, other(), n));
    } else {
      c.more.push_back({other(), any_type(random, n)});
    }
  }
  c.constants_first = random.below(2) == 0;
  return c;
}

LayerCase flatten(Random& random, int n) {
  return {Flatten{}, {{pick(random, 1, 4), pick(random, 1, 4), pick(random, 1, 4)}, any_type(random, n)}, {}};
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
      {"Quantize", quantize_layer, 10 * mode_pairs},
      {"MaxPool1D", max_pool_1d, 6 * mode_pairs},
      {"MaxPool2D", max_pool_2d, 10 * mode_pairs},
      {"GlobalMaxPool", global_max_pool, 4 * mode_pairs},
      {"AveragePool1D", average_pool_1d, 16 * mode_pairs},
      {"AveragePool2D", average_pool_2d, 16 * mode_pairs},
      {"GlobalAveragePool", global_average_pool, 8 * mode_pairs},
      {"Add", merge<Add>, 8 * mode_pairs},
      {"Subtract", merge<Subtract>, 6 * mode_pairs},
      {"Multiply", merge<Multiply>, 6 * mode_pairs},
      {"Average", merge<Average>, 8 * mode_pairs},
      {"Maximum", merge<Maximum>, 6 * mode_pairs},
      {"Minimum", merge<Minimum>, 6 * mode_pairs},
      {"Dot", dot, 8 * mode_pairs},
      {"Concatenate", concatenate, 8 * mode_pairs},
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
