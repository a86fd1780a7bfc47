// A convolution is a matrix step whose window slides over the input.

#include "layers/conv.h"

#include "layers/matrix.h"
#include "layers/shapes.h"
#include "support/messages.h"

namespace gw {

namespace {

Window window_of(const Conv2D& layer, const Shape& x, const Shape& weight) {
  Window window = pointwise_window(x);
  window.kernel_h = weight[0];
  window.kernel_w = weight[1];
  window.stride_h = layer.stride_h;
  window.stride_w = layer.stride_w;
  return window;
}

MatrixStep step_of(const Conv2D& layer, const Shape& x, const Tensor* weight, const Tensor* bias) {
  MatrixStep step;
  step.window = window_of(layer, x, weight->shape());
  step.weight = weight;
  step.bias = bias;
  step.outputs = weight->shape()[3];
  step.accumulator = layer.accumulator;
  step.out = layer.out;
  return step;
}

MatrixStep step_of(const Conv2D& layer, std::span<const Operand> inputs) {
  return step_of(layer, inputs[0].type.shape, inputs[1].constant, inputs.size() > 2 ? inputs[2].constant : nullptr);
}

}  // namespace

Result<TensorType> infer(const Conv2D& layer, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(Conv2D::info, inputs, 2, 3); !ok) return ok.errors();
  if (auto ok = check_rank(Conv2D::info, inputs, 0, 3); !ok) return ok.errors();
  if (auto ok = check_rank(Conv2D::info, inputs, 1, 4); !ok) return ok.errors();
  const Shape &x = inputs[0].type.shape, &w = inputs[1].type.shape;
  if (auto ok = check_shape(Conv2D::info, inputs, 1, {w[0], w[1], x[2], w[3]}); !ok) return ok.errors();
  if (inputs.size() > 2) {
    if (auto ok = check_shape(Conv2D::info, inputs, 2, {w[3]}); !ok) return ok.errors();
  }
  if (auto ok = check_window({layer.stride_h, layer.stride_w, w[0], w[1]}, {w[0], w[1]}, x); !ok) return ok.errors();
  const Window window = window_of(layer, x, w);
  Shape shape{window.output_height(), window.output_width(), w[3]};
  if (!is_typed(inputs, 1)) return TensorType{std::move(shape), std::nullopt};
  return typed_output(std::move(shape), matrix_formula(step_of(layer, inputs), *inputs[0].type.fixed), layer.out);
}

Tensor eval(const Conv2D& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return evaluate(step_of(layer, inputs[0]->shape(), inputs[1], inputs.size() > 2 ? inputs[2] : nullptr), *inputs[0],
                  out, options);
}

Stage lower(const Conv2D& layer, std::span<const Operand> inputs, const TensorType& out) {
  const MatrixStep step = step_of(layer, inputs);
  return {"", {step.window}, {*inputs[0].type.fixed}, matrix_formula(step, *inputs[0].type.fixed), out};
}

}  // namespace gw
