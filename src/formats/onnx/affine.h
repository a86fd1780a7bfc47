#pragma once

#include <cmath>

#include "formats/onnx/array.h"

namespace gw {

/// What the numbers of a stream stand for: value = factor * number + shift. Both are broadcast to the file's
/// shape without the batch; no factor is 0. A quantizer whose scale is no power of two gives numbers on a
/// grid of powers of two and leaves the scale here, to be multiplied once and later (onnx_rescale.h).
struct OnnxAffine {
  OnnxArray factor = onnx_number(1), shift = onnx_number(0);

  bool is_identity() const;
  bool is_scalar() const { return factor.values.size() == 1 && shift.values.size() == 1; }
  bool has_shift() const;
  /// True if larger numbers stand for larger values.
  bool is_increasing() const;
  /// True if both differ along one axis at most, or not at all.
  bool is_by_channel() const;
};

/// f of both, broadcast to each other; nothing if they do not go together.
template <class F>
std::optional<OnnxArray> combined(const OnnxArray& a, const OnnxArray& b, F f) {
  const auto shape = broadcast_shape(a.shape, b.shape);
  if (!shape) return std::nullopt;
  OnnxArray result = *broadcast(a, *shape);
  const OnnxArray other = *broadcast(b, *shape);
  for (size_t i = 0; i < result.values.size(); ++i) result.values[i] = f(result.values[i], other.values[i]);
  result.is_integer = false;
  result.type.reset();
  return result;
}

/// factor * by and shift * by + plus; nothing if the shapes do not go together.
std::optional<OnnxAffine> then_affine(const OnnxAffine& from, const OnnxArray& by, const OnnxArray& plus);

/// True if both stand for the same to the last bit of single precision, element by element.
bool is_like(const OnnxArray& a, const OnnxArray& b);

/// The exponent of the power of two next to a positive number, by its logarithm.
int near_exponent(double value);

/// True for powers of two, 1 and 0.25 among them.
bool is_power_of_two(double value);

}  // namespace gw
