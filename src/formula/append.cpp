// One formula inside another. Every expression is made anew by the functions that keep ranges, so that what
// is known of the loads there (often less than their type holds) narrows everything behind them, and steps
// that then do nothing vanish.

#include "formula/append.h"

namespace gw {

std::vector<ExprId> append(
    Formula& to, const Formula& from, const std::function<ExprId(const Expr&)>& load,
    const std::function<std::optional<ExprId>(ExprId, const std::vector<ExprId>&)>& instead) {
  std::vector<bool> needed(from.exprs().size(), false);
  for (const ExprId id : from.outputs()) needed[static_cast<size_t>(id)] = true;
  for (size_t id = needed.size(); id-- > 0;) {
    if (!needed[id]) continue;
    for (const ExprId arg : from.exprs()[id].args) needed[static_cast<size_t>(arg)] = true;
  }
  std::vector<int> tables;
  for (const Table& table : from.tables()) tables.push_back(to.add_table(table));

  std::vector<ExprId> made(needed.size(), 0);
  for (size_t id = 0; id < needed.size(); ++id) {
    if (!needed[id]) continue;
    const Expr& expr = from.exprs()[id];
    const bool is_leaf = expr.kind == ExprKind::Load || expr.kind == ExprKind::Inside;
    if (instead && !is_leaf) {
      if (const auto other = instead(static_cast<ExprId>(id), made)) {
        made[id] = *other;
        continue;
      }
    }
    std::vector<ExprId> args;
    for (const ExprId arg : expr.args) args.push_back(made[static_cast<size_t>(arg)]);
    switch (expr.kind) {
      case ExprKind::Load:
      case ExprKind::Inside:
        made[id] = load(expr);
        break;
      case ExprKind::Constant:
        made[id] = to.constant(expr.value, expr.range.fraction);
        break;
      case ExprKind::Add:
      case ExprKind::Sum:
        made[id] = to.sum(std::move(args));
        break;
      case ExprKind::Subtract:
        made[id] = to.subtract(args[0], args[1]);
        break;
      case ExprKind::Multiply:
        made[id] = to.multiply(args[0], args[1]);
        break;
      case ExprKind::Maximum:
        made[id] = to.maximum(args[0], args[1]);
        break;
      case ExprKind::Minimum:
        made[id] = to.minimum(args[0], args[1]);
        break;
      case ExprKind::Select:
        made[id] = to.select(args[0], args[1], args[2]);
        break;
      case ExprKind::Table:
        made[id] = to.table(tables[static_cast<size_t>(expr.index)], args[0]);
        break;
      case ExprKind::Cast:
        made[id] = to.cast(expr.quantizer, args[0]);
        break;
    }
  }
  std::vector<ExprId> outputs;
  for (const ExprId id : from.outputs()) outputs.push_back(made[static_cast<size_t>(id)]);
  return outputs;
}

}  // namespace gw
