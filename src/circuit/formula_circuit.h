#pragma once

#include <optional>
#include <span>
#include <vector>

#include "circuit/adder_search.h"
#include "circuit/circuit.h"
#include "circuit/linear_parts.h"
#include "formula/formula.h"

namespace gw {

/// Turns formulas into cells of a circuit, bit for bit. The linear parts become shared shift-adds, found by
/// the adder search; products of two variables stay multipliers.
class FormulaBuilder {
 public:
  /// `search`: how hard to look for adders; as it comes, as shallow as can be and without a second thought.
  explicit FormulaBuilder(Circuit& circuit, const AdderSearch& search = {.extra_depth = 0, .effort = 0})
      : circuit_(circuit), search_(search) {}

  /// The wires of the formula's outputs: output o as a raw value of `types[o]`. `loads[i]` is the wire of
  /// window element i, in units of the Load that reads it. The formula has one stream and no Inside.
  std::vector<WireId> build(const Formula& original, std::span<const WireId> loads,
                            std::span<const FixedType> types);

 private:
  WireId cast(const Expr& expr, const Interval& from, WireId x);
  WireId limited(const Expr& expr, WireId value, std::optional<WireId> below, std::optional<WireId> above);
  WireId limited_then_shifted(const Expr& expr, const Interval& from, WireId x);
  void build_forms(const Formula& formula, const std::vector<LinearForm>& forms,
                   const std::vector<int>& needed);
  WireId wire(const Formula& formula, const Expr& expr, int bits, std::span<const WireId> loads);

  Circuit& circuit_;
  AdderSearch search_;
  std::vector<WireId> wires_;
};

/// For every expression, how many of its low bits its users look at: a cast that wraps drops the rest, and
/// what is not looked at need not be computed. Expressions that nobody uses get 0.
std::vector<int> needed_bits(const Formula& formula);

}  // namespace gw
