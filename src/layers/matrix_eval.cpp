// The fast answer of dense and convolution: the first way that is proven to give the bits of the formula.
//
// What decides is the width of the sums, bounded by the input's type and the weights' magnitudes. Sixteen-bit
// operands with sums of 32 bits are what nearly every network on an FPGA has; other types take wider lanes at
// a third of the speed and less.

#include <memory>

#include "layers/matrix_frame.h"
#include "layers/matrix_paths.h"
#include "layers/prepared.h"

namespace gw {

namespace {

std::unique_ptr<const MatrixPath> path_of(const MatrixTask& task) {
  if (auto path = pair_path(task)) return path;
  if (auto path = chain_path<std::int32_t>(task)) return path;
  if (auto path = chain_path<std::int64_t>(task)) return path;
  return any_path(task);
}

}  // namespace

Tensor evaluate(const MatrixStep& step, const Tensor& x, const TensorType& out, const EvalOptions& options) {
  const auto path = prepared<std::unique_ptr<const MatrixPath>>(options, [&] {
    std::optional<Tensor> whole;
    MatrixStep plain = without_groups(step, whole);
    plain.window = unpadded(step.window);
    const Shape shape{plain.window.height, plain.window.width, plain.window.channels};
    return path_of({plain, {shape, x.type()}, out, options.overflows != nullptr});
  });
  Tensor y(out.shape, *out.fixed, x.batch());
  const std::int64_t overflowed = step.window.is_padded()
                                      ? (*path)->run(with_padding(x, step.window), y, options)
                                      : (*path)->run(x, y, options);
  if (options.overflows) *options.overflows += overflowed;
  return y;
}

}  // namespace gw
