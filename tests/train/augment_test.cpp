// Augmentation: what each change does to a picture by itself, and that keys settle everything.

#include "train/augment.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "support/random.h"
#include "train/batches.h"
#include "train/reference.h"

namespace gw::train {
namespace {

using Picture = std::vector<std::uint8_t>;

const Shape shape{28, 28, 1};

Picture changed(const AugmentSpec& spec, std::uint64_t key, const Picture& picture, const Shape& of = shape) {
  Picture result(picture.size());
  augment(spec, of, key, picture, result);
  return result;
}

// A bright blob around (row, column).
Picture blob(double row, double column) {
  Picture picture;
  for (int r = 0; r < 28; ++r)
    for (int c = 0; c < 28; ++c)
      picture.push_back(static_cast<std::uint8_t>(
          std::lrint(250 * std::exp(-((r - row) * (r - row) + (c - column) * (c - column)) / 8))));
  return picture;
}

struct Moments {
  double mass = 0, row = 0, column = 0, spread = 0;
};
Moments moments(const Picture& picture) {
  Moments m;
  for (int i = 0; i < 784; ++i) {
    const double value = picture[static_cast<size_t>(i)];
    m.mass += value;
    m.row += value * (i / 28);
    m.column += value * (i % 28);
  }
  m.row /= m.mass;
  m.column /= m.mass;
  for (int i = 0; i < 784; ++i)
    m.spread += picture[static_cast<size_t>(i)] *
                (std::pow(i / 28 - m.row, 2) + std::pow(i % 28 - m.column, 2)) / m.mass;
  return m;
}

TEST(Augment, NothingAskedForNothingChanged) {
  Random random(3);
  Picture picture(28 * 28);
  for (auto& pixel : picture) pixel = static_cast<std::uint8_t>(random.below(256));
  for (std::uint64_t key = 0; key < 5; ++key) EXPECT_EQ(changed({}, key, picture), picture);
}

TEST(Augment, ShiftsMoveTheMiddle) {
  double furthest = 0;
  for (std::uint64_t key = 0; key < 200; ++key) {
    const Moments m = moments(changed({.shift = 3}, key, blob(13, 14)));
    EXPECT_LE(std::abs(m.row - 13), 3.05);
    EXPECT_LE(std::abs(m.column - 14), 3.05);
    EXPECT_NEAR(m.mass, moments(blob(13, 14)).mass, 0.02 * m.mass);
    furthest = std::max({furthest, std::abs(m.row - 13), std::abs(m.column - 14)});
  }
  EXPECT_GT(furthest, 2.8);
}

TEST(Augment, RotationsTurnAroundTheMiddle) {
  double lowest = 1e9, highest = -1e9;
  for (std::uint64_t key = 0; key < 200; ++key) {
    const Moments m = moments(changed({.rotation = 30}, key, blob(13.5, 21.5)));
    EXPECT_NEAR(std::hypot(m.row - 13.5, m.column - 13.5), 8, 0.1);
    const double angle = std::atan2(m.row - 13.5, m.column - 13.5) * 180 / M_PI;
    lowest = std::min(lowest, angle);
    highest = std::max(highest, angle);
  }
  EXPECT_NEAR(lowest, -30, 1.5);
  EXPECT_NEAR(highest, 30, 1.5);
}

TEST(Augment, ScalesStretchAndShearsSlant) {
  double least = 1e9, most = 0, slant = 0;
  for (std::uint64_t key = 0; key < 200; ++key) {
    const Moments m = moments(changed({.scale = 0.25}, key, blob(13.5, 21.5)));
    EXPECT_NEAR(m.row, 13.5, 0.1);
    least = std::min(least, m.column - 13.5);
    most = std::max(most, m.column - 13.5);
    // A point above the middle moves sideways, one beside it does not.
    const Moments above = moments(changed({.shear = 20}, key, blob(5.5, 13.5)));
    EXPECT_NEAR(above.row, 5.5, 0.15);
    slant = std::max(slant, std::abs(above.column - 13.5));
    EXPECT_NEAR(moments(changed({.shear = 20}, key, blob(13.5, 21.5))).column, 21.5, 0.15);
  }
  EXPECT_NEAR(least, 8 * 0.75, 0.4);
  EXPECT_NEAR(most, 8 * 1.25, 0.4);
  EXPECT_NEAR(slant, 8 * std::tan(20 * M_PI / 180), 0.4);
}

TEST(Augment, ElasticMovesPointsApart) {
  bool differs = false;
  for (std::uint64_t key = 0; key < 50; ++key) {
    const AugmentSpec spec{.elastic = 2, .elastic_grid = 7};
    const Moments left = moments(changed(spec, key, blob(13, 6))),
                  right = moments(changed(spec, key, blob(13, 21)));
    for (const Moments& m : {left, right}) EXPECT_LT(std::abs(m.row - 13), 2.2);
    differs = differs || std::abs(left.row - right.row) > 1;
  }
  EXPECT_TRUE(differs);
}

TEST(Augment, ErasesARectangleNowAndThen) {
  const Picture full(784, 200);
  int erased = 0;
  double largest = 0;
  for (std::uint64_t key = 0; key < 400; ++key) {
    const Picture picture = changed({.erase = 0.5, .erase_share = 0.25}, key, full);
    int top = 28, bottom = -1, left = 28, right = -1, count = 0;
    for (int i = 0; i < 784; ++i) {
      if (picture[static_cast<size_t>(i)] == 200) continue;
      EXPECT_EQ(picture[static_cast<size_t>(i)], 0);
      ++count;
      top = std::min(top, i / 28);
      bottom = std::max(bottom, i / 28);
      left = std::min(left, i % 28);
      right = std::max(right, i % 28);
    }
    erased += count > 0 ? 1 : 0;
    EXPECT_TRUE(count == 0 || count == (bottom - top + 1) * (right - left + 1));
    largest = std::max(largest, count / 784.0);
  }
  EXPECT_NEAR(erased, 200, 45);
  EXPECT_NEAR(largest, 0.25, 0.05);
}

TEST(Augment, NoiseHasItsDeviation) {
  const Picture grey(784, 128);
  double sum = 0, squares = 0;
  for (std::uint64_t key = 0; key < 50; ++key)
    for (const std::uint8_t pixel : changed({.noise = 0.1}, key, grey)) {
      sum += pixel - 128.0;
      squares += (pixel - 128.0) * (pixel - 128.0);
    }
  const double count = 50 * 784;
  EXPECT_NEAR(sum / count, 0, 0.5);
  EXPECT_NEAR(std::sqrt(squares / count), 25.5, 0.5);
}

TEST(Augment, ChannelsMoveTogetherAndKeysSettleAll) {
  const Shape two{9, 7, 2};
  Random random(5);
  Picture picture(126);
  for (size_t i = 0; i < picture.size(); i += 2)
    picture[i] = picture[i + 1] = static_cast<std::uint8_t>(random.below(256));
  const AugmentSpec spec{
      .shift = 2, .rotation = 20, .scale = 0.2, .shear = 10, .elastic = 1, .elastic_grid = 3};
  for (std::uint64_t key = 0; key < 20; ++key) {
    const Picture once = changed(spec, key, picture, two);
    for (size_t i = 0; i < once.size(); i += 2) EXPECT_EQ(once[i], once[i + 1]);
    EXPECT_EQ(changed(spec, key, picture, two), once);
    EXPECT_NE(changed(spec, key + 1, picture, two), once);
  }
}

TEST(Batches, AreTheSameOnAnyNumberOfThreadsAndInAnyPlace) {
  const Network network = network_of(
      "input: {shape: [6, 6, 1]}\nlayers: [{name: f, type: flatten}, {name: d, type: dense, units: 3}, {name: s, type: "
      "softmax}]\ntraining: {batch: 100, augmentation: {shift: 1, rotation: 10, erase: 0.2, noise: 0.1}}\n");
  const RandomSamples data(network, 100, 3);
  const Samples samples = data.samples();
  std::vector<std::int32_t> order(90);
  std::iota(order.begin(), order.end(), 5);
  Batches one(network, samples, {}, 1), three(network, samples, {}, 3);
  const auto a = one.at(order, 7);
  const Picture pixels(a.samples.pixels.begin(), a.samples.pixels.end());
  for (size_t i = 0; i < order.size(); ++i) EXPECT_EQ(a.samples.labels[i], data.labels[i + 5]);
  const auto b = three.at(order, 7);
  EXPECT_EQ(Picture(b.samples.pixels.begin(), b.samples.pixels.end()), pixels);
  const auto alone = one.at(std::span(order).subspan(40, 1), 7);
  EXPECT_EQ(Picture(alone.samples.pixels.begin(), alone.samples.pixels.end()),
            Picture(pixels.begin() + 40 * 36, pixels.begin() + 41 * 36));
  const auto other = one.at(order, 8);
  EXPECT_NE(Picture(other.samples.pixels.begin(), other.samples.pixels.end()), pixels);
}

}  // namespace
}  // namespace gw::train
