// Layers that treat every element alike: their window is one pixel.

#include "layers/activation.h"

#include "layers/elements.h"
#include "layers/matrix.h"
#include "layers/shapes.h"

namespace gw {

namespace {

template <class Function>
Formula elementwise(const Window& window, const TensorType& x, const Function& function) {
  Formula formula;
  const Loads load(formula, x, window);
  std::vector<ExprId> outputs;
  for (int channel = 0; channel < window.channels; ++channel)
    outputs.push_back(function(formula, load(channel)));
  formula.set_outputs(std::move(outputs));
  return formula;
}

Formula formula_of(const Relu& layer, const Window& window, const TensorType& x) {
  return elementwise(window, x, [&](Formula& formula, ExprId value) {
    const ExprId rectified = formula.maximum(value, formula.constant(0, 0));
    return layer.out ? formula.cast(*layer.out, rectified) : rectified;
  });
}

template <class L>
Result<TensorType> infer_elementwise(const L& layer, std::span<const Operand> inputs,
                                     const std::optional<Quantizer>& out) {
  if (auto ok = check_input_count(L::info, inputs, 1, 1); !ok) return ok.errors();
  const TensorType& x = inputs[0].type;
  if (!x.fixed) return TensorType{x.shape, std::nullopt};
  return typed_output(x.shape, formula_of(layer, pointwise_window(x.shape), x), out);
}

template <class L>
Stage lower_elementwise(const L& layer, std::span<const Operand> inputs, const TensorType& out) {
  const TensorType& x = inputs[0].type;
  const Window window = pointwise_window(x.shape);
  return {"", {window}, {*x.fixed}, formula_of(layer, window, x), out};
}

}  // namespace

Result<TensorType> infer(const Relu& layer, std::span<const Operand> inputs) {
  return infer_elementwise(layer, inputs, layer.out);
}

Tensor eval(const Relu& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return evaluate_elements(*inputs[0], Rectify::Yes, layer.out, out, options);
}

Stage lower(const Relu& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_elementwise(layer, inputs, out);
}

}  // namespace gw
