#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "num/fixed.h"
#include "num/tensor.h"

namespace gw {

/// Extents as an ONNX file counts them: the batch first, channels usually second.
using OnnxShape = std::vector<std::int64_t>;

/// "1x3x28x28"; "scalar" without extents.
std::string to_string(const OnnxShape& shape);
std::int64_t element_count(const OnnxShape& shape);
/// True if the extents are those of a tensor that can be: few axes, none negative, and below 2^31 elements
/// even if extents of 0 are left out.
bool is_sane(const OnnxShape& shape);

/// A tensor whose values the file knows: weights, shapes, axes.
struct OnnxArray {
  std::string name;  ///< of the initializer, or of the node that computed it
  OnnxShape shape;
  bool is_integer = false;
  std::vector<double> values;  ///< row-major; floats are exact, whole numbers up to 2^53
  /// The type that a Quant node gives to the values, which then are all of it.
  std::optional<Quantizer> type = {};
  /// What each value is multiplied by, where a quantizer has a scale that its type cannot have; none: 1.
  std::vector<double> scales = {};
  std::optional<FixedType> whole = {};  ///< whole numbers: their type in the file

  double at(std::int64_t index) const { return values[static_cast<size_t>(index)]; }
  /// The values as whole numbers.
  std::vector<std::int64_t> integers() const;
};

/// y[i0, i1, ...] = x[.., i0 at axis order[0], ..]: axis k of the result is axis order[k] of the array.
OnnxArray transposed(OnnxArray array, const std::vector<int>& order);

/// The values times their scales, rounded to single precision as ONNX has them, and without a type.
OnnxArray settled(OnnxArray array);

/// A scalar.
OnnxArray onnx_number(double value);

/// The array repeated along axes of extent 1 and missing leading ones (NumPy's broadcasting); nothing if it
/// does not fit `shape`.
std::optional<OnnxArray> broadcast(OnnxArray array, const OnnxShape& shape);

/// True if a tensor of the one shape can be repeated to the other.
bool broadcasts(const OnnxShape& from, const OnnxShape& to);

/// What both shapes broadcast to, or nothing.
std::optional<OnnxShape> broadcast_shape(OnnxShape a, OnnxShape b);

/// The values as the graph takes them. A double that is no float is rounded to the nearest.
FloatTensor to_float_tensor(const OnnxArray& array, Shape shape);

}  // namespace gw
