// Each loop of each instruction set against the plainest statement of what it computes, at the ends of the
// lanes too.

#include "layers/kernels.h"

#include <array>
#include <limits>

#include <gtest/gtest.h>

#include "layers/lane_cast.h"
#include "layers/random_layer.h"

namespace gw {
namespace {

using testing::pick;

class EverySet : public ::testing::TestWithParam<const Kernels*> {};

template <class T>
T any_value(Random& random) {
  constexpr T ends[] = {std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), T{0}, T{-1}, T{1}};
  return random.below(4) == 0 ? ends[random.below(5)] : static_cast<T>(random.bits());
}

struct Pairs {
  std::vector<std::int16_t> x, high, low;
  std::vector<std::int32_t> high_offsets, low_offsets, bias;
  std::array<const std::int16_t*, tile_positions> from;
  PairTile tile;

  Pairs(Random& random, int high_pairs, int low_pairs, int extra) {
    for (int i = 0; i < 300; ++i) x.push_back(any_value<std::int16_t>(random));
    const auto fill = [&](int pairs, std::vector<std::int32_t>& offsets, std::vector<std::int16_t>& weights) {
      for (int p = 0; p < pairs; ++p) offsets.push_back(pick(random, 0, 200));
      for (int i = 0; i < pairs * 2 * tile_outputs; ++i) weights.push_back(any_value<std::int16_t>(random));
    };
    fill(high_pairs, high_offsets, high);
    fill(low_pairs, low_offsets, low);
    for (int o = 0; o < tile_outputs; ++o) bias.push_back(any_value<std::int32_t>(random));
    for (auto& origin : from) origin = x.data() + pick(random, 0, 98);
    tile = {high_pairs, low_pairs, high_offsets.data(), high.data(), low_offsets.data(),
            low.data(), extra,     bias.data()};
  }

  std::int64_t wanted(int position, int output) const {
    std::int64_t sum = bias[static_cast<size_t>(output)];
    const auto at = [&](const std::vector<std::int32_t>& offsets, int pair, int half) {
      return std::int64_t{from[static_cast<size_t>(position)][offsets[static_cast<size_t>(pair)] + half]};
    };
    const auto weight = [&](const std::vector<std::int16_t>& weights, int pair, int half) {
      return std::int64_t{weights[static_cast<size_t>((pair * tile_outputs + output) * 2 + half)]};
    };
    for (const int half : {0, 1}) {
      for (int p = 0; p < tile.high_pairs; ++p) sum += at(high_offsets, p, half) * weight(high, p, half);
      for (int p = 0; p < tile.low_pairs; ++p) {
        sum += (at(low_offsets, p, half) * weight(low, p, half)) >> (16 + tile.extra);
      }
    }
    return sum;
  }
};

TEST_P(EverySet, SumsPairs) {
  Random random(1);
  for (int n = 0; n < 200; ++n) {
    const Pairs pairs(random, pick(random, 0, 20), pick(random, 0, 20), n % 4 == 0 ? pick(random, 1, 15) : 0);
    constexpr int stride = tile_outputs + 5;
    std::array<std::int32_t, tile_positions * stride> sums{};
    GetParam()->pairs32(pairs.tile, pairs.from.data(), sums.data(), stride);
    for (int p = 0; p < tile_positions; ++p) {
      for (int o = 0; o < tile_outputs; ++o) {
        ASSERT_EQ(sums[static_cast<size_t>(p * stride + o)], static_cast<std::int32_t>(pairs.wanted(p, o)));
      }
    }
    GetParam()->pairs16(pairs.tile, pairs.from.data(), sums.data(), stride);
    for (int p = 0; p < tile_positions; ++p) {
      for (int o = 0; o < tile_outputs; ++o) {
        ASSERT_EQ(static_cast<std::int16_t>(sums[static_cast<size_t>(p * stride + o)]),
                  static_cast<std::int16_t>(pairs.wanted(p, o)));
      }
    }
  }
}

template <class T>
void test_casts(const Kernels& set) {
  Random random(2);
  int judged = 0;
  for (int n = 0; n < 60 * 28; ++n) {
    const Quantizer q{testing::random_type(random, 40), static_cast<Rounding>(n % 7),
                      static_cast<Overflow>(n / 7 % 4)};
    const FixedType from = testing::random_type(random, 40);
    const auto steps = cast_steps<T>(q, interval_of(from));
    if (!steps) continue;
    ++judged;
    std::vector<T> values;
    for (int i = 0; i < 70; ++i)
      values.push_back(static_cast<T>(random.between(from.lowest(), from.highest())));
    values.front() = static_cast<T>(from.lowest());
    values.back() = static_cast<T>(from.highest());
    std::vector<T> wanted;
    std::int64_t outside = 0;
    for (const T value : values) {
      wanted.push_back(static_cast<T>(quantize(q, value, from.fraction())));
      outside += overflows(q, value, from.fraction());
    }
    std::vector<T> counted = values;
    EXPECT_EQ(lane_kernels<T>(set).cast(*steps, values.data(), 70, false), 0);
    ASSERT_EQ(values, wanted) << to_string(from) << " to " << to_string(q);
    EXPECT_EQ(lane_kernels<T>(set).cast(*steps, counted.data(), 70, true), outside);
    ASSERT_EQ(counted, wanted);
  }
  EXPECT_GT(judged, 400);
}

TEST_P(EverySet, Casts) {
  test_casts<std::int32_t>(*GetParam());
  test_casts<std::int64_t>(*GetParam());
}

// The chain against the cast of single values, in the stated order.
template <class T>
void test_chains(const Kernels& set) {
  Random random(3);
  for (int n = 0; n < 10 * 28; ++n) {
    const FixedType xt{pick(random, 1, 10), 4, true}, wt{pick(random, 1, 8), 2, true};
    const Quantizer accumulator{{pick(random, 2, 12), pick(random, -1, 8), random.below(2) == 0},
                                static_cast<Rounding>(n % 7),
                                static_cast<Overflow>(1 + n / 7 % 3)};
    const int fraction = xt.fraction() + wt.fraction();
    const Int128 most = static_cast<Int128>(1) << (xt.width + wt.width);
    const auto rounding =
        rounding_steps<T>(accumulator.rounding, {-most, most, fraction}, accumulator.to.fraction());
    ASSERT_TRUE(rounding);
    const int rows = pick(random, 1, 30), positions = pick(random, 1, 9);
    std::vector<T> x, weights, bias;
    std::vector<std::int32_t> offsets;
    for (int i = 0; i < 50; ++i) x.push_back(static_cast<T>(random.between(xt.lowest(), xt.highest())));
    for (int i = 0; i < rows * tile_outputs; ++i)
      weights.push_back(static_cast<T>(random.between(wt.lowest(), wt.highest())));
    for (int o = 0; o < tile_outputs; ++o) {
      const std::int64_t value = random.between(accumulator.to.lowest(), accumulator.to.highest());
      bias.push_back(static_cast<T>(quantize(accumulator, value, accumulator.to.fraction())));
    }
    for (int r = 0; r < rows; ++r) offsets.push_back(pick(random, 0, 40));
    std::vector<const T*> from;
    for (int p = 0; p < positions; ++p) from.push_back(x.data() + p);
    ChainTile<T> tile{rows, offsets.data(), weights.data(), bias.data(), *rounding};
    tile.product.fit = fit_of(accumulator.overflow);
    const bool symmetric = accumulator.overflow == Overflow::SatSym && accumulator.to.is_signed;
    tile.product.low = static_cast<T>(symmetric ? -accumulator.to.highest() : accumulator.to.lowest());
    tile.product.high = static_cast<T>(accumulator.to.highest());

    std::vector<T> wanted;
    std::int64_t forced = 0;
    for (int p = 0; p < positions; ++p) {
      for (int o = 0; o < tile_outputs; ++o) {
        std::int64_t sum = bias[static_cast<size_t>(o)];
        bool changed = false;
        for (int r = 0; r < rows; ++r) {
          const std::int64_t product =
              std::int64_t{from[static_cast<size_t>(p)][offsets[static_cast<size_t>(r)]]} *
              weights[static_cast<size_t>(r * tile_outputs + o)];
          changed |= overflows(accumulator, product, fraction);
          const std::int64_t next = sum + quantize(accumulator, product, fraction);
          changed |= overflows(accumulator, next, accumulator.to.fraction());
          sum = quantize(accumulator, next, accumulator.to.fraction());
        }
        wanted.push_back(static_cast<T>(sum));
        forced += changed;
      }
    }
    std::vector<T> sums(wanted.size());
    EXPECT_EQ(lane_kernels<T>(set).chain(tile, from.data(), positions, sums.data(), tile_outputs, true),
              forced);
    ASSERT_EQ(sums, wanted) << to_string(accumulator);
    sums.assign(sums.size(), 0);
    EXPECT_EQ(lane_kernels<T>(set).chain(tile, from.data(), positions, sums.data(), tile_outputs, false), 0);
    ASSERT_EQ(sums, wanted) << to_string(accumulator);
  }
}

TEST_P(EverySet, Chains) {
  test_chains<std::int32_t>(*GetParam());
  test_chains<std::int64_t>(*GetParam());
}

template <class T>
constexpr Lane lane_for = sizeof(T) == 2   ? Lane::Int16
                          : sizeof(T) == 4 ? Lane::Int32
                                           : Lane::Int64;

template <class Narrow, class T>
void test_moves(const Kernels& set) {
  Random random(4);
  constexpr int n = 101;
  std::vector<Narrow> from(n), back(n), rectified(n);
  for (Narrow& value : from) value = any_value<Narrow>(random);
  std::vector<T> values(n);
  const LaneKernels<T>& loops = lane_kernels<T>(set);
  loops.load(lane_for<Narrow>, from.data(), values.data(), n);
  EXPECT_EQ(values, std::vector<T>(from.begin(), from.end()));
  loops.store(values.data(), lane_for<Narrow>, back.data(), n);
  EXPECT_EQ(back, from);
  loops.rectify(values.data(), n);
  set.rectify(lane_for<Narrow>, from.data(), rectified.data(), n);
  for (size_t i = 0; i < n; ++i) {
    EXPECT_EQ(values[i], std::max<T>(from[i], 0));
    EXPECT_EQ(rectified[i], std::max<Narrow>(from[i], 0));
  }
}

TEST_P(EverySet, LoadsStoresAndRectifies) {
  test_moves<std::int16_t, std::int32_t>(*GetParam());
  test_moves<std::int32_t, std::int32_t>(*GetParam());
  test_moves<std::int16_t, std::int64_t>(*GetParam());
  test_moves<std::int32_t, std::int64_t>(*GetParam());
  test_moves<std::int64_t, std::int64_t>(*GetParam());
}

template <class T>
void test_affine(const Kernels& set) {
  Random random(5);
  for (const int channels : {1, 3, 16, 37}) {
    constexpr int pixels = 7;
    std::vector<T> values, scale, bias, wanted;
    for (int c = 0; c < channels; ++c) {
      scale.push_back(static_cast<T>(random.between(-1000, 1000)));
      bias.push_back(static_cast<T>(random.between(-1000000, 1000000)));
    }
    for (int i = 0; i < pixels * channels; ++i) {
      values.push_back(static_cast<T>(random.between(-2000000, 2000000)));
      wanted.push_back(static_cast<T>(values.back() * scale[static_cast<size_t>(i % channels)] +
                                      bias[static_cast<size_t>(i % channels)]));
    }
    lane_kernels<T>(set).affine(values.data(), scale.data(), bias.data(), pixels, channels);
    EXPECT_EQ(values, wanted);
  }
}

TEST_P(EverySet, FinishesSums) {
  Random random(7);
  int judged = 0;
  for (int n = 0; n < 40 * 28; ++n) {
    const Quantizer q{testing::random_type(random, 40), static_cast<Rounding>(n % 7),
                      static_cast<Overflow>(n / 7 % 4)};
    const FixedType from = testing::random_type(random, 32);
    const auto steps = cast_steps<std::int32_t>(q, interval_of(from));
    if (!steps) continue;
    ++judged;
    const int rows = pick(random, 1, 9), columns = pick(random, 1, 40);
    const int stride = columns + (n % 2 == 0 ? 0 : pick(random, 1, 20));
    std::vector<std::int32_t> sums;
    for (int i = 0; i < rows * stride; ++i)
      sums.push_back(static_cast<std::int32_t>(random.between(from.lowest(), from.highest())));
    sums.front() = static_cast<std::int32_t>(from.lowest());
    sums[static_cast<size_t>(columns) - 1] = static_cast<std::int32_t>(from.highest());
    Tensor y({columns}, q.to, rows);
    GetParam()->finish(*steps, sums.data(), rows, stride, columns, lane_of(y), address_of(y, 0));
    for (int row = 0; row < rows; ++row) {
      for (int i = 0; i < columns; ++i) {
        const std::int64_t sum = sums[static_cast<size_t>(row * stride + i)];
        ASSERT_EQ(y.at(row * columns + i), quantize(q, sum, from.fraction()))
            << to_string(q) << " of " << sum << " in " << to_string(from);
      }
    }
  }
  EXPECT_GE(judged, 300);
}

TEST_P(EverySet, ScalesAndShifts) {
  test_affine<std::int32_t>(*GetParam());
  test_affine<std::int64_t>(*GetParam());
}

template <class T>
void test_pool(const Kernels& set) {
  Random random(6);
  for (const int channels : {1, 4, 16, 21, 40}) {
    const int kernel_h = pick(random, 1, 3), kernel_w = pick(random, 1, 3), stride = pick(random, 1, 3),
              columns = 5;
    const int width = (columns - 1) * stride + kernel_w;
    std::vector<T> x, y(static_cast<size_t>(columns * channels));
    for (int i = 0; i < kernel_h * width * channels; ++i) x.push_back(any_value<T>(random));
    set.max_pool({lane_for<T>, channels, width * channels, kernel_h, kernel_w, columns, stride * channels},
                 x.data(), y.data());
    for (int column = 0; column < columns; ++column) {
      for (int c = 0; c < channels; ++c) {
        T best = std::numeric_limits<T>::min();
        for (int i = 0; i < kernel_h; ++i) {
          for (int j = 0; j < kernel_w; ++j) {
            best = std::max(best, x[static_cast<size_t>((i * width + column * stride + j) * channels + c)]);
          }
        }
        EXPECT_EQ(y[static_cast<size_t>(column * channels + c)], best);
      }
    }
  }
}

TEST_P(EverySet, Pools) {
  test_pool<std::int16_t>(*GetParam());
  test_pool<std::int32_t>(*GetParam());
  test_pool<std::int64_t>(*GetParam());
}

INSTANTIATE_TEST_SUITE_P(Kernels, EverySet, ::testing::ValuesIn(testing::kernel_sets()),
                         [](const auto& set) { return std::string(set.param->name); });

TEST(Kernels, TheBestSetIsTheLastThatThisProcessorHas) {
  EXPECT_EQ(&kernels(), testing::kernel_sets().back());
}

}  // namespace
}  // namespace gw
