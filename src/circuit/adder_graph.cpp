// Graphs of shift-adds: what they compute and what they cost.
//
// A node's value is a linear form of the inputs. Following the coefficients through the graph gives both a
// proof that it computes a matrix (forms are equal for all inputs or for none) and its exact range.

#include "circuit/adder_graph.h"

#include <algorithm>

#include "support/check.h"

namespace gw {

namespace {

// Bits of an operand, its sign included.
int top_of(const Interval& range) { return type_of(range).width; }

}  // namespace

int AdderGraph::depth() const {
  int deepest = 0;
  for (const Output& out : outputs) {
    if (out.node >= inputs) deepest = std::max(deepest, adders[static_cast<size_t>(out.node - inputs)].depth);
  }
  return deepest;
}

std::int64_t AdderGraph::bits() const {
  std::int64_t total = 0;
  for (const Adder& adder : adders)
    total += adder_bits(range(adder.a), adder.shift_a, range(adder.b), adder.shift_b);
  return total;
}

int adder_bits(const Interval& a, int shift_a, const Interval& b, int shift_b) {
  return std::max(1, std::max(top_of(a) + shift_a, top_of(b) + shift_b) - std::max(shift_a, shift_b));
}

std::vector<std::int64_t> evaluate(const AdderGraph& graph, std::span<const std::int64_t> x) {
  GW_CHECK(static_cast<int>(x.size()) == graph.inputs);
  std::vector<std::int64_t> values(x.begin(), x.end());
  for (const Adder& adder : graph.adders) {
    const std::int64_t a = values[static_cast<size_t>(adder.a)] * (std::int64_t{1} << adder.shift_a);
    const std::int64_t b = values[static_cast<size_t>(adder.b)] * (std::int64_t{1} << adder.shift_b);
    const std::int64_t value = adder.subtract ? a - b : a + b;
    GW_CHECK(value >= adder.range.lo && value <= adder.range.hi);
    values.push_back(value);
  }
  std::vector<std::int64_t> y;
  for (const AdderGraph::Output& out : graph.outputs) {
    const std::int64_t value =
        out.node < 0 ? 0 : values[static_cast<size_t>(out.node)] * (std::int64_t{1} << out.shift);
    y.push_back(out.negative ? -value : value);
  }
  return y;
}

bool computes(const AdderGraph& graph, const ConstantMatrix& matrix) {
  if (graph.inputs != matrix.rows || static_cast<int>(graph.outputs.size()) != matrix.columns) return false;
  const auto rows = static_cast<size_t>(matrix.rows);
  // One input at a time, so that memory stays small: the coefficients of all nodes in x[r].
  std::vector<Int128> form(rows + graph.adders.size());
  for (size_t r = 0; r < rows; ++r) {
    std::fill(form.begin(), form.end(), 0);
    form[r] = 1;
    for (size_t i = 0; i < graph.adders.size(); ++i) {
      const Adder& adder = graph.adders[i];
      const Int128 a = form[static_cast<size_t>(adder.a)] * (Int128{1} << adder.shift_a);
      const Int128 b = form[static_cast<size_t>(adder.b)] * (Int128{1} << adder.shift_b);
      form[rows + i] = adder.subtract ? a - b : a + b;
    }
    for (size_t c = 0; c < graph.outputs.size(); ++c) {
      const AdderGraph::Output& out = graph.outputs[c];
      Int128 value = out.node < 0 ? 0 : form[static_cast<size_t>(out.node)] * (Int128{1} << out.shift);
      if (out.negative) value = -value;
      // A row whose input is always zero may be left out.
      const Interval& x = matrix.inputs[r];
      if (value != matrix.weight(static_cast<int>(r), static_cast<int>(c)) && !(x.lo == 0 && x.hi == 0))
        return false;
    }
  }
  return true;
}

}  // namespace gw
