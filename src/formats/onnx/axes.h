#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/onnx/reader.h"

namespace gw {

/// An axis of the file's tensor as an index without the batch; an error for the batch itself.
std::optional<int> axis_of(OnnxCall& call, std::int64_t said, size_t rank_with_batch);

/// Whole numbers that older versions have as an attribute and newer ones as an input; nothing if neither is
/// there, or if an error was told.
std::optional<std::vector<std::int64_t>> numbers_of(OnnxCall& call, const std::string& attribute,
                                                    size_t index);

/// What Shape gives of a tensor of that shape, from `start` to `end`.
std::optional<OnnxArray> shape_array(OnnxCall& call, const OnnxShape& shape);

/// Values given per axis of the file, for our axes.
std::vector<int> by_our_axes(const std::vector<std::int64_t>& values, const std::vector<int>& axes);

/// The view of a tensor of ours of that shape, whose axes are the file's in the given order.
OnnxView view_by_axes(const Shape& ours, const std::vector<int>& axes);

/// A part of a tensor, said for the file's axes without the batch.
struct OnnxRange {
  std::vector<std::int64_t> begin, end, step;

  /// All of it.
  explicit OnnxRange(const OnnxShape& shape) : begin(shape.size(), 0), end(shape), step(shape.size(), 1) {}
};
/// A slice of our tensor, whose axes are the file's in the given order.
OnnxStream add_slice(OnnxCall& call, const OnnxStream& from, const std::vector<int>& axes,
                     const OnnxRange& range, const std::string& suffix);

/// Axis k of what the file sees becomes what axis axes[k] was; likewise.
OnnxStream turned(OnnxCall& call, OnnxStream from, const std::vector<int>& axes);

/// The same elements under another shape, and no layer unless they have to move.
OnnxStream seen_as(OnnxCall& call, OnnxStream from, const OnnxShape& shape);

}  // namespace gw
