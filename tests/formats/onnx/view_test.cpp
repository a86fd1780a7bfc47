// Claim: a view says where each element of the file's tensor lies in ours, whatever transposes and reshapes
// the file does, and a rearrangement moves the elements to where they are wanted.

#include "formats/onnx/view.h"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "support/random.h"

namespace gw {
namespace {

using Values = std::vector<double>;

OnnxArray counted(const OnnxShape& shape) {
  OnnxArray array{"a", shape, true, Values(static_cast<size_t>(element_count(shape)))};
  std::iota(array.values.begin(), array.values.end(), 0);
  return array;
}

std::vector<int> random_order(Random& random, size_t size) {
  std::vector<int> order(size);
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = size; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

/// Carries out a rearrangement on elements in our order.
OnnxArray carried_out(const OnnxRearrangement& steps, const Shape& from, Values ours) {
  OnnxArray array{"a", OnnxShape(from.begin(), from.end()), true, std::move(ours)};
  if (!steps.digits.empty()) array.shape.assign(steps.digits.begin(), steps.digits.end());
  if (!steps.axes.empty()) array = transposed(std::move(array), steps.axes);
  if (steps.is_reshaped) array.shape.assign(steps.shape.begin(), steps.shape.end());
  return array;
}

TEST(OnnxView, ChannelsFirstIsAViewOfChannelsLast) {
  const OnnxShape file{3, 2, 4};  // channels, height, width
  const OnnxView view = permuted_view(file, {1, 2, 0});
  EXPECT_EQ(view.extents, (std::vector<int>{2, 4, 3}));
  EXPECT_FALSE(view.is_plain());
  EXPECT_EQ(laid_out(counted(file), view).values, transposed(counted(file), {1, 2, 0}).values);
  // The file transposes to channels last: now both agree.
  const auto turned = transposed(view, {1, 2, 0});
  ASSERT_TRUE(turned);
  EXPECT_TRUE(turned->is_plain());
  EXPECT_EQ(turned->shape, (OnnxShape{2, 4, 3}));
  // The file flattens: nothing moves, but element 1 of the file is element 3 of ours.
  const auto flat = reshaped(view, {24});
  ASSERT_TRUE(flat);
  EXPECT_FALSE(flat->is_plain());
  EXPECT_EQ(laid_out(counted({24}), *flat).values[3], 1);
}

TEST(OnnxView, DigitsAreSplitWhereAReshapeSplitsAnAxis) {
  const OnnxView view = permuted_view({6, 5}, {1, 0});
  const auto split = reshaped(view, {2, 3, 5});
  ASSERT_TRUE(split);
  EXPECT_EQ(split->extents, (std::vector<int>{5, 2, 3}));
  EXPECT_EQ(split->order, (std::vector<int>{1, 2, 0}));
  EXPECT_FALSE(reshaped(view, {10, 3}));               // the first 10 would be 2 of 6 rows
  EXPECT_TRUE(reshaped(plain_view({6, 5}), {10, 3}));  // any reshape of what is in order
}

// Views follow random transposes and reshapes of the file; laying out and rearranging must agree with doing
// the same to an array.
TEST(OnnxView, FollowsRandomTransposesAndReshapes) {
  Random random(7);
  int rearranged = 0;
  for (int round = 0; round < 2000; ++round) {
    OnnxShape shape;
    for (size_t axis = 0; axis < 1 + random.below(4); ++axis) shape.push_back(random.between(1, 4));
    OnnxView view = permuted_view(shape, random_order(random, shape.size()));
    const Shape ours(view.extents);
    OnnxArray file = counted(shape);                  // what the file's tensor holds
    const Values held = laid_out(file, view).values;  // what ours holds
    for (size_t step = 0; step < random.below(4); ++step) {
      if (random.below(2) == 0) {
        const auto order = random_order(random, view.shape.size());
        const auto next = transposed(view, order);
        if (!next) break;
        view = *next;
        file = transposed(std::move(file), order);
      } else {
        OnnxShape joined;  // neighbours joined at random, extents of 1 strewn in
        for (const auto extent : view.shape) {
          if (!joined.empty() && random.below(2) == 0) {
            joined.back() *= extent;
          } else {
            joined.push_back(extent);
          }
          if (random.below(4) == 0) joined.push_back(1);
        }
        const auto next = reshaped(view, joined);
        if (!next) break;
        view = *next;
        file.shape = joined;
      }
    }
    EXPECT_EQ(laid_out(file, view).values, held);
    const auto order = random_order(random, view.shape.size());
    const auto steps = rearrangement(view, ours, order);
    ASSERT_TRUE(steps);
    const OnnxArray wanted = transposed(file, order);
    const OnnxArray moved = carried_out(*steps, ours, held);
    EXPECT_EQ(moved.values, wanted.values);
    EXPECT_EQ(moved.shape, wanted.shape);
    rearranged += steps->axes.empty() ? 0 : 1;
  }
  EXPECT_GT(rearranged, 500);
}

TEST(OnnxArray, BroadcastsAsNumPy) {
  const OnnxArray row{"a", {2}, true, {1, 2}}, column{"a", {2, 1}, true, {1, 2}};
  EXPECT_EQ(broadcast(row, {2, 2})->values, (Values{1, 2, 1, 2}));
  EXPECT_EQ(broadcast(column, {2, 2})->values, (Values{1, 1, 2, 2}));
  EXPECT_FALSE(broadcast(row, {2, 3}));
  EXPECT_FALSE(broadcast(column, {2}));
  EXPECT_EQ(broadcast_shape({4, 1, 3}, {2, 1}), (OnnxShape{4, 2, 3}));
  EXPECT_EQ(broadcast_shape({3}, {2, 2}), std::nullopt);
}

}  // namespace
}  // namespace gw
