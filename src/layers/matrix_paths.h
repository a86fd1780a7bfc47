#pragma once

#include <cstdint>
#include <memory>

#include "layers/matrix.h"

namespace gw {

/// One way to compute a matrix step: its weights made ready, and the proof that the types allow it.
class MatrixPath {
 public:
  virtual ~MatrixPath() = default;
  /// Fills y, of the types that the path was made for. Returns the overflows, or 0 unless it was made to
  /// count them; adds nothing to options.overflows.
  virtual std::int64_t run(const Tensor& x, Tensor& y, const EvalOptions& options) const = 0;
};

/// What a path is made for. The weights and the bias are read while it is made and not afterwards.
struct MatrixTask {
  MatrixStep step;  ///< without groups and padding
  TensorType x, y;
  bool count = false;  ///< overflows
};

/// The ways to compute a matrix step, fastest first; nothing where the types do not allow it.

/// x and weights in 16 bits, sums in 32: exact, or each product truncated and a sum that wraps or never
/// leaves the accumulator.
std::unique_ptr<const MatrixPath> pair_path(const MatrixTask& task);
/// Everything in lanes of T, which are std::int32_t or std::int64_t.
template <class T>
std::unique_ptr<const MatrixPath> chain_path(const MatrixTask& task);
/// Any types.
std::unique_ptr<const MatrixPath> any_path(const MatrixTask& task);

}  // namespace gw
