#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "num/interval.h"

namespace gw {

/// A constant matrix and what is known of the vector that it is multiplied with: y[c] = sum_r weight[r,c] *
/// x[r].
struct ConstantMatrix {
  int rows = 0, columns = 0;
  std::vector<std::int64_t> weights;  ///< rows * columns, row-major
  std::vector<Interval> inputs;       ///< every value of each x[r], as integers (fraction 0)
  std::vector<int> input_depths;      ///< adders that x[r] has behind it already; empty: none

  std::int64_t weight(int row, int column) const {
    return weights[static_cast<size_t>(row) * static_cast<size_t>(columns) + static_cast<size_t>(column)];
  }
  int input_depth(int row) const { return input_depths.empty() ? 0 : input_depths[static_cast<size_t>(row)]; }
};

/// One adder with two operands: (a << shift_a) + (b << shift_b), or minus; at least one of the shifts is 0.
/// Operands are nodes of the graph.
struct Adder {
  int a = 0, b = 0;
  int shift_a = 0, shift_b = 0;
  bool subtract = false;
  Interval range;  ///< every value it can take, exactly: operands that share inputs are not independent
  int depth = 0;   ///< adders on the longest path to it, itself included
};

/// A constant matrix times a vector as shared shift-adds. Node n < inputs is x[n], node inputs + i is adder
/// i; operands come before the adders that use them.
struct AdderGraph {
  /// y = +-(node << shift); no node: y = 0.
  struct Output {
    int node = -1;
    int shift = 0;
    bool negative = false;
  };

  int inputs = 0;
  std::vector<Interval> input_ranges;
  std::vector<Adder> adders;
  std::vector<Output> outputs;

  const Interval& range(int node) const {
    return node < inputs ? input_ranges[static_cast<size_t>(node)]
                         : adders[static_cast<size_t>(node - inputs)].range;
  }
  int depth() const;  ///< adders on the longest path to an output

  /// The sum of adder_bits over all adders.
  std::int64_t bits() const;
};

/// Bits in which both operands of an adder are there: from the higher of their lowest bits to the top of the
/// wider one, its sign included. That is what a carry chain costs in look-up tables (the bits below pass by,
/// the carry out is free), and how da4ml counts bits.
int adder_bits(const Interval& a, int shift_a, const Interval& b, int shift_b);

/// y for one x.
std::vector<std::int64_t> evaluate(const AdderGraph& graph, std::span<const std::int64_t> x);

/// True if every output of the graph is that column of the matrix, for every input: the linear forms of the
/// nodes are computed and compared.
bool computes(const AdderGraph& graph, const ConstantMatrix& matrix);

}  // namespace gw
