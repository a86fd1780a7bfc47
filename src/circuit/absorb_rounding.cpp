// AP_RND without an adder of its own.
//
// floor(x + 1/2) costs an increment as wide as the result behind every sum. If x is a sum that nobody else
// reads, the half joins its bias, where it costs nothing or very little; if x is max(sum, 0), then
// floor(max(sum, 0) + 1/2) = max(floor(sum + 1/2), 0).

#include "circuit/absorb_rounding.h"

#include <optional>
#include <vector>

#include "formula/append.h"

namespace gw {

namespace {

class Absorber {
 public:
  explicit Absorber(const Formula& from) : from_(from), readers_(from.exprs().size(), 0) {
    for (const Expr& expr : from.exprs()) {
      for (const ExprId arg : expr.args) ++readers_[static_cast<size_t>(arg)];
    }
    for (const ExprId out : from.outputs()) ++readers_[static_cast<size_t>(out)];
  }

  Formula run() {
    to_.set_outputs(append(
        to_, from_, [&](const Expr& load) { return to_.load(load.stream, load.index, load.range); },
        [&](ExprId id, const std::vector<ExprId>& made) -> std::optional<ExprId> {
          const Expr& expr = from_[id];
          if (expr.kind != ExprKind::Cast || expr.quantizer.rounding != Rounding::Rnd) return {};
          const auto rounded = rounded_value(expr.args[0], expr.quantizer.to.fraction(), made);
          if (!rounded) return {};
          return to_.cast({expr.quantizer.to, Rounding::Trn, expr.quantizer.overflow}, *rounded);
        }));
    return std::move(to_);
  }

 private:
  // floor(x + 1/2) in units of 2^-fraction, if that needs no increment.
  std::optional<ExprId> rounded_value(ExprId id, int fraction, const std::vector<ExprId>& made) {
    const Expr& expr = from_[id];
    if (expr.kind == ExprKind::Constant) {
      const FixedType wide{max_width, max_width - fraction, true};
      return to_.constant(quantize({wide, Rounding::Rnd, Overflow::Sat}, expr.value, expr.range.fraction),
                          fraction);
    }
    if (expr.range.fraction <= fraction || readers_[static_cast<size_t>(id)] > 1) return {};
    switch (expr.kind) {
      case ExprKind::Add:
      case ExprKind::Subtract:
      case ExprKind::Sum:
      case ExprKind::Multiply: {
        if (expr.kind == ExprKind::Multiply && from_[expr.args[1]].kind != ExprKind::Constant) return {};
        const ExprId sum = to_.add(made[static_cast<size_t>(id)], to_.constant(1, fraction + 1));
        const FixedType wide{max_width, max_width - fraction, true};
        const FixedType exact = type_of(quantize({wide, Rounding::Trn, Overflow::Sat}, to_[sum].range));
        return to_.cast({exact, Rounding::Trn, Overflow::Wrap}, sum);
      }
      case ExprKind::Maximum:
      case ExprKind::Minimum: {
        const auto a = rounded_value(expr.args[0], fraction, made);
        const auto b = a ? rounded_value(expr.args[1], fraction, made) : std::nullopt;
        if (!b) return {};
        return expr.kind == ExprKind::Maximum ? to_.maximum(*a, *b) : to_.minimum(*a, *b);
      }
      default:
        return {};
    }
  }

  const Formula& from_;
  std::vector<int> readers_;
  Formula to_;
};

}  // namespace

Formula absorb_rounding(const Formula& formula) { return Absorber(formula).run(); }

}  // namespace gw
