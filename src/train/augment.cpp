// One pass over the changed picture: each of its pixels asks where it comes from, an affine map plus a
// displacement that is interpolated between the points of a coarse grid, and mixes the four pixels around
// that place. A few thousand operations a picture, next to the million of a training step.

#include "train/augment.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "support/random.h"

namespace gw::train {

namespace {

// Evenly from -most to most.
double between(Random& random, double most) { return most == 0 ? 0 : (2 * random.unit() - 1) * most; }

// From a place in the changed picture to one in the original, both measured from the middle.
struct Map {
  double xx = 1, xy = 0, yx = 0, yy = 1, x = 0, y = 0;
};

Map random_map(const AugmentSpec& spec, Random& random) {
  constexpr double degree = std::numbers::pi / 180;
  const double angle = between(random, spec.rotation) * degree,
               slant = std::tan(between(random, spec.shear) * degree);
  const double wide = 1 / (1 + between(random, spec.scale)), high = 1 / (1 + between(random, spec.scale));
  const double c = std::cos(angle), s = std::sin(angle);
  // Shear, then rotation, then the stretch.
  return {.xx = wide * c,
          .xy = wide * (c * slant - s),
          .yx = high * s,
          .yy = high * (s * slant + c),
          .x = between(random, spec.shift),
          .y = between(random, spec.shift)};
}

// Displacements along x and y at the points of a grid that covers the picture.
struct Field {
  int columns = 0;
  double apart = 1;
  std::vector<float> x, y;

  Field(const AugmentSpec& spec, const Shape& shape, Random& random) : apart(spec.elastic_grid) {
    if (spec.elastic == 0) return;
    const auto points = [&](int extent) { return static_cast<int>(std::ceil(extent / apart)) + 1; };
    columns = points(shape[1]);
    for (int i = 0; i < points(shape[0]) * columns; ++i) {
      x.push_back(static_cast<float>(between(random, spec.elastic)));
      y.push_back(static_cast<float>(between(random, spec.elastic)));
    }
  }
  float at(const std::vector<float>& values, double row, double column) const {
    const double r = row / apart, c = column / apart;
    const auto i = static_cast<int>(r), j = static_cast<int>(c);
    const auto down = static_cast<float>(r - i), right = static_cast<float>(c - j);
    const float* corner = values.data() + i * columns + j;
    const float above = corner[0] + right * (corner[1] - corner[0]);
    const float below = corner[columns] + right * (corner[columns + 1] - corner[columns]);
    return above + down * (below - above);
  }
};

// The original with a rim of zeros, two wide at the far ends, where bilinear sampling may reach.
std::vector<float> with_rim(const Shape& shape, std::span<const std::uint8_t> picture) {
  const auto rows = static_cast<size_t>(shape[0]), row = static_cast<size_t>(shape[1] * shape[2]);
  const size_t wide = row + 3 * static_cast<size_t>(shape[2]);
  std::vector<float> padded((rows + 3) * wide, 0.0f);
  for (size_t r = 0; r < rows; ++r)
    for (size_t i = 0; i < row; ++i)
      padded[(r + 1) * wide + static_cast<size_t>(shape[2]) + i] = static_cast<float>(picture[r * row + i]);
  return padded;
}

void warp(const AugmentSpec& spec, const Shape& shape, Random& random, std::span<const std::uint8_t> picture,
          std::span<std::uint8_t> changed) {
  const Map map = random_map(spec, random);
  const Field field(spec, shape, random);
  const std::vector<float> padded = with_rim(shape, picture);
  const int rows = shape[0], columns = shape[1], channels = shape[2], wide = (columns + 3) * channels;
  const double middle_x = (columns - 1) / 2.0, middle_y = (rows - 1) / 2.0;
  std::uint8_t* to = changed.data();
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c, to += channels) {
      const double from_x = c - middle_x, from_y = r - middle_y;
      double x = map.xx * from_x + map.xy * from_y + map.x + middle_x;
      double y = map.yx * from_x + map.yy * from_y + map.y + middle_y;
      if (field.columns > 0) {
        x += static_cast<double>(field.at(field.x, r, c));
        y += static_cast<double>(field.at(field.y, r, c));
      }
      // Places in the picture with its rim; beyond it there is nothing.
      x += 1;
      y += 1;
      if (!(x >= 0 && y >= 0 && x <= columns + 1 && y <= rows + 1)) {
        std::fill(to, to + channels, std::uint8_t{0});
        continue;
      }
      const auto column = static_cast<int>(x), row = static_cast<int>(y);
      const auto right = static_cast<float>(x - column), down = static_cast<float>(y - row);
      const float* corner = padded.data() + row * wide + column * channels;
      for (int k = 0; k < channels; ++k) {
        const float above = corner[k] + right * (corner[k + channels] - corner[k]);
        const float below = corner[k + wide] + right * (corner[k + wide + channels] - corner[k + wide]);
        to[k] = static_cast<std::uint8_t>(above + down * (below - above) + 0.5f);
      }
    }
  }
}

void erase(const AugmentSpec& spec, const Shape& shape, Random& random, std::span<std::uint8_t> changed) {
  if (random.unit() >= spec.erase) return;
  // Area and shape of the rectangle: sides differ by a factor of 3 at most.
  const double area = random.unit() * spec.erase_share * shape[0] * shape[1];
  const double aspect = std::exp(between(random, std::log(3.0)));
  const int high = std::clamp(static_cast<int>(std::lrint(std::sqrt(area * aspect))), 1, shape[0]);
  const int wide = std::clamp(static_cast<int>(std::lrint(std::sqrt(area / aspect))), 1, shape[1]);
  const auto top = static_cast<int>(random.below(static_cast<std::uint64_t>(shape[0] - high + 1)));
  const auto left = static_cast<int>(random.below(static_cast<std::uint64_t>(shape[1] - wide + 1)));
  for (int r = top; r < top + high; ++r) {
    const auto begin = changed.begin() + (r * shape[1] + left) * shape[2];
    std::fill(begin, begin + wide * shape[2], std::uint8_t{0});
  }
}

void add_noise(const AugmentSpec& spec, Random& random, std::span<std::uint8_t> changed) {
  // The sum of four even numbers in [-1/2, 1/2) has the variance 1/3 and nearly the shape of a normal one.
  const double factor = 255 * spec.noise * std::sqrt(3.0) / 65536;
  for (std::uint8_t& value : changed) {
    const std::uint64_t bits = random.bits();
    double sum = -2.0 * 65536;
    for (int part = 0; part < 4; ++part) sum += static_cast<double>((bits >> (16 * part)) & 0xffff);
    value = static_cast<std::uint8_t>(std::clamp(std::nearbyint(value + factor * sum), 0.0, 255.0));
  }
}

}  // namespace

void augment(const AugmentSpec& spec, const Shape& shape, std::uint64_t key,
             std::span<const std::uint8_t> picture, std::span<std::uint8_t> changed) {
  Random random(key);
  warp(spec, shape, random, picture, changed);
  if (spec.erase > 0) erase(spec, shape, random, changed);
  if (spec.noise > 0) add_noise(spec, random, changed);
}

}  // namespace gw::train
