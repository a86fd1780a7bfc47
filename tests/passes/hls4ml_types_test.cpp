// hls4ml's inference of types, held against examples worked out by hand from its rules.

#include "passes/hls4ml_types.h"

#include <gtest/gtest.h>

namespace gw {
namespace {

constexpr FixedType s(int width, int integer) { return {width, integer, true}; }
constexpr FixedType u(int width, int integer) { return {width, integer, false}; }

TEST(Hls4mlTypes, Matrices) {
  EXPECT_EQ(declared_matrix(s(16, 6), s(16, 6), s(16, 6), 16).to, s(37, 17));
  EXPECT_EQ(declared_matrix(s(16, 6), s(16, 6), s(16, 6), 17).to, s(38, 18));
  EXPECT_EQ(declared_matrix(u(6, 2), s(6, 1), u(1, 1), 1).to, s(13, 4));    // the bias's sign is counted
  EXPECT_EQ(declared_matrix(u(6, 2), u(6, 1), s(8, 8), 9).to, s(18, 9));    // so is the product's
  EXPECT_EQ(declared_matrix(s(8, 4), s(8, 4), s(20, 2), 2).to, s(28, 10));  // fractions of the bias are kept
  EXPECT_EQ(declared_affine(s(16, 6), s(16, 6), s(16, 6)).to, s(33, 13));
}

TEST(Hls4mlTypes, Merges) {
  EXPECT_EQ(declared_sum(s(10, 4), s(8, 3)).to, s(11, 5));
  EXPECT_EQ(declared_sum(u(8, 4), s(8, 3)).to, s(11, 6));
  EXPECT_EQ(declared_sum(u(8, 4), u(8, 4)).to, u(9, 5));
  EXPECT_EQ(declared_sum(u(8, 4), u(8, 4), true).to, s(9, 5));
  EXPECT_EQ(declared_product(s(10, 4), u(8, 3)).to, s(18, 7));
  EXPECT_EQ(declared_product(s(10, 4), u(8, 3), 5).to, s(21, 10));
}

TEST(Hls4mlTypes, Unions) {
  const Quantizer rounding{s(10, 4), Rounding::Rnd, Overflow::Wrap},
      saturating{u(8, 4), Rounding::RndConv, Overflow::Sat};
  EXPECT_EQ(declared_union(rounding, saturating), (Quantizer{s(11, 5), Rounding::Rnd, Overflow::Sat}));
  EXPECT_EQ(declared_union({u(4, 4)}, {u(6, 2)}), (Quantizer{u(8, 4)}));
}

TEST(Hls4mlTypes, Means) {
  EXPECT_EQ(declared_mean(s(10, 3), 6).to, s(16, 6));
  EXPECT_EQ(declared_mean(u(10, 3), 4).to, u(14, 5));
  EXPECT_EQ(declared_mean(u(10, 3), 1).to, u(10, 3));
}

TEST(Hls4mlTypes, Parameters) {
  EXPECT_EQ(declared_parameter(0).to, u(1, 1));
  EXPECT_EQ(declared_parameter(0.5).to, u(1, 0));
  EXPECT_EQ(declared_parameter(-0.75).to, s(3, 1));
  EXPECT_EQ(declared_parameter(6).to, u(2, 3));
  EXPECT_EQ(declared_parameter(0.1).to, u(8, -3));
  EXPECT_EQ(declared_parameter(-0.1).to, s(9, -2));
}

TEST(Hls4mlTypes, Caps) {
  EXPECT_EQ(capped({s(30, 12)}, s(20, 14)).to, s(20, 12));
  EXPECT_EQ(capped({u(30, 12)}, s(40, 10)).to, u(30, 10));
}

}  // namespace
}  // namespace gw
