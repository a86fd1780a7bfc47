// Time-shared matrix steps.
//
// Where a window is offered only every n clocks, n products can share a multiplier. Rows are dealt out in
// blocks, so that clock t sees rows t * lanes to (t + 1) * lanes - 1 and a sum keeps its order of rows;
// outputs are dealt out likewise once all rows have their own clock. The weights of one multiplier are a ROM
// with one word a clock. Words in which all weights of a lane are zero cost nothing: the lane's product is
// not built.

#include "circuit/folded_matrix.h"

#include <algorithm>

#include "circuit/formula_circuit.h"
#include "support/check.h"

namespace gw {

namespace {

int ceil_div(int a, int b) { return (a + b - 1) / b; }

}  // namespace

Circuit folded_matrix(const MatrixForm& form, const Fold& fold, const FixedType& output) {
  Circuit circuit;
  circuit.fold = fold;
  const int lanes = ceil_div(form.rows, fold.inner);
  const int group = ceil_div(form.columns, fold.outer);
  const WireId inner = circuit.phase(Phase::Inner);
  const WireId outer = circuit.phase(Phase::Outer);
  const WireId whole = circuit.phase(Phase::Whole);

  std::vector<WireId> x;
  for (int lane = 0; lane < lanes; ++lane) {
    std::vector<WireId> options;
    for (int t = 0; t < fold.inner; ++t) {
      const int row = std::min(t * lanes + lane, form.rows - 1);
      options.push_back(circuit.input(row, form.x.width, form.x.is_signed));
    }
    x.push_back(circuit.mux(inner, std::move(options)));
  }

  const Formula epilogue = epilogue_formula(form);
  const int sum_bits = std::max(1, needed_bits(epilogue).front());
  const FixedType sum{sum_bits, sum_bits - form.fraction,
                      form.sum.lo < 0 || sum_bits < type_of(form.sum).width};

  FormulaBuilder builder(circuit);
  std::vector<WireId> results(static_cast<size_t>(form.columns));
  for (int member = 0; member < group; ++member) {
    // The sum of this clock's products, as a formula of the lanes' elements and weights.
    Formula products;
    std::vector<ExprId> terms;
    std::vector<WireId> loads = x;
    loads.resize(static_cast<size_t>(2 * lanes), -1);
    std::vector<std::int64_t> starts;
    for (int o = 0; o < fold.outer; ++o) {
      const int column = std::min(o * group + member, form.columns - 1);
      starts.push_back(form.bias[static_cast<size_t>(column)]);
    }
    for (int lane = 0; lane < lanes; ++lane) {
      std::vector<std::int64_t> words;
      for (int o = 0; o < fold.outer; ++o) {
        for (int t = 0; t < fold.inner; ++t) {
          const int row = t * lanes + lane, column = o * group + member;
          words.push_back(row < form.rows && column < form.columns ? form.weight_at(row, column) : 0);
        }
      }
      if (std::all_of(words.begin(), words.end(), [](std::int64_t w) { return w == 0; })) continue;
      loads[static_cast<size_t>(lanes + lane)] =
          circuit.rom(whole, std::move(words), form.weight.width, form.weight.is_signed);
      ExprId term =
          products.multiply(products.load(0, lane, form.x), products.load(0, lanes + lane, form.weight));
      if (form.term) term = products.cast(*form.term, term);
      terms.push_back(term);
    }
    WireId total = circuit.constant(0, 1, false);
    if (!terms.empty()) {
      products.set_outputs(
          {products.cast({sum, Rounding::Trn, Overflow::Wrap}, products.sum(std::move(terms)))});
      total = builder.build(products, loads, std::span(&sum, 1)).front();
    }
    const WireId start = circuit.rom(outer, starts, sum.width, sum.is_signed);
    total = fold.inner > 1
                ? circuit.accumulate(total, circuit.equal(inner, 0), start, sum.width, sum.is_signed)
                : circuit.add(total, 0, start, 0, sum.width, sum.is_signed);
    const WireId y = builder.build(epilogue, std::span(&total, 1), std::span(&output, 1)).front();
    const WireId last = circuit.equal(inner, fold.inner - 1);
    for (int o = 0; o < fold.outer; ++o) {
      const int column = o * group + member;
      if (column >= form.columns) continue;
      results[static_cast<size_t>(column)] =
          fold.outer > 1 ? circuit.capture(y, circuit.logic_and(last, circuit.equal(outer, o))) : y;
    }
  }
  circuit.set_outputs(std::move(results));
  return without_dead_cells(circuit);
}

}  // namespace gw
