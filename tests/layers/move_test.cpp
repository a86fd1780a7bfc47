// Layers that move elements, element by element on tensors small enough to be read: the agreement test holds
// eval to the formula, this one holds both to what the layer says.

#include <cmath>

#include <gtest/gtest.h>

#include "layers/random_layer.h"

namespace gw {
namespace {

using testing::LayerCase;

constexpr FixedType q8{8, 8, true};

// The numbers 1, 2, 3 .. through a layer, by eval and by its stage.
std::vector<std::int64_t> moved(const Layer& layer, const Shape& shape, const Shape& wanted) {
  const LayerCase c{layer, {shape, q8}, {}};
  const auto type = c.type();
  if (!type) return {};
  EXPECT_EQ(type->shape, wanted);
  Tensor x(shape, q8);
  for (std::int64_t i = 0; i < x.size(); ++i) x.set(i, i + 1);
  const Tensor y = c.evaluated(x, *type);
  const Tensor* const inputs[] = {&x};
  EXPECT_TRUE(run(c.stage(*type), inputs) == y);
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < y.size(); ++i) values.push_back(y.at(i));
  return values;
}

using Values = std::vector<std::int64_t>;

TEST(Move, ReshapeAndFlattenKeepTheOrder) {
  EXPECT_EQ(moved(Reshape{{3, 2}}, {2, 3}, {3, 2}), (Values{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(moved(Flatten{}, {2, 1, 3}, {6}), (Values{1, 2, 3, 4, 5, 6}));
}

TEST(Move, PermuteTakesEachAxisFromTheOneThatItNames) {
  EXPECT_EQ(moved(Permute{{1, 0}}, {2, 3}, {3, 2}), (Values{1, 4, 2, 5, 3, 6}));
  // y[a,b,c] = x[b,c,a]
  EXPECT_EQ(moved(Permute{{2, 0, 1}}, {2, 2, 3}, {3, 2, 2}), (Values{1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12}));
}

TEST(Move, PadSurrounds) {
  EXPECT_EQ(moved(Pad{{1, 0}, {0, 2}}, {2, 2}, {3, 4}), (Values{0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0}));
  EXPECT_EQ(moved(Pad{{1, 0, 0}, {0, 1, 0}, 9}, {1, 2, 1}, {2, 3, 1}), (Values{9, 9, 9, 1, 2, 9}));
}

TEST(Move, CropTakesAway) {
  EXPECT_EQ(moved(Crop{{1, 0, 0}, {0, 1, 0}}, {3, 3, 1}, {2, 2, 1}), (Values{4, 5, 7, 8}));
  EXPECT_EQ(moved(Crop{{0, 1}, {1, 0}}, {2, 3}, {1, 2}), (Values{2, 3}));
}

TEST(Move, SliceSteps) {
  EXPECT_EQ(moved(Slice{{1}, {6}, {2}}, {7}, {3}), (Values{2, 4, 6}));
  EXPECT_EQ(moved(Slice{{3}, {-1}, {-2}}, {4}, {2}), (Values{4, 2}));
  EXPECT_EQ(moved(Slice{{0, 2, 0}, {3, 0, 1}, {2, -1, 1}}, {3, 3, 1}, {2, 2, 1}), (Values{3, 2, 9, 8}));
}

TEST(Move, UpSampleRepeatsPixels) {
  EXPECT_EQ(moved(UpSample{{2}}, {2, 2}, {4, 2}), (Values{1, 2, 1, 2, 3, 4, 3, 4}));
  EXPECT_EQ(moved(UpSample{{1, 3}}, {2, 1, 1}, {2, 3, 1}), (Values{1, 1, 1, 2, 2, 2}));
}

// The window of a layer that need not hold the whole tensor back.
TEST(Move, ExtentsAreChangedByTheWindow) {
  const LayerCase c{Slice{{1, 0, 0}, {6, 4, 3}, {2, 1, 1}}, {{7, 5, 3}, q8}, {}};
  const Stage stage = c.stage(*c.type());
  EXPECT_EQ(stage.windows[0].kernel_h, 1);
  EXPECT_EQ(stage.windows[0].stride_h, 2);
  EXPECT_EQ(stage.windows[0].output_height(), 3);
  EXPECT_EQ(stage.windows[0].output_width(), 4);
}

// Ranges go where their elements go, and a fill that the type does not hold widens it.
TEST(Move, RangesMoveAlong) {
  const Interval small{0, 1, 0}, large{-100, 100, 0};
  const TensorType x{{2, 2}, q8, {small, large}};
  const auto flat = infer(Flatten{}, std::vector<Operand>{{x, nullptr}});
  EXPECT_EQ(flat->ranges, (std::vector<Interval>{small, large, small, large}));
  const auto turned = infer(Permute{{1, 0}}, std::vector<Operand>{{x, nullptr}});
  EXPECT_EQ(turned->ranges, (std::vector<Interval>{small, small, large, large}));
  const auto again = infer(Permute{{1, 0}}, std::vector<Operand>{{*turned, nullptr}});
  EXPECT_EQ(*again, x);
  const auto cropped = infer(Crop{{0, 1}, {0, 0}}, std::vector<Operand>{{x, nullptr}});
  EXPECT_EQ(cropped->ranges, std::vector<Interval>{large});
  const auto padded = infer(Pad{{0, 1}, {0, 0}, 0.5}, std::vector<Operand>{{x, nullptr}});
  EXPECT_EQ(padded->ranges, (std::vector<Interval>{{1, 1, 1}, small, large}));
  EXPECT_EQ(to_string(*padded), "2x3 ap_fixed<9,8>");
}

std::string error_of(const Layer& layer, const Shape& shape) {
  const auto type = LayerCase{layer, {shape, q8}, {}}.type();
  return type ? "no error: " + to_string(*type) : to_string(type.errors().front());
}

TEST(Move, NamesWhatDoesNotFit) {
  EXPECT_EQ(error_of(Reshape{{4, 2}}, {2, 3}),
            "error: turns shape 2x3 of 6 elements into shape 4x2, which must have as many [reshape-count]");
  EXPECT_EQ(
      error_of(Permute{{0, 0}}, {2, 3}),
      "error: permutes the axes (0, 0), but must name each of 0 to 1 of its input 2x3 once [permute-axes]");
  EXPECT_EQ(error_of(Pad{{1}, {0}}, {2, 3}),
            "error: pad: a list has 1 entries, but must have 2, one an axis [axes-count]");
  EXPECT_EQ(error_of(Pad{{1, -1}, {0, 0}}, {2, 3}), "error: pad -1 must not be negative [negative-pad]");
  EXPECT_EQ(error_of(Pad{{1, 1}, {0, 0}, HUGE_VAL}, {2, 3}),
            "error: pads with inf, which is no finite number [pad-not-finite]");
  EXPECT_EQ(error_of(Crop{{1, 1}, {0, 2}}, {2, 3}),
            "error: crop: axis 1 takes 3 of its 3 elements [slice-range]");
  EXPECT_EQ(error_of(Slice{{0, 3}, {1, 3}, {1, 1}}, {2, 3}),
            "error: slice: axis 1 goes from 3 to 3 in steps of 1, but has 3 elements [slice-range]");
  EXPECT_EQ(error_of(UpSample{{0}}, {2, 3}), "error: factor 0 must be at least 1 [factor-zero]");
}

}  // namespace
}  // namespace gw
