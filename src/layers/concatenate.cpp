// Along the last axis a concatenation is a pixel of every stream side by side; along another one some pixels
// of the answer come from one stream and some from the next, so that the stage takes all tensors whole.

#include "layers/concatenate.h"

#include <algorithm>
#include <limits>

#include "layers/elements.h"
#include "layers/index_map.h"
#include "layers/shapes.h"
#include "support/messages.h"

namespace gw {

namespace {

/// From the front; nothing if the tensors have no such axis.
std::optional<size_t> axis_of(const Concatenate& layer, size_t rank) {
  const int axis = layer.axis < 0 ? layer.axis + static_cast<int>(rank) : layer.axis;
  if (axis < 0 || axis >= static_cast<int>(rank)) return std::nullopt;
  return static_cast<size_t>(axis);
}

/// For one input: its element behind each element of the answer, along an axis from `begin` on.
IndexMap map_of(const Shape& from, const Shape& to, size_t axis, int begin) {
  IndexMap map{0};
  for (size_t a = 0; a < to.size(); ++a) {
    IndexMap finer;
    for (const std::int32_t row : map) {
      for (int i = 0; i < to[a]; ++i) {
        const int at = a == axis ? i - begin : i;
        const bool is_inside = row != no_source && at >= 0 && at < from[a];
        finer.push_back(is_inside ? row * from[a] + at : no_source);
      }
    }
    map = std::move(finer);
  }
  return map;
}

bool is_one_pixel(const Shape& shape) { return element_count(shape) == shape.back(); }

Formula formula_of(const Concatenate& layer, std::span<const Operand> inputs, const Shape& out,
                   std::vector<Window>& windows, std::vector<FixedType>& types) {
  const size_t axis = *axis_of(layer, out.size());
  bool is_pointwise = axis + 1 == out.size();
  for (const Operand& input : inputs)
    is_pointwise = is_pointwise && (!input.constant || is_one_pixel(input.type.shape));
  const Shape made = is_pointwise ? Shape{out.back()} : out;
  Formula formula;
  std::vector<ExprId> outputs(static_cast<size_t>(element_count(made)));
  int begin = 0;
  for (const Operand& input : inputs) {
    Shape shape = input.type.shape;
    const int extent = shape[axis];
    std::optional<Loads> load;
    if (!input.constant) {
      windows.push_back(is_pointwise ? pointwise_window(shape) : whole_window(shape));
      types.push_back(*input.type.fixed);
      load.emplace(formula, input.type, windows.back(), static_cast<int>(windows.size()) - 1);
    }
    if (is_pointwise) shape = {shape.back()};
    const IndexMap map = map_of(shape, made, is_pointwise ? 0 : axis, begin);
    for (size_t o = 0; o < map.size(); ++o) {
      if (map[o] == no_source) continue;
      const ExprId x = load ? (*load)(map[o])
                            : formula.constant(input.constant->at(map[o]), input.constant->type().fraction());
      outputs[o] = layer.out ? formula.cast(*layer.out, x) : x;
    }
    begin += extent;
  }
  formula.set_outputs(std::move(outputs));
  return formula;
}

}  // namespace

Result<TensorType> infer(const Concatenate& layer, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(Concatenate::info, inputs, 2, std::max<size_t>(2, inputs.size())); !ok)
    return ok.errors();
  Shape shape = inputs[0].type.shape;
  const auto axis = axis_of(layer, shape.size());
  if (!axis)
    return diagnose(messages::axis_outside, {}, std::string(Concatenate::info.name), layer.axis,
                    to_string(shape));
  std::int64_t extent = 0;
  for (size_t k = 0; k < inputs.size(); ++k) {
    Shape other = inputs[k].type.shape;
    if (auto ok = check_rank(Concatenate::info, inputs, k, shape.size()); !ok) return ok.errors();
    extent += other[*axis];
    other[*axis] = shape[*axis];
    if (other != shape) return check_shape(Concatenate::info, inputs, k, shape).errors();
  }
  constexpr int most = std::numeric_limits<int>::max();  // refused where the whole tensor's size is
  shape[*axis] = static_cast<int>(std::min<std::int64_t>(extent, most));
  if (extent > most) return TensorType{shape, std::nullopt};
  if (!is_typed(inputs, inputs.size())) return TensorType{shape, std::nullopt};
  std::vector<Window> windows;
  std::vector<FixedType> types;
  return typed_output(shape, formula_of(layer, inputs, shape, windows, types), layer.out);
}

Tensor eval(const Concatenate& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  int batch = 1;
  for (const Tensor* input : inputs) batch = std::max(batch, input->batch());
  const size_t axis = *axis_of(layer, out.shape.size());
  Tensor y(out.shape, *out.fixed, batch);
  int begin = 0;
  for (const Tensor* x : inputs) {
    const IndexMap map = map_of(x->shape(), out.shape, axis, begin);
    begin += x->shape()[axis];
    if (layer.out) {
      move_elements(evaluate_elements(*x, Rectify::No, layer.out, {x->shape(), layer.out->to}, options), map,
                    y, options.threads);
    } else {
      move_elements(*x, map, y, options.threads);
    }
  }
  return y;
}

Stage lower(const Concatenate& layer, std::span<const Operand> inputs, const TensorType& out) {
  Stage stage;
  stage.formula = formula_of(layer, inputs, out.shape, stage.windows, stage.inputs);
  stage.output = out;
  return stage;
}

}  // namespace gw
