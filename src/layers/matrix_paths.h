#pragma once

#include <optional>

#include "layers/matrix.h"

namespace gw {

/// The ways to compute a matrix step, fastest first. Each returns the overflows that it counted (0 if options
/// ask for none), or nothing, with y untouched, where the types do not allow it.

/// x and weights in 16 bits, sums in 32: exact, or each product truncated and a sum that wraps or never
/// leaves the accumulator.
std::optional<std::int64_t> evaluate_pairs(const MatrixStep& step, const Tensor& x, Tensor& y,
                                           const EvalOptions& options);
/// Everything in lanes of T, which are std::int32_t or std::int64_t.
template <class T>
std::optional<std::int64_t> evaluate_chain(const MatrixStep& step, const Tensor& x, Tensor& y,
                                           const EvalOptions& options);
/// Any types.
std::int64_t evaluate_any(const MatrixStep& step, const Tensor& x, Tensor& y, const EvalOptions& options);

}  // namespace gw
