// Values as truth tables: the bits of the interpreter at every address, and as few tables as there are bits.

#include "schedule/truth_tables.h"

#include <gtest/gtest.h>

#include "circuit/cost.h"
#include "common/random_stage.h"
#include "schedule/stage_circuit.h"

namespace gw {
namespace {

const Part ultrascale = *find_part("xcu250-figd2104-2L-e");

const AdderSearch quick{.extra_depth = 1, .effort = 0};

// One window of x, all of it.
Stage neurons(const FixedType& x, int inputs, const std::vector<std::vector<int>>& weights,
              const Quantizer& out) {
  Stage stage;
  stage.name = "neurons";
  Window window;
  window.channels = inputs;
  stage.windows = {window};
  stage.inputs = {x};
  std::vector<ExprId> outputs;
  for (const std::vector<int>& row : weights) {
    std::vector<ExprId> terms{stage.formula.constant(1, 0)};
    for (int i = 0; i < inputs; ++i) {
      const int weight = row[static_cast<size_t>(i)];
      if (weight != 0)
        terms.push_back(
            stage.formula.multiply(stage.formula.load(0, i, x), stage.formula.constant(weight, 0)));
    }
    outputs.push_back(stage.formula.cast(out, stage.formula.sum(terms)));
  }
  stage.formula.set_outputs(outputs);
  stage.output = {{1, 1, static_cast<int>(outputs.size())}, out.to};
  return stage;
}

// Every value that the window can have.
void expect_same_bits(const Stage& stage, const Circuit& circuit) {
  const FixedType& type = stage.inputs.front();
  const int elements = stage.windows.front().elements(), all_bits = type.width * elements;
  ASSERT_LE(all_bits, 14);
  Tensor x({1, 1, elements}, type, 1 << all_bits);
  for (std::int64_t sample = 0; sample < 1 << all_bits; ++sample) {
    for (int e = 0; e < elements; ++e)
      x.set(sample * elements + e, wrapped(sample >> (e * type.width), type.width, type.is_signed));
  }
  const Tensor* from = &x;
  const Tensor wanted = run(stage, std::span(&from, 1));
  for (int sample = 0; sample < 1 << all_bits; ++sample) {
    std::vector<std::int64_t> window;
    for (int e = 0; e < elements; ++e) window.push_back(x.at(sample * elements + e));
    window.push_back(1);  // inside
    const auto seen = evaluate(circuit, window);
    for (size_t o = 0; o < seen.size(); ++o)
      ASSERT_EQ(seen[o], wanted.at(sample * wanted.size() + static_cast<std::int64_t>(o))) << sample;
  }
}

TEST(TruthTables, TakeOneTableOfThePartForEachBit) {
  const FixedType x{2, 1, false}, y{2, 1, false};
  const Stage stage = neurons(x, 6, {{5, -3, 7, 0, 0, 0}, {0, 0, 0, -9, 11, 3}, {1, 1, 1, 1, 1, 1}},
                              {y, Rounding::Rnd, Overflow::Sat});
  const auto tables = truth_tables(stage, 6, ultrascale);
  ASSERT_EQ(tables.size(), 2);  // the last one reads twelve bits
  for (const TruthTable& table : tables) {
    EXPECT_EQ(table.loads.size(), 3);
    EXPECT_EQ(table.words.size(), 64);
  }
  Stage first_two = stage;
  first_two.formula.set_outputs({stage.formula.outputs()[0], stage.formula.outputs()[1]});
  first_two.output.shape = {1, 1, 2};
  EXPECT_LE(cost(unfolded_circuit(first_two, quick, tables), ultrascale).lut, 2 * y.width);
  EXPECT_GT(cost(unfolded_circuit(first_two, quick), ultrascale).lut, 4 * y.width);
  expect_same_bits(stage, unfolded_circuit(stage, quick, tables));
}

TEST(TruthTables, AreTheFunctionAtEveryAddress) {
  Random random(5);
  int found = 0;
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    FixedType x = random_type(random, 3);
    const int inputs = static_cast<int>(random.between(2, 4));
    std::vector<std::vector<int>> weights(3, std::vector<int>(static_cast<size_t>(inputs)));
    for (auto& row : weights) {
      for (int& weight : row) weight = static_cast<int>(random.between(-9, 9));
    }
    const Stage stage = neurons(x, inputs, weights, random_quantizer(random, 6));
    const auto tables = truth_tables(stage, 8, ultrascale);
    found += static_cast<int>(tables.size());
    expect_same_bits(stage, unfolded_circuit(stage, quick, tables));
    expect_same_bits(stage, pipelined_on(ultrascale, unfolded_circuit(stage, quick, tables), 3).circuit);
  }
  EXPECT_GT(found, 60);
}

TEST(TruthTables, AreNotMadeWhereGatesAreFewer) {
  // A wire, and a sum that is one bit wide.
  const FixedType bit{1, 1, false};
  const Stage stage = neurons(bit, 2, {{1, 0}, {1, 1}}, {bit, Rounding::Trn, Overflow::Wrap});
  EXPECT_TRUE(truth_tables(stage, 8, ultrascale).empty());
}

}  // namespace
}  // namespace gw
