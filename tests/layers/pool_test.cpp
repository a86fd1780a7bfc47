// Pools on numbers that can be followed by hand: what padding means, what is divided by what.

#include <gtest/gtest.h>

#include "layers/random_layer.h"

namespace gw {
namespace {

using testing::LayerCase;
using Values = std::vector<std::int64_t>;

// The raw answer for a sequence or image of one channel, by eval and by the stage.
Values pooled(const Layer& layer, const Shape& shape, const Values& values, const FixedType& type) {
  const LayerCase c{layer, {shape, type}, {}};
  const auto out = c.type();
  if (!out) return {};
  Tensor x(shape, type);
  for (size_t i = 0; i < values.size(); ++i) x.set(static_cast<std::int64_t>(i), values[i]);
  const Tensor y = c.evaluated(x, *out);
  const Tensor* const inputs[] = {&x};
  EXPECT_TRUE(run(c.stage(*out), inputs) == y);
  Values answer;
  for (std::int64_t i = 0; i < y.size(); ++i) answer.push_back(y.at(i));
  return answer;
}

constexpr FixedType s8{8, 8, true}, u8{8, 8, false};

MaxPool1D padded_max() {
  MaxPool1D pool;
  pool.pool = 2;
  pool.stride = 2;
  pool.pad_left = pool.pad_right = 1;
  return pool;
}

TEST(MaxPool, PaddingIsNeverTheLargest) {
  EXPECT_EQ(pooled(padded_max(), {4, 1}, {-5, -7, -3, -9}, s8), (Values{-5, -3, -9}));
  EXPECT_EQ(pooled(padded_max(), {4, 1}, {5, 7, 0, 0}, u8), (Values{5, 7, 0}));
}

TEST(MaxPool, UnsignedPaddingCostsNothing) {
  const LayerCase c{padded_max(), {{4, 1}, u8}, {}};
  const Stage stage = c.stage(*c.type());
  for (const Expr& expr : stage.formula.exprs()) EXPECT_NE(expr.kind, ExprKind::Select);
}

TEST(MaxPool, SamePadding) {
  MaxPool1D pool;
  pool.pool = 3;
  pool.stride = 2;
  pool.padding = Padding::Same;  // one pixel at the end
  EXPECT_EQ(pooled(pool, {4, 1}, {1, 4, 2, -3}, s8), (Values{4, 2}));
  pool.padding = Padding::SameLower;
  EXPECT_EQ(pooled(pool, {4, 1}, {1, 4, 2, -3}, s8), (Values{4, 4}));
}

TEST(MaxPool, GlobalKeepsItsDimensionsIfAsked) {
  const auto shape_of = [](const Layer& layer) {
    return LayerCase{layer, {{3, 4, 5}, s8}, {}}.type()->shape;
  };
  EXPECT_EQ(shape_of(GlobalMaxPool{}), (Shape{5}));
  EXPECT_EQ(shape_of(GlobalMaxPool{true}), (Shape{1, 1, 5}));
  EXPECT_EQ(shape_of(GlobalAveragePool{true}), (Shape{1, 1, 5}));
  EXPECT_EQ(pooled(GlobalMaxPool{}, {2, 2, 1}, {-4, -2, -3, -9}, s8), (Values{-2}));
}

TEST(MaxPool, KeepsItsInputsTypeAndRanges) {
  const TensorType x{{2, 2, 2}, s8, {{-3, 4, 0}, {5, 6, 0}}};
  const auto type = infer(MaxPool2D{}, std::vector<Operand>{{x, nullptr}});
  EXPECT_EQ(type->fixed, s8);
  EXPECT_EQ(type->ranges, x.ranges);
}

AveragePool1D average(int pool, int stride, std::optional<Quantizer> accumulator = {}) {
  AveragePool1D layer;
  layer.pool = pool;
  layer.stride = stride;
  layer.accumulator = accumulator;
  return layer;
}

// Two more bits of fraction for three pixels: sums over 3, in quarters, toward zero.
TEST(AveragePool, ExactSumKeepsTheBitsOfTheWindow) {
  const LayerCase c{average(3, 3), {{6, 1}, s8}, {}};
  EXPECT_EQ(to_string(*c.type()), "2x1 ap_fixed<10,8>");
  EXPECT_EQ(pooled(average(3, 3), {6, 1}, {1, 1, 0, -1, -1, 0}, s8), (Values{2, -2}));
  EXPECT_EQ(pooled(average(4, 4), {4, 1}, {1, 0, 0, 0}, s8), (Values{1}));
}

// hls4ml: <18,8>(-1) / 3 is -341 / 1024.
TEST(AveragePool, AccumulatorKeepsItsFraction) {
  const Quantizer accumulator{{18, 8, true}};
  EXPECT_EQ(pooled(average(3, 3, accumulator), {3, 1}, {-1, 0, 0}, s8), (Values{-341}));
}

// The pixel is added exactly and the sum is cast: 0.75 + 0.5 is 1.25, and half to even only looks at the sum.
TEST(AveragePool, AccumulatorCastsSums) {
  const FixedType quarters{8, 6, true};
  const Quantizer halves{{8, 7, true}, Rounding::RndConv, Overflow::Sat};
  // 0.5 + 0.75 = 1.25, a tie, goes to 1.0; 0.75 alone would have gone to 1.0 and the sum to 1.5.
  EXPECT_EQ(pooled(average(2, 2, halves), {2, 1}, {2, 3}, quarters), (Values{1}));
}

TEST(AveragePool, PaddingCountsOnlyWhereItIsAskedFor) {
  AveragePool1D layer = average(2, 2);
  layer.pad_left = layer.pad_right = 1;
  EXPECT_EQ(pooled(layer, {4, 1}, {6, 2, 4, 8}, s8), (Values{12, 6, 16}));
  layer.count_include_pad = true;
  EXPECT_EQ(pooled(layer, {4, 1}, {6, 2, 4, 8}, s8), (Values{6, 6, 8}));
}

// The mean of few pixels is no larger than that of many.
TEST(AveragePool, BordersDoNotWidenTheType) {
  AveragePool2D layer;
  layer.pool_h = layer.pool_w = 3;
  layer.stride_h = layer.stride_w = 1;
  layer.padding = Padding::Same;
  const LayerCase c{layer, {{5, 5, 1}, u8}, {}};
  EXPECT_EQ(to_string(*c.type()), "5x5x1 ap_ufixed<12,8>");
}

std::string error_of(const Layer& layer, const Shape& shape) {
  const auto type = LayerCase{layer, {shape, s8}, {}}.type();
  return type ? "no error: " + to_string(*type) : to_string(type.errors().front());
}

TEST(Pool, NamesWhatDoesNotFit) {
  MaxPool1D wide = padded_max();
  wide.pad_left = 2;
  EXPECT_EQ(error_of(wide, {4, 1}),
            "error: a window 1x2 lies wholly in the padding and sees nothing; make the pads smaller than the "
            "window [window-only-padding]");
  wide.pad_left = -1;
  EXPECT_EQ(error_of(wide, {4, 1}), "error: pad -1 must not be negative [negative-pad]");
  EXPECT_EQ(error_of(average(5, 1), {4, 1}),
            "error: the window 1x5 is larger than its input 1x4 [window-too-large]");
  EXPECT_EQ(error_of(average(2, 0), {4, 1}),
            "error: stride, pool or kernel extent 0 must be at least 1 [zero-extent]");
  EXPECT_EQ(error_of(GlobalMaxPool{}, {4}),
            "error: global_max_pool: input 0 of (x) must have 3 extents, but has shape 4 [rank-mismatch]");
}

}  // namespace
}  // namespace gw
