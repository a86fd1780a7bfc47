// Signed digits and adder trees against plain integer arithmetic.

#include "circuit/adder_tree.h"

#include <gtest/gtest.h>

#include "support/random.h"

namespace gw {
namespace {

TEST(CanonicalDigits, GiveTheValueWithoutNeighbours) {
  for (std::int64_t value = -5000; value <= 5000; ++value) {
    std::int64_t sum = 0;
    int last = -2;
    for (const SignedDigit digit : canonical_digits(value)) {
      sum += (digit.negative ? -1 : 1) * (std::int64_t{1} << digit.shift);
      EXPECT_GE(digit.shift, last + 2) << value;
      last = digit.shift;
    }
    EXPECT_EQ(sum, value);
  }
}

TEST(CanonicalDigits, AreAsFewAsKnown) {
  EXPECT_EQ(canonical_digits(0).size(), 0u);
  EXPECT_EQ(canonical_digits(64).size(), 1u);
  EXPECT_EQ(canonical_digits(63).size(), 2u);
  EXPECT_EQ(canonical_digits(-1).size(), 1u);
  EXPECT_EQ(canonical_digits(0x5555).size(), 8u);
  EXPECT_EQ(canonical_digits(std::numeric_limits<std::int64_t>::max()).size(), 2u);
}

// Random sums: the low bits must be right whatever is asked, and all bits if all are asked.
TEST(AddAll, IsTheSumModuloItsBits) {
  Random random(7);
  for (int round = 0; round < 300; ++round) {
    Circuit circuit;
    std::vector<Addend> addends;
    const int count = static_cast<int>(random.between(1, 12));
    std::vector<FixedType> types;
    for (int i = 0; i < count; ++i) {
      const FixedType type{static_cast<int>(random.between(1, 9)), 0, random.below(2) == 0};
      types.push_back(type);
      const int shift = static_cast<int>(random.below(6));
      addends.push_back({circuit.input(i, type.width, type.is_signed),
                         shift,
                         random.below(2) == 0,
                         {type.lowest() * (Int128{1} << shift), type.highest() * (Int128{1} << shift), 0}});
    }
    const int bits = static_cast<int>(random.between(1, 24));
    std::vector<int> depth;
    const Addend total = add_all(circuit, addends, bits, depth);
    EXPECT_FALSE(total.negative);
    circuit.set_outputs({circuit.slice(total.wire, -total.shift, bits, true)});
    for (int trial = 0; trial < 20; ++trial) {
      std::vector<std::int64_t> window;
      std::int64_t want = 0;
      for (size_t i = 0; i < addends.size(); ++i) {
        const FixedType& t = types[i];
        window.push_back(trial == 0   ? t.lowest()
                         : trial == 1 ? t.highest()
                                      : random.between(t.lowest(), t.highest()));
        want += (addends[i].negative ? -1 : 1) * window.back() * (std::int64_t{1} << addends[i].shift);
      }
      EXPECT_EQ(evaluate(circuit, window).front(), wrapped(want, bits, true));
    }
  }
}

TEST(AddAll, IsBalanced) {
  Circuit circuit;
  std::vector<Addend> addends;
  for (int i = 0; i < 64; ++i) addends.push_back({circuit.input(i, 4, false), 0, false, {0, 15, 0}});
  std::vector<int> depth;
  const Addend total = add_all(circuit, addends, 64, depth);
  EXPECT_EQ(depth[static_cast<size_t>(total.wire)], 6);
  EXPECT_EQ(circuit[total.wire].width, 10);  // 64 * 15 = 960
}

}  // namespace
}  // namespace gw
