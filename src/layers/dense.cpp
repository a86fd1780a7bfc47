// A dense layer is a matrix step whose window is the whole input tensor.

#include "layers/dense.h"

#include "layers/matrix.h"
#include "layers/shapes.h"

namespace gw {

namespace {

MatrixStep step_of(const Dense& layer, const TensorType& x, const Tensor* weight, const Tensor* bias) {
  MatrixStep step;
  step.window = pointwise_window(x.shape);
  step.window.kernel_h = step.window.height;
  step.window.kernel_w = step.window.width;
  step.weight = weight;
  step.bias = bias;
  step.outputs = weight->shape()[1];
  step.accumulator = layer.accumulator;
  step.out = layer.out;
  return step;
}

MatrixStep step_of(const Dense& layer, std::span<const Operand> inputs) {
  return step_of(layer, inputs[0].type, inputs[1].constant, inputs.size() > 2 ? inputs[2].constant : nullptr);
}

}  // namespace

Result<TensorType> infer(const Dense& layer, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(Dense::info, inputs, 2, 3); !ok) return ok.errors();
  if (auto ok = check_rank(Dense::info, inputs, 1, 2); !ok) return ok.errors();
  const int outputs = inputs[1].type.shape[1];
  const int in = static_cast<int>(element_count(inputs[0].type.shape));
  if (auto ok = check_shape(Dense::info, inputs, 1, {in, outputs}); !ok) return ok.errors();
  if (inputs.size() > 2) {
    if (auto ok = check_shape(Dense::info, inputs, 2, {outputs}); !ok) return ok.errors();
  }
  if (!is_typed(inputs, 1)) return TensorType{{outputs}, std::nullopt};
  return typed_output({outputs}, matrix_formula(step_of(layer, inputs), *inputs[0].type.fixed), layer.out);
}

Tensor eval(const Dense& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  const Tensor& x = *inputs[0];
  return evaluate(
      step_of(layer, {x.shape(), x.type()}, inputs[1], inputs.size() > 2 ? inputs[2] : nullptr), x, out, options);
}

Stage lower(const Dense& layer, std::span<const Operand> inputs, const TensorType& out) {
  const MatrixStep step = step_of(layer, inputs);
  return {"", {step.window}, {*inputs[0].type.fixed}, matrix_formula(step, *inputs[0].type.fixed), out};
}

}  // namespace gw
