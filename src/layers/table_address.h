#pragma once

#include <algorithm>
#include <string>

#include "formula/formula.h"
#include "num/function_table.h"

namespace gw {

/// Look-ups in one function table, as expressions of a formula. The table in the formula has only the entries
/// that the values can reach.
class TableLookup {
 public:
  /// `values` holds every value that will be looked up.
  TableLookup(Formula& formula, std::string name, const FunctionTable& table, const Interval& values);
  ExprId operator()(Formula& formula, ExprId x) const;

 private:
  Addressing address_;  ///< with the first and last entry that is there
  int table_;
};

/// Addresses for eval: the position in FunctionTable::values of raw values of one fraction.
class FastAddress {
 public:
  FastAddress(const Addressing& address, int x_fraction)
      : address_(address), x_fraction_(x_fraction), shift_(x_fraction - address.fraction) {
    is_shift_ = address.multiplier == 1 && shift_ >= 0 && shift_ < 62;
    if (is_shift_ && address.rounding == Rounding::TrnZero) up_ = (std::int64_t{1} << shift_) - 1;
  }
  std::int64_t operator()(std::int64_t raw) const {
    if (!is_shift_) return address_(raw, x_fraction_) - address_.first;
    const std::int64_t at = (raw + (raw < 0 ? up_ : 0)) >> shift_;
    return std::min(std::max(at, address_.first), address_.last) - address_.first;
  }

 private:
  Addressing address_;
  int x_fraction_, shift_;
  bool is_shift_ = false;
  std::int64_t up_ = 0;
};

}  // namespace gw
