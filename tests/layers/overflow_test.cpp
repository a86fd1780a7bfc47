// Counts of values that did not fit: against a count by the definition in layer.h, one value at a time.

#include <algorithm>

#include <gtest/gtest.h>

#include "layers/random_layer.h"
#include "num/rounding.h"

namespace gw {
namespace {

using testing::LayerCase;
using testing::pick;
using testing::random_tensor;
using testing::random_type;

std::int64_t counted(const LayerCase& c, const Tensor& x, const Kernels* kernels, int threads = 1) {
  std::int64_t overflows = 0;
  c.evaluated(x, *c.type(), {threads, &overflows, kernels});
  return overflows;
}

Int128 rounded_only(const Quantizer& q, Int128 raw, int fraction) {
  const int shift = fraction - q.to.fraction();
  return shift > 0 ? round_shift(raw, shift, q.rounding) : raw << -shift;
}

bool outside(const Quantizer& q, Int128 value) { return value < lower_bound(q) || value > q.to.highest(); }

// One output of a dense layer.
std::int64_t expected(const Dense& layer, const Tensor& weight, const Tensor& bias, const Tensor& x,
                      std::int64_t sample, std::int64_t o) {
  const int product_fraction = x.type().fraction() + weight.type().fraction();
  std::int64_t count = 0, sum = 0;
  int fraction = 0;
  const auto product = [&](std::int64_t i) {
    return x.at(sample * x.size() + i) * weight.at(i * bias.size() + o);
  };
  if (!layer.accumulator) {
    fraction = std::max(product_fraction, bias.type().fraction());
    sum = bias.at(o) << (fraction - bias.type().fraction());
    for (std::int64_t i = 0; i < x.size(); ++i) sum += product(i) << (fraction - product_fraction);
  } else if (layer.accumulator->overflow == Overflow::Wrap) {
    const Quantizer& q = *layer.accumulator;
    Int128 total = rounded_only(q, bias.at(o), bias.type().fraction());
    for (std::int64_t i = 0; i < x.size(); ++i) total += rounded_only(q, product(i), product_fraction);
    count += outside(q, total);
    fraction = q.to.fraction();
    sum = fit(q, total);
  } else {
    const Quantizer& q = *layer.accumulator;
    fraction = q.to.fraction();
    bool forced = overflows(q, bias.at(o), bias.type().fraction());
    sum = quantize(q, bias.at(o), bias.type().fraction());
    for (std::int64_t i = 0; i < x.size(); ++i) {
      forced |= overflows(q, product(i), product_fraction);
      const std::int64_t next = sum + quantize(q, product(i), product_fraction);
      forced |= overflows(q, next, fraction);
      sum = quantize(q, next, fraction);
    }
    count += forced;
  }
  return count + overflows(*layer.out, sum, fraction);
}

TEST(Overflows, OfMatrixSteps) {
  std::int64_t all = 0;
  for (int n = 0; n < 20 * 28; ++n) {
    Random random(static_cast<std::uint64_t>(n) + 1);
    const auto quantizer = [&](int widest) {
      return Quantizer{random_type(random, widest), static_cast<Rounding>(n % 7),
                       static_cast<Overflow>(n / 7 % 4)};
    };
    Dense layer{quantizer(16), std::nullopt};
    if (n % 3 != 0) layer.accumulator = quantizer(20);
    if (n % 3 == 2)
      *layer.accumulator = {{pick(random, 8, 20), pick(random, 2, 8), true}, Rounding::Trn, Overflow::Wrap};
    // Every fifth case has lossy sums beyond 32 bits, some beyond 64.
    const bool wide = n % 5 == 4 && layer.accumulator;
    if (wide) layer.accumulator->to = random_type(random, 62);
    LayerCase c{layer, {{pick(random, 2, 20)}, random_type(random, wide ? 24 : 18)}, {}};
    const int outputs = pick(random, 1, 20);
    c.constants.push_back(
        random_tensor(random, {c.x.shape[0], outputs}, random_type(random, wide ? 24 : 14)));
    c.constants.push_back(random_tensor(random, {outputs}, random_type(random, 14)));
    if (wide && !c.type()) continue;
    ASSERT_TRUE(c.type());
    const Tensor x = random_tensor(random, c.x.shape, *c.x.fixed, 3);
    std::int64_t wanted = 0;
    for (std::int64_t sample = 0; sample < 3; ++sample) {
      for (std::int64_t o = 0; o < outputs; ++o)
        wanted += expected(layer, c.constants[0], c.constants[1], x, sample, o);
    }
    for (const Kernels* set : testing::kernel_sets()) {
      ASSERT_EQ(counted(c, x, set, 1 + n % 2), wanted)
          << "case " << n << ": x " << to_string(*c.x.fixed) << ", out " << to_string(*layer.out)
          << ", accumulator " << (layer.accumulator ? to_string(*layer.accumulator) : "exact");
    }
    all += wanted;
  }
  EXPECT_GT(all, 1000);
}

// For the other layers a second run without a result type gives the exact values, whose casts are then
// counted.
void test_results(const LayerCase& exact, const LayerCase& cast, const Quantizer& q, Random& random) {
  const auto type = exact.type();
  if (!type || !cast.type()) return;
  const Tensor x = random_tensor(random, exact.x.shape, *exact.x.fixed, 2);
  const Tensor values = exact.evaluated(x, *type);
  std::int64_t wanted = 0;
  for (std::int64_t i = 0; i < 2 * values.size(); ++i)
    wanted += overflows(q, values.at(i), values.type().fraction());
  for (const Kernels* set : testing::kernel_sets()) ASSERT_EQ(counted(cast, x, set), wanted) << to_string(q);
}

TEST(Overflows, OfResults) {
  for (int n = 0; n < 5 * 28; ++n) {
    Random random(static_cast<std::uint64_t>(n) + 1);
    const Quantizer q{random_type(random), static_cast<Rounding>(n % 7), static_cast<Overflow>(n / 7 % 4)};
    const TensorType x{{4, 4, pick(random, 1, 20)}, random_type(random, n % 5 == 0 ? 40 : 18)};
    MaxPool2D pool;
    MaxPool2D pool_cast;
    pool_cast.out = q;
    test_results({Relu{}, x, {}}, {Relu{q}, x, {}}, q, random);
    test_results({Quantize{{*x.fixed}}, x, {}}, {Quantize{q}, x, {}}, q, random);
    test_results({pool, x, {}}, {pool_cast, x, {}}, q, random);
    test_results({LeakyRelu{}, x, {}}, {LeakyRelu{0.01, {{16, 6, true}}, q}, x, {}}, q, random);
    AveragePool2D mean, mean_cast;
    mean_cast.out = q;
    test_results({mean, x, {}}, {mean_cast, x, {}}, q, random);
    const std::vector<Tensor> other{random_tensor(random, x.shape, random_type(random, 14))};
    test_results({Add{}, x, other}, {Add{q}, x, other}, q, random);
    test_results({Multiply{}, x, other}, {Multiply{q}, x, other}, q, random);
    const std::vector<Quantizer> each(static_cast<size_t>(x.shape[2]), q);
    test_results({Quantize{{*x.fixed}}, x, {}}, {Quantize{{q.to}, each}, x, {}}, q, random);
    std::vector<Tensor> constants;
    constants.push_back(random_tensor(random, {x.shape[2]}, random_type(random, 14)));
    constants.push_back(random_tensor(random, {x.shape[2]}, random_type(random, 14)));
    test_results({BatchNorm{}, x, constants}, {BatchNorm{q}, x, constants}, q, random);
  }
}

// 3 + 3 does not fit below 4, so that the sum of the first pair is counted; the quotients all fit.
TEST(Overflows, OfAveragesAreSums) {
  AveragePool1D layer;
  layer.accumulator = Quantizer{{3, 3, true}, Rounding::Trn, Overflow::Sat};
  const LayerCase c{layer, {{4, 1}, FixedType{3, 3, true}}, {}};
  Tensor x({4, 1}, *c.x.fixed);
  for (const int i : {0, 1, 2}) x.set(i, 3);
  EXPECT_EQ(counted(c, x, nullptr), 1);
}

// Five equal inputs: each exponential is 1, their sum 5 does not fit below 4, and none of five results of
// 1/3.75 fits below 1/8.
TEST(Overflows, OfSoftmaxAreTheSumAndTheResults) {
  Softmax layer;
  layer.inverse_input = Quantizer{{8, 2, false}, Rounding::Trn, Overflow::Sat};
  layer.out = Quantizer{{8, -3, false}, Rounding::Trn, Overflow::Sat};
  const LayerCase c{layer, {{5}, FixedType{8, 4, true}}, {}};
  EXPECT_EQ(counted(c, Tensor({5}, *c.x.fixed, 2), nullptr), 2 * (1 + 5));
}

// Five exponentials of 1 in an accumulator up to 2: a sum of 4 on the left, then 5, is one sum that does not
// fit; a type that wraps holds 3 of them, but not 5.
TEST(Overflows, OfSoftmaxAccumulators) {
  for (const Overflow overflow : {Overflow::Sat, Overflow::Wrap}) {
    Softmax layer;
    layer.accumulator = Quantizer{{10, 2, false}, Rounding::Trn, overflow};
    const LayerCase five{layer, {{5}, FixedType{8, 4, true}}, {}},
        three{layer, {{3}, FixedType{8, 4, true}}, {}};
    EXPECT_EQ(counted(five, Tensor({5}, *five.x.fixed, 2), nullptr), 2);
    EXPECT_EQ(counted(three, Tensor({3}, *three.x.fixed, 2), nullptr), 0);
  }
  Softmax legacy;
  legacy.implementation = SoftmaxImplementation::Legacy;
  legacy.table = Quantizer{{10, 3, true}, Rounding::Trn, Overflow::Wrap};
  const LayerCase c{legacy, {{4}, FixedType{8, 4, true}}, {}};
  EXPECT_EQ(counted(c, Tensor({4}, *c.x.fixed, 2), nullptr), 2 * 4);
}

TEST(Overflows, AreAddedToWhatIsThere) {
  const LayerCase c{Quantize{{{4, 4, true}, Rounding::Trn, Overflow::Sat}}, {{3}, FixedType{8, 8, true}}, {}};
  Tensor x({3}, *c.x.fixed);
  x.set(0, 100);
  std::int64_t overflows = 41;
  c.evaluated(x, *c.type(), {1, &overflows});
  EXPECT_EQ(overflows, 42);
}

}  // namespace
}  // namespace gw
