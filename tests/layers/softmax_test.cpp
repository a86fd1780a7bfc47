// The softmax implementations, written out anew in real numbers that are exact: hls4ml's four, and the
// division.

#include <algorithm>
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "layers/random_layer.h"

namespace gw {
namespace {

using testing::LayerCase;
using testing::random_tensor;

using Reals = std::vector<double>;

double cast(const Quantizer& q, double value) { return to_double(quantize(q, value), q.to.fraction()); }
float rounded_exp(float x) { return static_cast<float>(std::exp(static_cast<long double>(x))); }

// The smallest value with the same top bits, of a table with so many entries.
double cell(double x, const FixedType& type, int entries) {
  const int bits = std::min(static_cast<int>(std::log2(entries)), type.width);
  const double unit = std::ldexp(1.0, type.integer - bits);
  return std::floor(x / unit) * unit;
}

double tree_sum(const Quantizer& q, const Reals& terms) {
  if (terms.size() == 1) return terms[0];
  size_t left = 1;
  while (2 * left < terms.size()) left *= 2;
  const auto split = terms.begin() + static_cast<std::ptrdiff_t>(left);
  return cast(q, tree_sum(q, Reals(terms.begin(), split)) + tree_sum(q, Reals(split, terms.end())));
}

// From exponentials to answers: common to stable and latency.
Reals normalised(const Softmax& layer, Reals e) {
  const Quantizer accumulator = layer.accumulator.value_or(Quantizer{{50, 25, true}});
  for (double& value : e) value = cast(accumulator, value);
  const Quantizer divisor = layer.inverse_input.value_or(layer.exp_type);
  const double sum = cell(cast(divisor, tree_sum(accumulator, e)), divisor.to, layer.inverse_table_size);
  const double inverse = sum == 0
                             ? to_double(layer.inverse_type.to.highest(), layer.inverse_type.to.fraction())
                             : cast(layer.inverse_type, 1.0f / static_cast<float>(sum));
  for (double& value : e) value = cast(*layer.out, value * inverse);
  return e;
}

Reals stable(const Softmax& layer, const FixedType& type, const Reals& x) {
  const Quantizer natural{{type.width - 1, type.integer - 1, false}, Rounding::Trn, Overflow::Sat};
  const Quantizer difference = layer.difference.value_or(natural);
  Reals e;
  for (const double value : x) {
    const double d = cast(difference, *std::max_element(x.begin(), x.end()) - value);
    e.push_back(
        cast(layer.exp_type, rounded_exp(-static_cast<float>(cell(d, difference.to, layer.table_size)))));
  }
  return normalised(layer, e);
}

Reals latency(const Softmax& layer, const FixedType& type, const Reals& x) {
  Reals e;
  const Quantizer address = layer.address.value_or(Quantizer{type});
  for (const double value : x) {
    const double at = cell(cast(address, value), address.to, layer.table_size);
    e.push_back(cast(layer.exp_type, rounded_exp(static_cast<float>(at))));
  }
  return normalised(layer, e);
}

Reals legacy(const Softmax& layer, const FixedType&, const Reals& x) {
  const int size = layer.table_size, inverse_size = layer.inverse_table_size;
  Reals y;
  for (size_t i = 0; i < x.size(); ++i) {
    double sum = 0;
    for (size_t j = 0; j < x.size(); ++j) {
      int index = static_cast<int>((x[j] - x[i]) * size / 16) + size / 2;
      index = std::min(std::max(index, 0), size - 1);
      const auto at = static_cast<float>(16.0 * (index - size / 2.0) / size);
      sum = cast(layer.table, sum + (i == j ? cast(layer.table, 1) : cast(layer.table, rounded_exp(at))));
    }
    const int index = std::min(std::max(static_cast<int>(sum * inverse_size / 64), 0), inverse_size - 1);
    const auto at = static_cast<float>(64.0 * index / inverse_size);
    y.push_back(cast(*layer.out, cast(layer.table, at > 0 ? 1.0 / at : 0.0)));
  }
  return y;
}

Reals argmax(const Softmax& layer, const FixedType&, const Reals& x) {
  Reals y(x.size(), cast(*layer.out, 0));
  y[static_cast<size_t>(std::max_element(x.begin(), x.end()) - x.begin())] = cast(*layer.out, 1);
  return y;
}

// Quotients of integers up to 2^24 that are rounded to a few bits: a double holds them with 50 bits, and none
// is so near to a tie without being one.
Reals divided(const Softmax& layer, const FixedType& type, const Reals& x) {
  const FixedType whole{type.width, type.integer, false};
  Reals e;
  for (const double value : x) {
    const double d = cell(*std::max_element(x.begin(), x.end()) - value, whole, layer.table_size);
    e.push_back(cast(layer.exp_type, rounded_exp(-static_cast<float>(layer.scale) * static_cast<float>(d))));
  }
  double sum = 0;
  for (const double value : e) sum += value;
  for (double& value : e) value = cast(*layer.out, value / sum);
  return e;
}

using Definition = Reals (*)(const Softmax&, const FixedType&, const Reals&);

// Along every axis of a tensor, for inputs of few and of many bits.
void expect_definition(Softmax layer, Definition definition) {
  Random random(7);
  for (const FixedType& type : {FixedType{16, 6, true}, FixedType{8, 5, true}, FixedType{20, 4, true}}) {
    for (layer.axis = 0; layer.axis < 3; ++layer.axis) {
      const LayerCase c{layer, {{3, 7, 5}, type}, {}};
      const Tensor x = random_tensor(random, c.x.shape, type, 10);
      const Tensor y = c.evaluated(x, *c.type());
      const int count = c.x.shape[static_cast<size_t>(layer.axis)];
      const int inner = layer.axis == 0 ? 35 : layer.axis == 1 ? 5 : 1;
      for (std::int64_t first = 0; first < 10 * x.size(); ++first) {
        if (first / inner % count != 0) continue;
        Reals inputs;
        for (int j = 0; j < count; ++j) inputs.push_back(to_double(x.at(first + j * inner), type.fraction()));
        const Reals wanted = definition(layer, type, inputs);
        for (int j = 0; j < count; ++j) {
          ASSERT_EQ(to_double(y.at(first + j * inner), y.type().fraction()), wanted[static_cast<size_t>(j)])
              << "axis " << layer.axis << " of " << to_string(type) << ", element " << j << " from " << first;
        }
      }
    }
  }
}

Softmax with_out(SoftmaxImplementation implementation) {
  Softmax layer;
  layer.implementation = implementation;
  layer.out = Quantizer{{16, 6, true}};
  return layer;
}

TEST(SoftmaxDefinition, Stable) {
  Softmax layer = with_out(SoftmaxImplementation::Stable);
  expect_definition(layer, stable);
  layer.table_size = 64;
  layer.inverse_table_size = 2048;
  layer.inverse_input = Quantizer{{12, 4, false}, Rounding::Trn, Overflow::Sat};
  layer.accumulator = Quantizer{{9, 2, true}, Rounding::Rnd, Overflow::Sat};
  expect_definition(layer, stable);
  layer.difference = Quantizer{{10, 3, false}};  // wraps, as hls4ml's default does
  expect_definition(layer, stable);
}

TEST(SoftmaxDefinition, Latency) {
  Softmax layer = with_out(SoftmaxImplementation::Latency);
  expect_definition(layer, latency);
  layer.accumulator = Quantizer{{20, 10, true}, Rounding::Trn, Overflow::Sat};
  layer.inverse_table_size = 256;
  expect_definition(layer, latency);
  layer.address = Quantizer{{33, 10, true}};  // as hls4ml declares it, wider than what the values need
  expect_definition(layer, latency);
}

TEST(SoftmaxDefinition, Legacy) {
  Softmax layer = with_out(SoftmaxImplementation::Legacy);
  expect_definition(layer, legacy);
  layer.table = Quantizer{{12, 6, false}, Rounding::Rnd, Overflow::Sat};
  layer.inverse_table_size = 512;
  expect_definition(layer, legacy);
}

TEST(SoftmaxDefinition, Argmax) { expect_definition(with_out(SoftmaxImplementation::Argmax), argmax); }

TEST(SoftmaxDefinition, Divided) {
  Softmax layer = with_out(SoftmaxImplementation::Divided);
  for (int mode = 0; mode < 7; ++mode) {
    layer.out->rounding = static_cast<Rounding>(mode);
    expect_definition(layer, divided);
  }
  layer.out = Quantizer{{8, 0, false}, Rounding::RndInf, Overflow::Sat};
  layer.exp_type = {{24, 1, false}, Rounding::Rnd, Overflow::Sat};
  layer.scale = 0.375;
  layer.table_size = 1 << 16;
  expect_definition(layer, divided);
}

// Two equal values share: 1/2 is a tie of a type of whole numbers, a third is not.
TEST(SoftmaxDefinition, QuotientsAreRoundedOnce) {
  Softmax layer = with_out(SoftmaxImplementation::Divided);
  const auto first = [&](int count, Rounding rounding) {
    layer.out = Quantizer{{2, 2, false}, rounding, Overflow::Wrap};
    const LayerCase c{layer, {{count}, FixedType{8, 4, true}}, {}};
    return c.evaluated(Tensor({count}, *c.x.fixed), *c.type()).at(0);
  };
  EXPECT_EQ(first(2, Rounding::Rnd), 1);
  EXPECT_EQ(first(2, Rounding::RndZero), 0);
  EXPECT_EQ(first(2, Rounding::RndConv), 0);
  EXPECT_EQ(first(3, Rounding::Rnd), 0);
  EXPECT_EQ(first(1, Rounding::Trn), 1);
}

// The value 35 below the maximum has the smallest probability, where a difference that wraps makes it large.
TEST(SoftmaxDefinition, DifferencesSaturate) {
  Softmax layer = with_out(SoftmaxImplementation::Stable);
  const LayerCase c{layer, {{3}, FixedType{16, 6, true}}, {}};
  Tensor x({3}, *c.x.fixed);
  x.set(0, 20 * 1024);
  x.set(1, -15 * 1024);
  const Tensor y = c.evaluated(x, *c.type());
  EXPECT_GT(y.at(0), 1000);
  EXPECT_EQ(y.at(1), 0);
  layer.difference = Quantizer{{15, 5, false}};
  const LayerCase wrapping{layer, c.x, {}};
  EXPECT_GT(wrapping.evaluated(x, *wrapping.type()).at(1), 0);
}

// An infinite inverse is the largest value of a type that saturates, and 0 in one that wraps.
TEST(SoftmaxDefinition, InverseOfZero) {
  Softmax layer = with_out(SoftmaxImplementation::Stable);
  layer.inverse_input = Quantizer{{4, 8, false}};  // sums below 16 become 0
  layer.out = Quantizer{{18, 9, true}};
  const LayerCase c{layer, {{2}, FixedType{8, 4, true}}, {}};
  const Tensor x({2}, *c.x.fixed);
  EXPECT_EQ(c.evaluated(x, *c.type()).at(0), 65535);
  layer.inverse_type.overflow = Overflow::Wrap;
  const LayerCase wrapping{layer, c.x, {}};
  EXPECT_EQ(wrapping.evaluated(x, *wrapping.type()).at(0), 0);
}

}  // namespace
}  // namespace gw
