// Max pooling: a window over one channel at a time and a tree of maxima. The maximum is exact, so the type
// stays. A padded pixel gives way to the lowest value that x can take, which no maximum is below; where that
// is 0, what the window reads there is as good.

#include "layers/max_pool.h"

#include <algorithm>

#include "layers/elements.h"
#include "layers/lane_cast.h"
#include "layers/pool.h"
#include "support/threads.h"

namespace gw {

namespace {

template <class L>
Formula formula_of(const L& layer, const Window& window, const TensorType& x) {
  Formula formula;
  const Loads load(formula, x, window);
  const std::vector<Interval> values = window_ranges(x, pointwise_window(x.shape));  // per channel
  const auto pixel = [&](int channel, int i, int j) {
    const int first = (i * window.kernel_w + j) * window.channels;
    const Interval& range = values[static_cast<size_t>(channel) % values.size()];
    if (!window.is_padded() || range.lo == 0) return load(first + channel);
    const ExprId lowest = formula.load(0, 0, Interval{range.lo, range.lo, range.fraction});
    return formula.select(formula.inside(0, first), load(first + channel), lowest);
  };
  std::vector<ExprId> outputs;
  for (int channel = 0; channel < window.channels; ++channel) {
    // Columns first: the column of a patch that arrives last is the only one still missing when the rest is
    // known.
    std::vector<ExprId> columns;
    for (int j = 0; j < window.kernel_w; ++j) {
      ExprId column = pixel(channel, 0, j);
      for (int i = 1; i < window.kernel_h; ++i) column = formula.maximum(column, pixel(channel, i, j));
      columns.push_back(column);
    }
    while (columns.size() > 1) {
      std::vector<ExprId> halved;
      for (size_t n = 0; n + 1 < columns.size(); n += 2)
        halved.push_back(formula.maximum(columns[n], columns[n + 1]));
      if (columns.size() % 2 != 0) halved.push_back(columns.back());
      columns = std::move(halved);
    }
    ExprId y = columns.front();
    if (layer.accumulator) y = formula.cast(*layer.accumulator, y);
    if (layer.out) y = formula.cast(*layer.out, y);
    outputs.push_back(y);
  }
  formula.set_outputs(std::move(outputs));
  return formula;
}

template <class L>
Result<TensorType> infer_pool(const L& layer, std::span<const Operand> inputs) {
  if (auto ok = check_pool(layer, inputs, false); !ok) return ok.errors();
  const TensorType& x = inputs[0].type;
  const Window window = pool_window(layer, x.shape);
  Shape shape = pool_shape(layer, window, x.shape);
  if (!x.fixed) return TensorType{std::move(shape), std::nullopt};
  auto type =
      typed_output(std::move(shape), formula_of(layer, window, x), layer.out ? layer.out : layer.accumulator);
  if (type && !layer.out && !layer.accumulator) type->fixed = x.fixed;  // the answer is one of the inputs
  return type;
}

/// The maxima of one sample. At the borders the window is cut to what lies inside, and there is one call of
/// the kernel per position instead of one per row.
void pool_sample(const Window& w, const Kernels& loops, const Tensor& x, std::int64_t sample,
                 Tensor& largest) {
  const std::int64_t line = static_cast<std::int64_t>(w.width) * w.channels;
  const int columns = w.output_width();
  for (int r = 0; r < w.output_height(); ++r) {
    const int top = std::max(0, r * w.stride_h - w.pad_top);
    const int bottom = std::min(w.height, r * w.stride_h - w.pad_top + w.kernel_h);
    for (int c = 0; c < columns;) {
      const int from = c * w.stride_w - w.pad_left;
      const int left = std::max(0, from), right = std::min(w.width, from + w.kernel_w);
      int count = 1;
      if (from >= 0 && right - left == w.kernel_w)
        count = std::min(columns - c, (w.width - w.kernel_w - from) / w.stride_w + 1);
      const PoolRow row{lane_of(x),
                        w.channels,
                        line,
                        bottom - top,
                        right - left,
                        count,
                        static_cast<std::int64_t>(w.stride_w) * w.channels};
      const std::int64_t first = (static_cast<std::int64_t>(top) * w.width + left) * w.channels;
      const std::int64_t position = (sample * w.output_height() + r) * columns + c;
      loops.max_pool(row, address_of(x, sample * x.size() + first),
                     address_of(largest, position * w.channels));
      c += count;
    }
  }
}

template <class L>
Tensor eval_pool(const L& layer, const Tensor& x, const TensorType& out, const EvalOptions& options) {
  const Window w = pool_window(layer, x.shape());
  const Kernels& loops = kernels_of(options);
  Tensor largest(out.shape, x.type(), x.batch());
  parallel_for(x.batch(), options.threads,
               [&](std::int64_t sample) { pool_sample(w, loops, x, sample, largest); });
  for (const std::optional<Quantizer>& cast : {layer.accumulator, layer.out}) {
    if (cast) largest = evaluate_elements(largest, Rectify::No, cast, {out.shape, cast->to}, options);
  }
  return largest;
}

template <class L>
Stage lower_pool(const L& layer, const TensorType& x, const TensorType& out) {
  const Window window = pool_window(layer, x.shape);
  return {"", {window}, {*x.fixed}, formula_of(layer, window, x), out};
}

}  // namespace

Result<TensorType> infer(const MaxPool2D& layer, std::span<const Operand> inputs) {
  return infer_pool(layer, inputs);
}

Tensor eval(const MaxPool2D& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return eval_pool(layer, *inputs[0], out, options);
}

Stage lower(const MaxPool2D& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_pool(layer, inputs[0].type, out);
}

Result<TensorType> infer(const MaxPool1D& layer, std::span<const Operand> inputs) {
  return infer_pool(layer, inputs);
}

Tensor eval(const MaxPool1D& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return eval_pool(layer, *inputs[0], out, options);
}

Stage lower(const MaxPool1D& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_pool(layer, inputs[0].type, out);
}

Result<TensorType> infer(const GlobalMaxPool& layer, std::span<const Operand> inputs) {
  return infer_pool(layer, inputs);
}

Tensor eval(const GlobalMaxPool& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return eval_pool(layer, *inputs[0], out, options);
}

Stage lower(const GlobalMaxPool& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_pool(layer, inputs[0].type, out);
}

}  // namespace gw
