// Activations held against their definitions: every value of small types, computed in double precision, which
// is exact there.

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "layers/random_layer.h"

namespace gw {
namespace {

using testing::every_value;
using testing::LayerCase;

// y = out(f(x)) for every x of each type, with an exact result and with every rounding and overflow.
template <class L>
void expect_definition(L layer, const std::function<double(double)>& f) {
  const FixedType types[] = {{6, 3, true}, {6, 3, false}, {7, 1, true}, {5, 8, true}, {8, -2, true}};
  for (const FixedType& type : types) {
    const Tensor x = every_value(type);
    for (int mode = -1; mode < 28; ++mode) {
      layer.out.reset();
      if (mode >= 0)
        layer.out = Quantizer{
            {5, 2, mode % 2 == 0}, static_cast<Rounding>(mode % 7), static_cast<Overflow>(mode / 7)};
      const LayerCase c{layer, {{1}, type}, {}};
      const TensorType out = *c.type();
      const Tensor y = c.evaluated(x, out);
      const Quantizer cast = layer.out.value_or(Quantizer{*out.fixed});
      for (std::int64_t i = 0; i < x.batch(); ++i) {
        const double wanted = f(to_double(x.at(i), type.fraction()));
        ASSERT_EQ(y.at(i), quantize(cast, wanted))
            << L::info.name << " of " << to_double(x.at(i), type.fraction()) << ", " << to_string(type)
            << " to " << to_string(cast);
        if (mode < 0) {
          ASSERT_FALSE(overflows(cast, wanted));
          ASSERT_EQ(to_double(y.at(i), cast.to.fraction()), wanted);
        }
      }
    }
  }
}

TEST(Activations, Rectifiers) {
  expect_definition(ClippedRelu{}, [](double x) { return std::min(std::max(x, 0.0), 6.0); });
  expect_definition(ClippedRelu{0.3125, {}}, [](double x) { return std::min(std::max(x, 0.0), 0.3125); });
  for (const double alpha : {0.1, 0.75, 1.0, 2.5, -0.3, 0.0}) {
    const Quantizer type{{8, 3, true}, Rounding::RndConv, Overflow::Wrap};
    const double a = to_double(quantize(type, alpha), 5);
    expect_definition(LeakyRelu{alpha, type, {}}, [&](double x) { return x > 0 ? x : a * x; });
    expect_definition(ThresholdedRelu{alpha, type, {}}, [&](double x) { return x > a ? x : 0.0; });
  }
}

TEST(Activations, LinesAndSteps) {
  const auto clip = [](double y) { return std::min(std::max(y, 0.0), 1.0); };
  const double fifth = std::floor(0.2 * 65536) / 65536;
  expect_definition(HardSigmoid{}, [&](double x) { return clip(fifth * x + 0.5); });
  expect_definition(HardTanh{}, [&](double x) { return 2 * clip(fifth * x + 0.5) - 1; });
  const Quantizer half{{4, 1, true}};
  expect_definition(HardSigmoid{-0.5, 0.25, half, half, {}}, [&](double x) { return clip(-0.5 * x + 0.25); });
  expect_definition(BinaryTanh{}, [](double x) { return x >= 0 ? 1.0 : -1.0; });
  for (const double t : {0.5, 0.33, 0.0, 3.0})
    expect_definition(TernaryTanh{t, {}}, [&](double x) { return x > t ? 1.0 : x <= -t ? -1.0 : 0.0; });
}

// 2 * x would wrap in the type of x, where hls4ml compares it with 1.
TEST(Activations, TernaryTanhComparesItsInput) {
  const LayerCase c{TernaryTanh{}, {{4}, FixedType{8, 1, true}}, {}};
  Tensor x({4}, *c.x.fixed);
  for (const auto& [i, raw] : {std::pair{0, 96}, {1, 64}, {2, -64}, {3, -96}}) x.set(i, raw);
  const Tensor y = c.evaluated(x, *c.type());
  EXPECT_EQ(y.at(0), 1);   // 0.75
  EXPECT_EQ(y.at(1), 0);   // 0.5
  EXPECT_EQ(y.at(2), -1);  // -0.5
  EXPECT_EQ(y.at(3), -1);
}

// One unsigned bit holds the sign: 1 and 0 stand for 1 and -1.
TEST(Activations, BinaryTanhOfOneBit) {
  const LayerCase c{BinaryTanh{Quantizer{{1, 1, false}}}, {{3}, FixedType{4, 2, true}}, {}};
  Tensor x({3}, *c.x.fixed);
  x.set(0, -1);
  x.set(2, 1);
  const Tensor y = c.evaluated(x, *c.type());
  EXPECT_EQ(std::vector({y.at(0), y.at(1), y.at(2)}), std::vector<std::int64_t>({0, 1, 1}));
}

// Alpha is 1/2 for the first channel, -1 for the second, 0 for the third.
TEST(Activations, PReluHasASlopePerChannelOrPerElement) {
  Tensor alpha({3}, {4, 2, true});
  alpha.set(0, 2);
  alpha.set(1, -4);
  const LayerCase channels{PRelu{}, {{1, 2, 3}, FixedType{4, 4, true}}, {alpha}};
  Tensor x({1, 2, 3}, *channels.x.fixed);
  for (std::int64_t i = 0; i < 6; ++i) x.set(i, i < 3 ? -3 : 5);
  const TensorType out = *channels.type();
  EXPECT_EQ(to_string(out), "1x2x3 ap_fixed<6,5>");
  const Tensor y = channels.evaluated(x, out);
  const auto values = [](const Tensor& t) {
    std::vector<double> all;
    for (std::int64_t i = 0; i < t.size(); ++i) all.push_back(to_double(t.at(i), t.type().fraction()));
    return all;
  };
  EXPECT_EQ(values(y), std::vector({-1.5, 3.0, 0.0, 5.0, 5.0, 5.0}));
  Tensor each({1, 2, 3}, {4, 2, true});
  each.set(2, 4);
  const LayerCase elements{PRelu{}, channels.x, {each}};
  EXPECT_EQ(values(elements.evaluated(x, *elements.type())), std::vector({0.0, 0.0, -3.0, 5.0, 5.0, 5.0}));
}

// What each channel can be is known from what the input's channel can be.
TEST(Activations, RangesAreExactPerChannel) {
  const TensorType x{{2}, FixedType{8, 4, true}, {{-32, 16, 4}, {-128, -16, 4}}};
  const auto ranges = [&](const auto& layer) {
    const std::vector<Operand> operands{{x, nullptr}};
    return infer(layer, operands)->ranges;
  };
  const Quantizer quarter{{4, 1, true}};
  // x is -2 .. 1 and -8 .. -1.
  EXPECT_EQ(ranges(LeakyRelu{0.25, quarter, {}}), (std::vector<Interval>{{-32, 64, 6}, {-128, -16, 6}}));
  EXPECT_EQ(ranges(LeakyRelu{-0.5, quarter, {}}), (std::vector<Interval>{{0, 32, 5}, {16, 128, 5}}));
  EXPECT_EQ(ranges(ClippedRelu{0.5, {}}), (std::vector<Interval>{{0, 8, 4}, {0, 0, 0}}));
  EXPECT_EQ(ranges(ThresholdedRelu{0.5, quarter, {}}), (std::vector<Interval>{{0, 16, 4}, {0, 0, 0}}));
  EXPECT_EQ(ranges(BinaryTanh{}), (std::vector<Interval>{{-1, 1, 0}, {-1, -1, 0}}));
}

}  // namespace
}  // namespace gw
