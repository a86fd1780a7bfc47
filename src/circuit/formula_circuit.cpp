// From formulas to cells.
//
// Each expression becomes a wire that holds its raw value in units of 2^-fraction, in as many bits as its
// interval needs, or fewer: a backward walk finds how many low bits the users of each value look at. A
// wrapping cast looks at its own width and the bits that it drops below, and sums and products of integers
// modulo 2^n need their arguments only modulo 2^n, so a 16-bit accumulator costs 16-bit adders however wide
// the exact sum would be.

#include "circuit/formula_circuit.h"

#include <algorithm>
#include <map>

#include "circuit/absorb_rounding.h"
#include "circuit/adder_cells.h"
#include "support/check.h"

namespace gw {

namespace {

constexpr int all_bits = 64;

int width_of(const Interval& range) { return std::max(1, type_of(range).width); }

// The value without its trailing zeros, positive.
std::int64_t odd_part(std::int64_t value) {
  while (value % 2 == 0) value /= 2;
  return value < 0 ? -value : value;
}

std::int64_t lowest_of(const Quantizer& q) {
  return q.overflow == Overflow::SatSym && q.to.is_signed ? -q.to.highest() : q.to.lowest();
}

// Wrapping and rounding that look at low bits only: no sign, no comparison.
bool is_modular(const Quantizer& q) {
  return q.overflow == Overflow::Wrap &&
         (q.rounding == Rounding::Trn || q.rounding == Rounding::Rnd || q.rounding == Rounding::RndMinInf ||
          q.rounding == Rounding::RndConv);
}

}  // namespace

std::vector<int> needed_bits(const Formula& formula) {
  std::vector<int> needed(formula.exprs().size(), 0);
  // What a linear expression is asked for. Inside another one it is not built but written out, so that its
  // own width is no limit for what it is made of: -13 + 5 fits into four bits, -13 does not.
  std::vector<int> asked(needed.size(), 0);
  const auto note = [&](ExprId id, int bits) {
    const auto at = static_cast<size_t>(id);
    asked[at] = std::max(asked[at], bits);
    needed[at] = std::max(needed[at], std::min(width_of(formula[id].range), bits));
  };
  const auto need = [&](ExprId id, int bits) {
    note(id, std::min(width_of(formula[id].range), std::max(bits, 1)));
  };
  const auto need_inside = [&](ExprId id, int bits) { note(id, std::max(bits, 1)); };
  for (const ExprId id : formula.outputs()) need(id, all_bits);
  for (size_t id = needed.size(); id-- > 0;) {
    if (needed[id] == 0) continue;
    const Expr& expr = formula.exprs()[id];
    const auto gap = [&](ExprId a) { return expr.range.fraction - formula[a].range.fraction; };
    switch (expr.kind) {
      case ExprKind::Load:
      case ExprKind::Inside:
      case ExprKind::Constant:
        break;
      case ExprKind::Add:
      case ExprKind::Subtract:
      case ExprKind::Sum:
        for (const ExprId a : expr.args) need_inside(a, asked[id] - gap(a));
        break;
      case ExprKind::Multiply:
        for (const ExprId a : expr.args) {
          if (formula[expr.args[1]].kind == ExprKind::Constant) {
            need_inside(a, asked[id]);
          } else {
            need(a, needed[id]);
          }
        }
        break;
      case ExprKind::Maximum:
      case ExprKind::Minimum:
      case ExprKind::Table:
        for (const ExprId a : expr.args) need(a, all_bits);
        break;
      case ExprKind::Select:
        need(expr.args[0], all_bits);
        for (const ExprId a : {expr.args[1], expr.args[2]}) need(a, needed[id] - gap(a));
        break;
      case ExprKind::Cast: {
        const int dropped = formula[expr.args[0]].range.fraction - expr.quantizer.to.fraction();
        need(expr.args[0], is_modular(expr.quantizer) ? needed[id] + dropped : all_bits);
        break;
      }
    }
  }
  return needed;
}

// One matrix of a row per leaf and one per bias: a bias is an input that never changes, and the search joins
// it to whatever is cheapest.
void FormulaBuilder::build_forms(const Formula& formula, const std::vector<LinearForm>& forms,
                                 const std::vector<int>& needed) {
  std::map<ExprId, int> leaf_rows;
  std::map<std::int64_t, int> bias_rows;
  for (const LinearForm& form : forms) {
    for (const auto& [leaf, weight] : form.terms) leaf_rows.emplace(leaf, 0);
    if (form.bias != 0) bias_rows.emplace(odd_part(form.bias), 0);
  }
  ConstantMatrix matrix;
  std::vector<WireId> wires;
  for (auto& [leaf, row] : leaf_rows) {
    row = matrix.rows++;
    const Interval& range = formula[leaf].range;
    matrix.inputs.push_back({range.lo, range.hi, 0});
    wires.push_back(wires_[static_cast<size_t>(leaf)]);
  }
  for (auto& [value, row] : bias_rows) {
    row = matrix.rows++;
    matrix.inputs.push_back(interval_of(value, 0));
    wires.push_back(circuit_.constant(value));
  }
  matrix.columns = static_cast<int>(forms.size());
  matrix.weights.resize(static_cast<size_t>(matrix.rows) * forms.size());
  std::vector<int> bits;
  for (size_t column = 0; column < forms.size(); ++column) {
    const LinearForm& form = forms[column];
    const auto weight = [&](int row) -> std::int64_t& {
      return matrix.weights[static_cast<size_t>(row) * forms.size() + column];
    };
    for (const auto& [leaf, value] : form.terms) weight(leaf_rows.at(leaf)) = value;
    if (form.bias != 0) {
      const std::int64_t odd = odd_part(form.bias);
      weight(bias_rows.at(odd)) = form.bias / odd;
    }
    bits.push_back(needed[static_cast<size_t>(form.expr)]);
  }
  const std::vector<WireId> sums = adder_cells(circuit_, search_adders(matrix, search_), wires, bits);
  for (size_t column = 0; column < forms.size(); ++column) {
    const auto id = static_cast<size_t>(forms[column].expr);
    wires_[id] = circuit_.slice(sums[column], 0, needed[id], formula.exprs()[id].range.lo < 0);
  }
}

// `value` as an answer of the cast, or its lowest or highest one where the bit `below` or `above` is set.
WireId FormulaBuilder::limited(const Expr& expr, WireId value, std::optional<WireId> below,
                               std::optional<WireId> above) {
  const Quantizer& q = expr.quantizer;
  const auto limit = [&](std::int64_t end) {
    return circuit_.constant(q.overflow == Overflow::SatZero ? 0 : end);
  };
  const int kept = width_of(expr.range);
  WireId result = circuit_.slice(value, 0, kept, expr.range.lo < 0);
  if (below) result = circuit_.mux(*below, {result, limit(lowest_of(q))});
  if (above) result = circuit_.mux(*above, {result, limit(q.to.highest())});
  return circuit_.slice(result, 0, kept, expr.range.lo < 0);
}

// A saturating cast to a unit so much finer that the value in it would outgrow a word: what does not fit is
// seen in the units that it comes in. Nothing is rounded.
WireId FormulaBuilder::limited_then_shifted(const Expr& expr, const Interval& from, WireId x) {
  const Quantizer& q = expr.quantizer;
  const int shift = q.to.fraction() - from.fraction;
  // The outermost values that fit, towards zero.
  const auto coarse = [&](std::int64_t value) {
    const std::int64_t magnitude = shift >= 63 ? 0 : (value < 0 ? -value : value) >> shift;
    return value < 0 ? -magnitude : magnitude;
  };
  const std::int64_t lowest = coarse(lowest_of(q)), highest = coarse(q.to.highest());
  std::optional<WireId> below, above;
  if (from.lo < lowest) below = circuit_.less(x, circuit_.constant(lowest));
  if (from.hi > highest) above = circuit_.less(circuit_.constant(highest), x);
  return limited(expr, circuit_.slice(x, -shift, width_of(expr.range), expr.range.lo < 0), below, above);
}

WireId FormulaBuilder::cast(const Expr& expr, const Interval& from, WireId x) {
  const Quantizer& q = expr.quantizer;
  const int dropped = from.fraction - q.to.fraction();
  if (q.overflow != Overflow::Wrap && width_of(from) - dropped > max_width)
    return limited_then_shifted(expr, from, x);

  // Rounding: the floor, and an increment of one bit. The rounded value's range follows from a cast that
  // cannot overflow.
  const Quantizer unlimited{{max_width, max_width - q.to.fraction(), true}, q.rounding, Overflow::Sat};
  const Interval rounded_range = quantize(unlimited, from);
  const int width = is_modular(q) ? std::min(q.to.width, width_of(rounded_range)) : width_of(rounded_range);
  const bool is_signed = rounded_range.lo < 0;
  WireId rounded = circuit_.slice(x, dropped, width, is_signed);
  if (dropped > 0 && q.rounding != Rounding::Trn) {
    const WireId half = circuit_.slice(x, dropped - 1, 1, false);
    const WireId rest =
        dropped > 1 ? circuit_.any(circuit_.slice(x, 0, dropped - 1, false)) : circuit_.constant(0, 1, false);
    const WireId odd = circuit_.slice(x, dropped, 1, false);
    const WireId negative = circuit_[x].is_signed && from.lo < 0
                                ? circuit_.slice(x, circuit_[x].width - 1, 1, false)
                                : circuit_.constant(0, 1, false);
    WireId increment = half;
    switch (q.rounding) {
      case Rounding::Trn:
        break;
      case Rounding::TrnZero:
        increment = circuit_.logic_and(negative, circuit_.logic_or(half, rest));
        break;
      case Rounding::Rnd:
        break;
      case Rounding::RndZero:
        increment = circuit_.logic_and(half, circuit_.logic_or(negative, rest));
        break;
      case Rounding::RndMinInf:
        increment = circuit_.logic_and(half, rest);
        break;
      case Rounding::RndInf:
        increment = circuit_.logic_and(half, circuit_.logic_or(circuit_.logic_not(negative), rest));
        break;
      case Rounding::RndConv:
        increment = circuit_.logic_and(half, circuit_.logic_or(odd, rest));
        break;
    }
    rounded = circuit_.add(rounded, 0, increment, 0, width, is_signed);
  }

  if (q.overflow == Overflow::Wrap)
    return circuit_.slice(rounded, 0, std::min(width_of(expr.range), q.to.width), expr.range.lo < 0);

  // The limits are powers of two, but for the symmetric lowest: what lies beyond them is seen in the bits
  // above.
  const std::int64_t lowest = lowest_of(q), highest = q.to.highest();
  const int magnitude = std::max(0, q.to.width - (q.to.is_signed ? 1 : 0));
  const int spare = width - magnitude - (is_signed ? 1 : 0);
  const WireId sign =
      is_signed ? circuit_.slice(rounded, width - 1, 1, false) : circuit_.constant(0, 1, false);
  std::optional<WireId> below, above;
  if (rounded_range.lo < lowest) {
    if (lowest == 0) {
      below = sign;
    } else if (lowest == -highest) {
      below = circuit_.less(rounded, circuit_.constant(lowest));
    } else {
      const auto all_ones = static_cast<std::int64_t>((std::uint64_t{1} << spare) - 1);
      const WireId fits = circuit_.equal(circuit_.slice(rounded, magnitude, spare, false), all_ones);
      below = circuit_.logic_and(sign, circuit_.logic_not(fits));
    }
  }
  if (rounded_range.hi > highest) {
    const WireId any = circuit_.any(circuit_.slice(rounded, magnitude, spare, false));
    above = circuit_.logic_and(circuit_.logic_not(sign), any);
  }
  return limited(expr, rounded, below, above);
}

WireId FormulaBuilder::wire(const Formula& formula, const Expr& expr, int bits,
                            std::span<const WireId> loads) {
  const bool is_signed = expr.range.lo < 0;
  const auto arg = [&](size_t n) { return wires_[static_cast<size_t>(expr.args[n])]; };
  const auto range = [&](size_t n) { return formula[expr.args[n]].range; };
  // An argument in units of the result, whole.
  const auto aligned = [&](size_t n) {
    const int gap = expr.range.fraction - range(n).fraction;
    return circuit_.slice(arg(n), -gap, circuit_[arg(n)].width + gap, circuit_[arg(n)].is_signed);
  };
  switch (expr.kind) {
    case ExprKind::Load: {
      GW_CHECK(expr.stream == 0);
      return circuit_.slice(loads[static_cast<size_t>(expr.index)], 0, bits, is_signed);
    }
    case ExprKind::Inside:
      break;  // the scheduler takes no padded window
    case ExprKind::Constant:
      return circuit_.constant(expr.value);
    case ExprKind::Add:
    case ExprKind::Subtract:
    case ExprKind::Sum:
      break;  // parts of linear forms
    case ExprKind::Multiply:
      return circuit_.multiply(arg(0), arg(1), bits, is_signed);
    case ExprKind::Maximum: {
      const WireId a = aligned(0), b = aligned(1);
      return circuit_.slice(circuit_.mux(circuit_.less(a, b), {a, b}), 0, bits, is_signed);
    }
    case ExprKind::Minimum: {
      const WireId a = aligned(0), b = aligned(1);
      return circuit_.slice(circuit_.mux(circuit_.less(a, b), {b, a}), 0, bits, is_signed);
    }
    case ExprKind::Select:
      return circuit_.slice(circuit_.mux(circuit_.any(arg(0)), {aligned(2), aligned(1)}), 0, bits, is_signed);
    case ExprKind::Table: {
      const Table& table = formula.tables()[static_cast<size_t>(expr.index)];
      const int gap = table.index_fraction - range(0).fraction;
      std::vector<std::int64_t> values;
      for (Int128 address = 0; address <= range(0).hi; ++address) {
        values.push_back(table.values[static_cast<size_t>(address << gap)]);
      }
      return circuit_.rom(arg(0), std::move(values), bits, is_signed);
    }
    case ExprKind::Cast:
      return circuit_.slice(cast(expr, range(0), arg(0)), 0, bits, is_signed);
  }
  GW_CHECK(false);
  return 0;
}

std::vector<WireId> FormulaBuilder::build(const Formula& original, std::span<const WireId> loads,
                                          std::span<const FixedType> types) {
  const Formula formula = absorb_rounding(original);
  const std::vector<int> needed = needed_bits(formula);
  wires_.assign(formula.exprs().size(), -1);
  std::vector<bool> used;
  for (const int bits : needed) used.push_back(bits > 0);
  for (const LinearPart& part : linear_parts(formula, used)) {
    if (part.forms.empty()) {
      const auto id = static_cast<size_t>(part.expr);
      wires_[id] = wire(formula, formula[part.expr], needed[id], loads);
    } else {
      build_forms(formula, part.forms, needed);
    }
  }
  std::vector<WireId> outputs;
  for (size_t o = 0; o < formula.outputs().size(); ++o) {
    const ExprId id = formula.outputs()[o];
    const bool zero = formula[id].kind == ExprKind::Constant && formula[id].value == 0;
    const int gap = zero ? 0 : types[o].fraction() - formula[id].range.fraction;
    GW_CHECK(gap >= 0);
    outputs.push_back(circuit_.slice(wires_[static_cast<size_t>(id)], -gap, std::max(1, types[o].width),
                                     types[o].is_signed));
  }
  return outputs;
}

}  // namespace gw
