// Arithmetic on the constants of a model file: what exporters leave to be computed (the shape of a reshape, a
// transposed weight matrix) is computed here, once, while the file is read.

#include "formats/onnx/array.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "support/check.h"

namespace gw {

std::string to_string(const OnnxShape& shape) {
  return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, "x"));
}

std::int64_t element_count(const OnnxShape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

bool is_sane(const OnnxShape& shape) {
  constexpr size_t most_axes = 32;
  constexpr std::int64_t most = std::int64_t{1} << 31;
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || count > most / std::max<std::int64_t>(extent, 1)) return false;
    count *= std::max<std::int64_t>(extent, 1);
  }
  return shape.size() <= most_axes;
}

std::vector<std::int64_t> OnnxArray::integers() const {
  std::vector<std::int64_t> out;
  constexpr double limit = 0x1p63;  // exporters write the largest number for "to the end"
  for (const double value : values) {
    out.push_back(value >= limit    ? std::numeric_limits<std::int64_t>::max()
                  : value <= -limit ? std::numeric_limits<std::int64_t>::min()
                                    : static_cast<std::int64_t>(value));
  }
  return out;
}

namespace {

/// How far apart neighbours along each axis are in a row-major array.
std::vector<std::int64_t> strides_of(const OnnxShape& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (size_t axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  return strides;
}

/// Values of an array of `shape`, read with the given stride along each axis.
std::vector<double> gathered(const std::vector<double>& values, const OnnxShape& shape,
                             const std::vector<std::int64_t>& strides) {
  std::vector<double> out(static_cast<size_t>(element_count(shape)));
  if (shape.empty()) return {values[0]};
  const size_t last = shape.size() - 1;
  std::vector<std::int64_t> index(last, 0);
  std::int64_t from = 0;
  for (size_t at = 0; at < out.size(); at += static_cast<size_t>(shape[last])) {
    for (std::int64_t j = 0; j < shape[last]; ++j)
      out[at + static_cast<size_t>(j)] = values[static_cast<size_t>(from + j * strides[last])];
    for (size_t axis = last; axis-- > 0;) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}

}  // namespace

OnnxArray transposed(OnnxArray array, const std::vector<int>& order) {
  GW_CHECK(order.size() == array.shape.size());
  const auto old = strides_of(array.shape);
  OnnxShape shape;
  std::vector<std::int64_t> strides;
  for (const int axis : order) {
    shape.push_back(array.shape[static_cast<size_t>(axis)]);
    strides.push_back(old[static_cast<size_t>(axis)]);
  }
  array.values = gathered(array.values, shape, strides);
  if (!array.scales.empty()) array.scales = gathered(array.scales, shape, strides);
  array.shape = std::move(shape);
  return array;
}

bool broadcasts(const OnnxShape& from, const OnnxShape& to) {
  return from.size() <= to.size() &&
         std::equal(from.rbegin(), from.rend(), to.rbegin(),
                    [](std::int64_t extent, std::int64_t wanted) { return extent == 1 || extent == wanted; });
}

std::optional<OnnxArray> broadcast(OnnxArray array, const OnnxShape& shape) {
  if (!broadcasts(array.shape, shape)) return std::nullopt;
  array.shape.insert(array.shape.begin(), shape.size() - array.shape.size(), 1);
  auto strides = strides_of(array.shape);
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (array.shape[axis] != shape[axis]) strides[axis] = 0;
  }
  array.values = gathered(array.values, shape, strides);
  if (!array.scales.empty()) array.scales = gathered(array.scales, shape, strides);
  array.shape = shape;
  return array;
}

OnnxArray settled(OnnxArray array) {
  if (array.scales.empty()) return array;
  for (size_t i = 0; i < array.values.size(); ++i)
    array.values[i] = static_cast<float>(array.values[i] * array.scales[i]);
  array.scales.clear();
  array.type.reset();
  return array;
}

OnnxArray onnx_number(double value) { return {"", {}, false, {value}}; }

std::optional<OnnxShape> broadcast_shape(OnnxShape a, OnnxShape b) {
  if (a.size() < b.size()) a.swap(b);
  b.insert(b.begin(), a.size() - b.size(), 1);
  for (size_t axis = 0; axis < a.size(); ++axis) {
    if (a[axis] != b[axis] && a[axis] != 1 && b[axis] != 1) return std::nullopt;
    if (a[axis] == 1) a[axis] = b[axis];
  }
  return a;
}

FloatTensor to_float_tensor(const OnnxArray& array, Shape shape) {
  FloatTensor tensor{std::move(shape), 1, {}};
  for (const double value : array.values) tensor.values.push_back(static_cast<float>(value));
  return tensor;
}

}  // namespace gw
