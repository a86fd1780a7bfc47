// The law of the house for layers: eval gives the bits of the formula that lower states, as the interpreter
// reads it.
//
// One row per layer. Each draws hundreds of random types, shapes, attributes and constants; every case is
// evaluated on random inputs and on extreme ones, by every instruction set of this processor and on one
// thread or several. The interpreter holds each value to its range, so that these cases also show that infer
// and lower are right about widths.

#include "layers/agreement.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace gw {
namespace testing {

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

}  // namespace testing

namespace {

using testing::all_fills;
using testing::Fill;
using testing::LayerCase;
using testing::pick;
using testing::random_tensor;
using testing::Row;

TEST(Agreement, EveryLayerHasItsRow) {
  std::set<size_t> seen;
  for (const Row& row : testing::all_rows()) {
    Random random(1);
    seen.insert(row.make(random, 0).layer.index());
  }
  EXPECT_EQ(seen.size(), std::variant_size_v<Layers>);
}

// The first element that infer's ranges do not hold, or -1.
std::int64_t first_outside(const Tensor& y, const TensorType& type) {
  for (std::int64_t i = 0; i < y.batch() * y.size(); ++i) {
    const Interval range = rescaled(type.range(i % y.size()), y.type().fraction());
    if (y.at(i) < range.lo || y.at(i) > range.hi) return i;
  }
  return -1;
}

// What the layer is.
std::string told(const LayerCase& c) {
  std::string text;
  std::visit(
      [&]<class L>(const L& layer) {
        text = L::info.name;
        L::fields(layer, [&]<class Field>(const char* field, const Field& value) {
          if constexpr (std::is_same_v<Field, Quantizer>)
            text += std::string(" ") + field + " " + to_string(value);
          if constexpr (std::is_same_v<Field, std::optional<Quantizer>>) {
            if (value) text += std::string(" ") + field + " " + to_string(*value);
          }
        });
      },
      c.layer);
  for (const TensorType& stream : c.streams()) text += ", stream " + to_string(stream);
  for (const Tensor& constant : c.constants)
    text += ", " + to_string(TensorType{constant.shape(), constant.type()});
  return text;
}

// ... and the first element that differs.
std::string told(const LayerCase& c, const Tensor& seen, const Tensor& wanted) {
  std::string text = told(c);
  for (std::int64_t i = 0; i < seen.batch() * seen.size(); ++i) {
    if (seen.at(i) == wanted.at(i)) continue;
    return text + ": element " + std::to_string(i) + " is " + std::to_string(seen.at(i)) + ", but must be " +
           std::to_string(wanted.at(i));
  }
  return text;
}

class Agreements : public ::testing::TestWithParam<Row> {};

TEST_P(Agreements, EvalGivesTheBitsOfTheFormula) {
  const Row& row = GetParam();
  int judged = 0;
  for (int n = 0; n < row.cases; ++n) {
    Random random(static_cast<std::uint64_t>(n) + 1);
    LayerCase c = row.make(random, n);
    if (n % 3 == 1) {
      c.x = testing::with_ranges(random, c.x);
      for (TensorType& stream : c.more) stream = testing::with_ranges(random, stream);
    }
    const Result<TensorType> out = c.type();
    if (!out) {
      ASSERT_EQ(out.errors().front().id, "type-too-wide") << "case " << n;
      continue;
    }
    const Stage stage = c.stage(*out);
    for (const Fill fill : all_fills) {
      const int batch = fill == Fill::Random ? pick(random, 1, 5) : 1;
      std::vector<Tensor> inputs;
      for (const TensorType& stream : c.streams())
        inputs.push_back(random_tensor(random, stream, batch, fill));
      std::vector<const Tensor*> from;
      for (const Tensor& input : inputs) from.push_back(&input);
      const Tensor wanted = run(stage, from);
      ASSERT_EQ(first_outside(wanted, *out), -1) << "case " << n << ": " << told(c);
      for (const Kernels* kernels : testing::kernel_sets()) {
        const Tensor seen = c.evaluated(inputs, *out, {1 + n % 3, nullptr, kernels});
        ASSERT_TRUE(seen == wanted) << "case " << n << " on " << kernels->name << ": "
                                    << told(c, seen, wanted);
      }
      ++judged;
    }
  }
  // Few cases may end in the message that a type is too wide, or the test would judge nothing.
  EXPECT_GE(judged, row.cases * 3);
}

// The largest sum just fits 32 bits, just does not, and is twice that: a bound that is off by one bit shows
// here only.
TEST(AgreementAtTheEdge, OfSumsThatFillALane) {
  const std::optional<Quantizer> accumulators[] = {
      std::nullopt,
      Quantizer{{40, 40, true}, Rounding::Trn, Overflow::Wrap},
      Quantizer{{41, 40, true}, Rounding::Trn, Overflow::Wrap},
      Quantizer{{40, 40, true}, Rounding::Rnd, Overflow::Wrap},
      Quantizer{{32, 32, true}, Rounding::Trn, Overflow::Sat},
      Quantizer{{31, 31, true}, Rounding::Rnd, Overflow::Sat},
      Quantizer{{31, 31, false}, Rounding::Rnd, Overflow::Sat},
      Quantizer{{30, 31, true}, Rounding::RndConv, Overflow::SatSym},
  };
  const FixedType sixteen{16, 16, true};
  for (const auto& accumulator : accumulators) {
    for (const std::int64_t magnitude :
         {16383, 16384, 32767, 32768, 65534, 65535, 65536, 65537, 131071, 131072}) {
      LayerCase c{
          Dense{Quantizer{{36, 36, true}, Rounding::Rnd, Overflow::Sat}, accumulator}, {{6}, sixteen}, {}};
      Tensor weight({6, 1}, sixteen);
      std::int64_t left = magnitude;
      for (int i = 0; i < 6; ++i) {
        const std::int64_t part = std::min<std::int64_t>(left, 32768);
        weight.set(i, -part);
        left -= part;
      }
      c.constants.push_back(weight);
      const TensorType out = *c.type();
      for (const Fill fill : all_fills) {
        Random random(1);
        const Tensor x = random_tensor(random, {6}, sixteen, 1, fill);
        const Tensor* const inputs[] = {&x};
        const Tensor wanted = run(c.stage(out), inputs);
        for (const Kernels* kernels : testing::kernel_sets()) {
          const Tensor seen = c.evaluated(x, out, {1, nullptr, kernels});
          ASSERT_TRUE(seen == wanted)
              << kernels->name << ", magnitudes " << magnitude << ": " << told(c, seen, wanted);
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Layers, Agreements, ::testing::ValuesIn(testing::all_rows()),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace gw
