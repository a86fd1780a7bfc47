// Division by constants, against the definition: the quotient of integers, truncated toward zero.

#include "layers/divide.h"

#include <gtest/gtest.h>

#include "support/random.h"

namespace gw {
namespace {

// The quotient of one value by formula, in units of 2^-fraction; the interpreter holds it to its range.
class Division {
 public:
  Division(const FixedType& type, const Interval& range, int n, int fraction) : type_(type) {
    const ExprId y = divide(stage_.formula, stage_.formula.load(0, 0, range), n, fraction);
    stage_.formula.set_outputs({y});
    stage_.windows = {Window{}};
    stage_.inputs = {type};
    FixedType out = type_of(stage_.formula[y].range);
    gap_ = fraction - out.fraction();
    if (out.width == 0) out = {1, 1, false};
    stage_.output = {{1}, out};
  }
  Int128 operator()(std::int64_t raw) const {
    Tensor x({1}, type_);
    x.set(0, raw);
    const Tensor* const inputs[] = {&x};
    return static_cast<Int128>(run(stage_, inputs).at(0)) * (static_cast<Int128>(1) << std::max(gap_, 0));
  }
  const Formula& formula() const { return stage_.formula; }

 private:
  FixedType type_;
  Stage stage_;
  int gap_ = 0;
};

TEST(Divide, EveryValueOfSmallTypesByEveryNumber) {
  for (const FixedType& type : {FixedType{7, 3, true}, FixedType{6, 6, false}}) {
    for (int n = 1; n <= 70; ++n) {
      for (const int more : {0, 1, 3, 6}) {
        const Division division(type, interval_of(type), n, type.fraction() + more);
        for (std::int64_t raw = type.lowest(); raw <= type.highest(); ++raw)
          ASSERT_TRUE(division(raw) == raw * (1 << more) / n) << raw << " / " << n << ", " << more;
      }
    }
  }
}

// A result that is coarser than the value drops the rest toward zero at once.
TEST(Divide, CoarserResults) {
  const FixedType type{9, 4, true};
  for (const int n : {1, 2, 3, 5, 6, 7, 12}) {
    for (const int less : {1, 3, 5, 8}) {
      const Division division(type, interval_of(type), n, type.fraction() - less);
      for (std::int64_t raw = type.lowest(); raw <= type.highest(); ++raw)
        ASSERT_TRUE(division(raw) == raw / (n * (1 << less))) << raw << " / " << n << ", " << less;
    }
  }
}

// Too wide for one multiplication, so that the quotient is made step by step. Near multiples of n a bit that
// is missing anywhere shows.
TEST(Divide, WideValuesGoByHand) {
  Random random(3);
  for (int c = 0; c < 200; ++c) {
    const int width = static_cast<int>(random.between(24, 62)),
              more = static_cast<int>(random.between(0, 10));
    const FixedType type{width, width, random.below(2) == 0};
    const int n = static_cast<int>(random.between(2, random.below(2) == 0 ? 30 : 40000));
    const Division division(type, interval_of(type), n, more);
    if (division.formula().widest() > max_width) {
      // The quotient alone may be too wide, and nothing else.
      EXPECT_GT(type_of(rescaled(interval_of(type), more)).width, max_width);
      continue;
    }
    for (int k = 0; k < 30; ++k) {
      const std::int64_t any = random.between(type.lowest(), type.highest());
      std::int64_t raw = any;
      if (k % 3 == 0)
        raw = std::clamp<std::int64_t>(any / n * n + random.between(-1, 1), type.lowest(), type.highest());
      if (k == 28) raw = type.lowest();
      if (k == 29) raw = type.highest();
      ASSERT_TRUE(division(raw) == static_cast<Int128>(raw) * (1 << more) / n)
          << raw << " / " << n << ", " << width << " bits and " << more;
    }
  }
}

TEST(Divide, PowersOfTwoLoseNothingInTheRightFraction) {
  Formula formula;
  const ExprId x = formula.load(0, 0, FixedType{8, 8, true});
  const ExprId y = divide(formula, x, 8, 3);
  EXPECT_EQ(formula[y].kind, ExprKind::Multiply);
  EXPECT_EQ(formula[y].range, (Interval{-128, 127, 3}));
}

}  // namespace
}  // namespace gw
