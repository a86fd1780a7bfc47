// What several layers ask of their inputs before they compute anything: counts, ranks, shapes, and that no value
// inside is too wide for the integers that hold it.

#include "layers/shapes.h"

#include <algorithm>

#include "layers/matrix.h"
#include "support/messages.h"

namespace gw {

bool is_typed(std::span<const Operand> inputs, size_t first_constant) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].type.fixed) return false;
    if (i >= first_constant && !inputs[i].constant) return false;
  }
  return true;
}

Window pointwise_window(const Shape& shape) {
  Window window;
  if (shape.size() == 3) {
    window.height = shape[0];
    window.width = shape[1];
    window.channels = shape[2];
  } else {
    window.channels = static_cast<int>(element_count(shape));
  }
  return window;
}

Result<TensorType> typed_output(Shape shape, const Formula& formula, const std::optional<Quantizer>& out) {
  const FixedType type = output_type(formula, out);
  const int widest = std::max(formula.widest(), type.width);
  if (widest > max_width) return diagnose(messages::type_too_wide, {}, widest, max_width);
  return TensorType{std::move(shape), type};
}

Status check_input_count(const LayerInfo& info, std::span<const Operand> inputs, size_t least, size_t most) {
  if (inputs.size() >= least && inputs.size() <= most) return Done{};
  return diagnose(messages::input_count, {}, std::string(info.name), std::string(info.inputs),
                  static_cast<std::int64_t>(inputs.size()));
}

Status check_shape(const LayerInfo& info, std::span<const Operand> inputs, size_t index, const Shape& wanted) {
  if (inputs[index].type.shape == wanted) return Done{};
  return diagnose(messages::shape_mismatch, {}, std::string(info.name), static_cast<std::int64_t>(index),
                  std::string(info.inputs), to_string(wanted), to_string(inputs[index].type.shape));
}

Status check_rank(const LayerInfo& info, std::span<const Operand> inputs, size_t index, size_t rank) {
  if (inputs[index].type.shape.size() == rank) return Done{};
  return diagnose(messages::rank_mismatch, {}, std::string(info.name), static_cast<std::int64_t>(index),
                  std::string(info.inputs), static_cast<std::int64_t>(rank), to_string(inputs[index].type.shape));
}

Status check_window(std::initializer_list<int> extents, const Shape& kernel, const Shape& x) {
  for (const int extent : extents) {
    if (extent < 1) return diagnose(messages::zero_extent, {}, extent);
  }
  if (kernel[0] <= x[0] && kernel[1] <= x[1]) return Done{};
  return diagnose(messages::window_too_large, {}, to_string(kernel), to_string(Shape{x[0], x[1]}));
}

}  // namespace gw
