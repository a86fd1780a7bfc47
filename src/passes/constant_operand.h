#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "passes/rewrite.h"

namespace gw {

/// A merge of a tensor and a typed constant.
struct WithConstant {
  NodeId x, constant;
  bool is_first = false;  ///< the constant stands before x
};

/// The two inputs of a merge, if it has two and exactly one is a constant that does not make the answer
/// larger than the tensor.
std::optional<WithConstant> with_constant(const Sight& sight, NodeId merge);

/// The value for each channel, in units of 2^-fraction of its type, if every pixel of a tensor of that shape
/// meets the same; else nothing.
std::optional<std::vector<std::int64_t>> per_channel(const Sight& sight, NodeId constant, const Shape& shape);

/// A typed constant of one value per channel, `combine` of those of two others as exact intervals; nothing if
/// a value needs more than 63 bits.
std::optional<Constant> combined(const Sight& sight, NodeId a, NodeId b, const Shape& shape,
                                 const std::function<Interval(const Interval&, const Interval&)>& combine);
/// Likewise of one constant.
std::optional<Constant> mapped(const Sight& sight, NodeId a, const Shape& shape,
                               const std::function<Interval(const Interval&)>& map);

}  // namespace gw
