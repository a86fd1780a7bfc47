// Claim: the last tenth of the training set validates, in the source's order, and nothing is lost or doubled.

#include "data/dataset.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace gw {
namespace {

/// Image i has the pixels {i, 255 - i} and the label i % 10.
Dataset numbered(int count) {
  Dataset set{"d", 1, 2, 1, 10, {}, {}};
  for (int i = 0; i < count; ++i) {
    set.pixels.push_back(static_cast<std::uint8_t>(i));
    set.pixels.push_back(static_cast<std::uint8_t>(255 - i));
    set.labels.push_back(static_cast<std::uint8_t>(i % 10));
  }
  return set;
}

void expect_images(const Dataset& set, int first, int count) {
  ASSERT_EQ(set.count(), count);
  ASSERT_EQ(set.pixels.size(), static_cast<std::size_t>(count) * 2);
  EXPECT_EQ(std::tuple(set.name, set.height, set.width, set.channels, set.classes),
            std::tuple("d", 1, 2, 1, 10));
  for (int i = 0; i < count; ++i) {
    EXPECT_EQ(set.image(i)[0], first + i);
    EXPECT_EQ(set.image(i)[1], 255 - first - i);
    EXPECT_EQ(set.labels[static_cast<std::size_t>(i)], (first + i) % 10);
  }
}

TEST(SplitDataset, LastTenthValidates) {
  const Split split = split_dataset(numbered(60), numbered(7));
  expect_images(split.train, 0, 54);
  expect_images(split.validation, 54, 6);
  expect_images(split.test, 0, 7);
}

TEST(SplitDataset, RoundsTheTenthDown) {
  for (const auto& [count, validation] : {std::pair{0, 0}, {1, 0}, {9, 0}, {10, 1}, {19, 1}, {20, 2}}) {
    const Split split = split_dataset(numbered(count), numbered(1));
    expect_images(split.train, 0, count - validation);
    expect_images(split.validation, count - validation, validation);
  }
}

TEST(Dataset, SlicesAreCopiesOfARange) {
  const Dataset set = numbered(9);
  expect_images(set.slice(2, 5), 2, 5);
  expect_images(set.slice(9, 0), 9, 0);
  EXPECT_THROW(set.slice(5, 5), std::logic_error);
  EXPECT_THROW(set.image(9), std::logic_error);
}

}  // namespace
}  // namespace gw
