// Merges as formulas: one expression per channel of the answer, on one window per stream.

#include "layers/merge.h"

#include <algorithm>

#include "layers/broadcast.h"
#include "layers/divide.h"

namespace gw {

namespace {

ExprId combine(Formula& formula, MergeOp op, const std::vector<ExprId>& values, int mean_fraction) {
  ExprId y = values[0];
  switch (op) {
    case MergeOp::Add:
      return formula.sum(values);
    case MergeOp::Subtract:
      return formula.subtract(values[0], values[1]);
    case MergeOp::Multiply:
      for (size_t k = 1; k < values.size(); ++k) y = formula.multiply(y, values[k]);
      return y;
    case MergeOp::Average:
      return divide(formula, formula.sum(values), static_cast<int>(values.size()), mean_fraction);
    case MergeOp::Maximum:
      for (size_t k = 1; k < values.size(); ++k) y = formula.maximum(y, values[k]);
      return y;
    case MergeOp::Minimum:
      for (size_t k = 1; k < values.size(); ++k) y = formula.minimum(y, values[k]);
      return y;
  }
  defect(__FILE__, __LINE__, "no such merge");
}

Formula formula_of(const MergeStep& step, std::span<const Operand> inputs, const MergeFrame& frame) {
  int finest = inputs[0].type.fixed->fraction();
  for (const Operand& input : inputs) finest = std::max(finest, input.type.fixed->fraction());
  finest += mean_bits(static_cast<int>(inputs.size()));
  Formula formula;
  frame.build(formula, inputs, [&](const std::vector<ExprId>& values) {
    const ExprId y = combine(formula, step.op, values, finest);
    return step.out ? formula.cast(*step.out, y) : y;
  });
  return formula;
}

}  // namespace

int mean_bits(int n) {
  int bits = 0;
  while ((std::int64_t{1} << bits) < n) ++bits;
  return bits;
}

Result<TensorType> infer_merge(const MergeStep& step, std::span<const Operand> inputs) {
  const LayerInfo info = merge_info(step.op);
  const size_t most = step.op == MergeOp::Subtract ? 2 : std::max<size_t>(inputs.size(), 2);
  if (auto ok = check_input_count(info, inputs, 2, most); !ok) return ok.errors();
  const Result<Shape> shape = broadcast_shape(info, inputs);
  if (!shape) return shape.errors();
  if (!is_typed(inputs, inputs.size())) return TensorType{*shape, std::nullopt};
  return typed_output(*shape, formula_of(step, inputs, merge_frame(inputs, *shape)), step.out);
}

Stage lower_merge(const MergeStep& step, std::span<const Operand> inputs, const TensorType& out) {
  const MergeFrame frame = merge_frame(inputs, out.shape);
  return {"", frame.windows, frame.types, formula_of(step, inputs, frame), out};
}

}  // namespace gw
