#pragma once

#include <optional>
#include <vector>

#include "layers/cast_run.h"
#include "layers/lane_cast.h"
#include "layers/matrix.h"

namespace gw {

/// What the fast ways through a matrix step share: where windows lie, what the sums become, and the walk over
/// both.

inline int padded_outputs(int outputs) { return (outputs + tile_outputs - 1) / tile_outputs * tile_outputs; }

/// Elements of a window that lie side by side in x, from the first element of the window on.
struct Stripe {
  std::int64_t offset, length;
};
/// All elements of a window in the order of its rows, in as few stripes as there can be.
std::vector<Stripe> stripes_of(const Window& window);
/// The same, element by element: where row i of the matrix finds its input.
std::vector<std::int32_t> row_offsets(const Window& window);

/// The window on an input that has its padding around it.
Window unpadded(const Window& window);
/// That input: a batch of images with zeros around each.
Tensor with_padding(const Tensor& x, const Window& window);

/// The first element of the windows of positions [first, first + offsets.size()), counted through the batch.
void window_offsets(const Window& window, std::int64_t first, std::span<std::int64_t> offsets);

/// From sums in lanes of T to results. With an accumulator the sums are those of rounded products, in its
/// fraction, not yet wrapped.
template <class T>
struct Finish {
  CastSteps<T> accumulator, out;
  std::optional<CastSteps<std::int64_t>> wide_out;  ///< instead of `out`, where T is too narrow for it
};

/// `sums` holds every sum; nothing if T does not, or no lane is wide enough for the results.
template <class T>
std::optional<Finish<T>> finish_of(const std::optional<Quantizer>& accumulator, const Interval& sums,
                                   const Quantizer& out, bool count);

/// Casts positions * stride sums, of which the first y-channel count of each position are kept, into y from
/// element `first` on. Returns the overflows, or 0 unless `count`. `sums` is used up.
template <class T>
std::int64_t finish(const Kernels& kernels, const Finish<T>& steps, T* sums, std::int64_t positions,
                    std::int64_t stride, std::int64_t outputs, Tensor& y, std::int64_t first, bool count);

/// The largest magnitude that a value of the type has.
Int128 magnitude(const FixedType& type);

/// For each output the sum of the weights' magnitudes, and the largest of these sums.
Int128 largest_weight_sum(const MatrixStep& step);

/// The bias of each output, in units of 2^-fraction: the exact value, or, for an accumulator, rounded as it
/// says but not forced into its type. Padded with zeros to a multiple of 16; all zeros without a bias.
/// Nothing if a value does not fit T or, without an accumulator, has a finer fraction.
template <class T>
std::optional<std::vector<T>> bias_values(const MatrixStep& step, int fraction);

}  // namespace gw
