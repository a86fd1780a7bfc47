// Average pooling: each layer is a window; sum and quotient are those of average.cpp.

#include "layers/average_pool.h"

#include "layers/average.h"
#include "layers/pool.h"

namespace gw {

namespace {

template <class L>
AverageStep step_of(const L& layer, const Shape& x) {
  bool counts_padding = true;
  if constexpr (requires { layer.count_include_pad; }) counts_padding = layer.count_include_pad;
  return average_step(pool_window(layer, x), counts_padding, layer.accumulator, layer.out);
}

template <class L>
Result<TensorType> infer_pool(const L& layer, std::span<const Operand> inputs) {
  bool may_be_empty = false;
  if constexpr (requires { layer.count_include_pad; }) may_be_empty = layer.count_include_pad;
  if (auto ok = check_pool(layer, inputs, may_be_empty); !ok) return ok.errors();
  const TensorType& x = inputs[0].type;
  Shape shape = pool_shape(layer, pool_window(layer, x.shape), x.shape);
  if (!x.fixed) return TensorType{std::move(shape), std::nullopt};
  return typed_output(std::move(shape), average_formula(step_of(layer, x.shape), x), layer.out);
}

template <class L>
Tensor eval_pool(const L& layer, const Tensor& x, const TensorType& out, const EvalOptions& options) {
  return evaluate_average(step_of(layer, x.shape()), x, out, options);
}

template <class L>
Stage lower_pool(const L& layer, const TensorType& x, const TensorType& out) {
  const AverageStep step = step_of(layer, x.shape);
  return {"", {step.window}, {*x.fixed}, average_formula(step, x), out};
}

}  // namespace

Result<TensorType> infer(const AveragePool2D& layer, std::span<const Operand> inputs) {
  return infer_pool(layer, inputs);
}

Tensor eval(const AveragePool2D& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return eval_pool(layer, *inputs[0], out, options);
}

Stage lower(const AveragePool2D& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_pool(layer, inputs[0].type, out);
}

Result<TensorType> infer(const AveragePool1D& layer, std::span<const Operand> inputs) {
  return infer_pool(layer, inputs);
}

Tensor eval(const AveragePool1D& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return eval_pool(layer, *inputs[0], out, options);
}

Stage lower(const AveragePool1D& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_pool(layer, inputs[0].type, out);
}

Result<TensorType> infer(const GlobalAveragePool& layer, std::span<const Operand> inputs) {
  return infer_pool(layer, inputs);
}

Tensor eval(const GlobalAveragePool& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return eval_pool(layer, *inputs[0], out, options);
}

Stage lower(const GlobalAveragePool& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_pool(layer, inputs[0].type, out);
}

}  // namespace gw
