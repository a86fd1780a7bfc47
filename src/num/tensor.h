#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "num/fixed.h"
#include "num/interval.h"

namespace gw {

/// Extents of a tensor without its batch dimension, channels last: (height, width, channels), (length,
/// channels) or (features). All positive.
using Shape = std::vector<int>;

/// The product of the extents; 1 for a shape without extents.
std::int64_t element_count(const Shape& shape);
/// "28x28x1".
std::string to_string(const Shape& shape);

/// What is known of a tensor before any value: its shape and, once it is typed, the fixed-point type that
/// holds every element, and, as far as it is known, which values each element can really take.
struct TensorType {
  Shape shape;
  std::optional<FixedType> fixed;
  /// Empty: any value of `fixed`. Else one interval per channel (the last extent) or one per element in
  /// row-major order, each within `fixed` and of no finer fraction.
  std::vector<Interval> ranges = {};
  bool operator==(const TensorType&) const = default;

  /// Every value that an element of a typed tensor can take; element in [0, element_count(shape)).
  Interval range(std::int64_t element) const;
};

/// "28x28x1 ap_fixed<16,6>" or "28x28x1 float".
std::string to_string(const TensorType& type);

/// Real numbers: weights before they are quantised, inputs as the user gives them. Row-major, batch first.
template <class Real>
struct RealTensor {
  Shape shape;
  int batch = 1;
  std::vector<Real> values;  ///< batch * element_count(shape)
};
using FloatTensor = RealTensor<float>;
using DoubleTensor = RealTensor<double>;

/// Fixed-point numbers as raw integers, row-major, `batch` tensors one after the other. Storage is the
/// narrowest lane of 16, 32 or 64 bits that holds the type, so that the kernels' memory traffic is what the
/// type needs.
class Tensor {
 public:
  using Lanes = std::variant<std::vector<std::int16_t>, std::vector<std::int32_t>, std::vector<std::int64_t>>;

  Tensor() = default;
  /// Zeros. The type must be fixed (typed) and at most max_width bits wide.
  Tensor(Shape shape, FixedType type, int batch = 1);

  const Shape& shape() const { return shape_; }
  const FixedType& type() const { return type_; }
  int batch() const { return batch_; }
  /// Elements of one sample.
  std::int64_t size() const { return size_; }

  std::int64_t at(std::int64_t index) const;       ///< index over batch * size()
  void set(std::int64_t index, std::int64_t raw);  ///< raw must be a value of the type

  const Lanes& lanes() const { return lanes_; }
  Lanes& lanes() { return lanes_; }

  /// Same shape, type, batch and every raw value.
  bool operator==(const Tensor& other) const;

 private:
  Shape shape_;
  FixedType type_;
  int batch_ = 0;
  std::int64_t size_ = 0;
  Lanes lanes_;
};

/// Samples [first, first + count) of a batch; the range must lie within it.
Tensor samples(const Tensor& batch, std::int64_t first, std::int64_t count);

/// Every element through the quantizer. `overflow_count`, if given, grows by the number of elements whose
/// overflow mode had to act.
Tensor quantize(const Quantizer& q, const FloatTensor& x, std::int64_t* overflow_count = nullptr);

/// The real values that the raw ones stand for, rounded to the nearest float beyond 24 significant bits.
FloatTensor dequantize(const Tensor& x);

}  // namespace gw
