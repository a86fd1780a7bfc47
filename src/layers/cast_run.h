#pragma once

#include <cstdint>
#include <span>

#include "layers/layer.h"

namespace gw {

/// A fixed-point number with an odd raw value, or zero with fraction 0: constants as formulas hold them, so
/// that intermediate results of eval are never wider than those of the formula.
struct Term {
  std::int64_t raw = 0;
  int fraction = 0;
};
Term normalised(Int128 raw, int fraction);
/// Exact sum and product; the results must fit.
Term plus(const Term& a, const Term& b);
Term times(const Term& a, const Term& b);

/// The cast that ends a layer: `out` if the layer has one, else the change of fraction to the inferred type.
Quantizer result_cast(const std::optional<Quantizer>& out, const TensorType& type);

/// Elements [first, first + count) of x as 64-bit integers.
void load_run(const Tensor& x, std::int64_t first, std::span<std::int64_t> values);

/// Casts values in units of 2^-fraction and writes them to the elements of y from `first` on; q.to must be
/// the type of y. Returns how many of them did not fit, or 0 unless `count`.
std::int64_t store_run(const Quantizer& q, std::span<const std::int64_t> values, int fraction, Tensor& y,
                       std::int64_t first, bool count);

}  // namespace gw
