// What a formula has of matrices.
//
// A layer's sums, a product here and there in front of a cast, the adds of a merge: all of it is linear in
// what the non-linear expressions give (loads, casts, maxima, tables: the leaves). Linear expressions are
// written out as one weighted sum of leaves each, and those of one rank that share leaves make one matrix,
// whose adders can be shared by a search. The rank of a form is one more than that of its highest leaf, so a
// rank's matrices can be built as soon as all lower ranks are.

#include "circuit/linear_parts.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

#include "support/check.h"

namespace gw {

namespace {

using Weights = std::map<ExprId, Int128>;

struct Sum {
  Weights weights;
  Int128 bias = 0;
};

class Cutter {
 public:
  Cutter(const Formula& formula, const std::vector<bool>& used) : formula_(formula), used_(used) {
    const size_t count = formula.exprs().size();
    is_root_.assign(count, false);
    rank_.assign(count, 0);
    sums_.resize(count);
  }

  std::vector<LinearPart> run() {
    find_roots();
    for (size_t id = 0; id < rank_.size(); ++id) {
      if (used_[id]) visit(static_cast<ExprId>(id));
    }
    return in_order();
  }

 private:
  bool is_linear(ExprId id) const {
    const Expr& expr = formula_[id];
    switch (expr.kind) {
      case ExprKind::Add:
      case ExprKind::Subtract:
      case ExprKind::Sum:
        return true;
      case ExprKind::Multiply:
        return formula_[expr.args[1]].kind == ExprKind::Constant;
      default:
        return false;
    }
  }

  void find_roots() {
    for (const ExprId id : formula_.outputs()) is_root_[static_cast<size_t>(id)] = true;
    for (size_t id = 0; id < rank_.size(); ++id) {
      if (!used_[id] || is_linear(static_cast<ExprId>(id))) continue;
      for (const ExprId a : formula_.exprs()[id].args) is_root_[static_cast<size_t>(a)] = true;
    }
  }

  // Adds factor * arg, with the argument as a raw value in its own units.
  void add(Sum& sum, ExprId arg, Int128 factor) const {
    const Expr& expr = formula_[arg];
    if (expr.kind == ExprKind::Constant) {
      sum.bias += factor * expr.value;
    } else if (is_linear(arg)) {
      const Sum& part = sums_[static_cast<size_t>(arg)];
      sum.bias += factor * part.bias;
      for (const auto& [leaf, weight] : part.weights) sum.weights[leaf] += factor * weight;
    } else if (expr.range.lo != 0 || expr.range.hi != 0) {
      sum.weights[arg] += factor;
    }
  }

  void visit(ExprId id) {
    const auto at = static_cast<size_t>(id);
    const Expr& expr = formula_[id];
    if (!is_linear(id)) {
      for (const ExprId a : expr.args) rank_[at] = std::max(rank_[at], rank_[static_cast<size_t>(a)]);
      return;
    }
    Sum& sum = sums_[at];
    if (expr.kind == ExprKind::Multiply) {
      add(sum, expr.args[0], formula_[expr.args[1]].value);
    } else {
      for (size_t n = 0; n < expr.args.size(); ++n) {
        const int gap = expr.range.fraction - formula_[expr.args[n]].range.fraction;
        const Int128 scale = Int128{1} << gap;
        add(sum, expr.args[n], expr.kind == ExprKind::Subtract && n == 1 ? -scale : scale);
      }
    }
    std::erase_if(sum.weights, [](const auto& entry) { return entry.second == 0; });
    for (const auto& [leaf, weight] : sum.weights)
      rank_[at] = std::max(rank_[at], rank_[static_cast<size_t>(leaf)] + 1);
  }

  LinearForm form_of(ExprId id) const {
    const auto narrowed = [](Int128 value) {
      GW_CHECK(value >= std::numeric_limits<std::int64_t>::min() &&
               value <= std::numeric_limits<std::int64_t>::max());
      return static_cast<std::int64_t>(value);
    };
    const Sum& sum = sums_[static_cast<size_t>(id)];
    LinearForm form;
    form.expr = id;
    form.bias = narrowed(sum.bias);
    for (const auto& [leaf, weight] : sum.weights) form.terms.emplace_back(leaf, narrowed(weight));
    return form;
  }

  // Forms of one rank fall into groups that share no leaf.
  void append_groups(const std::vector<ExprId>& roots, std::vector<LinearPart>& parts) const {
    std::vector<size_t> parent(roots.size());
    std::iota(parent.begin(), parent.end(), size_t{0});
    const auto find = [&](size_t n) {
      while (parent[n] != n) n = parent[n] = parent[parent[n]];
      return n;
    };
    std::map<ExprId, size_t> first_with;
    for (size_t n = 0; n < roots.size(); ++n) {
      for (const auto& [leaf, weight] : sums_[static_cast<size_t>(roots[n])].weights) {
        const size_t other = find(first_with.try_emplace(leaf, n).first->second), mine = find(n);
        parent[std::max(other, mine)] = std::min(other, mine);
      }
    }
    std::map<size_t, size_t> part_of;
    for (size_t n = 0; n < roots.size(); ++n) {
      const auto [place, is_new] = part_of.try_emplace(find(n), parts.size());
      if (is_new) parts.emplace_back();
      parts[place->second].forms.push_back(form_of(roots[n]));
    }
  }

  std::vector<LinearPart> in_order() const {
    std::map<int, std::vector<ExprId>> roots, others;
    for (size_t id = 0; id < rank_.size(); ++id) {
      const auto expr = static_cast<ExprId>(id);
      if (!used_[id]) continue;
      if (!is_linear(expr)) {
        others[rank_[id]].push_back(expr);
      } else if (is_root_[id]) {
        roots[rank_[id]].push_back(expr);
      }
    }
    std::vector<LinearPart> parts;
    int last = 0;
    for (const auto* ranks : {&roots, &others}) {
      if (!ranks->empty()) last = std::max(last, ranks->rbegin()->first);
    }
    for (int rank = 0; rank <= last; ++rank) {
      if (const auto found = roots.find(rank); found != roots.end()) append_groups(found->second, parts);
      if (const auto found = others.find(rank); found != others.end()) {
        for (const ExprId expr : found->second) parts.push_back({{}, expr});
      }
    }
    return parts;
  }

  const Formula& formula_;
  const std::vector<bool>& used_;
  std::vector<bool> is_root_;
  std::vector<int> rank_;
  std::vector<Sum> sums_;
};

}  // namespace

std::vector<LinearPart> linear_parts(const Formula& formula, const std::vector<bool>& used) {
  return Cutter(formula, used).run();
}

}  // namespace gw
