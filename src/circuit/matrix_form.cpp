// Recognising a matrix in a formula.
//
// A schedule may spread sums over clocks only if every output does the same thing to a sum of weighted loads.
// Formulas drop casts that change nothing for the values that can come, so outputs of one layer may differ in
// the casts that they show. The longest chain of steps among the outputs is taken for all of them, provided
// that each step that an output lacks changes nothing on the values that this output has at that place;
// otherwise the formula is not of this kind.

#include "circuit/matrix_form.h"

#include <algorithm>

#include "support/check.h"

namespace gw {

namespace {

using Step = MatrixForm::Step;

struct Term {
  int row = -1;  ///< -1: a constant
  std::int64_t raw = 0;
  int fraction = 0;
  Interval range;  ///< of the value that is summed, after its cast
  std::optional<Quantizer> cast;
  Interval product;  ///< of the value before its cast
};

struct Output {
  std::vector<Step> epilogue;  ///< innermost first
  std::vector<Interval>
      inner;  ///< range of the value that each step is applied to, and of the result at the end
  std::vector<Term> terms;
};

bool is_sum(const Expr& expr) { return expr.kind == ExprKind::Sum || expr.kind == ExprKind::Add; }

bool is_constant(const Formula& formula, ExprId id) { return formula[id].kind == ExprKind::Constant; }

// A load times a constant, a bare load, or a constant, perhaps cast.
std::optional<Term> term_of(const Formula& formula, ExprId id) {
  Term term;
  term.range = formula[id].range;
  if (formula[id].kind == ExprKind::Cast) {
    term.cast = formula[id].quantizer;
    id = formula[id].args[0];
  }
  const Expr& expr = formula[id];
  term.product = expr.range;
  if (expr.kind == ExprKind::Constant) {
    GW_CHECK(!term.cast);  // formulas fold casts of constants
    term.raw = expr.value;
    term.fraction = expr.range.fraction;
    return term;
  }
  if (expr.kind == ExprKind::Load && expr.stream == 0) {
    term.row = expr.index;
    term.raw = 1;
    return term;
  }
  if (expr.kind == ExprKind::Multiply && formula[expr.args[0]].kind == ExprKind::Load &&
      formula[expr.args[0]].stream == 0 && is_constant(formula, expr.args[1])) {
    term.row = formula[expr.args[0]].index;
    term.raw = formula[expr.args[1]].value;
    term.fraction = formula[expr.args[1]].range.fraction;
    return term;
  }
  return std::nullopt;
}

std::optional<Output> output_of(const Formula& formula, ExprId id) {
  Output output;
  output.inner.push_back(formula[id].range);
  for (;;) {
    const Expr& expr = formula[id];
    Step step;
    ExprId next = -1;
    if (expr.kind == ExprKind::Cast) {
      step.quantizer = expr.quantizer;
      next = expr.args[0];
    } else if (expr.kind == ExprKind::Maximum &&
               (is_constant(formula, expr.args[0]) || is_constant(formula, expr.args[1]))) {
      const bool first = is_constant(formula, expr.args[0]);
      const Expr& constant = formula[expr.args[first ? 0 : 1]];
      step.kind = ExprKind::Maximum;
      step.constant = constant.value;
      step.fraction = constant.range.fraction;
      next = expr.args[first ? 1 : 0];
    } else {
      break;
    }
    output.epilogue.push_back(step);
    output.inner.push_back(formula[next].range);
    id = next;
  }
  std::reverse(output.epilogue.begin(), output.epilogue.end());
  std::reverse(output.inner.begin(), output.inner.end());

  std::vector<ExprId> ids{id};
  if (is_sum(formula[id])) ids = formula[id].args;
  for (const ExprId term_id : ids) {
    const auto term = term_of(formula, term_id);
    if (!term) return std::nullopt;
    output.terms.push_back(*term);
  }
  return output;
}

bool changes_nothing(const Step& step, const Interval& range) {
  if (step.kind == ExprKind::Cast) return gw::changes_nothing(step.quantizer, range);
  const Interval constant = interval_of(step.constant, step.fraction);
  const int fraction = std::max(constant.fraction, range.fraction);
  return rescaled(range, fraction).lo >= rescaled(constant, fraction).hi;
}

// True if `output` with the full chain of steps gives the bits that it gives with its own.
bool follows(const Output& output, const std::vector<Step>& chain) {
  size_t at = 0;
  for (const Step& step : chain) {
    if (at < output.epilogue.size() && output.epilogue[at] == step) {
      ++at;
    } else if (!changes_nothing(step, output.inner[at])) {
      return false;
    }
  }
  return at == output.epilogue.size();
}

std::int64_t raw64(Int128 value) {
  GW_CHECK(value == static_cast<std::int64_t>(value));
  return static_cast<std::int64_t>(value);
}

}  // namespace

std::optional<MatrixForm> matrix_form(const Formula& formula, int rows, const FixedType& x) {
  std::vector<Output> outputs;
  for (const ExprId id : formula.outputs()) {
    auto output = output_of(formula, id);
    if (!output) return std::nullopt;
    outputs.push_back(std::move(*output));
  }
  if (outputs.empty()) return std::nullopt;

  MatrixForm form;
  form.rows = rows;
  form.columns = static_cast<int>(outputs.size());
  form.x = x;
  form.epilogue = std::max_element(outputs.begin(), outputs.end(), [](const Output& a, const Output& b) {
                    return a.epilogue.size() < b.epilogue.size();
                  })->epilogue;
  for (const Output& output : outputs) {
    if (!follows(output, form.epilogue)) return std::nullopt;
  }

  // The term cast: the same wherever it shows, and without effect where it does not.
  for (const Output& output : outputs) {
    for (const Term& term : output.terms) {
      if (!term.cast || term.row < 0) continue;
      if (form.term && *form.term != *term.cast) return std::nullopt;
      form.term = term.cast;
    }
  }
  // A product alone shows its cast as the first step of the epilogue; there it does the same.
  const auto alone = [&](const Output& output) {
    return output.terms.size() == 1 && !output.epilogue.empty() && form.term &&
           output.epilogue.front().kind == ExprKind::Cast && output.epilogue.front().quantizer == *form.term;
  };
  std::optional<int> finest;  // of the weights
  for (const Output& output : outputs) {
    for (const Term& term : output.terms) {
      if (term.row < 0) continue;
      if (form.term && !term.cast && !alone(output) && !changes_nothing(*form.term, term.product))
        return std::nullopt;
      finest = std::max(finest.value_or(term.fraction), term.fraction);
    }
  }
  if (!finest) return std::nullopt;  // constants only: nothing to spread
  const int weight_fraction = *finest;

  form.fraction = form.term ? form.term->to.fraction() : x.fraction() + weight_fraction;
  for (const Output& output : outputs) {
    for (const Term& term : output.terms) {
      if (term.row < 0 && term.raw != 0) form.fraction = std::max(form.fraction, term.range.fraction);
    }
  }
  form.weights.assign(static_cast<size_t>(rows) * outputs.size(), 0);
  form.bias.assign(outputs.size(), 0);
  Interval weight_range{0, 0, weight_fraction};
  form.sum = {0, 0, form.fraction};
  for (size_t o = 0; o < outputs.size(); ++o) {
    Interval sum{0, 0, form.fraction};
    for (const Term& term : outputs[o].terms) {
      const Interval range = term.cast || !form.term ? term.range : quantize(*form.term, term.product);
      const Interval aligned = rescaled(term.row < 0 ? term.range : range, form.fraction);
      sum.lo += std::min<Int128>(0, aligned.lo);
      sum.hi += std::max<Int128>(0, aligned.hi);
      if (term.row < 0) {
        form.bias[o] += raw64(aligned.lo);
        continue;
      }
      const Interval weight = rescaled(interval_of(term.raw, term.fraction), weight_fraction);
      weight_range = unite(weight_range, weight);
      form.weights[static_cast<size_t>(term.row) * outputs.size() + o] += raw64(weight.lo);
    }
    form.sum = unite(form.sum, sum);
  }
  form.weight = type_of(weight_range);
  form.weight.is_signed = true;
  if (weight_range.lo >= 0) ++form.weight.width, ++form.weight.integer;
  if (type_of(form.sum).width > max_width) return std::nullopt;
  return form;
}

Formula epilogue_formula(const MatrixForm& form) {
  FixedType sum = type_of(form.sum);
  if (sum.width == 0) sum = {1, 1 - form.fraction, false};
  Formula formula;
  ExprId value = formula.load(0, 0, sum);
  for (const Step& step : form.epilogue) {
    value = step.kind == ExprKind::Cast
                ? formula.cast(step.quantizer, value)
                : formula.maximum(value, formula.constant(step.constant, step.fraction));
  }
  formula.set_outputs({value});
  return formula;
}

}  // namespace gw
