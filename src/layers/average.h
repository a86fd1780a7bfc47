#pragma once

#include <optional>

#include "layers/layer.h"

namespace gw {

/// What average pools share (average_pool.h says what is computed).
struct AverageStep {
  Window window;
  bool counts_padding = false;
  std::optional<Quantizer> accumulator, out;
  /// Pixels that count at each output row and column: their product is the divisor there.
  std::vector<int> rows, columns;

  /// The fraction of the quotient.
  int fraction(const FixedType& x) const;
};

/// A window's step; every divisor is at least 1.
AverageStep average_step(const Window& window, bool counts_padding, std::optional<Quantizer> accumulator,
                         std::optional<Quantizer> out);

Formula average_formula(const AverageStep& step, const TensorType& x);

/// The fast answer; the bits of average_formula.
Tensor evaluate_average(const AverageStep& step, const Tensor& x, const TensorType& out,
                        const EvalOptions& options);

}  // namespace gw
