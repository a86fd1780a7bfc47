// Merges, concatenations and per-element casts on numbers that can be followed by hand.

#include <gtest/gtest.h>

#include "layers/random_layer.h"

namespace gw {
namespace {

using testing::LayerCase;
using Values = std::vector<std::int64_t>;

constexpr FixedType s8{8, 8, true};

Tensor tensor(const Shape& shape, const Values& values, const FixedType& type = s8) {
  Tensor x(shape, type);
  for (size_t i = 0; i < values.size(); ++i) x.set(static_cast<std::int64_t>(i), values[i]);
  return x;
}

// The raw answer for streams, by eval and by the stage.
Values merged(const Layer& layer, const std::vector<Tensor>& streams,
              const std::vector<Tensor>& constants = {}) {
  LayerCase c{layer, {streams[0].shape(), streams[0].type()}, constants};
  for (size_t k = 1; k < streams.size(); ++k) c.more.push_back({streams[k].shape(), streams[k].type()});
  const auto type = c.type();
  if (!type) return {};
  const Tensor y = c.evaluated(streams, *type);
  std::vector<const Tensor*> inputs;
  for (const Tensor& stream : streams) inputs.push_back(&stream);
  EXPECT_TRUE(run(c.stage(*type), inputs) == y);
  Values values;
  for (std::int64_t i = 0; i < y.size(); ++i) values.push_back(y.at(i));
  return values;
}

TEST(Merge, ComputesElementByElement) {
  const Tensor a = tensor({2}, {5, -3}), b = tensor({2}, {-2, -4});
  EXPECT_EQ(merged(Add{}, {a, b}), (Values{3, -7}));
  EXPECT_EQ(merged(Subtract{}, {a, b}), (Values{7, 1}));
  EXPECT_EQ(merged(Multiply{}, {a, b}), (Values{-10, 12}));
  EXPECT_EQ(merged(Maximum{}, {a, b}), (Values{5, -3}));
  EXPECT_EQ(merged(Minimum{}, {a, b}), (Values{-2, -4}));
  EXPECT_EQ(merged(Average{}, {a, b}), (Values{3, -7}));  // in halves
  EXPECT_EQ(merged(Add{}, {a, b, a}), (Values{8, -10}));
}

// Two more bits for three inputs, toward zero.
TEST(Merge, MeanOfThreeIsTruncated) {
  EXPECT_EQ(merged(Average{}, {tensor({2}, {1, -1}), tensor({2}, {1, -1}), tensor({2}, {0, 0})}),
            (Values{2, -2}));
}

TEST(Merge, Broadcasts) {
  const Tensor image = tensor({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(merged(Add{}, {image, tensor({2}, {10, 20})}), (Values{11, 22, 13, 24, 15, 26, 17, 28}));
  EXPECT_EQ(merged(Add{}, {image, tensor({1, 1, 2}, {10, 20})}), (Values{11, 22, 13, 24, 15, 26, 17, 28}));
  EXPECT_EQ(merged(Add{}, {image, tensor({2, 2, 1}, {10, 20, 30, 40})}),
            (Values{11, 12, 23, 24, 35, 36, 47, 48}));
  EXPECT_EQ(merged(Add{}, {image, tensor({2, 1}, {10, 20})}), (Values{11, 12, 23, 24, 15, 16, 27, 28}));
  EXPECT_EQ(merged(Add{}, {tensor({1}, {10}), image}), (Values{11, 12, 13, 14, 15, 16, 17, 18}));
  // A column and a row make a table.
  EXPECT_EQ(merged(Multiply{}, {tensor({2, 1, 1}, {1, 2}), tensor({3, 1}, {5, 6, 7})}),
            (Values{5, 6, 7, 10, 12, 14}));
}

TEST(Merge, ConstantsArePartOfTheFormula) {
  const Tensor image = tensor({2, 1, 2}, {1, 2, 3, 4});
  EXPECT_EQ(merged(Add{}, {image}, {tensor({2}, {10, 20})}), (Values{11, 22, 13, 24}));
  // One that differs from pixel to pixel asks for the whole tensor.
  EXPECT_EQ(merged(Add{}, {image}, {tensor({2, 1, 2}, {10, 20, 30, 40})}), (Values{11, 22, 33, 44}));
  const LayerCase c{Add{}, {{2, 1, 2}, s8}, {tensor({2}, {1, 2})}};
  EXPECT_EQ(c.stage(*c.type()).windows.size(), 1u);
  EXPECT_TRUE(c.stage(*c.type()).windows[0].is_pointwise());
}

// A stream of one pixel is broadcast by its window.
TEST(Merge, RepeatsAWindow) {
  LayerCase c{Add{}, {{4, 5, 2}, s8}, {}};
  c.more.push_back({{1, 1, 2}, s8});
  const Stage stage = c.stage(*c.type());
  EXPECT_EQ(stage.windows[1].repeat_h, 4);
  EXPECT_EQ(stage.windows[1].repeat_w, 5);
  EXPECT_EQ(stage.formula.outputs().size(), 2u);
}

TEST(Merge, TypesAreExactPerChannel) {
  const TensorType a{{2}, s8, {{0, 1, 0}, {-8, 7, 0}}}, b{{2}, s8, {{0, 1, 0}, {2, 3, 0}}};
  const auto type = infer(Add{}, std::vector<Operand>{{a, nullptr}, {b, nullptr}});
  EXPECT_EQ(type->ranges, (std::vector<Interval>{{0, 2, 0}, {-6, 10, 0}}));
  EXPECT_EQ(to_string(*type), "2 ap_fixed<5,5>");
}

TEST(Dot, SumsProducts) {
  const Tensor a = tensor({3}, {1, 2, 3}), b = tensor({3}, {4, -5, 6});
  EXPECT_EQ(merged(Dot{}, {a, b}), (Values{12}));
  // Saturating at 7: 4, then 4 - 8 = -4, then -4 + 7 = 3.
  EXPECT_EQ(merged(Dot{{}, Quantizer{{4, 4, true}, Rounding::Trn, Overflow::Sat}}, {a, b}), (Values{3}));
}

TEST(Concatenate, AlongAnyAxis) {
  const Tensor a = tensor({2, 2}, {1, 2, 3, 4}), b = tensor({2, 1}, {5, 6}), c = tensor({1, 2}, {7, 8});
  EXPECT_EQ(merged(Concatenate{}, {a, b}), (Values{1, 2, 5, 3, 4, 6}));
  EXPECT_EQ(merged(Concatenate{0}, {a, c}), (Values{1, 2, 3, 4, 7, 8}));
  EXPECT_EQ(merged(Concatenate{-2}, {c, a}), (Values{7, 8, 1, 2, 3, 4}));
}

// 2.5 in units of one half beside integers: one type holds both.
TEST(Concatenate, UnitesTypes) {
  EXPECT_EQ(merged(Concatenate{}, {tensor({1}, {3}), tensor({1}, {5}, {8, 7, true})}), (Values{6, 5}));
}

TEST(Quantize, ElementByElement) {
  const Quantizer all{{8, 8, true}}, nothing{{0, 0, true}};
  const Quantizer tens{{4, 5, false}, Rounding::Trn, Overflow::Sat};  // even numbers up to 30
  EXPECT_EQ(merged(Quantize{all, {nothing, tens}}, {tensor({2, 2}, {9, 9, 100, 100})}),
            (Values{0, 8, 0, 30}));
  EXPECT_EQ(merged(Quantize{all, {all, tens, nothing, tens}}, {tensor({2, 2}, {9, 9, 100, -100})}),
            (Values{9, 8, 0, 0}));
}

std::string error_of(const Layer& layer, const std::vector<Shape>& shapes) {
  LayerCase c{layer, {shapes[0], s8}, {}};
  for (size_t k = 1; k < shapes.size(); ++k) c.more.push_back({shapes[k], s8});
  const auto type = c.type();
  return type ? "no error: " + to_string(*type) : to_string(type.errors().front());
}

TEST(Merge, NamesWhatDoesNotFit) {
  EXPECT_EQ(error_of(Add{}, {{2}}), "error: add takes the inputs (a, b, ...), but has 1 [input-count]");
  EXPECT_EQ(error_of(Subtract{}, {{2}, {2}, {2}}),
            "error: subtract takes the inputs (a, b), but has 3 [input-count]");
  EXPECT_EQ(error_of(Add{}, {{2, 3}, {2, 4}}),
            "error: add: the shapes 2x3 and 2x4 do not go together; extents must be equal or 1 "
            "[broadcast-mismatch]");
  EXPECT_EQ(error_of(Concatenate{2}, {{2, 3}, {2, 3}}),
            "error: concatenate: there is no axis 2 in shape 2x3 [axis-outside]");
  EXPECT_EQ(error_of(Concatenate{}, {{2, 3}, {3, 3}}),
            "error: concatenate: input 1 of (a, b, ...) must have shape 2x3, but has 3x3 [shape-mismatch]");
  EXPECT_EQ(error_of(Dot{}, {{2}, {3}}),
            "error: dot: input 1 of (a, b) must have shape 2, but has 3 [shape-mismatch]");
  EXPECT_EQ(error_of(Quantize{{s8}, {{s8}, {s8}}}, {{2, 3}}),
            "error: has 2 types, but must have 3, one a channel, or 6, one an element [element-types]");
}

}  // namespace
}  // namespace gw
