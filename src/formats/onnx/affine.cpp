// Scales are products and quotients of the single-precision numbers in a file. They are carried in double
// precision, in which a product of two of them is exact, and rounded to single precision once, where a layer
// takes them.

#include "formats/onnx/affine.h"

#include <algorithm>
#include <functional>

namespace gw {

bool OnnxAffine::has_shift() const {
  return std::any_of(shift.values.begin(), shift.values.end(), [](double value) { return value != 0; });
}

bool OnnxAffine::is_identity() const {
  const auto is_one = [](double value) { return value == 1; };
  return !has_shift() && std::all_of(factor.values.begin(), factor.values.end(), is_one);
}

bool OnnxAffine::is_increasing() const {
  return std::all_of(factor.values.begin(), factor.values.end(), [](double value) { return value > 0; });
}

bool OnnxAffine::is_by_channel() const {
  const auto shape = broadcast_shape(factor.shape, shift.shape);
  return shape && std::count_if(shape->begin(), shape->end(), [](std::int64_t n) { return n != 1; }) <= 1;
}

std::optional<OnnxAffine> then_affine(const OnnxAffine& from, const OnnxArray& by, const OnnxArray& plus) {
  auto factor = combined(from.factor, by, std::multiplies<>());
  const auto moved = combined(from.shift, by, std::multiplies<>());
  auto shift = moved ? combined(*moved, plus, std::plus<>()) : std::nullopt;
  if (!factor || !shift) return std::nullopt;
  return OnnxAffine{*std::move(factor), *std::move(shift)};
}

bool is_like(const OnnxArray& a, const OnnxArray& b) {
  const auto both = combined(
      a, b, [](double x, double y) { return static_cast<float>(x) == static_cast<float>(y) ? 1.0 : 0.0; });
  return both && std::all_of(both->values.begin(), both->values.end(), [](double is) { return is == 1; });
}

int near_exponent(double value) {
  int exponent = 0;
  const double part = std::frexp(value, &exponent);  // in [0.5, 1)
  return part * part < 0.5 ? exponent - 1 : exponent;
}

bool is_power_of_two(double value) {
  int exponent = 0;
  return std::isfinite(value) && std::frexp(value, &exponent) == 0.5;
}

}  // namespace gw
