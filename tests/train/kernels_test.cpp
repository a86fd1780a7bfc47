// The loops of every instruction set that this processor has, against plain ones.

#include "train/kernels.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "support/random.h"

namespace gw::train {
namespace {

using Values = std::vector<float>;

// Small whole numbers, so that sums are exact in any order and ties are common.
Values whole_numbers(Random& random, std::int64_t count) {
  Values values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(random.between(-4, 4)));
  return values;
}

Values signs(Random& random, int count) {
  Values values;
  for (int i = 0; i < count; ++i) values.push_back(random.below(2) == 0 ? -1.0f : 1.0f);
  return values;
}

class KernelSets : public testing::TestWithParam<const Kernels* (*)()> {
 protected:
  void SetUp() override {
    set = GetParam()();
    if (set == nullptr) GTEST_SKIP() << "this processor lacks the instruction set";
  }
  const Kernels* set = nullptr;
  Random random{17};
};

// Every way in which channels divide into strips.
constexpr int most_channels = 45;

std::vector<PoolShape> pool_shapes() {
  return {{6, 8, 1, 2, 2, 2, 2, 3, 4}, {7, 5, 1, 2, 2, 2, 2, 3, 2}, {6, 7, 1, 3, 2, 1, 2, 4, 3},
          {5, 5, 1, 2, 2, 1, 1, 4, 4}, {7, 7, 1, 2, 2, 3, 3, 2, 2}, {4, 3, 1, 1, 1, 1, 1, 4, 3}};
}

TEST_P(KernelSets, LookUp) {
  std::vector<std::uint8_t> pixels(256);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i);
  Values y(pixels.size()), table(256);
  for (float& value : table) value = static_cast<float>(random.unit());
  set->look_up(pixels.data(), 256, table.data(), y.data());
  EXPECT_EQ(y, table);
}

TEST_P(KernelSets, ChannelSums) {
  for (int channels = 1; channels <= most_channels; ++channels) {
    for (const int pixels : {1, 2, 63, 64, 65, 131}) {
      const Values x = whole_numbers(random, pixels * channels);
      std::vector<double> sum(static_cast<size_t>(channels), 1), square = sum, expected_sum = sum,
                                                                 expected_square = sum;
      set->channel_sums(x.data(), pixels, channels, sum.data(), square.data());
      for (size_t i = 0; i < x.size(); ++i) {
        expected_sum[i % static_cast<size_t>(channels)] += static_cast<double>(x[i]);
        expected_square[i % static_cast<size_t>(channels)] += static_cast<double>(x[i] * x[i]);
      }
      EXPECT_EQ(sum, expected_sum) << channels << " channels, " << pixels << " pixels";
      EXPECT_EQ(square, expected_square) << channels << " channels, " << pixels << " pixels";
    }
  }
}

TEST_P(KernelSets, PoolAndItsGradient) {
  for (PoolShape shape : pool_shapes()) {
    for (int channels = 1; channels <= most_channels; ++channels) {
      shape.channels = channels;
      const int images = 2;
      const Values x = whole_numbers(random, images * shape.pixels() * channels);
      const Values g = whole_numbers(random, images * shape.out_pixels() * channels),
                   sign = signs(random, channels);
      const Values gain = whole_numbers(random, channels), slope = whole_numbers(random, channels),
                   offset = whole_numbers(random, channels);
      Values p(g.size()), dx(x.size()), expected_p(g.size()), expected_dx(x.size());
      for (size_t i = 0; i < x.size(); ++i) {
        const size_t c = i % static_cast<size_t>(channels);
        expected_dx[i] = slope[c] * x[i] + offset[c];
      }
      for (std::int64_t o = 0; o < images * shape.out_pixels(); ++o) {
        const std::int64_t image = o / shape.out_pixels(), place = o % shape.out_pixels();
        const std::int64_t top = place / shape.out_columns * shape.stride_h;
        const std::int64_t left = place % shape.out_columns * shape.stride_w;
        for (int c = 0; c < channels; ++c) {
          size_t best = 0;
          bool first = true;
          for (int i = 0; i < shape.pool_h; ++i)
            for (int j = 0; j < shape.pool_w; ++j) {
              const auto at = static_cast<size_t>(
                  ((image * shape.rows + top + i) * shape.columns + left + j) * channels + c);
              if (first || sign[static_cast<size_t>(c)] * x[at] > sign[static_cast<size_t>(c)] * x[best])
                best = at;
              first = false;
            }
          const auto out = static_cast<size_t>(o * channels + c);
          expected_p[out] = x[best];
          expected_dx[best] += gain[static_cast<size_t>(c)] * g[out];
        }
      }
      set->pool(x.data(), images, shape, sign.data(), p.data());
      EXPECT_EQ(p, expected_p) << shape.pool_h << "x" << shape.pool_w << ", " << channels << " channels";
      set->spread(x.data(), p.data(), g.data(), images, shape, gain.data(), slope.data(), offset.data(),
                  dx.data());
      EXPECT_EQ(dx, expected_dx) << shape.pool_h << "x" << shape.pool_w << ", " << channels << " channels";
    }
  }
}

TEST_P(KernelSets, AffineAndItsGate) {
  for (int channels = 1; channels <= most_channels; ++channels) {
    for (const bool relu : {false, true}) {
      const int pixels = 70;
      const auto count = static_cast<size_t>(pixels * channels);
      const Values p = whole_numbers(random, pixels * channels), scale = whole_numbers(random, channels),
                   shift = whole_numbers(random, channels), mean = whole_numbers(random, channels),
                   deviation = whole_numbers(random, channels), g = whole_numbers(random, pixels * channels);
      Values y(count), gated = g, expected_y(count), expected_g(count);
      std::vector<double> sum(static_cast<size_t>(channels)), product = sum, expected_sum = sum,
                                                              expected_product = sum;
      for (size_t i = 0; i < count; ++i) {
        const size_t c = i % static_cast<size_t>(channels);
        const float value = scale[c] * p[i] + shift[c];
        expected_y[i] = relu && value < 0 ? 0.0f : value;
        expected_g[i] = relu && value <= 0 ? 0.0f : g[i];
        expected_sum[c] += static_cast<double>(expected_g[i]);
        expected_product[c] += static_cast<double>(expected_g[i] * (p[i] - mean[c]) * deviation[c]);
      }
      Activation activation;
      if (relu) activation.kind = Activation::Kind::Relu;
      set->affine(p.data(), pixels, channels, scale.data(), shift.data(), activation, y.data());
      EXPECT_EQ(y, expected_y) << channels << " channels";
      set->gate(gated.data(), p.data(), pixels, channels, scale.data(), shift.data(), mean.data(),
                deviation.data(), activation, sum.data(), product.data(), nullptr, nullptr);
      EXPECT_EQ(gated, expected_g) << channels << " channels";
      EXPECT_EQ(sum, expected_sum) << channels << " channels";
      EXPECT_EQ(product, expected_product) << channels << " channels";
    }
  }
}

// Grids of several widths on values between, at and beyond their ends; all numbers are multiples of a power
// of two, so that sums are exact.
TEST_P(KernelSets, QuantizersAndTheirGates) {
  for (const int channels : {1, 3, 4, 11, 16, 37}) {
    for (const auto kind : {Activation::Kind::Grid, Activation::Kind::Sign}) {
      for (const bool is_signed : {false, true}) {
        // Every channel has a grid of its own, of 0 to 4 bits.
        Values unit, units_per_one, low, high, above, upto;
        for (int c = 0; c < channels; ++c) {
          unit.push_back(kind == Activation::Kind::Sign ? 1.0f : c % 2 == 0 ? 0.25f : 0.5f);
          units_per_one.push_back(1 / unit.back());
          high.push_back(std::exp2(static_cast<float>((c + 4) % 5)) - 1);
          low.push_back(is_signed ? -high.back() - 1 : 0.0f);
          above.push_back(low.back() * unit.back());
          upto.push_back(high.back() * unit.back());
        }
        const Activation activation{kind,        unit.data(),  units_per_one.data(), low.data(),
                                    high.data(), above.data(), upto.data()};
        const int pixels = 70;
        const auto count = static_cast<size_t>(pixels * channels);
        Values p, scale, shift = whole_numbers(random, channels), mean(static_cast<size_t>(channels), 0.0f),
                         g = whole_numbers(random, pixels * channels);
        for (size_t i = 0; i < count; ++i) p.push_back(static_cast<float>(random.between(-80, 80)) / 16);
        for (int c = 0; c < channels; ++c) scale.push_back(random.below(2) == 0 ? 0.5f : 1.0f);
        Values y(count), gated = g;
        std::vector<double> sum(static_cast<size_t>(channels)),
            product = sum, step = sum, top = sum, expected_sum = sum, expected_step = sum, expected_top = sum;
        set->affine(p.data(), pixels, channels, scale.data(), shift.data(), activation, y.data());
        set->gate(gated.data(), p.data(), pixels, channels, scale.data(), shift.data(), mean.data(),
                  scale.data(), activation, sum.data(), product.data(), step.data(), top.data());
        for (size_t i = 0; i < count; ++i) {
          const size_t c = i % static_cast<size_t>(channels);
          const double v = static_cast<double>(scale[c] * p[i] + shift[c]);
          const double lowest = static_cast<double>(low[c]), highest = static_cast<double>(high[c]);
          const double size = static_cast<double>(unit[c]);
          const double whole = std::clamp(std::nearbyint(v / size), lowest, highest);
          const bool is_below = v / size<lowest, is_above = v / size> highest;
          const bool passes = v > lowest * size && v <= highest * size;
          if (kind == Activation::Kind::Grid) {
            EXPECT_EQ(static_cast<double>(y[i]), whole * size) << v;
          } else {
            EXPECT_EQ(y[i], v < 0 ? -1.0f : 1.0f) << v;
          }
          EXPECT_EQ(gated[i], passes ? g[i] : 0.0f) << v;
          expected_sum[c] += static_cast<double>(gated[i]);
          const auto by_y = static_cast<double>(g[i]);
          expected_step[c] += by_y * (is_below || is_above ? whole : whole - v / size);
          expected_top[c] += by_y * (is_above ? highest + 1 : is_below ? lowest : 0);
        }
        EXPECT_EQ(sum, expected_sum);
        if (kind == Activation::Kind::Grid) {
          EXPECT_EQ(step, expected_step);
          EXPECT_EQ(top, expected_top);
        }
      }
    }
  }
}

TEST_P(KernelSets, ARectifierDoesNotHideWhatIsNoNumber) {
  const Values one{1}, zero{0}, p{NAN};
  Values y(1);
  for (const auto kind : {Activation::Kind::None, Activation::Kind::Relu, Activation::Kind::Grid}) {
    Activation activation;
    activation.kind = kind;
    const Values three{3};
    activation.step = activation.steps_per_one = activation.pass_upto = one.data();
    activation.low = activation.pass_above = zero.data();
    activation.high = three.data();
    set->affine(p.data(), 1, 1, one.data(), zero.data(), activation, y.data());
    EXPECT_TRUE(std::isnan(y[0]));
  }
}

std::string set_name(const testing::TestParamInfo<const Kernels* (*)()>& test) {
  constexpr const char* names[] = {"baseline", "avx2", "avx512"};
  return names[test.index];
}

INSTANTIATE_TEST_SUITE_P(Of, KernelSets, testing::Values(baseline_kernels, avx2_kernels, avx512_kernels),
                         set_name);

}  // namespace
}  // namespace gw::train
