#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "circuit/adder_tree.h"
#include "circuit/circuit.h"
#include "formula/formula.h"

namespace gw {

/// Turns formulas into cells of a circuit, bit for bit. Products with constants become shift-adds, shared
/// between the outputs that use them; other products stay multipliers.
class FormulaBuilder {
 public:
  explicit FormulaBuilder(Circuit& circuit) : circuit_(circuit) {}

  /// The wires of the formula's outputs: output o as a raw value of `types[o]`. `loads[i]` is the wire of
  /// window element i, in units of 2^-load_fraction; none: in units of the Load that reads it. The formula has
  /// one stream and no Inside.
  std::vector<WireId> build(const Formula& formula, std::span<const WireId> loads,
                            std::span<const FixedType> types, std::optional<int> load_fraction = {});

 private:
  /// |constant| * x, every bit of it; shared.
  Addend times(WireId x, const Interval& range, std::int64_t constant);
  WireId cast(const Expr& expr, const Interval& from, WireId x);
  WireId sum(const Formula& formula, const Expr& expr, int bits);
  std::vector<Addend> addends(const Formula& formula, const Expr& expr);
  WireId wire(const Formula& formula, const Expr& expr, int bits, std::span<const WireId> loads);

  Circuit& circuit_;
  std::vector<int> depth_;
  std::map<std::pair<WireId, std::int64_t>, Addend> products_;
  std::vector<WireId> wires_;
  std::optional<int> load_fraction_;
};

/// For every expression, how many of its low bits its users look at: a cast that wraps drops the rest, and
/// what is not looked at need not be computed. Expressions that nobody uses get 0.
std::vector<int> needed_bits(const Formula& formula);

}  // namespace gw
