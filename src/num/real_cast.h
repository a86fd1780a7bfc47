#pragma once

#include <cstdint>
#include <span>

#include "num/tensor.h"

namespace gw {

/// Real numbers through the quantizer into the elements of y from `first` on; q.to must be the type of y and
/// every value finite. Returns on how many of them the overflow mode had to act, or 0 unless `count`.
std::int64_t quantize_run(const Quantizer& q, std::span<const float> values, Tensor& y, std::int64_t first,
                          bool count);
std::int64_t quantize_run(const Quantizer& q, std::span<const double> values, Tensor& y, std::int64_t first,
                          bool count);

/// The real values of the elements of x from `first` on, rounded to the nearest beyond 24 (float) or 53
/// (double) significant bits.
void dequantize_run(const Tensor& x, std::int64_t first, std::span<float> values);
void dequantize_run(const Tensor& x, std::int64_t first, std::span<double> values);

}  // namespace gw
