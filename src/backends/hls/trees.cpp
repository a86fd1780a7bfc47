// What is alike in a formula.
//
// A formula is a graph of thousands of expressions; a person would write loops. Expressions that several use
// (the maximum of a softmax, an exponential) become roots, each computed once; what is left between roots are
// trees. The shape of a tree is everything but which elements it loads and which constants it holds, so trees
// of one shape are one loop body, read through index and constant arrays. Long sums are gathered first: an
// exact sum is associative, and so is a maximum, so their terms are sorted by shape. A lossy accumulator, a
// chain of casts of partial sums, keeps its order. Formulas drop casts that change nothing, so a chain goes
// on over a sum whose cast is missing if it would change nothing there.
//
// Loads, products of a load and a constant and casts of those are cheap enough to be written where they are
// used, however often that is: making roots of the products that a convolution's outputs share would tear its
// sums apart. Cost: linear in the formula.

#include "backends/hls/trees.h"

#include <algorithm>

#include "support/check.h"

namespace gw::hls {

namespace {

constexpr size_t least_terms = 4;

bool is_sum(ExprKind kind) { return kind == ExprKind::Sum || kind == ExprKind::Add; }

bool is_leaf(ExprKind kind) {
  return kind == ExprKind::Load || kind == ExprKind::Inside || kind == ExprKind::Constant;
}

std::vector<int> key_of(const Quantizer& q) {
  return {q.to.width, q.to.integer, q.to.is_signed, static_cast<int>(q.rounding),
          static_cast<int>(q.overflow)};
}

}  // namespace

size_t Reduction::terms() const {
  size_t count = 0;
  for (const Run& run : runs) count += run.terms.size();
  return count;
}

Trees::Trees(const Formula& formula) : formula_(formula) {
  find_roots();
  // How many roots stand above each other below an expression.
  std::vector<int> level(formula.exprs().size(), 0);
  std::map<int, std::vector<ExprId>> by_level;
  for (size_t id = 0; id < level.size(); ++id) {
    for (const ExprId arg : formula.exprs()[id].args)
      level[id] = std::max(level[id], level[static_cast<size_t>(arg)] + (is_root(arg) ? 1 : 0));
    if (is_root_[id]) by_level[level[id]].push_back(static_cast<ExprId>(id));
  }
  for (const auto& [_, roots] : by_level) {
    std::map<int, int> family_of;  // by shape, within the level
    for (const ExprId root : roots) {
      const auto [found, is_new] =
          family_of.try_emplace(shape(root, true), static_cast<int>(families_.size()));
      if (is_new) families_.emplace_back();
      std::vector<ExprId>& members = families_[static_cast<size_t>(found->second)].members;
      places_[root] = {found->second, static_cast<int>(members.size())};
      members.push_back(root);
    }
  }
  std::map<int, size_t> outputs_of;
  for (size_t o = 0; o < formula.outputs().size(); ++o) {
    const auto [found, is_new] = outputs_of.try_emplace(shape(formula.outputs()[o], false), outputs_.size());
    if (is_new) outputs_.emplace_back();
    outputs_[found->second].push_back(static_cast<int>(o));
  }
}

bool Trees::is_cheap(ExprId id) const {
  const Expr* expr = &formula_[id];
  if (expr->kind == ExprKind::Cast) expr = &formula_[expr->args[0]];
  if (expr->kind != ExprKind::Multiply) return is_leaf(expr->kind);
  return formula_[expr->args[0]].kind == ExprKind::Load && formula_[expr->args[1]].kind == ExprKind::Constant;
}

void Trees::find_roots() {
  uses_.assign(formula_.exprs().size(), 0);
  std::vector<bool> is_needed(uses_.size(), false);
  for (const ExprId output : formula_.outputs()) is_needed[static_cast<size_t>(output)] = true;
  for (const ExprId output : formula_.outputs()) ++uses_[static_cast<size_t>(output)];
  for (size_t id = uses_.size(); id-- > 0;) {
    if (!is_needed[id]) continue;
    for (const ExprId arg : formula_.exprs()[id].args) {
      ++uses_[static_cast<size_t>(arg)];
      is_needed[static_cast<size_t>(arg)] = true;
    }
  }
  is_root_.resize(uses_.size());
  for (size_t id = 0; id < uses_.size(); ++id)
    is_root_[id] = uses_[id] > 1 && !is_cheap(static_cast<ExprId>(id));
}

void Trees::gather(ExprKind kind, ExprId id, std::vector<ExprId>& terms) const {
  for (const ExprId arg : formula_[id].args) {
    const ExprKind of = formula_[arg].kind;
    if (!is_root(arg) && (of == kind || (is_sum(kind) && is_sum(of)))) {
      gather(kind, arg, terms);
    } else {
      terms.push_back(arg);
    }
  }
}

// id = q(before + term), or a sum for which that is the same.
bool Trees::extends(const Quantizer& q, ExprId id, ExprId& before, ExprId& term) const {
  const Expr* sum = &formula_[id];
  if (sum->kind == ExprKind::Cast && sum->quantizer == q) {
    sum = &formula_[sum->args[0]];
    if (is_root(formula_[id].args[0])) return false;
  } else if (!changes_nothing(q, sum->range)) {
    return false;
  }
  if (sum->kind != ExprKind::Add) return false;
  before = sum->args[0];
  term = sum->args[1];
  return changes_nothing(q, formula_[before].range) ||
         (formula_[before].kind == ExprKind::Cast && formula_[before].quantizer == q);
}

// Which element a term reads first: in that order terms step evenly through a window.
int Trees::first_place(ExprId id) const {
  for (;;) {
    if (is_root(id)) return places_.at(id).second;
    const Expr& expr = formula_[id];
    if (is_leaf(expr.kind)) return expr.index;
    id = expr.args[0];
  }
}

Reduction Trees::reduction_of(ExprId id) {
  const Expr& expr = formula_[id];
  Reduction reduction;
  std::vector<ExprId> terms;
  if (expr.kind == ExprKind::Cast) {
    reduction.kind = ExprKind::Cast;
    reduction.quantizer = expr.quantizer;
    ExprId at = id, before = -1, term = -1;
    while ((at == id || !is_root(at)) && extends(expr.quantizer, at, before, term)) {
      terms.push_back(term);
      reduction.start = at = before;
    }
    std::reverse(terms.begin(), terms.end());
  } else if (is_sum(expr.kind) || expr.kind == ExprKind::Maximum || expr.kind == ExprKind::Minimum) {
    reduction.kind = is_sum(expr.kind) ? ExprKind::Sum : expr.kind;
    gather(expr.kind, id, terms);
  }
  if (terms.size() < least_terms) return {};
  for (const ExprId term : terms) {
    if (reduction.kind == ExprKind::Sum && reduction.start < 0 && formula_[term].kind == ExprKind::Constant) {
      reduction.start = term;
      continue;
    }
    const int of = shape(term, false);
    Run* run = nullptr;
    if (reduction.kind == ExprKind::Cast) {
      if (!reduction.runs.empty() && reduction.runs.back().shape == of) run = &reduction.runs.back();
    } else {
      const auto found = std::find_if(reduction.runs.begin(), reduction.runs.end(),
                                      [&](const Run& other) { return other.shape == of; });
      if (found != reduction.runs.end()) run = &*found;
    }
    if (!run) run = &reduction.runs.emplace_back(Run{of, {}});
    run->terms.push_back(term);
  }
  if (reduction.kind != ExprKind::Cast) {
    for (Run& run : reduction.runs)
      std::stable_sort(run.terms.begin(), run.terms.end(),
                       [&](ExprId a, ExprId b) { return first_place(a) < first_place(b); });
  }
  return reduction;
}

const Reduction* Trees::reduction(ExprId id) const {
  const auto found = reductions_.find(id);
  return found == reductions_.end() ? nullptr : &found->second;
}

int Trees::known(std::vector<int> key) {
  return shapes_.try_emplace(std::move(key), static_cast<int>(shapes_.size())).first->second;
}

int Trees::shape(ExprId id, bool as_root) {
  constexpr int reference = -1, reduced = -2;
  if (is_root(id) && !as_root) return known({reference, places_.at(id).first});
  if (const auto found = shape_of_.find(id); found != shape_of_.end()) return found->second;
  const Expr& expr = formula_[id];
  std::vector<int> key{static_cast<int>(expr.kind)};
  const Reduction reduction = reduction_of(id);
  if (reduction.terms() > 0) {
    key = {reduced, static_cast<int>(reduction.kind)};
    if (reduction.kind == ExprKind::Cast) {
      const std::vector<int> type = key_of(reduction.quantizer);
      key.insert(key.end(), type.begin(), type.end());
    }
    key.push_back(reduction.start < 0 ? -1 : shape(reduction.start, false));
    for (const Run& run : reduction.runs) {
      key.push_back(run.shape);
      key.push_back(static_cast<int>(run.terms.size()));
    }
    reductions_[id] = reduction;
  } else {
    if (expr.kind == ExprKind::Load || expr.kind == ExprKind::Inside) key.push_back(expr.stream);
    if (expr.kind == ExprKind::Table) key.push_back(expr.index);
    if (expr.kind == ExprKind::Cast) {
      const std::vector<int> type = key_of(expr.quantizer);
      key.insert(key.end(), type.begin(), type.end());
    }
    for (const ExprId arg : expr.args) key.push_back(shape(arg, false));
  }
  return shape_of_[id] = known(std::move(key));
}

}  // namespace gw::hls
