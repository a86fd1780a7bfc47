// Matrix steps: the arithmetic that dense and convolution share, as a formula.
//
// The exact sum is one Sum expression, whose order does not matter and which a circuit may shape as it likes. A lossy
// accumulator is a chain of casts in a stated order (that of hls4ml: rows ascending, starting from the bias), except
// where it wraps: there only the rounding of each product loses information, and the chain is a sum modulo a power
// of two.

#include "layers/matrix.h"

#include "support/check.h"

namespace gw {

namespace {

ExprId accumulate(Formula& formula, std::vector<ExprId> terms, const Quantizer& accumulator) {
  if (accumulator.overflow == Overflow::Wrap) return formula.cast(accumulator, formula.sum(std::move(terms)));
  ExprId total = terms.front();
  for (size_t i = 1; i < terms.size(); ++i) total = formula.cast(accumulator, formula.add(total, terms[i]));
  return total;
}

}  // namespace

Formula matrix_formula(const MatrixStep& step, const FixedType& x) {
  const Tensor& weight = *step.weight;
  const int rows = step.window.elements();
  GW_CHECK(weight.size() == static_cast<std::int64_t>(rows) * step.outputs);
  Formula formula;
  std::vector<ExprId> outputs;
  for (int o = 0; o < step.outputs; ++o) {
    std::vector<ExprId> terms;
    terms.push_back(step.bias ? formula.constant(step.bias->at(o), step.bias->type().fraction())
                              : formula.constant(0, 0));
    for (int i = 0; i < rows; ++i) {
      const std::int64_t raw = weight.at(static_cast<std::int64_t>(i) * step.outputs + o);
      if (raw == 0) continue;
      terms.push_back(
          formula.multiply(formula.load(0, i, x), formula.constant(raw, weight.type().fraction())));
    }
    ExprId y = 0;
    if (step.accumulator) {
      for (ExprId& term : terms) term = formula.cast(*step.accumulator, term);
      y = accumulate(formula, std::move(terms), *step.accumulator);
    } else {
      y = formula.sum(std::move(terms));
    }
    outputs.push_back(step.out ? formula.cast(*step.out, y) : y);
  }
  formula.set_outputs(std::move(outputs));
  return formula;
}

FixedType output_type(const Formula& formula, const std::optional<Quantizer>& out) {
  if (out) return out->to;
  GW_CHECK(!formula.outputs().empty());
  Interval range = formula[formula.outputs().front()].range;
  for (const ExprId id : formula.outputs()) range = unite(range, formula[id].range);
  return type_of(range);
}

}  // namespace gw
