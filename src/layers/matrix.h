#pragma once

#include <optional>
#include <span>

#include "layers/layer.h"

namespace gw {

/// What dense and convolution share: each output position multiplies a window of n = window.elements() inputs with a
/// matrix of n rows and `outputs` columns and adds a bias.
struct MatrixStep {
  Window window;
  int outputs = 0;
  const Tensor* weight = nullptr;  ///< n * outputs values, row-major
  const Tensor* bias = nullptr;    ///< `outputs` values, or none
  std::optional<Quantizer> accumulator;
  std::optional<Quantizer> out;
};

/// The formula of a matrix step on inputs of type x: one output per column. With an accumulator: the bias is cast,
/// each product is cast and added in row order, each partial sum is cast. Where the accumulator wraps, the casts of the
/// partial sums are left out but for the last: wrapping is arithmetic modulo 2^width, and nothing is rounded there.
Formula matrix_formula(const MatrixStep& step, const FixedType& x);

/// The fast answer for a whole batch; the bits of matrix_formula.
Tensor evaluate(const MatrixStep& step, const Tensor& x, const TensorType& out, const EvalOptions& options);

/// The type that holds every output of a formula: the union of their ranges, or the type of `out` if it is given.
FixedType output_type(const Formula& formula, const std::optional<Quantizer>& out);

}  // namespace gw
