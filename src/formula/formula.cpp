// Formulas: building them with exact ranges and shared subexpressions.
//
// Every expression carries the interval of all values it can take, computed from its arguments' intervals
// when it is made. Widths, overflow warnings and circuits are read off these intervals, so they are exact and
// not widened by a rule per operation. Equal expressions are made once (hash consing; Ershov 1958), which is
// what lets a convolution's outputs share the product of a pixel and a weight that several of them use.
// Constants are folded and the neutral elements of sum, product and cast vanish, so that a pruned weight
// costs nothing anywhere.

#include "formula/formula.h"

#include <algorithm>

#include "support/check.h"

namespace gw {

namespace {

// Raw values are int64; a constant that does not fit is a defect of the caller, which checks types first.
std::int64_t narrow(Int128 value) {
  const auto raw = static_cast<std::int64_t>(value);
  GW_CHECK(raw == value);
  return raw;
}

// True if every value of `a` is at least every value of `b`.
bool never_below(const Interval& a, const Interval& b) {
  const int fraction = std::max(a.fraction, b.fraction);
  return rescaled(a, fraction).lo >= rescaled(b, fraction).hi;
}

}  // namespace

ExprId Formula::intern(Expr expr) {
  std::vector<std::int64_t> key{static_cast<std::int64_t>(expr.kind),
                                expr.value,
                                expr.stream,
                                expr.index,
                                expr.quantizer.to.width,
                                expr.quantizer.to.integer,
                                expr.quantizer.to.is_signed,
                                static_cast<std::int64_t>(expr.quantizer.rounding),
                                static_cast<std::int64_t>(expr.quantizer.overflow),
                                expr.range.fraction};
  key.insert(key.end(), expr.args.begin(), expr.args.end());
  const auto [position, is_new] = known_.try_emplace(std::move(key), static_cast<ExprId>(exprs_.size()));
  if (is_new) exprs_.push_back(std::move(expr));
  return position->second;
}

ExprId Formula::combine(ExprKind kind, std::vector<ExprId> args, const Interval& range) {
  if (range.lo == range.hi) {
    // A value beyond 64 bits stays what it is: widest() finds it, and whoever builds the formula reports it.
    Int128 raw = range.lo;
    int fraction = range.fraction;
    while (raw != 0 && (raw & 1) == 0) raw >>= 1, --fraction;
    if (raw == static_cast<std::int64_t>(raw)) return constant(static_cast<std::int64_t>(raw), fraction);
  }
  Expr expr;
  expr.kind = kind;
  expr.args = std::move(args);
  expr.range = range;
  return intern(std::move(expr));
}

ExprId Formula::load(int stream, int index, const FixedType& type) {
  return load(stream, index, interval_of(type));
}

ExprId Formula::load(int stream, int index, const Interval& range) {
  if (range.lo == range.hi) return constant(narrow(range.lo), range.fraction);
  Expr expr;
  expr.kind = ExprKind::Load;
  expr.stream = stream;
  expr.index = index;
  expr.range = range;
  return intern(std::move(expr));
}

ExprId Formula::inside(int stream, int index) {
  Expr expr;
  expr.kind = ExprKind::Inside;
  expr.stream = stream;
  expr.index = index;
  expr.range = {0, 1, 0};
  return intern(std::move(expr));
}

ExprId Formula::constant(std::int64_t raw, int fraction) {
  // Trailing zeros go into the fraction, so that equal values are one expression.
  if (raw == 0) fraction = 0;
  while (raw != 0 && raw % 2 == 0) raw /= 2, --fraction;
  Expr expr;
  expr.kind = ExprKind::Constant;
  expr.value = raw;
  expr.range = interval_of(raw, fraction);
  return intern(std::move(expr));
}

ExprId Formula::add(ExprId a, ExprId b) { return sum({a, b}); }

ExprId Formula::subtract(ExprId a, ExprId b) {
  const Expr &x = (*this)[a], &y = (*this)[b];
  if (y.kind == ExprKind::Constant && y.value == 0) return a;
  return combine(ExprKind::Subtract, {a, b}, x.range - y.range);
}

ExprId Formula::multiply(ExprId a, ExprId b) {
  if ((*this)[a].kind == ExprKind::Constant) std::swap(a, b);
  const Expr &x = (*this)[a], &y = (*this)[b];
  if (y.kind == ExprKind::Constant && y.value == 1 && y.range.fraction == 0) return a;
  return combine(ExprKind::Multiply, {a, b}, x.range * y.range);
}

ExprId Formula::maximum(ExprId a, ExprId b) {
  if (a == b) return a;
  const Interval range = gw::maximum((*this)[a].range, (*this)[b].range);
  if (never_below((*this)[a].range, (*this)[b].range)) return a;
  if (never_below((*this)[b].range, (*this)[a].range)) return b;
  if (a > b) std::swap(a, b);
  return combine(ExprKind::Maximum, {a, b}, range);
}

ExprId Formula::minimum(ExprId a, ExprId b) {
  if (a == b) return a;
  const Interval range = gw::minimum((*this)[a].range, (*this)[b].range);
  if (never_below((*this)[a].range, (*this)[b].range)) return b;
  if (never_below((*this)[b].range, (*this)[a].range)) return a;
  if (a > b) std::swap(a, b);
  return combine(ExprKind::Minimum, {a, b}, range);
}

ExprId Formula::sum(std::vector<ExprId> terms) {
  GW_CHECK(!terms.empty());
  std::erase_if(terms,
                [&](ExprId id) { return (*this)[id].kind == ExprKind::Constant && (*this)[id].value == 0; });
  if (terms.empty()) return constant(0, 0);
  if (terms.size() == 1) return terms.front();
  Interval range = (*this)[terms[0]].range;
  for (size_t i = 1; i < terms.size(); ++i) range = range + (*this)[terms[i]].range;
  return combine(terms.size() == 2 ? ExprKind::Add : ExprKind::Sum, std::move(terms), range);
}

ExprId Formula::select(ExprId condition, ExprId then, ExprId otherwise) {
  if ((*this)[condition].kind == ExprKind::Constant) return (*this)[condition].value != 0 ? then : otherwise;
  if (then == otherwise) return then;
  return combine(ExprKind::Select, {condition, then, otherwise},
                 unite((*this)[then].range, (*this)[otherwise].range));
}

ExprId Formula::is_negative(ExprId a) {
  const Interval& range = (*this)[a].range;
  if (range.lo >= 0 || range.hi < 0) return constant(range.hi < 0 ? 1 : 0, 0);
  // The floor of a / 2^(bits before the point) is -1 or 0: the sign bit, moved and not computed.
  return cast({{1, type_of(range).integer, true}, Rounding::Trn, Overflow::Wrap}, a);
}

ExprId Formula::table(int table, ExprId index) {
  const Table& entries = tables_[static_cast<size_t>(table)];
  const Interval address = rescaled((*this)[index].range, entries.index_fraction);
  GW_CHECK(address.lo >= 0 && address.hi < static_cast<Int128>(entries.values.size()));
  // Only the entries that the address can reach count.
  const auto [lo, hi] = std::minmax_element(entries.values.begin() + narrow(address.lo),
                                            entries.values.begin() + narrow(address.hi) + 1);
  Expr expr;
  expr.kind = ExprKind::Table;
  expr.args = {index};
  expr.index = table;
  expr.range = {*lo, *hi, entries.type.fraction()};
  if (*lo == *hi) return constant(*lo, entries.type.fraction());
  return intern(std::move(expr));
}

ExprId Formula::cast(const Quantizer& q, ExprId a) {
  const Expr& x = (*this)[a];
  const FixedType& to = q.to;
  const Interval range = quantize(q, x.range);
  if (x.kind == ExprKind::Constant || range.lo == range.hi) folded_casts_.emplace_back(q, x.range);
  if (x.kind == ExprKind::Constant)
    return constant(gw::quantize(q, x.value, x.range.fraction), to.fraction());
  if (range.lo == range.hi) return constant(narrow(range.lo), range.fraction);
  if (changes_nothing(q, x.range)) return a;
  Expr expr;
  expr.kind = ExprKind::Cast;
  expr.args = {a};
  expr.quantizer = q;
  expr.range = range;
  return intern(std::move(expr));
}

int Formula::add_table(Table table) {
  tables_.push_back(std::move(table));
  return static_cast<int>(tables_.size()) - 1;
}

int Formula::widest() const {
  int widest = 0;
  for (const Expr& expr : exprs_) widest = std::max(widest, type_of(expr.range).width);
  return widest;
}

bool Window::is_pointwise() const {
  return kernel_h == 1 && kernel_w == 1 && stride_h == 1 && stride_w == 1 && pad_top == 0 && pad_left == 0 &&
         pad_bottom == 0 && pad_right == 0 && repeat_h == 1 && repeat_w == 1;
}

bool Window::is_whole() const {
  return kernel_h == height && kernel_w == width && dilation_h == 1 && dilation_w == 1 && pad_top == 0 &&
         pad_left == 0 && pad_bottom == 0 && pad_right == 0;
}

}  // namespace gw
