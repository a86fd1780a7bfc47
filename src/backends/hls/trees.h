#pragma once

#include <map>
#include <string>
#include <vector>

#include "formula/formula.h"

namespace gw::hls {

/// Terms that are alike, of a sum, a maximum or a minimum; in a chain they are neighbours.
struct Run {
  int shape = 0;
  std::vector<ExprId> terms;
};

/// An associative operation on many terms, or a chain in which each partial sum is cast.
struct Reduction {
  ExprKind kind = ExprKind::Sum;  ///< Sum, Maximum, Minimum; Cast: a chain of sums cast by `quantizer`
  Quantizer quantizer;
  ExprId start = -1;  ///< a chain's first value, or the constant of a sum; -1: none
  std::vector<Run> runs;
  size_t terms() const;
};

/// A formula cut into trees: what is used by several is computed once, and trees of one shape, which differ
/// in nothing but the elements and constants that they read, make a family.
class Trees {
 public:
  explicit Trees(const Formula& formula);

  /// Computed once, for all that use it.
  bool is_root(ExprId id) const { return is_root_[static_cast<size_t>(id)]; }
  /// The reduction that stands at this expression, if it is one of at least four terms.
  const Reduction* reduction(ExprId id) const;

  struct Family {
    std::vector<ExprId> members;
  };
  /// In an order in which everything stands behind what it uses.
  const std::vector<Family>& families() const { return families_; }
  /// Of a root: its family and its place there.
  std::pair<int, int> place(ExprId root) const { return places_.at(root); }
  /// Outputs of one shape, by their numbers.
  const std::vector<std::vector<int>>& outputs() const { return outputs_; }

 private:
  bool is_cheap(ExprId id) const;
  void find_roots();
  int first_place(ExprId id) const;
  Reduction reduction_of(ExprId id);
  bool extends(const Quantizer& q, ExprId id, ExprId& before, ExprId& term) const;
  void gather(ExprKind kind, ExprId id, std::vector<ExprId>& terms) const;
  int shape(ExprId id, bool as_root);
  int known(std::vector<int> key);

  const Formula& formula_;
  std::vector<bool> is_root_;
  std::vector<int> uses_;
  std::map<ExprId, Reduction> reductions_;
  std::map<std::vector<int>, int> shapes_;
  std::map<ExprId, int> shape_of_;
  std::vector<Family> families_;
  std::map<ExprId, std::pair<int, int>> places_;
  std::vector<std::vector<int>> outputs_;
};

}  // namespace gw::hls
