// Max pooling: a window over one channel at a time and a tree of maxima. The maximum is exact, so the type
// stays.

#include "layers/max_pool.h"

#include "layers/elements.h"
#include "layers/lane_cast.h"
#include "layers/matrix.h"
#include "layers/shapes.h"
#include "support/threads.h"

namespace gw {

namespace {

Window window_of(const MaxPool2D& layer, const Shape& x) {
  Window window = pointwise_window(x);
  window.kernel_h = layer.pool_h;
  window.kernel_w = layer.pool_w;
  window.stride_h = layer.stride_h;
  window.stride_w = layer.stride_w;
  return window;
}

Formula formula_of(const MaxPool2D& layer, const Window& window, const TensorType& x) {
  Formula formula;
  const Loads load(formula, x, window);
  std::vector<ExprId> outputs;
  for (int channel = 0; channel < window.channels; ++channel) {
    // Columns first: the column of a patch that arrives last is the only one still missing when the rest is
    // known.
    std::vector<ExprId> columns;
    for (int j = 0; j < window.kernel_w; ++j) {
      ExprId column = load(j * window.channels + channel);
      for (int i = 1; i < window.kernel_h; ++i)
        column = formula.maximum(column, load((i * window.kernel_w + j) * window.channels + channel));
      columns.push_back(column);
    }
    while (columns.size() > 1) {
      std::vector<ExprId> halved;
      for (size_t n = 0; n + 1 < columns.size(); n += 2)
        halved.push_back(formula.maximum(columns[n], columns[n + 1]));
      if (columns.size() % 2 != 0) halved.push_back(columns.back());
      columns = std::move(halved);
    }
    outputs.push_back(layer.out ? formula.cast(*layer.out, columns.front()) : columns.front());
  }
  formula.set_outputs(std::move(outputs));
  return formula;
}

}  // namespace

Result<TensorType> infer(const MaxPool2D& layer, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(MaxPool2D::info, inputs, 1, 1); !ok) return ok.errors();
  if (auto ok = check_rank(MaxPool2D::info, inputs, 0, 3); !ok) return ok.errors();
  const Shape& x = inputs[0].type.shape;
  if (auto ok = check_window({layer.pool_h, layer.pool_w, layer.stride_h, layer.stride_w},
                             {layer.pool_h, layer.pool_w}, x);
      !ok) {
    return ok.errors();
  }
  const Window window = window_of(layer, x);
  Shape shape{window.output_height(), window.output_width(), x[2]};
  if (!inputs[0].type.fixed) return TensorType{std::move(shape), std::nullopt};
  auto type = typed_output(std::move(shape), formula_of(layer, window, inputs[0].type), layer.out);
  if (type && !layer.out) type->fixed = inputs[0].type.fixed;  // the answer is one of the inputs
  return type;
}

Tensor eval(const MaxPool2D& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  const Tensor& x = *inputs[0];
  const Window w = window_of(layer, x.shape());
  const Kernels& loops = kernels_of(options);
  const std::int64_t line = static_cast<std::int64_t>(w.width) * w.channels;
  const PoolRow row{lane_of(x),
                    w.channels,
                    line,
                    w.kernel_h,
                    w.kernel_w,
                    w.output_width(),
                    static_cast<std::int64_t>(w.stride_w) * w.channels};
  Tensor largest(out.shape, x.type(), x.batch());
  const int height = w.output_height();
  parallel_for(x.batch(), options.threads, [&](std::int64_t sample) {
    for (std::int64_t r = 0; r < height; ++r) {
      loops.max_pool(row, address_of(x, sample * x.size() + r * w.stride_h * line),
                     address_of(largest, (sample * height + r) * row.columns * w.channels));
    }
  });
  if (!layer.out) return largest;
  return evaluate_elements(largest, Rectify::No, layer.out, out, options);
}

Stage lower(const MaxPool2D& layer, std::span<const Operand> inputs, const TensorType& out) {
  const Window window = window_of(layer, inputs[0].type.shape);
  return {"", {window}, {*inputs[0].type.fixed}, formula_of(layer, window, inputs[0].type), out};
}

}  // namespace gw
