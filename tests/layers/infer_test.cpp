// What layers say of their result before any value is known, and of inputs that they cannot take.

#include <gtest/gtest.h>

#include "layers/random_layer.h"
#include "layers/shapes.h"

namespace gw {
namespace {

using testing::LayerCase;
using testing::random_tensor;

const FixedType q8_3{8, 3, true};

// An operand of that shape, without values.
Operand typed(Shape shape, std::optional<FixedType> type = q8_3) {
  return {{std::move(shape), type}, nullptr};
}

template <class L>
std::string error_of(const L& layer, std::vector<Operand> operands) {
  const auto type = infer(layer, operands);
  return type ? "no error: " + to_string(*type) : to_string(type.errors().front());
}

template <class L>
std::string type_of_result(const L& layer, std::vector<Operand> operands) {
  const auto type = infer(layer, operands);
  return type ? to_string(*type) : to_string(type.errors().front());
}

// Pads by the rules that Keras and ONNX share, on one axis.
TEST(Padding, SharesThePadsBetweenBothEnds) {
  const auto pads = [](Padding padding, int extent, int kernel, int stride, int dilation = 1) {
    const Pads p = pads_of(padding, {7, 8}, extent, kernel, stride, dilation);
    return std::pair(p.before, p.after);
  };
  EXPECT_EQ(pads(Padding::Explicit, 10, 3, 1), std::pair(7, 8));
  EXPECT_EQ(pads(Padding::Same, 10, 3, 1), std::pair(1, 1));
  EXPECT_EQ(pads(Padding::Same, 10, 4, 1), std::pair(1, 2));
  EXPECT_EQ(pads(Padding::SameLower, 10, 4, 1), std::pair(2, 1));
  EXPECT_EQ(pads(Padding::Same, 10, 3, 2), std::pair(0, 1));
  EXPECT_EQ(pads(Padding::Same, 9, 3, 2), std::pair(1, 1));
  EXPECT_EQ(pads(Padding::Same, 9, 1, 3), std::pair(0, 0));
  EXPECT_EQ(pads(Padding::Same, 10, 3, 1, 2), std::pair(2, 2));
  EXPECT_EQ(pads(Padding::Causal, 10, 3, 1, 2), std::pair(4, 0));
}

TEST(Padding, OfAWindowIsNotNegative) {
  const auto status = check_window(Window{.height = 3, .width = 3, .pad_left = -1});
  ASSERT_FALSE(status);
  EXPECT_EQ(to_string(status.errors().front()), "error: pad -1 must not be negative [negative-pad]");
}

// What infer knows of single channels goes on to the next layer.
TEST(Infer, TypesAreExactPerChannel) {
  const FixedType weight_type{8, 8, true};
  Tensor weight({2, 3}, weight_type);
  const int weights[] = {1, 2, 0, 1, -3, 0};
  for (int i = 0; i < 6; ++i) weight.set(i, weights[i]);
  const std::vector<Operand> operands{{{{2}, FixedType{2, 2, false}}, nullptr},
                                      {{{2, 3}, weight_type}, &weight}};
  const auto type = infer(Dense{}, operands);
  ASSERT_TRUE(type);
  EXPECT_EQ(to_string(*type), "3 ap_fixed<5,5>");
  ASSERT_EQ(type->ranges.size(), 3U);
  EXPECT_EQ(type->ranges[0], (Interval{0, 6, 0}));
  EXPECT_EQ(type->ranges[1], (Interval{-9, 6, 0}));
  EXPECT_EQ(type->ranges[2], (Interval{0, 0, 0}));
  const auto rectified = infer(Relu{}, std::vector<Operand>{{*type, nullptr}});
  ASSERT_TRUE(rectified);
  EXPECT_EQ(rectified->ranges[1], (Interval{0, 6, 0}));
  EXPECT_EQ(to_string(*rectified), "3 ap_ufixed<3,3>");
}

TEST(Infer, ShapesNeedNoTypes) {
  const auto real = [](Shape shape) { return typed(std::move(shape), std::nullopt); };
  EXPECT_EQ(type_of_result(Dense{}, {real({4, 3, 2}), real({2, 10}), real({10})}), "4x3x10 float");
  Conv1D causal;
  causal.padding = Padding::Causal;
  causal.dilation = 2;
  EXPECT_EQ(type_of_result(causal, {real({9, 4}), real({3, 4, 5})}), "9x5 float");
  Conv2D conv;
  conv.stride_h = 2;
  EXPECT_EQ(type_of_result(conv, {real({9, 8, 3}), real({3, 2, 3, 5})}), "4x7x5 float");
  MaxPool2D pool;
  pool.pool_w = 3;
  EXPECT_EQ(type_of_result(pool, {real({5, 8, 6})}), "2x3x6 float");
  EXPECT_EQ(type_of_result(BatchNorm{}, {real({5, 6}), real({6}), real({6})}), "5x6 float");
  EXPECT_EQ(type_of_result(Relu{}, {real({5, 6})}), "5x6 float");
  EXPECT_EQ(type_of_result(Flatten{}, {real({5, 6, 2})}), "60 float");
  EXPECT_EQ(type_of_result(Softmax{}, {real({10})}), "10 float");
}

TEST(Infer, ExactTypesAreAsWideAsTheFormulaNeeds) {
  EXPECT_EQ(type_of_result(Relu{}, {typed({2})}), "2 ap_ufixed<7,2>");
  EXPECT_EQ(type_of_result(MaxPool2D{}, {typed({2, 2, 1})}), "1x1x1 ap_fixed<8,3>");
  EXPECT_EQ(type_of_result(Flatten{}, {typed({2, 3, 1})}), "6 ap_fixed<8,3>");
  EXPECT_EQ(type_of_result(Quantize{{{5, 2, false}, Rounding::Rnd, Overflow::Sat}}, {typed({2})}),
            "2 ap_ufixed<5,2>");
  // -128..127 times 3 and -2 is -384-254..381+256, and 5 is added.
  Tensor weight({2, 1}, {3, 3, true}), bias({1}, {4, 4, true});
  weight.set(0, 3);
  weight.set(1, -2);
  bias.set(0, 5);
  EXPECT_EQ(type_of_result(Dense{}, {typed({2}, FixedType{8, 8, true}),
                                     {{{2, 1}, weight.type()}, &weight},
                                     {{{1}, bias.type()}, &bias}}),
            "1 ap_fixed<11,11>");
}

TEST(Infer, NamesWhatDoesNotFit) {
  EXPECT_EQ(error_of(Relu{}, {}), "error: relu takes the inputs (x), but has 0 [input-count]");
  EXPECT_EQ(error_of(Dense{}, {typed({6}), typed({6, 2}), typed({2}), typed({2})}),
            "error: dense takes the inputs (x, weight, bias), but has 4 [input-count]");
  EXPECT_EQ(error_of(Dense{}, {typed({6}), typed({5, 2})}),
            "error: dense: input 1 of (x, weight, bias) must have shape 6x2, but has 5x2 [shape-mismatch]");
  EXPECT_EQ(
      error_of(Dense{}, {typed({6}), typed({12})}),
      "error: dense: input 1 of (x, weight, bias) must have 2 extents, but has shape 12 [rank-mismatch]");
  EXPECT_EQ(
      error_of(Conv2D{}, {typed({6, 6, 2}), typed({3, 3, 1, 4})}),
      "error: conv2d: input 1 of (x, weight, bias) must have shape 3x3x2x4, but has 3x3x1x4 [shape-mismatch]");
  EXPECT_EQ(error_of(Conv2D{}, {typed({6, 2, 1}), typed({3, 3, 1, 4})}),
            "error: the window 3x3 is larger than its input 6x2 [window-too-large]");
  Dense shared;
  shared.reuse = 0;
  EXPECT_EQ(error_of(shared, {typed({6}), typed({6, 2})}),
            "error: a reuse factor is at least 1, but is 0 [reuse-not-positive]");
  Conv2D grouped;
  grouped.groups = 2;
  EXPECT_EQ(error_of(grouped, {typed({6, 6, 3}), typed({3, 3, 1, 4})}),
            "error: 2 groups must divide the 3 channels of the input and the 4 filters [group-count]");
  grouped.groups = 1;
  grouped.padding = Padding::Causal;
  EXPECT_EQ(error_of(grouped, {typed({6, 6, 3}), typed({3, 3, 3, 4})}),
            "error: causal padding is for one axis in time; a 2-D layer takes same, same_lower or explicit "
            "[causal-image]");
  grouped.padding = Padding::Same;
  grouped.pad_left = 1;
  EXPECT_EQ(
      error_of(grouped, {typed({6, 6, 3}), typed({3, 3, 3, 4})}),
      "error: conv2d: padding is 'same', which computes the pads, and pad_left=1 is given as well; keep "
      "one of the two [pads-given-twice]");
  Conv1D causal;
  causal.padding = Padding::Causal;
  causal.pad_right = -1;
  EXPECT_EQ(error_of(causal, {typed({6, 3}), typed({3, 3, 4})}),
            "error: conv1d: padding is 'causal', which computes the pads, and pad_right=-1 is given as well; "
            "keep one of the two [pads-given-twice]");
  AveragePool2D average;
  average.padding = Padding::SameLower;
  average.pad_bottom = 2;
  EXPECT_EQ(
      error_of(average, {typed({6, 6, 2})}),
      "error: average_pool2d: padding is 'same_lower', which computes the pads, and pad_bottom=2 is given "
      "as well; keep one of the two [pads-given-twice]");
  MaxPool2D pool;
  pool.stride_w = 0;
  EXPECT_EQ(error_of(pool, {typed({6, 6, 2})}),
            "error: stride, pool or kernel extent 0 must be at least 1 [zero-extent]");
  Softmax softmax;
  softmax.table_size = 1000;
  EXPECT_EQ(error_of(softmax, {typed({10})}), "error: table size 1000 is not a power of two [table-size]");
  softmax = {};
  softmax.axis = 2;
  EXPECT_EQ(error_of(softmax, {typed({2, 5})}),
            "error: softmax: axis is 2, but must be an axis of 2x5: -2 to 1 [attribute-range]");
  softmax = {};
  softmax.scale = 0;
  EXPECT_EQ(error_of(softmax, {typed({10})}),
            "error: softmax: scale is 0, but must be a number above 0 [attribute-range]");
  softmax.scale = 2;
  softmax.implementation = SoftmaxImplementation::Legacy;
  EXPECT_EQ(error_of(softmax, {typed({10})}),
            "error: softmax: scale is 2, but must be 1 where the implementation is legacy [attribute-range]");
  softmax.implementation = SoftmaxImplementation::Divided;
  softmax.exp_type = {{8, 0, false}};
  EXPECT_EQ(
      error_of(softmax, {typed({10})}),
      "error: softmax: exp_type is ap_ufixed<8,0>, but must be a type that holds 1 where the softmax is "
      "divided [attribute-range]");
  softmax.exp_type = {{8, 1, false}};
  softmax.accumulator = Quantizer{{18, 8, true}};
  EXPECT_EQ(error_of(softmax, {typed({10})}),
            "error: softmax: accumulator is ap_fixed<18,8>, but must be none where the softmax is divided "
            "[attribute-range]");
  softmax.accumulator = std::nullopt;
  softmax.out = Quantizer{{62, 1, false}};
  EXPECT_EQ(error_of(softmax, {typed({10})}),
            "error: softmax: out is ap_ufixed<62,1>, but must be a type of fewer than 60 fractional bits "
            "[attribute-range]");
}

TEST(Infer, NamesAttributesThatCannotBe) {
  EXPECT_EQ(error_of(ClippedRelu{0, {}}, {typed({6})}),
            "error: clipped_relu: max is 0, but must be a number above 0 [attribute-range]");
  EXPECT_EQ(
      error_of(LeakyRelu{2.5, {{4, 1, true}}, {}}, {typed({6})}),
      "error: leaky_relu: alpha is 2.5, but must be a value of its type ap_fixed<4,1> [attribute-range]");
  EXPECT_EQ(error_of(TernaryTanh{-1, {}}, {typed({6})}),
            "error: ternary_tanh: threshold is -1, but must be a number of at least 0 [attribute-range]");
  EXPECT_EQ(error_of(PRelu{}, {typed({6, 2}), typed({6})}),
            "error: prelu: input 1 of (x, alpha) must have shape 2, but has 6 [shape-mismatch]");
  EXPECT_EQ(error_of(Lookup{}, {typed({6}), typed({2, 3})}),
            "error: lookup: values is 2x3, but must be 1 to 65536 in one row [attribute-range]");
  EXPECT_EQ(error_of(Lookup{0, 65, {}}, {typed({6}), typed({3})}),
            "error: lookup: fraction is 65, but must be -64 to 64 [attribute-range]");
  Sigmoid sigmoid;
  sigmoid.table_size = 100000;
  EXPECT_EQ(error_of(sigmoid, {typed({6})}),
            "error: sigmoid: table_size is 100000, but must be 0 to 65536 [attribute-range]");
  sigmoid.table_size = 0;
  sigmoid.out = Quantizer{{24, 4, true}};
  EXPECT_EQ(
      error_of(sigmoid, {typed({6}, FixedType{24, 6, true})}),
      "error: sigmoid: no table of up to 65536 entries is accurate to the last place of ap_fixed<24,4> for "
      "every ap_fixed<24,6>; narrow one of the two types, or give a table_size [table-too-large]");
}

TEST(Infer, TypesThatAreTooWideAreTold) {
  Random random(1);
  const Tensor weight = random_tensor(random, {2, 1}, {33, 33, true}, 1, testing::Fill::Highest);
  const std::vector<Operand> operands{typed({2}, FixedType{33, 1, true}), {{{2, 1}, weight.type()}, &weight}};
  EXPECT_EQ(error_of(Dense{}, operands),
            "error: needs a value of 66 bits, and 63 is the most; give a narrower result or accumulator type "
            "[type-too-wide]");
}

// A bias alone, shifted to the fraction of a sum that is always the same, once was a constant too wide for 64
// bits.
TEST(Infer, ConstantsThatAreTooWideAreTold) {
  Tensor scale({1}, {2, 2, true}), bias({1}, {60, 60, true});
  scale.set(0, 0);
  bias.set(0, bias.type().highest());
  const std::vector<Operand> norm{typed({1}), {{{1}, scale.type()}, &scale}, {{{1}, bias.type()}, &bias}};
  EXPECT_EQ(type_of_result(BatchNorm{}, norm), "1 ap_ufixed<59,59>");

  Tensor weight({1, 1}, {60, 60, true});
  weight.set(0, weight.type().highest());
  const std::vector<Operand> dense{
      typed({1}, FixedType{60, 0, true}), {{{1, 1}, weight.type()}, &weight}, {{{1}, bias.type()}, &bias}};
  EXPECT_EQ(
      error_of(Dense{}, dense),
      "error: needs a value of 120 bits, and 63 is the most; give a narrower result or accumulator type "
      "[type-too-wide]");
}

}  // namespace
}  // namespace gw
