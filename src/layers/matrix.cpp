// Matrix steps: the arithmetic that dense and convolution share, as a formula.
//
// The exact sum is one Sum expression, whose order does not matter and which a circuit may shape as it likes.
// A lossy accumulator is a chain of casts in a stated order (that of hls4ml, starting from the bias), except
// where it wraps: there only the rounding of each product loses information, and the chain is a sum modulo a
// power of two.

#include "layers/matrix.h"

#include "layers/shapes.h"
#include "support/check.h"

namespace gw {

ExprId accumulate(Formula& formula, std::vector<ExprId> terms, const Quantizer& accumulator) {
  if (accumulator.overflow == Overflow::Wrap) return formula.cast(accumulator, formula.sum(std::move(terms)));
  ExprId total = terms.front();
  for (size_t i = 1; i < terms.size(); ++i) total = formula.cast(accumulator, formula.add(total, terms[i]));
  return total;
}

std::vector<int> row_order(int rows, int reuse) {
  std::vector<int> order;
  if (reuse >= rows || rows % reuse != 0) reuse = 1;
  for (int first = 0; first < reuse; ++first) {
    for (int row = first; row < rows; row += reuse) order.push_back(row);
  }
  return order;
}

MatrixStep without_groups(const MatrixStep& step, std::optional<Tensor>& whole) {
  MatrixStep joined = step;
  if (step.groups == 1) return joined;
  Shape shape = step.weight->shape();
  const int members = shape[shape.size() - 2];
  shape[shape.size() - 2] = members * step.groups;
  whole.emplace(shape, step.weight->type());
  for (std::int64_t at = 0; at < step.weight->size(); ++at) {
    const std::int64_t output = at % step.outputs, group = output / (step.outputs / step.groups);
    const std::int64_t channel = at / step.outputs % members, pixel = at / step.outputs / members;
    const std::int64_t row = (pixel * step.groups + group) * members + channel;
    whole->set(row * step.outputs + output, step.weight->at(at));
  }
  joined.weight = &*whole;
  joined.groups = 1;
  return joined;
}

Formula matrix_formula(const MatrixStep& grouped, const TensorType& x) {
  std::optional<Tensor> whole;
  const MatrixStep step = without_groups(grouped, whole);
  const Tensor& weight = *step.weight;
  const int rows = step.window.elements();
  GW_CHECK(weight.size() == static_cast<std::int64_t>(rows) * step.outputs);
  const std::vector<int> order = row_order(rows, step.reuse);
  Formula formula;
  const Loads load(formula, x, step.window);
  std::vector<ExprId> outputs;
  for (int o = 0; o < step.outputs; ++o) {
    std::vector<ExprId> terms;
    terms.push_back(step.bias ? formula.constant(step.bias->at(o), step.bias->type().fraction())
                              : formula.constant(0, 0));
    for (const int row : order) {
      const std::int64_t raw = weight.at(static_cast<std::int64_t>(row) * step.outputs + o);
      if (raw == 0) continue;
      terms.push_back(formula.multiply(load(row), formula.constant(raw, weight.type().fraction())));
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

}  // namespace gw
