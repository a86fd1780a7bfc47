// Flatten changes the name of each element and no value. As a stage it is a window over the whole tensor
// whose formula only loads; the graph's lowering joins it with the stage that follows.

#include "layers/flatten.h"

#include "layers/shapes.h"

namespace gw {

Result<TensorType> infer(const Flatten&, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(Flatten::info, inputs, 1, 1); !ok) return ok.errors();
  return TensorType{{static_cast<int>(element_count(inputs[0].type.shape))}, inputs[0].type.fixed};
}

Tensor eval(const Flatten&, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions&) {
  Tensor y(out.shape, *out.fixed, inputs[0]->batch());
  y.lanes() = inputs[0]->lanes();
  return y;
}

Stage lower(const Flatten&, std::span<const Operand> inputs, const TensorType& out) {
  Window window = pointwise_window(inputs[0].type.shape);
  window.kernel_h = window.height;
  window.kernel_w = window.width;
  Formula formula;
  std::vector<ExprId> outputs;
  for (int i = 0; i < window.elements(); ++i) outputs.push_back(formula.load(0, i, *inputs[0].type.fixed));
  formula.set_outputs(std::move(outputs));
  return {"", {window}, {*inputs[0].type.fixed}, std::move(formula), out};
}

}  // namespace gw
