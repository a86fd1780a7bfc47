// A convolution is a matrix step whose window slides over the input. In one dimension the window slides over
// the single row of an image.
//
// Groups are a matrix with zeros where an output does not see a channel. Zeros cost nothing in the formula
// and, where they fill whole tiles of it, little in the fast evaluation, so that no path of its own is needed
// for them.

#include "layers/conv.h"

#include "layers/conv_window.h"
#include "layers/matrix.h"
#include "support/messages.h"

namespace gw {

Window conv_window(const Conv1D& layer, const Shape& x, const Shape& weight) {
  Window window = pointwise_window(x);
  window.kernel_w = weight[0];
  window.stride_w = layer.stride;
  window.dilation_w = layer.dilation;
  const Pads pads = pads_of(layer.padding, {layer.pad_left, layer.pad_right}, x[0], weight[0], layer.stride,
                            layer.dilation);
  window.pad_left = pads.before;
  window.pad_right = pads.after;
  return window;
}

Window conv_window(const Conv2D& layer, const Shape& x, const Shape& weight) {
  Window window = pointwise_window(x);
  window.kernel_h = weight[0];
  window.kernel_w = weight[1];
  window.stride_h = layer.stride_h;
  window.stride_w = layer.stride_w;
  window.dilation_h = layer.dilation_h;
  window.dilation_w = layer.dilation_w;
  const Pads rows = pads_of(layer.padding, {layer.pad_top, layer.pad_bottom}, x[0], weight[0], layer.stride_h,
                            layer.dilation_h);
  const Pads columns = pads_of(layer.padding, {layer.pad_left, layer.pad_right}, x[1], weight[1],
                               layer.stride_w, layer.dilation_w);
  window.pad_top = rows.before;
  window.pad_bottom = rows.after;
  window.pad_left = columns.before;
  window.pad_right = columns.after;
  return window;
}

namespace {

template <class L>
MatrixStep step_of(const L& layer, const Shape& x, const Tensor* weight, const Tensor* bias) {
  MatrixStep step;
  step.window = conv_window(layer, x, weight->shape());
  step.groups = layer.groups;
  step.weight = weight;
  step.bias = bias;
  step.outputs = weight->shape().back();
  step.accumulator = layer.accumulator;
  step.out = layer.out;
  step.reuse = layer.reuse;
  return step;
}

template <class L>
MatrixStep step_of(const L& layer, std::span<const Operand> inputs) {
  return step_of(layer, inputs[0].type.shape, inputs[1].constant,
                 inputs.size() > 2 ? inputs[2].constant : nullptr);
}

template <class L>
Result<TensorType> infer_conv(const L& layer, std::span<const Operand> inputs) {
  constexpr size_t rank = std::is_same_v<L, Conv1D> ? 2 : 3;
  if (auto ok = check_input_count(L::info, inputs, 2, 3); !ok) return ok.errors();
  if (auto ok = check_rank(L::info, inputs, 0, rank); !ok) return ok.errors();
  if (auto ok = check_rank(L::info, inputs, 1, rank + 1); !ok) return ok.errors();
  const Shape &x = inputs[0].type.shape, &weight = inputs[1].type.shape;
  const int channels = x.back(), outputs = weight.back();
  if (layer.groups < 1 || channels % layer.groups != 0 || outputs % layer.groups != 0)
    return diagnose(messages::group_count, {}, layer.groups, channels, outputs);
  Shape wanted = weight;
  wanted[rank - 1] = channels / layer.groups;
  if (auto ok = check_shape(L::info, inputs, 1, wanted); !ok) return ok.errors();
  if (inputs.size() > 2) {
    if (auto ok = check_shape(L::info, inputs, 2, {outputs}); !ok) return ok.errors();
  }
  if (auto ok = check_reuse(layer.reuse); !ok) return ok.errors();
  if (auto ok = check_padding(layer); !ok) return ok.errors();
  Window window = pointwise_window(x);
  if constexpr (rank == 2) {
    window.stride_w = layer.stride;
    window.dilation_w = layer.dilation;
  } else {
    window.stride_h = layer.stride_h, window.stride_w = layer.stride_w;
    window.dilation_h = layer.dilation_h, window.dilation_w = layer.dilation_w;
  }
  if (auto ok = check_window(window); !ok) return ok.errors();  // before pads are computed from them
  window = conv_window(layer, x, weight);
  if (auto ok = check_window(window); !ok) return ok.errors();
  Shape shape{window.output_height(), window.output_width(), outputs};
  if constexpr (rank == 2) shape.erase(shape.begin());
  if (!is_typed(inputs, 1)) return TensorType{std::move(shape), std::nullopt};
  return matrix_type(step_of(layer, inputs), inputs[0].type, std::move(shape));
}

template <class L>
Tensor eval_conv(const L& layer, std::span<const Tensor* const> inputs, const TensorType& out,
                 const EvalOptions& options) {
  return evaluate(step_of(layer, inputs[0]->shape(), inputs[1], inputs.size() > 2 ? inputs[2] : nullptr),
                  *inputs[0], out, options);
}

template <class L>
Stage lower_conv(const L& layer, std::span<const Operand> inputs, const TensorType& out) {
  const MatrixStep step = step_of(layer, inputs);
  return {"", {step.window}, {*inputs[0].type.fixed}, matrix_formula(step, inputs[0].type), out};
}

}  // namespace

Result<TensorType> infer(const Conv1D& layer, std::span<const Operand> inputs) {
  return infer_conv(layer, inputs);
}
Tensor eval(const Conv1D& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return eval_conv(layer, inputs, out, options);
}
Stage lower(const Conv1D& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_conv(layer, inputs, out);
}

Result<TensorType> infer(const Conv2D& layer, std::span<const Operand> inputs) {
  if (layer.padding == Padding::Causal) return diagnose(messages::causal_image, {});
  return infer_conv(layer, inputs);
}
Tensor eval(const Conv2D& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return eval_conv(layer, inputs, out, options);
}
Stage lower(const Conv2D& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_conv(layer, inputs, out);
}

}  // namespace gw
