// The law of the house for layers: eval gives the bits of the formula that lower states, as the interpreter
// reads it.
//
// One row per layer. Each draws hundreds of random types, shapes, attributes and constants; every case is
// evaluated on random inputs and on extreme ones, by every instruction set of this processor and on one
// thread or several. The interpreter holds each value to its range, so that these cases also show that infer
// and lower are right about widths.

#include <array>

#include <gtest/gtest.h>

#include "layers/random_layer.h"

namespace gw {
namespace {

using testing::all_fills;
using testing::Fill;
using testing::LayerCase;
using testing::pick;
using testing::random_tensor;
using testing::random_type;

constexpr int mode_pairs = 7 * 4;

// Every sixth case has types that need lanes of 64 bits, or more than that.
bool is_wide(int n) { return n % 6 == 5; }

FixedType any_type(Random& random, int n, int wide = 60) {
  return random_type(random, is_wide(n) ? wide : 18);
}

// Case n has the rounding and overflow number n, so that every pair has its turn.
Quantizer quantizer(Random& random, int n, int widest = 18) {
  return {random_type(random, is_wide(n) ? 62 : widest), static_cast<Rounding>(n % 7),
          static_cast<Overflow>(n / 7 % 4)};
}

std::optional<Quantizer> some_quantizer(Random& random, int n) {
  if (random.below(5) == 0) return std::nullopt;
  return quantizer(random, n);
}

// A third are exact, a third truncate and wrap (what most networks use), a third are of every kind.
std::optional<Quantizer> some_accumulator(Random& random, int n) {
  switch (random.below(3)) {
    case 0:
      return std::nullopt;
    case 1:
      return Quantizer{random_type(random, is_wide(n) ? 60 : 24), Rounding::Trn, Overflow::Wrap};
    default:
      return quantizer(random, n, 24);
  }
}

// Weights with zeros among them, as pruning leaves them, and sometimes all at an end of their type.
Tensor weights(Random& random, Shape shape, int n) {
  const FixedType type = any_type(random, n, 26);
  const auto fill = random.below(4) == 0 ? all_fills[random.below(4)] : Fill::Random;
  Tensor tensor = random_tensor(random, std::move(shape), type, 1, fill);
  const auto zeros = random.below(3);
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    if (random.below(4) < zeros) tensor.set(i, 0);
  }
  return tensor;
}

// Types that agree, as in a real network: little is shifted out and little overflows.
FixedType usual_type(Random& random) { return {pick(random, 6, 16), pick(random, 1, 6), true}; }

LayerCase dense(Random& random, int n) {
  const int in = pick(random, 1, 40), out = pick(random, 1, 40);
  LayerCase c{
      Dense{some_quantizer(random, n), some_accumulator(random, n)}, {{in}, any_type(random, n, 26)}, {}};
  if (random.below(4) == 0) {
    c.x = {{2, in, 3}, usual_type(random)};
    c.layer = Dense{Quantizer{usual_type(random)}, Quantizer{usual_type(random)}};
  }
  c.constants.push_back(weights(random, {static_cast<int>(element_count(c.x.shape)), out}, n));
  if (random.below(3) != 0) c.constants.push_back(weights(random, {out}, n));
  return c;
}

LayerCase conv(Random& random, int n) {
  const Shape kernel{pick(random, 1, 3), pick(random, 1, 3), pick(random, 1, 4), pick(random, 1, 20)};
  Conv2D layer{pick(random, 1, 3), pick(random, 1, 3), some_quantizer(random, n),
               some_accumulator(random, n)};
  LayerCase c{
      layer,
      {{kernel[0] + pick(random, 0, 4), kernel[1] + pick(random, 0, 5), kernel[2]}, any_type(random, n, 26)},
      {}};
  if (random.below(4) == 0) {
    c.x.fixed = usual_type(random);
    layer.accumulator = layer.out = Quantizer{usual_type(random)};
    c.layer = layer;
  }
  c.constants.push_back(weights(random, kernel, n));
  if (random.below(3) != 0) c.constants.push_back(weights(random, {kernel[3]}, n));
  return c;
}

Shape any_shape(Random& random) {
  if (random.below(2) == 0) return {pick(random, 1, 50)};
  return {pick(random, 1, 6), pick(random, 1, 6), pick(random, 1, 20)};
}

LayerCase batch_norm(Random& random, int n) {
  LayerCase c{BatchNorm{some_quantizer(random, n)}, {any_shape(random), any_type(random, n)}, {}};
  c.constants.push_back(weights(random, {c.x.shape.back()}, n));
  c.constants.push_back(weights(random, {c.x.shape.back()}, n));
  return c;
}

LayerCase relu(Random& random, int n) {
  return {Relu{some_quantizer(random, n)}, {any_shape(random), any_type(random, n)}, {}};
}

LayerCase quantize_layer(Random& random, int n) {
  return {Quantize{quantizer(random, n)}, {any_shape(random), any_type(random, n)}, {}};
}

LayerCase max_pool(Random& random, int n) {
  MaxPool2D layer{pick(random, 1, 3), pick(random, 1, 3), pick(random, 1, 3), pick(random, 1, 3),
                  some_quantizer(random, n)};
  const Shape x{layer.pool_h + pick(random, 0, 5), layer.pool_w + pick(random, 0, 5), pick(random, 1, 40)};
  return {layer, {x, any_type(random, n)}, {}};
}

LayerCase flatten(Random& random, int n) {
  return {Flatten{}, {{pick(random, 1, 4), pick(random, 1, 4), pick(random, 1, 4)}, any_type(random, n)}, {}};
}

LayerCase softmax(Random& random, int n) {
  Softmax layer;
  layer.table_size = 1 << pick(random, 1, 8);
  if (random.below(2) == 0) layer.exp_type = quantizer(random, n);
  if (random.below(2) == 0) layer.inverse_type = quantizer(random, n + 5);
  if (random.below(2) == 0) layer.inverse_input = quantizer(random, n + 11);
  layer.out = some_quantizer(random, n);
  return {layer, {{pick(random, 1, 12)}, any_type(random, n)}, {}};
}

struct Row {
  const char* name;
  LayerCase (*make)(Random&, int n);
  int cases;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

constexpr Row rows[] = {
    {"Dense", dense, 20 * mode_pairs},
    {"Conv2D", conv, 20 * mode_pairs},
    {"BatchNorm", batch_norm, 6 * mode_pairs},
    {"Relu", relu, 6 * mode_pairs},
    {"Quantize", quantize_layer, 6 * mode_pairs},
    {"MaxPool2D", max_pool, 6 * mode_pairs},
    {"Flatten", flatten, 20},
    {"Softmax", softmax, 6 * mode_pairs},
};
static_assert(std::size(rows) == std::variant_size_v<Layer>, "every layer has its row");

// What the layer is, and the first element that differs.
std::string told(const LayerCase& c, const Tensor& seen, const Tensor& wanted) {
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
  text += ", x " + to_string(c.x);
  for (const Tensor& constant : c.constants)
    text += ", " + to_string(TensorType{constant.shape(), constant.type()});
  for (std::int64_t i = 0; i < seen.batch() * seen.size(); ++i) {
    if (seen.at(i) == wanted.at(i)) continue;
    return text + ": element " + std::to_string(i) + " is " + std::to_string(seen.at(i)) + ", but must be " +
           std::to_string(wanted.at(i));
  }
  return text;
}

class Agreement : public ::testing::TestWithParam<Row> {};

TEST_P(Agreement, EvalGivesTheBitsOfTheFormula) {
  const Row& row = GetParam();
  int judged = 0;
  for (int n = 0; n < row.cases; ++n) {
    Random random(static_cast<std::uint64_t>(n) + 1);
    const LayerCase c = row.make(random, n);
    const Result<TensorType> out = c.type();
    if (!out) {
      ASSERT_EQ(out.errors().front().id, "type-too-wide") << "case " << n;
      continue;
    }
    const Stage stage = c.stage(*out);
    for (const Fill fill : all_fills) {
      const int batch = fill == Fill::Random ? pick(random, 1, 5) : 1;
      const Tensor x = random_tensor(random, c.x.shape, *c.x.fixed, batch, fill);
      const Tensor* const inputs[] = {&x};
      const Tensor wanted = run(stage, inputs);
      for (const Kernels* kernels : testing::kernel_sets()) {
        const Tensor seen = c.evaluated(x, *out, {1 + n % 3, nullptr, kernels});
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

INSTANTIATE_TEST_SUITE_P(Layers, Agreement, ::testing::ValuesIn(rows),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace gw
