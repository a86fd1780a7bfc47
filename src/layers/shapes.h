#pragma once

#include <initializer_list>
#include <optional>
#include <span>

#include "layers/layer.h"

namespace gw {

/// Shared checks and views of layers' inputs.

/// True if every input has a fixed-point type and every input from `first_constant` on has values.
bool is_typed(std::span<const Operand> inputs, size_t first_constant);

/// A tensor as a stream of pixels: (height, width, channels); a flat tensor is one pixel of all its elements.
Window pointwise_window(const Shape& shape);

/// The type of a layer's output: shape, and the type of the formula's outputs; an error if something inside the formula
/// is wider than 63 bits.
Result<TensorType> typed_output(Shape shape, const Formula& formula, const std::optional<Quantizer>& out);

/// An error unless the input count is in [least, most].
Status check_input_count(const LayerInfo& info, std::span<const Operand> inputs, size_t least, size_t most);
/// An error unless input `index` has exactly this shape.
Status check_shape(const LayerInfo& info, std::span<const Operand> inputs, size_t index, const Shape& wanted);
/// An error unless input `index` has `rank` extents.
Status check_rank(const LayerInfo& info, std::span<const Operand> inputs, size_t index, size_t rank);

/// An error unless every extent is at least 1 and the kernel (height, width) fits into x (height, width, channels).
Status check_window(std::initializer_list<int> extents, const Shape& kernel, const Shape& x);

}  // namespace gw
