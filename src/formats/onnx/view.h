#pragma once

#include <optional>
#include <vector>

#include "formats/onnx/array.h"
#include "num/tensor.h"

namespace gw {

/// How the elements of a tensor of ours lie in the tensor that the file speaks of. A file's tensor is
/// channels first as a rule, (batch, channels, height, width), ours is (height, width, channels); to copy one
/// into the other at every transpose and flatten would cost hardware, so both stay as they are and the view
/// knows the order.
///
/// A view splits the elements into digits, as a number is split into hundreds, tens and ones: `extents` lists
/// them from the slowest to the fastest in our tensor, `order` lists the same digits as the file has them.
/// The file's shape (without the batch) joins neighbouring digits of `order`; our shape joins neighbouring
/// digits.
struct OnnxView {
  OnnxShape shape;           ///< the file's, without the batch
  std::vector<int> extents;  ///< of the digits, in our order
  std::vector<int> order;    ///< positions in `extents`, in the file's order

  /// True if our elements come in the file's order.
  bool is_plain() const;
};

/// 0, 1, 2, ...
std::vector<int> axes_in_order(size_t rank);
/// 1, 2, ..., 0: the order of (channels, space...) with its channels last.
std::vector<int> last_first(size_t rank);

/// The view of a tensor of ours that has just the file's shape.
OnnxView plain_view(const OnnxShape& shape);

/// The view in which our tensor has the file's axes in the given order: (1, 2, 0) for channels last.
OnnxView permuted_view(const OnnxShape& shape, const std::vector<int>& axes);

/// The same elements when the file transposes, so that axis k becomes what axis axes[k] was. Nothing if our
/// elements would have to be moved to be seen that way.
std::optional<OnnxView> transposed(OnnxView view, const std::vector<int>& axes);

/// The same elements when the file gives them another shape; likewise.
std::optional<OnnxView> reshaped(OnnxView view, const OnnxShape& shape);

/// For each axis of the file's shape, the digits that make it up (an extent of 1 may have none); splits
/// digits where needed. False if an axis begins within a digit that does not split there.
bool split_by_axes(OnnxView& view, std::vector<std::vector<int>>& digits);

/// What has to be done to our tensor of shape `from` so that its axes are the file's in the given order:
/// reshape to `digits` if not empty, permute by `axes` if not empty, reshape to `shape`. Each is left out
/// where it would do nothing.
struct OnnxRearrangement {
  Shape digits;
  std::vector<int> axes;
  Shape shape;
  bool is_reshaped = false;  ///< the last step is needed
};
std::optional<OnnxRearrangement> rearrangement(OnnxView view, const Shape& from,
                                               const std::vector<int>& axes);

/// A constant that the file lays over the whole of the view's tensor (broadcast to `view.shape`) as ours: the
/// values in our order.
OnnxArray laid_out(OnnxArray array, const OnnxView& view);

}  // namespace gw
