#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "passes/rewrite.h"

namespace gw {

/// The type that a layer would infer in a typed graph from nodes of it, or nothing if it would be an error.
std::optional<TensorType> type_with(const Sight& sight, const Layer& layer,
                                    const std::vector<NodeId>& inputs);

/// True if node `id` may be of this type, which holds the same values: it is the type that it has, or what is
/// different is not seen.
bool may_have_type(const Sight& sight, NodeId id, const TensorType& type);
/// True if `layer` on `inputs` may stand for node `id` as far as types go.
bool keeps_type(const Sight& sight, NodeId id, const Layer& layer, const std::vector<NodeId>& inputs);

/// Every value that any element of a typed tensor can take.
Interval whole_range(const TensorType& type);

/// The cast that a node is, if it is one and the same for all elements; else null.
const Quantizer* cast_of(const Sight& sight, NodeId id);

/// True for the layers that only move elements: each answer is one element of the input. Padding is not among
/// them.
bool only_moves(const Layer& layer);

/// Which element of its input each element of the answer is, for a layer that only moves them; counted in
/// row-major order.
std::vector<std::int64_t> source_of_each(const Layer& layer, const Shape& from);

/// The layer that brings a tensor into a shape: Flatten where it is flat.
Layer reshape_to(const Shape& shape);

}  // namespace gw
