// A dense layer is a matrix step on every pixel.

#include "layers/dense.h"

#include "layers/matrix.h"
#include "layers/shapes.h"

namespace gw {

namespace {

MatrixStep step_of(const Dense& layer, const Shape& x, const Tensor* weight, const Tensor* bias) {
  MatrixStep step;
  step.window = pointwise_window(x);
  step.weight = weight;
  step.bias = bias;
  step.outputs = weight->shape()[1];
  step.accumulator = layer.accumulator;
  step.out = layer.out;
  step.reuse = layer.reuse;
  return step;
}

MatrixStep step_of(const Dense& layer, std::span<const Operand> inputs) {
  return step_of(layer, inputs[0].type.shape, inputs[1].constant,
                 inputs.size() > 2 ? inputs[2].constant : nullptr);
}

}  // namespace

Result<TensorType> infer(const Dense& layer, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(Dense::info, inputs, 2, 3); !ok) return ok.errors();
  if (auto ok = check_rank(Dense::info, inputs, 1, 2); !ok) return ok.errors();
  Shape shape = inputs[0].type.shape;
  const int outputs = inputs[1].type.shape[1];
  if (auto ok = check_shape(Dense::info, inputs, 1, {shape.back(), outputs}); !ok) return ok.errors();
  if (inputs.size() > 2) {
    if (auto ok = check_shape(Dense::info, inputs, 2, {outputs}); !ok) return ok.errors();
  }
  if (auto ok = check_reuse(layer.reuse); !ok) return ok.errors();
  shape.back() = outputs;
  if (!is_typed(inputs, 1)) return TensorType{std::move(shape), std::nullopt};
  return matrix_type(step_of(layer, inputs), inputs[0].type, std::move(shape));
}

Tensor eval(const Dense& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  const Tensor& x = *inputs[0];
  return evaluate(step_of(layer, x.shape(), inputs[1], inputs.size() > 2 ? inputs[2] : nullptr), x, out,
                  options);
}

Stage lower(const Dense& layer, std::span<const Operand> inputs, const TensorType& out) {
  const MatrixStep step = step_of(layer, inputs);
  return {"", {step.window}, {*inputs[0].type.fixed}, matrix_formula(step, inputs[0].type), out};
}

}  // namespace gw
