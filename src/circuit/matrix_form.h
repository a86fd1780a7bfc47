#pragma once

#include <optional>
#include <vector>

#include "formula/formula.h"

namespace gw {

/// A formula seen as y[o] = epilogue(bias[o] + sum_i term(weight[i,o] * x[i])): what can be spread over
/// clocks. `term` is an optional cast of each product, the epilogue a chain of casts and maxima with
/// constants, the same for all outputs.
struct MatrixForm {
  struct Step {
    ExprKind kind = ExprKind::Cast;  ///< Cast or Maximum
    Quantizer quantizer;             ///< Cast
    std::int64_t constant = 0;       ///< Maximum: with constant * 2^-fraction
    int fraction = 0;
    bool operator==(const Step&) const = default;
  };

  int rows = 0, columns = 0;
  FixedType x;
  FixedType weight;                   ///< a type that holds every weight
  std::vector<std::int64_t> weights;  ///< rows * columns, row-major, in `weight`
  std::optional<Quantizer> term;
  std::vector<std::int64_t> bias;  ///< columns, in units of 2^-fraction
  int fraction = 0;                ///< of the sum
  Interval sum;                    ///< holds the sum of any subset of terms of any output
  std::vector<Step> epilogue;      ///< innermost first

  std::int64_t weight_at(int row, int column) const {
    return weights[static_cast<size_t>(row) * static_cast<size_t>(columns) + static_cast<size_t>(column)];
  }
};

/// The matrix form of a formula on a window of `rows` elements of type x, or nothing if it is not of that
/// kind.
std::optional<MatrixForm> matrix_form(const Formula& formula, int rows, const FixedType& x);

/// The epilogue as a formula of its own: its load 0 is the sum.
Formula epilogue_formula(const MatrixForm& form);

}  // namespace gw
