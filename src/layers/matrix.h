#pragma once

#include <optional>
#include <span>
#include <vector>

#include "layers/layer.h"

namespace gw {

/// What dense and convolution share: each output position multiplies a window of n = window.elements() inputs
/// with a matrix of n rows and `outputs` columns and adds a bias. With groups, outputs and channels are
/// shared out among them in order, and an output sees the channels of its group only.
struct MatrixStep {
  Window window;
  int outputs = 0;
  int groups = 1;
  const Tensor* weight = nullptr;  ///< n / groups * outputs values, row-major
  const Tensor* bias = nullptr;    ///< `outputs` values, or none
  std::optional<Quantizer> accumulator;
  std::optional<Quantizer> out;
  int reuse = 1;  ///< the order in which an accumulator that saturates adds, see row_order
};

/// The same step with one matrix over all channels, zeros where an output does not see one. `whole` keeps the
/// weights of a step that had groups.
MatrixStep without_groups(const MatrixStep& step, std::optional<Tensor>& whole);

/// The rows of a matrix in the order in which a lossy accumulator adds their products. 1: ascending. A reuse
/// factor below the number of rows, as hls4ml's resource strategy takes them: rows 0, reuse, 2 reuse, ...,
/// then 1, 1 + reuse, ...; from there on ascending again.
std::vector<int> row_order(int rows, int reuse);

/// The formula of a matrix step on inputs x: one output per column. With an accumulator: the bias is cast,
/// each product is cast and added in row order, each partial sum is cast. Where the accumulator wraps, the
/// casts of the partial sums are left out but for the last: wrapping is arithmetic modulo 2^width, and
/// nothing is rounded there.
Formula matrix_formula(const MatrixStep& step, const TensorType& x);

/// The sum of terms that are values of the accumulator's type, each partial sum cast to it; where it wraps,
/// the whole sum is cast at once, which is the same.
ExprId accumulate(Formula& formula, std::vector<ExprId> terms, const Quantizer& accumulator);

/// What typed_output says of matrix_formula, without building it, which a matrix of millions of weights asks
/// for.
Result<TensorType> matrix_type(const MatrixStep& step, const TensorType& x, Shape shape);

/// The fast answer for a whole batch; the bits of matrix_formula.
Tensor evaluate(const MatrixStep& step, const Tensor& x, const TensorType& out, const EvalOptions& options);

}  // namespace gw
