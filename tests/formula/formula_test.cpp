// Formulas while they are built: ranges against every value that can come, constants, sharing, casts that
// vanish.

#include "formula/formula.h"

#include <map>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

#include "support/random.h"

namespace gw {
namespace {

constexpr Quantizer truncating(int width, int integer, Overflow overflow = Overflow::Wrap) {
  return {{width, integer, true}, Rounding::Trn, overflow};
}

// Every value of every expression over all values of up to three loads, as multiples of 2^-32. Shares no code
// with the interpreter.
std::vector<std::set<std::int64_t>> all_values(const Formula& formula, const std::vector<FixedType>& types) {
  constexpr int unit = 32;
  std::vector<std::set<std::int64_t>> found(formula.exprs().size());
  std::vector<std::int64_t> load;
  for (const FixedType& type : types) load.push_back(type.lowest());
  while (true) {
    std::vector<std::int64_t> values;
    for (const Expr& e : formula.exprs()) {
      const auto arg = [&](size_t n) { return values[static_cast<size_t>(e.args[n])]; };
      std::int64_t value = 0;
      switch (e.kind) {
        case ExprKind::Load: {
          const auto n = static_cast<size_t>(e.index);
          value = load[n] * (std::int64_t{1} << (unit - types[n].fraction()));
          break;
        }
        case ExprKind::Constant:
          value = e.value * (std::int64_t{1} << (unit - e.range.fraction));
          break;
        case ExprKind::Add:
        case ExprKind::Sum:
          for (size_t n = 0; n < e.args.size(); ++n) value += arg(n);
          break;
        case ExprKind::Subtract:
          value = arg(0) - arg(1);
          break;
        case ExprKind::Multiply:
          value = static_cast<std::int64_t>((static_cast<Int128>(arg(0)) * arg(1)) >> unit);
          break;
        case ExprKind::Maximum:
          value = std::max(arg(0), arg(1));
          break;
        case ExprKind::Minimum:
          value = std::min(arg(0), arg(1));
          break;
        case ExprKind::Inside:
          value = std::int64_t{1} << unit;  // no window here is padded
          break;
        case ExprKind::Select:
          value = arg(0) != 0 ? arg(1) : arg(2);
          break;
        case ExprKind::Table: {
          const Table& table = formula.tables()[static_cast<size_t>(e.index)];
          const auto entry = static_cast<size_t>(arg(0) >> (unit - table.index_fraction));
          value = table.values[entry] * (std::int64_t{1} << (unit - table.type.fraction()));
          break;
        }
        case ExprKind::Cast:
          value =
              quantize(e.quantizer, arg(0), unit) * (std::int64_t{1} << (unit - e.quantizer.to.fraction()));
          break;
      }
      found[values.size()].insert(value);
      values.push_back(value);
    }
    size_t n = 0;
    while (n < load.size() && load[n] == types[n].highest()) load[n] = types[n].lowest(), ++n;
    if (n == load.size()) return found;
    ++load[n];
  }
}

// The range of every expression holds all its values; where `tight` says so, just them.
void expect_ranges(const Formula& formula, const std::vector<FixedType>& types, bool tight) {
  const auto found = all_values(formula, types);
  for (size_t id = 0; id < found.size(); ++id) {
    const Interval range = rescaled(formula.exprs()[id].range, 32);
    EXPECT_LE(range.lo, *found[id].begin()) << "expression " << id;
    EXPECT_GE(range.hi, *found[id].rbegin()) << "expression " << id;
    if (tight) {
      EXPECT_EQ(static_cast<std::int64_t>(range.lo), *found[id].begin()) << "expression " << id;
      EXPECT_EQ(static_cast<std::int64_t>(range.hi), *found[id].rbegin()) << "expression " << id;
    }
  }
}

// Each load is used once, so that arguments are independent and no range may be wider than what comes.
TEST(Formula, RangesAreTheValuesThatComeWhereLoadsAreUsedOnce) {
  const std::vector<FixedType> types{{3, 2, true}, {3, 3, false}, {2, 0, true}};
  const auto loads = [&](Formula& f) {
    std::vector<ExprId> ids;
    for (int n = 0; n < 3; ++n) ids.push_back(f.load(0, n, types[static_cast<size_t>(n)]));
    return ids;
  };
  for (const ExprKind kind : {ExprKind::Add, ExprKind::Subtract, ExprKind::Multiply, ExprKind::Maximum,
                              ExprKind::Minimum, ExprKind::Sum, ExprKind::Select}) {
    Formula f;
    const auto x = loads(f);
    switch (kind) {
      case ExprKind::Add:
        f.add(x[0], x[2]);
        break;
      case ExprKind::Subtract:
        f.subtract(x[1], x[0]);
        break;
      case ExprKind::Multiply:
        f.multiply(f.multiply(x[0], x[1]), f.constant(-3, 1));
        break;
      case ExprKind::Maximum:
        f.maximum(x[0], f.maximum(x[2], f.constant(1, 2)));
        break;
      case ExprKind::Minimum:
        f.minimum(x[1], f.minimum(x[0], x[2]));
        break;
      case ExprKind::Sum:
        f.sum({x[0], x[1], x[2], f.constant(5, 3)});
        break;
      default:
        f.select(x[0], x[1], x[2]);
        break;
    }
    expect_ranges(f, types, true);
  }
}

TEST(Formula, RangesHoldAllValuesOfRandomFormulas) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Random random(seed);
    const auto pick = [&](int low, int high) { return static_cast<int>(random.between(low, high)); };
    std::vector<FixedType> types;
    Formula f;
    for (int n = 0; n < 3; ++n) {
      types.push_back({pick(1, 3), pick(-1, 4), random.below(2) == 0});
      f.load(0, n, types.back());
    }
    const int table = f.add_table({"t", 0, {3, -1, 0, 7}, {4, 2, true}});
    for (int n = 0; n < 8; ++n) {
      const auto any = [&] { return static_cast<ExprId>(random.below(f.exprs().size())); };
      const Quantizer q{{pick(1, 5), pick(-1, 4), random.below(2) == 0},
                        static_cast<Rounding>(random.below(7)),
                        static_cast<Overflow>(random.below(4))};
      switch (random.below(11)) {
        case 9:
          f.minimum(any(), any());
          break;
        case 10:
          f.is_negative(any());
          break;
        case 0:
          f.add(any(), any());
          break;
        case 1:
          f.subtract(any(), any());
          break;
        case 2:
          f.maximum(any(), any());
          break;
        case 3:
          f.sum({any(), any(), any()});
          break;
        case 4:
          f.select(any(), any(), any());
          break;
        case 5:
          f.constant(random.between(-9, 9), pick(-2, 3));
          break;
        case 6:
          f.table(table, f.cast({{2, 2, false}, Rounding::Trn, Overflow::Wrap}, any()));
          break;
        case 7:
          f.multiply(static_cast<ExprId>(random.below(3)), any() % 3);
          break;
        default:
          f.cast(q, any());
          break;
      }
    }
    ASSERT_NO_FATAL_FAILURE(expect_ranges(f, types, false)) << "seed " << seed;
  }
}

TEST(Formula, ConstantsFold) {
  Formula f;
  const auto constant = [&](ExprId id) {
    EXPECT_EQ(f[id].kind, ExprKind::Constant);
    return to_double(f[id].value, f[id].range.fraction);
  };
  const ExprId a = f.constant(6, 2), b = f.constant(-5, 1);
  EXPECT_EQ(constant(f.add(a, b)), -1.0);
  EXPECT_EQ(constant(f.subtract(a, b)), 4.0);
  EXPECT_EQ(constant(f.multiply(a, b)), -3.75);
  EXPECT_EQ(constant(f.maximum(a, b)), 1.5);
  EXPECT_EQ(constant(f.sum({a, b, a})), 0.5);
  EXPECT_EQ(constant(f.cast(truncating(4, 4), a)), 1.0);
  EXPECT_EQ(constant(f.select(a, b, a)), -2.5);
  EXPECT_EQ(constant(f.select(f.constant(0, 0), b, a)), 1.5);
  const int table = f.add_table({"t", 1, {0, 1, 2, 3, 5}, {4, 4, true}});
  EXPECT_EQ(constant(f.table(table, f.constant(2, 0))), 5.0);
  const ExprId x = f.load(0, 0, FixedType{8, 4, true});
  EXPECT_EQ(constant(f.multiply(x, f.constant(0, 7))), 0.0);
  EXPECT_EQ(constant(f.maximum(
                f.cast({{4, 4, false}, Rounding::Trn, Overflow::Sat}, f.multiply(f.maximum(x, a), b)),
                f.constant(0, 0))),
            0.0);
  EXPECT_EQ(constant(f.load(0, 1, FixedType{0, 3, true})), 0.0);
}

TEST(Formula, NeutralElementsVanish) {
  Formula f;
  const ExprId x = f.load(0, 0, FixedType{8, 4, true}), zero = f.constant(0, 3), one = f.constant(4, 2);
  EXPECT_EQ(f.add(x, zero), x);
  EXPECT_EQ(f.sum({zero, x, zero}), x);
  EXPECT_EQ(f.subtract(x, zero), x);
  EXPECT_EQ(f.multiply(x, one), x);
  EXPECT_EQ(f.multiply(one, x), x);
  EXPECT_EQ(f.maximum(x, x), x);
  EXPECT_EQ(f.select(x, one, one), one);
  EXPECT_NE(f.subtract(zero, x), x);
  EXPECT_NE(f.multiply(x, f.constant(-1, 0)), x);
}

TEST(Formula, EqualExpressionsAreOne) {
  Formula f;
  const ExprId x = f.load(0, 0, FixedType{8, 4, true}), y = f.load(0, 1, FixedType{8, 4, true});
  EXPECT_EQ(f.load(0, 0, FixedType{8, 4, true}), x);
  EXPECT_NE(f.load(1, 0, FixedType{8, 4, true}), x);
  EXPECT_EQ(f.constant(12, 4), f.constant(3, 2));
  EXPECT_NE(f.constant(3, 2), f.constant(3, 1));
  EXPECT_EQ(f.multiply(x, f.constant(3, 0)), f.multiply(f.constant(3, 0), x));
  EXPECT_EQ(f.maximum(x, y), f.maximum(y, x));
  EXPECT_EQ(f.cast(truncating(4, 2), x), f.cast(truncating(4, 2), x));
  EXPECT_NE(f.cast(truncating(4, 2), x), f.cast(truncating(4, 2, Overflow::Sat), x));
  EXPECT_NE(f.cast(truncating(4, 2), x), f.cast({{4, 2, true}, Rounding::Rnd, Overflow::Wrap}, x));
  EXPECT_NE(f.subtract(x, y), f.subtract(y, x));
  const auto count = f.exprs().size();
  f.sum({x, y, f.constant(3, 0)});
  f.sum({x, y, f.constant(3, 0)});
  EXPECT_EQ(f.exprs().size(), count + 1);
}

TEST(Formula, CastsThatLoseNothingVanish) {
  Formula f;
  const ExprId x = f.load(0, 0, FixedType{6, 3, true});  // -4..3.875
  EXPECT_EQ(f.cast(truncating(6, 3), x), x);
  EXPECT_EQ(f.cast(truncating(9, 4), x), x);
  EXPECT_EQ(f.cast(truncating(6, 3, Overflow::Sat), x), x);
  EXPECT_NE(f.cast(truncating(5, 3), x), x);                                // drops a bit of the fraction
  EXPECT_NE(f.cast(truncating(6, 2), x), x);                                // may wrap
  EXPECT_NE(f.cast({{7, 3, false}, Rounding::Trn, Overflow::Wrap}, x), x);  // has no negative values
  EXPECT_NE(f.cast(truncating(6, 3, Overflow::SatSym), x), x);              // -4 becomes -3.875
  EXPECT_EQ(f.cast(truncating(7, 4, Overflow::SatSym), x), x);              // -4 is not its lowest
  const ExprId positive = f.maximum(x, f.constant(0, 0));
  EXPECT_EQ(f.cast({{5, 2, false}, Rounding::Rnd, Overflow::Sat}, positive), positive);
}

TEST(Formula, TablesRangeOverTheEntriesThatCanBeRead) {
  Formula f;
  const int table = f.add_table({"t", 1, {100, 7, -3, 5, 100, 100, 100, 100}, {8, 6, true}});
  // 0.5, 1 or 1.5 reads entry 1, 2 or 3.
  const ExprId address = f.maximum(f.load(0, 0, FixedType{2, 1, false}), f.constant(1, 1));
  const ExprId entry = f.table(table, address);
  EXPECT_EQ(f[entry].range, (Interval{-3, 7, 2}));
  EXPECT_THROW(f.table(table, f.load(0, 1, FixedType{2, 1, true})), std::logic_error);  // may be negative
  EXPECT_THROW(f.table(table, f.load(0, 2, FixedType{4, 3, false})),
               std::logic_error);  // may be beyond the end
}

TEST(Formula, ValuesBeyond64BitsAreFoundAndNotFolded) {
  Formula f;
  const ExprId large = f.constant((std::int64_t{1} << 62) - 1, 0);
  EXPECT_EQ(f.widest(), 62);
  const ExprId product = f.multiply(large, large);
  EXPECT_EQ(f[product].kind, ExprKind::Multiply);
  EXPECT_EQ(f.widest(), 124);
  f.multiply(product, product);
  EXPECT_GE(f.widest(), 127);
  // What fits once its trailing zeros are in the fraction is a constant still.
  const ExprId power = f.multiply(f.constant(3, -40), f.constant(5, -40));
  EXPECT_EQ(f[power].kind, ExprKind::Constant);
  EXPECT_EQ(f[power].value, 15);
  EXPECT_EQ(f[power].range.fraction, -80);
}

}  // namespace
}  // namespace gw
