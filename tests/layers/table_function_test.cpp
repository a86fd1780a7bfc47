// Table functions: hls4ml's bits, by its index rule written out anew, and the accuracy of sized tables at
// every value of many types.

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "layers/random_layer.h"

namespace gw {
namespace {

using testing::every_value;
using testing::LayerCase;

using Definition = std::function<double(double x)>;  // before the cast to `out`

template <class L>
void expect_definition(const L& layer, const Definition& f) {
  for (const FixedType& type : {FixedType{12, 5, true}, FixedType{10, 2, false}, FixedType{9, 9, true}}) {
    const LayerCase c{layer, {{1}, type}, {}};
    const Tensor x = every_value(type);
    const Tensor y = c.evaluated(x, *c.type());
    for (std::int64_t i = 0; i < x.batch(); ++i) {
      const double at = to_double(x.at(i), type.fraction());
      ASSERT_EQ(y.at(i), quantize(*layer.out, f(at)))
          << L::info.name << " of " << at << ", " << layer.table_size << " entries, " << to_string(type);
    }
  }
}

float rounded_exp(float x) { return static_cast<float>(std::exp(static_cast<long double>(x))); }

// The entry that x is led to over [-range, range).
double led_to(double x, int size, int range, const Quantizer& type, double (*value)(float)) {
  int index = static_cast<int>(x * size / (2 * range)) + size / 2;
  index = std::min(std::max(index, 0), size - 1);
  const auto at = static_cast<float>(2.0 * range * (index - size / 2.0) / size);
  return to_double(quantize(type, value(at)), type.to.fraction());
}

// Over (-range, 0], x < 0.
double led_below(double x, int size, int range, const Quantizer& type, double (*value)(float)) {
  const int index = std::min(static_cast<int>(x * size / -range), size - 1);
  return to_double(quantize(type, value(static_cast<float>(-1.0 * range * index / size))),
                   type.to.fraction());
}

TEST(TableFunctions, AreThoseOfHls4ml) {
  for (const int size : {16, 100, 1024, 4096}) {
    for (const Quantizer& table :
         {Quantizer{{18, 8, true}}, Quantizer{{11, 4, true}, Rounding::Rnd, Overflow::Sat}}) {
      const TableFunction fields{size, table, Quantizer{{14, 6, true}, Rounding::RndConv, Overflow::Sat}};
      expect_definition(Sigmoid{fields}, [&](double x) {
        return led_to(x, size, 8, table, [](float v) -> double {
          const float below = 1 + rounded_exp(-v);
          return static_cast<float>(1.0 / below);
        });
      });
      expect_definition(Tanh{fields}, [&](double x) {
        return led_to(x, size, 4, table, [](float v) { return std::tanh(static_cast<double>(v)); });
      });
      expect_definition(Softplus{fields}, [&](double x) {
        return led_to(x, size, 8, table,
                      [](float v) -> double { return static_cast<float>(std::log(rounded_exp(v) + 1.)); });
      });
      expect_definition(Softsign{fields}, [&](double x) {
        return led_to(x, size, 8, table,
                      [](float v) -> double { return static_cast<float>(v / (std::abs(v) + 1.)); });
      });
      const Quantizer param{{8, 2, true}};
      const double alpha = to_double(quantize(param, 0.7), 6);
      expect_definition(Elu{fields, 0.7, param}, [&](double x) {
        if (x >= 0) return x;
        return alpha * led_below(x, size, 8, table,
                                 [](float v) -> double { return static_cast<float>(rounded_exp(v) - 1.); });
      });
      const double lambda = std::floor(1.0507009873554805 * 32768) / 32768;
      expect_definition(Selu{fields}, [&](double x) {
        if (x >= 0) return lambda * x;
        return led_below(x, size, 8, table, [](float v) -> double {
          return static_cast<float>(1.0507009873554804934193349852946 *
                                    (1.6732632423543772848170429916717 * (rounded_exp(v) - 1.)));
        });
      });
      expect_definition(Silu{fields}, [&](double x) {
        return std::max(x, 0.0) + led_to(x, size, 8, table, [](float v) -> double {
                 const double m = std::abs(v);
                 return static_cast<float>(-m / (1 + std::exp(m)));
               });
      });
      expect_definition(Gelu{fields}, [&](double x) {
        return std::max(x, 0.0) + led_to(x, size, 4, table, [](float v) -> double {
                 const double m = std::abs(v);
                 return static_cast<float>(-m * std::erfc(m / std::sqrt(2.0)) / 2);
               });
      });
    }
  }
}

// Zero and both its neighbours read one entry, since the address is rounded toward zero; so do all beyond
// +-8.
TEST(TableFunctions, TwoCellsShareTheEntryOfZero) {
  Sigmoid layer;
  layer.table_size = 16;  // a cell is 1
  const LayerCase c{layer, {{6}, FixedType{10, 8, true}}, {}};
  Tensor x({6}, *c.x.fixed);
  for (const auto& [i, raw] : {std::pair{0, -3}, {1, 0}, {2, 3}, {3, 4}, {4, 28}, {5, 500}}) x.set(i, raw);
  const Tensor y = c.evaluated(x, *c.type());
  EXPECT_EQ(y.at(0), 512);  // 1/2 in units of 1/1024
  EXPECT_EQ(y.at(1), 512);
  EXPECT_EQ(y.at(2), 512);
  EXPECT_EQ(y.at(3), 748);
  EXPECT_EQ(y.at(4), 1023);
  EXPECT_EQ(y.at(5), 1023);
}

using Real = std::function<long double(long double)>;

// |y - f(x)| <= one unit of the last place, at every value of the type. Returns the entries of the table.
template <class L>
size_t expect_accurate(L layer, const FixedType& type, const FixedType& out, const Real& f) {
  layer.table_size = 0;
  layer.out = Quantizer{out};
  const LayerCase c{layer, {{1}, type}, {}};
  const auto inferred = c.type();
  if (!inferred) {
    ADD_FAILURE() << to_string(inferred.errors().front());
    return 0;
  }
  const Tensor x = every_value(type);
  const Tensor y = c.evaluated(x, *inferred);
  for (std::int64_t i = 0; i < x.batch(); ++i) {
    const long double exact =
        std::ldexp(f(std::ldexp(static_cast<long double>(x.at(i)), -type.fraction())), out.fraction());
    if (std::abs(y.at(i) - exact) > 1) {
      ADD_FAILURE() << L::info.name << " of " << to_double(x.at(i), type.fraction()) << ": " << y.at(i)
                    << " is not within 1 of " << static_cast<double>(exact) << ", " << to_string(type)
                    << " to " << to_string(out);
      return 0;
    }
  }
  return c.stage(*inferred).formula.tables()[0].values.size();
}

// Types of x with fewer and with more bits behind the point than the answer.
TEST(SizedTables, AreAccurateToTheLastPlace) {
  const FixedType types[] = {{8, 3, true},  {8, 4, false}, {12, 5, true},  {14, 4, true}, {16, 6, true},
                             {10, 1, true}, {6, 6, true},  {13, -2, true}, {9, 12, true}, {1, 1, false}};
  const long double lambda = 1.0507009873554804934193349852946L, alpha = 1.6732632423543772848170429916717L;
  for (const FixedType& type : types) {
    for (const int fraction : {0, 3, 7, 10}) {
      // Wide enough for what x can become.
      const FixedType out{fraction + 15, 15, true};
      expect_accurate(Sigmoid{}, type, out, [](long double x) { return 1 / (1 + std::exp(-x)); });
      expect_accurate(Tanh{}, type, out, [](long double x) { return std::tanh(x); });
      expect_accurate(Softplus{}, type, out,
                      [](long double x) { return x > 40 ? x + std::exp(-x) : std::log1p(std::exp(x)); });
      expect_accurate(Softsign{}, type, out, [](long double x) { return x / (1 + std::abs(x)); });
      expect_accurate(Elu{}, type, out, [](long double x) { return x > 0 ? x : std::expm1(x); });
      expect_accurate(Elu{{}, 0.75, {{4, 1, true}}}, type, out,
                      [](long double x) { return x > 0 ? x : 0.75L * std::expm1(x); });
      expect_accurate(Selu{}, type, out,
                      [&](long double x) { return lambda * (x > 0 ? x : alpha * std::expm1(x)); });
      expect_accurate(Silu{}, type, out, [](long double x) { return x / (1 + std::exp(-x)); });
      expect_accurate(Gelu{}, type, out,
                      [](long double x) { return x * std::erfc(-x / std::sqrt(2.0L)) / 2; });
    }
  }
}

TEST(SizedTables, AreSmall) {
  const auto sigmoid = [](long double x) { return 1 / (1 + std::exp(-x)); };
  const auto silu = [](long double x) { return x / (1 + std::exp(-x)); };
  EXPECT_EQ(expect_accurate(Sigmoid{}, {16, 6, true}, {12, 2, true}, sigmoid), 3551u);
  EXPECT_EQ(expect_accurate(Sigmoid{}, {8, 3, true}, {8, 1, true}, sigmoid), 112u);
  EXPECT_EQ(expect_accurate(Silu{}, {16, 6, true}, {16, 6, true}, silu), 9366u);
  EXPECT_EQ(expect_accurate(Sigmoid{}, {16, 0, true}, {4, 1, true}, sigmoid), 1u);
}

// An input of any width is fine where the function is flat.
TEST(SizedTables, TakeWideInputs) {
  Tanh layer;
  layer.table_size = 0;
  layer.out = Quantizer{{8, 1, true}, Rounding::Trn, Overflow::Sat};
  const LayerCase c{layer, {{3}, FixedType{50, 25, true}}, {}};
  Tensor x({3}, *c.x.fixed);
  x.set(0, c.x.fixed->lowest());
  x.set(2, c.x.fixed->highest());
  const Tensor y = c.evaluated(x, *c.type());
  EXPECT_LE(std::abs(y.at(0) + 128), 1);
  EXPECT_LE(std::abs(y.at(1)), 1);
  EXPECT_LE(std::abs(y.at(2) - 128), 1);
}

}  // namespace
}  // namespace gw
