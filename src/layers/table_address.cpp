// From a value to an entry of a table: scaled so that addresses are whole numbers, cast with saturation at
// the ends, and the number of the first entry taken off. Where the number of entries is a power of two, as
// usual, the scaling is a shift and the cast's own type ends where the table does.

#include "layers/table_address.h"

namespace gw {

TableLookup::TableLookup(Formula& formula, std::string name, const FunctionTable& table,
                         const Interval& values)
    : address_(table.address) {
  address_.first = table.address(static_cast<std::int64_t>(values.lo), values.fraction);
  address_.last = table.address(static_cast<std::int64_t>(values.hi), values.fraction);
  const auto begin = table.values.begin() + (address_.first - table.address.first);
  table_ = formula.add_table({std::move(name), 0, {begin, begin + address_.entries()}, table.type});
}

ExprId TableLookup::operator()(Formula& formula, ExprId x) const {
  const ExprId scaled = formula.multiply(x, formula.constant(address_.multiplier, -address_.fraction));
  const FixedType whole = type_of({address_.first, address_.last, 0});
  const ExprId cell = formula.cast({whole, address_.rounding, Overflow::Sat}, scaled);
  const ExprId first = formula.constant(address_.first, 0), last = formula.constant(address_.last, 0);
  return formula.table(table_, formula.subtract(formula.minimum(formula.maximum(cell, first), last), first));
}

}  // namespace gw
