// What a matrix step can answer, without its formula.
//
// The range of an exact sum is the sum of the ranges of its terms, and that of a product with a constant is
// the range times the constant: a pass over the weights finds both ends for every output. All terms are
// brought to one fraction; how many of its low bits are zeros for each output is noted on the way, since a
// sum of even numbers needs no last bit. A lossy accumulator, and types so wide that a product might not fit,
// take the same way as the formula does, interval by interval.

#include <algorithm>
#include <bit>

#include "layers/cast_run.h"
#include "layers/matrix.h"
#include "layers/shapes.h"

namespace gw {

namespace {

struct Bounds {
  std::vector<Interval> outputs;
  int widest = 0;
};

int width_of(const Interval& range) { return type_of(range).width; }

Interval cast_range(const Quantizer& q, const Interval& range) {
  return changes_nothing(q, range) ? range : quantize(q, range);
}

Interval bias_range(const MatrixStep& step, int output) {
  if (!step.bias) return {};
  const Term bias = normalised(step.bias->at(output), step.bias->type().fraction());
  return interval_of(bias.raw, bias.fraction);
}

/// Exact sums of terms that are narrow enough for one another; nothing if they might not be.
std::optional<Bounds> exact_bounds(const MatrixStep& step, const std::vector<Interval>& x,
                                   const FixedType& type) {
  const auto outputs = static_cast<size_t>(step.outputs);
  const int weight_fraction = step.weight->type().fraction();
  int fraction = type.fraction() + weight_fraction;
  int spread = 0;  // how far the fractions of all terms lie apart
  for (const Interval& range : x) spread = std::max(spread, type.fraction() - range.fraction);
  for (int o = 0; o < step.outputs; ++o) {
    const Interval bias = bias_range(step, o);
    if (bias.lo == 0) continue;
    spread = std::max({spread, fraction - bias.fraction, bias.fraction - fraction});
    fraction = std::max(fraction, bias.fraction);
  }
  constexpr int most = 126;
  const int rows_width = std::bit_width(static_cast<unsigned>(step.window.elements()));
  const int product_width = type.width + step.weight->type().width + 1;
  const int bias_width = step.bias ? step.bias->type().width : 0;
  if (product_width > max_width || std::max(product_width, bias_width) + rows_width + 2 * spread > most)
    return std::nullopt;

  std::vector<Int128> lo(outputs), hi(outputs);
  std::vector<int> zeros(outputs, most);  // low bits of `fraction` that no term of the output has
  for (int o = 0; o < step.outputs; ++o) {
    const auto at = static_cast<size_t>(o);
    const Interval bias = bias_range(step, o);
    if (bias.lo == 0) continue;
    lo[at] = hi[at] = rescaled(bias, fraction).lo;
    zeros[at] = fraction - bias.fraction;
  }
  std::visit(
      [&](const auto& weights) {
        for (int row = 0; row < step.window.elements(); ++row) {
          const Interval& range = x[static_cast<size_t>(row) % x.size()];
          if (range.lo == 0 && range.hi == 0) continue;
          const Interval value = rescaled(range, fraction - weight_fraction);
          const int spare = value.fraction - range.fraction;
          const auto* weight = weights.data() + static_cast<std::int64_t>(row) * step.outputs;
          for (size_t o = 0; o < outputs; ++o) {
            if (weight[o] == 0) continue;
            const Int128 a = value.lo * weight[o], b = value.hi * weight[o];
            lo[o] += std::min(a, b);
            hi[o] += std::max(a, b);
            zeros[o] = std::min(zeros[o], spare + std::countr_zero(static_cast<std::uint64_t>(weight[o])));
          }
        }
      },
      step.weight->lanes());

  Bounds bounds;
  for (size_t o = 0; o < outputs; ++o) {
    const bool is_zero = lo[o] == 0 && hi[o] == 0;
    const int drop = is_zero ? 0 : zeros[o];
    bounds.outputs.push_back(is_zero ? Interval{} : Interval{lo[o] >> drop, hi[o] >> drop, fraction - drop});
    bounds.widest = std::max(bounds.widest, width_of(bounds.outputs.back()));
  }
  return bounds;
}

/// As the formula builds it, term by term.
Bounds formula_bounds(const MatrixStep& step, const std::vector<Interval>& x) {
  const std::vector<int> order = row_order(step.window.elements(), step.reuse);
  Bounds bounds;
  const auto seen = [&](const Interval& range) {
    bounds.widest = std::max(bounds.widest, width_of(range));
    return range;
  };
  for (int o = 0; o < step.outputs; ++o) {
    const auto cast = [&](const Interval& range) {
      return step.accumulator ? seen(cast_range(*step.accumulator, range)) : range;
    };
    const bool is_chain = step.accumulator && step.accumulator->overflow != Overflow::Wrap;
    Interval sum = cast(seen(bias_range(step, o)));
    for (const int row : order) {
      const Term weight = normalised(step.weight->at(static_cast<std::int64_t>(row) * step.outputs + o),
                                     step.weight->type().fraction());
      if (weight.raw == 0) continue;
      const Interval product =
          cast(seen(x[static_cast<size_t>(row) % x.size()] * interval_of(weight.raw, weight.fraction)));
      if (product.lo == 0 && product.hi == 0) continue;
      sum = sum.lo == 0 && sum.hi == 0 ? product : sum + product;
      if (is_chain) sum = cast(seen(sum));
    }
    seen(sum);
    bounds.outputs.push_back(step.accumulator && !is_chain ? cast(sum) : sum);
  }
  return bounds;
}

}  // namespace

Result<TensorType> matrix_type(const MatrixStep& grouped, const TensorType& x, Shape shape) {
  std::optional<Tensor> whole;
  const MatrixStep step = without_groups(grouped, whole);
  const std::vector<Interval> ranges = window_ranges(x, step.window);
  std::optional<Bounds> bounds;
  if (!step.accumulator) bounds = exact_bounds(step, ranges, *x.fixed);
  if (!bounds) bounds = formula_bounds(step, ranges);
  if (step.out) {
    for (Interval& range : bounds->outputs) range = cast_range(*step.out, range);
  }
  return typed_output(std::move(shape), std::move(bounds->outputs), bounds->widest, step.out);
}

}  // namespace gw
