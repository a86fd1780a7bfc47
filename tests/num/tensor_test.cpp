// Tensors: shapes, the lane that a type gets, and casts of whole tensors.

#include "num/tensor.h"

#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

namespace gw {
namespace {

TEST(Shape, CountAndText) {
  EXPECT_EQ(element_count({28, 28, 1}), 784);
  EXPECT_EQ(element_count({10}), 10);
  EXPECT_EQ(element_count({}), 1);
  EXPECT_EQ(element_count({1 << 20, 1 << 20, 2}), std::int64_t{1} << 41);
  EXPECT_THROW(element_count({3, 0}), std::logic_error);
  EXPECT_THROW(element_count({1 << 30, 1 << 30, 1 << 30}), std::logic_error);
  EXPECT_EQ(to_string(Shape{28, 28, 1}), "28x28x1");
  EXPECT_EQ(to_string(Shape{10}), "10");
}

TEST(TensorType, Text) {
  EXPECT_EQ(to_string(TensorType{{28, 28, 1}, FixedType{16, 6, true}}), "28x28x1 ap_fixed<16,6>");
  EXPECT_EQ(to_string(TensorType{{10}, std::nullopt}), "10 float");
}

int lane_bits(const Tensor& x) {
  return std::visit([]<class T>(const std::vector<T>&) { return static_cast<int>(8 * sizeof(T)); },
                    x.lanes());
}

TEST(Tensor, NarrowestLaneThatHoldsTheType) {
  for (int width = 0; width <= max_width; ++width) {
    for (const bool is_signed : {false, true}) {
      const FixedType type{width, 3, is_signed};
      Tensor x({2}, type);
      const int needed = width + (is_signed ? 0 : 1);
      EXPECT_EQ(lane_bits(x), needed <= 16 ? 16 : needed <= 32 ? 32 : 64) << to_string(type);
      EXPECT_EQ(x.at(0), 0);
      x.set(0, type.lowest());
      x.set(1, type.highest());
      EXPECT_EQ(x.at(0), type.lowest()) << to_string(type);
      EXPECT_EQ(x.at(1), type.highest()) << to_string(type);
    }
  }
}

TEST(Tensor, BrokenPromisesAreDefects) {
  Tensor x({2, 3}, {4, 4, true}, 2);
  EXPECT_EQ(x.size(), 6);
  EXPECT_EQ(x.batch(), 2);
  x.set(11, -8);
  EXPECT_EQ(x.at(11), -8);
  EXPECT_THROW(x.at(12), std::logic_error);
  EXPECT_THROW(x.at(-1), std::logic_error);
  EXPECT_THROW(x.set(12, 0), std::logic_error);
  EXPECT_THROW(x.set(0, 8), std::logic_error);
  EXPECT_THROW(x.set(0, -9), std::logic_error);
  EXPECT_THROW(Tensor({2}, {64, 4, true}), std::logic_error);
  EXPECT_THROW(Tensor({2}, {4, 4, true}, 0), std::logic_error);
  EXPECT_THROW(Tensor({0}, {4, 4, true}), std::logic_error);
}

TEST(Tensor, EqualInShapeTypeBatchAndValues) {
  const Tensor x({2, 3}, {4, 4, true}, 2);
  EXPECT_EQ(x, Tensor({2, 3}, {4, 4, true}, 2));
  EXPECT_FALSE(x == Tensor({3, 2}, {4, 4, true}, 2));
  EXPECT_FALSE(x == Tensor({2, 3}, {4, 3, true}, 2));
  EXPECT_FALSE(x == Tensor({2, 3}, {4, 4, true}, 1));
  Tensor y = x;
  y.set(7, 1);
  EXPECT_FALSE(x == y);
}

TEST(Tensor, QuantizedElementByElementAndCounted) {
  const FloatTensor x{{3}, 2, {-9.0f, -8.0f, 0.75f, 7.5f, 100.0f, -0.25f}};
  std::int64_t count = 5;
  const Tensor wrapped = quantize({{5, 4, true}, Rounding::Trn, Overflow::Wrap}, x, &count);
  EXPECT_EQ(count, 7);
  EXPECT_EQ(wrapped.shape(), Shape{3});
  EXPECT_EQ(wrapped.batch(), 2);
  EXPECT_EQ(std::get<0>(wrapped.lanes()), (std::vector<std::int16_t>{14, -16, 1, 15, 8, -1}));
  const Tensor symmetric = quantize({{5, 4, true}, Rounding::Rnd, Overflow::SatSym}, x, &count);
  EXPECT_EQ(count, 10);  // -9, -8 and 100
  EXPECT_EQ(std::get<0>(symmetric.lanes()), (std::vector<std::int16_t>{-15, -15, 2, 15, 15, 0}));
  EXPECT_EQ(quantize({{5, 4, true}, Rounding::Trn, Overflow::Wrap}, x), wrapped);
}

TEST(Tensor, QuantizeRefusesTheWrongCountAndNonNumbers) {
  const Quantizer q{{8, 4, true}};
  EXPECT_THROW(quantize(q, FloatTensor{{3}, 1, {1.0f, 2.0f}}), std::logic_error);
  EXPECT_THROW(quantize(q, FloatTensor{{1}, 1, {std::numeric_limits<float>::quiet_NaN()}}), std::logic_error);
}

TEST(Tensor, DequantizedIsTheRealValue) {
  for (const int width : {8, 24, 40}) {
    const Quantizer q{{width, 4, true}, Rounding::Rnd, Overflow::Sat};
    const FloatTensor x{{4}, 1, {-8.0f, 0.0f, 3.25f, -0.0625f}};
    const FloatTensor back = dequantize(quantize(q, x));
    EXPECT_EQ(back.shape, x.shape);
    EXPECT_EQ(back.batch, x.batch);
    EXPECT_EQ(back.values, x.values) << width;
  }
  // Above the width: raw * 2^3.
  EXPECT_EQ(dequantize(quantize({{4, 7, true}}, FloatTensor{{1}, 1, {31.0f}})).values,
            std::vector<float>{24.0f});
}

}  // namespace
}  // namespace gw
