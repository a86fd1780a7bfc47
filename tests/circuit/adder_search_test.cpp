// Adder graphs of random matrices: that they compute the matrix, keep depth limits, and never cost more than
// the first answer; and their cells against plain products, whatever bits are asked for.

#include "circuit/adder_search.h"

#include <gtest/gtest.h>

#include "circuit/adder_cells.h"
#include "circuit/shared_sums.h"

namespace gw {
namespace {

ConstantMatrix random_matrix(Random& random) {
  ConstantMatrix matrix;
  matrix.rows = static_cast<int>(random.between(1, 12));
  matrix.columns = static_cast<int>(random.between(1, 10));
  const int bits = static_cast<int>(random.between(1, random.below(8) == 0 ? 30 : 8));
  const std::int64_t top = (std::int64_t{1} << bits) - 1;
  const bool sparse = random.below(3) == 0;
  for (int i = 0; i < matrix.rows * matrix.columns; ++i)
    matrix.weights.push_back(sparse && random.below(2) == 0 ? 0 : random.between(-top, top));
  const bool has_depths = random.below(3) == 0;
  for (int r = 0; r < matrix.rows; ++r) {
    const std::int64_t low = random.between(-200, 100);
    matrix.inputs.push_back({low, low + random.between(0, 255), 0});
    if (random.below(10) == 0) matrix.inputs.back() = {};
    if (has_depths) matrix.input_depths.push_back(static_cast<int>(random.below(4)));
  }
  return matrix;
}

std::vector<std::int64_t> random_input(Random& random, const ConstantMatrix& matrix, int trial) {
  std::vector<std::int64_t> x;
  for (const Interval& range : matrix.inputs) {
    const auto lo = static_cast<std::int64_t>(range.lo), hi = static_cast<std::int64_t>(range.hi);
    x.push_back(trial == 0             ? lo
                : trial == 1           ? hi
                : random.below(2) == 0 ? random.between(lo, hi)
                : random.below(2) == 0 ? lo
                                       : hi);
  }
  return x;
}

std::vector<std::int64_t> product(const ConstantMatrix& matrix, const std::vector<std::int64_t>& x) {
  std::vector<std::int64_t> y(static_cast<size_t>(matrix.columns));
  for (int r = 0; r < matrix.rows; ++r) {
    for (int c = 0; c < matrix.columns; ++c)
      y[static_cast<size_t>(c)] += matrix.weight(r, c) * x[static_cast<size_t>(r)];
  }
  return y;
}

TEST(AdderSearch, ComputesTheMatrixWithinTheDepth) {
  Random random(3);
  for (int round = 0; round < 150; ++round) {
    SCOPED_TRACE(round);
    const ConstantMatrix matrix = random_matrix(random);
    const AdderSearch search{
        .extra_depth = static_cast<int>(random.between(-1, 3)), .effort = 0.2, .seed = random.bits()};
    const AdderGraph graph = search_adders(matrix, search);
    EXPECT_TRUE(computes(graph, matrix));
    if (search.extra_depth >= 0) {
      EXPECT_LE(graph.depth(), SharedSums::least_depth(matrix) + search.extra_depth);
    }
    for (int trial = 0; trial < 8; ++trial) {
      const auto x = random_input(random, matrix, trial);
      EXPECT_EQ(evaluate(graph, x), product(matrix, x));  // which holds every value to its range, too
    }
  }
}

TEST(AdderSearch, EffortNeverCostsBits) {
  Random random(4);
  for (int round = 0; round < 20; ++round) {
    const ConstantMatrix matrix = random_matrix(random);
    const AdderGraph first = search_adders(matrix, {.effort = 0});
    const AdderGraph better = search_adders(matrix, {.effort = 0.5});
    EXPECT_LE(better.bits(), first.bits());
  }
}

TEST(AdderSearch, GivesTheSameAnswerAgain) {
  Random random(5);
  const ConstantMatrix matrix = random_matrix(random);
  const AdderGraph a = search_adders(matrix, {.effort = 0.5}), b = search_adders(matrix, {.effort = 0.5});
  ASSERT_EQ(a.adders.size(), b.adders.size());
  for (size_t i = 0; i < a.adders.size(); ++i) {
    EXPECT_EQ(a.adders[i].a, b.adders[i].a);
    EXPECT_EQ(a.adders[i].b, b.adders[i].b);
    EXPECT_EQ(a.adders[i].shift_b, b.adders[i].shift_b);
  }
}

// Cases whose answer is known: nothing, a wire, a negation, a shared triple.
TEST(AdderSearch, KnowsSmallCases) {
  const auto adders = [](int rows, int columns, std::vector<std::int64_t> weights) {
    ConstantMatrix matrix{rows, columns, std::move(weights), {}, {}};
    matrix.inputs.assign(static_cast<size_t>(rows), Interval{-128, 127, 0});
    const AdderGraph graph = search_adders(matrix);
    EXPECT_TRUE(computes(graph, matrix));
    return graph.adders.size();
  };
  EXPECT_EQ(adders(2, 1, {0, 0}), 0u);
  EXPECT_EQ(adders(1, 3, {1, -8, 2}), 0u);
  EXPECT_EQ(adders(1, 3, {3, -12, 6}), 1u);
  EXPECT_EQ(adders(1, 1, {45}), 2u);           // (1 + 4) * (1 + 8), where signed digits alone need 3
  EXPECT_EQ(adders(2, 2, {3, 5, 3, -5}), 4u);  // 3(x + y) and 5(x - y)
  EXPECT_EQ(adders(3, 2, {1, 1, 1, 1, 1, -1}), 3u);
}

TEST(AdderCells, GiveTheLowBitsAskedFor) {
  Random random(6);
  for (int round = 0; round < 150; ++round) {
    SCOPED_TRACE(round);
    const ConstantMatrix matrix = random_matrix(random);
    const AdderGraph graph = search_adders(matrix, {.effort = 0.1});
    Circuit circuit;
    std::vector<WireId> inputs;
    for (int r = 0; r < matrix.rows; ++r) {
      const FixedType type = type_of(matrix.inputs[static_cast<size_t>(r)]);
      inputs.push_back(circuit.input(r, std::max(1, type.width), type.is_signed));
    }
    std::vector<int> bits;
    for (int c = 0; c < matrix.columns; ++c) bits.push_back(static_cast<int>(random.between(1, 45)));
    std::vector<WireId> outputs = adder_cells(circuit, graph, inputs, bits);
    for (size_t c = 0; c < outputs.size(); ++c) outputs[c] = circuit.slice(outputs[c], 0, bits[c], true);
    circuit.set_outputs(outputs);
    for (int trial = 0; trial < 8; ++trial) {
      const auto x = random_input(random, matrix, trial);
      const auto want = product(matrix, x);
      const auto got = evaluate(circuit, x);
      for (size_t c = 0; c < bits.size(); ++c) EXPECT_EQ(got[c], wrapped(want[c], bits[c], true));
    }
  }
}

}  // namespace
}  // namespace gw
