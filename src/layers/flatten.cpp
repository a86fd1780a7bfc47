// Flatten changes the name of each element and no value. As a stage it is a window over the whole tensor
// whose formula only loads; the graph's lowering joins it with the stage that follows.

#include "layers/flatten.h"

#include "layers/shapes.h"

namespace gw {

Result<TensorType> infer(const Flatten&, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(Flatten::info, inputs, 1, 1); !ok) return ok.errors();
  const TensorType& x = inputs[0].type;
  TensorType y{{static_cast<int>(element_count(x.shape))}, x.fixed};
  for (int i = 0; i < y.shape[0] && !x.ranges.empty(); ++i) y.ranges.push_back(x.range(i));
  return y;
}

Tensor eval(const Flatten&, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions&) {
  Tensor y(out.shape, *out.fixed, inputs[0]->batch());
  y.lanes() = inputs[0]->lanes();
  return y;
}

Stage lower(const Flatten&, std::span<const Operand> inputs, const TensorType& out) {
  const Window window = whole_window(inputs[0].type.shape);
  Formula formula;
  const Loads load(formula, inputs[0].type, window);
  std::vector<ExprId> outputs;
  for (int i = 0; i < window.elements(); ++i) outputs.push_back(load(i));
  formula.set_outputs(std::move(outputs));
  return {"", {window}, {*inputs[0].type.fixed}, std::move(formula), out};
}

}  // namespace gw
