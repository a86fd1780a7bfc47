#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "formula/formula.h"

namespace gw {

/// An expression as a sum of constants times leaves: expr = bias + sum_i weight[i] * leaf[i], leaves as raw
/// values in their own units, the sum in units of 2^-fraction of the expression.
struct LinearForm {
  ExprId expr = 0;
  std::vector<std::pair<ExprId, std::int64_t>> terms;  ///< leaf and weight, by leaf; no weight is 0
  std::int64_t bias = 0;
};

/// Forms that share leaves, to be built as one matrix, or one expression that is not linear.
struct LinearPart {
  std::vector<LinearForm> forms;  ///< empty: `expr` alone
  ExprId expr = -1;
};

/// Cuts a formula into its linear parts and the rest, in an order in which everything stands behind what it
/// uses. Additions, subtractions, sums and products with constants are taken together as far as they reach;
/// forms that nothing but other forms use do not appear. `used`: expressions that anything needs.
std::vector<LinearPart> linear_parts(const Formula& formula, const std::vector<bool>& used);

}  // namespace gw
