// The inner product of two vectors: a matrix step of one output whose weights may come as a stream.

#include "layers/dot.h"

#include <atomic>

#include "layers/broadcast.h"
#include "layers/cast_run.h"
#include "layers/matrix.h"
#include "layers/shapes.h"
#include "support/threads.h"

namespace gw {

namespace {

Formula formula_of(const Dot& layer, std::span<const Operand> inputs, const MergeFrame& frame) {
  Formula formula;
  std::vector<ExprId> products;
  frame.build(formula, inputs, [&](const std::vector<ExprId>& values) {
    const ExprId product = formula.multiply(values[0], values[1]);
    products.push_back(layer.accumulator ? formula.cast(*layer.accumulator, product) : product);
    return product;
  });
  const ExprId sum = layer.accumulator ? accumulate(formula, std::move(products), *layer.accumulator)
                                       : formula.sum(std::move(products));
  formula.set_outputs({layer.out ? formula.cast(*layer.out, sum) : sum});
  return formula;
}

/// The sum of one sample, and whether the accumulator did not hold it.
struct Sum {
  Term value;
  bool overflowed = false;
};

Sum sum_of(const Dot& layer, const Tensor& a, const Tensor& b, std::int64_t sample) {
  const std::int64_t first_a = a.batch() == 1 ? 0 : sample * a.size();
  const std::int64_t first_b = b.batch() == 1 ? 0 : sample * b.size();
  Sum sum;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const Term product = times(normalised(a.at(first_a + i), a.type().fraction()),
                               normalised(b.at(first_b + i), b.type().fraction()));
    if (!layer.accumulator) {
      sum.value = plus(sum.value, product);
      continue;
    }
    const Quantizer& q = *layer.accumulator;
    sum.overflowed = sum.overflowed || overflows(q, product.raw, product.fraction);
    const Term kept = normalised(quantize(q, product.raw, product.fraction), q.to.fraction());
    const Term next = plus(sum.value, kept);
    sum.overflowed = sum.overflowed || overflows(q, next.raw, next.fraction);
    sum.value = normalised(quantize(q, next.raw, next.fraction), q.to.fraction());
  }
  return sum;
}

/// True if every partial sum of an exact sum, in units of its products, is a 64-bit integer.
bool is_short(const Dot& layer, const Tensor& a, const Tensor& b) {
  const Interval sum = interval_of(a.type()) * interval_of(b.type()) * interval_of(a.size(), 0);
  return !layer.accumulator && type_of(unite(sum, interval_of(0, sum.fraction))).width <= max_width;
}

std::int64_t short_sum(const Tensor& a, const Tensor& b, std::int64_t sample) {
  return std::visit(
      [&](const auto& x, const auto& y) {
        const auto* p = x.data() + (a.batch() == 1 ? 0 : sample * a.size());
        const auto* q = y.data() + (b.batch() == 1 ? 0 : sample * b.size());
        std::int64_t sum = 0;
        for (std::int64_t i = 0; i < a.size(); ++i) sum += static_cast<std::int64_t>(p[i]) * q[i];
        return sum;
      },
      a.lanes(), b.lanes());
}

}  // namespace

Result<TensorType> infer(const Dot& layer, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(Dot::info, inputs, 2, 2); !ok) return ok.errors();
  if (auto ok = check_rank(Dot::info, inputs, 0, 1); !ok) return ok.errors();
  if (auto ok = check_shape(Dot::info, inputs, 1, inputs[0].type.shape); !ok) return ok.errors();
  if (!is_typed(inputs, inputs.size())) return TensorType{{1}, std::nullopt};
  return typed_output({1}, formula_of(layer, inputs, merge_frame(inputs, inputs[0].type.shape)), layer.out);
}

Tensor eval(const Dot& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  const Tensor &a = *inputs[0], &b = *inputs[1];
  const Quantizer cast = result_cast(layer.out, out);
  Tensor y(out.shape, *out.fixed, std::max(a.batch(), b.batch()));
  std::atomic<std::int64_t> overflowed{0};
  const bool fits = is_short(layer, a, b);
  parallel_for(y.batch(), options.threads, [&](std::int64_t sample) {
    const Sum sum = fits ? Sum{{short_sum(a, b, sample), a.type().fraction() + b.type().fraction()}}
                         : sum_of(layer, a, b, sample);
    const std::int64_t outside =
        store_run(cast, {&sum.value.raw, 1}, sum.value.fraction, y, sample, options.overflows != nullptr);
    overflowed += outside + (sum.overflowed ? 1 : 0);
  });
  if (options.overflows) *options.overflows += overflowed;
  return y;
}

Stage lower(const Dot& layer, std::span<const Operand> inputs, const TensorType& out) {
  const MergeFrame frame = merge_frame(inputs, inputs[0].type.shape);
  return {"", frame.windows, frame.types, formula_of(layer, inputs, frame), out};
}

}  // namespace gw
