// Layers that give every element another index and change none. As a stage each is a window over the whole
// tensor whose formula only loads; the graph's lowering leaves a flatten or reshape out where the stage that
// follows can read the tensor as it streams by.

#include "layers/reshape.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "layers/index_map.h"
#include "layers/shapes.h"
#include "support/messages.h"

namespace gw {

namespace {

IndexMap same_order(const Shape& x) {
  IndexMap map(static_cast<size_t>(element_count(x)));
  std::iota(map.begin(), map.end(), 0);
  return map;
}

// Walks the answer in row-major order; `strides` are x's steps along the answer's axes.
IndexMap permuted(const Permute& layer, const Shape& x) {
  std::vector<std::int32_t> step_of(x.size(), 1);
  for (size_t a = x.size() - 1; a-- > 0;) step_of[a] = step_of[a + 1] * x[a + 1];
  IndexMap map{0};
  for (const int axis : layer.axes) {
    const auto a = static_cast<size_t>(axis);
    IndexMap finer;
    for (const std::int32_t first : map) {
      for (int i = 0; i < x[a]; ++i) finer.push_back(first + i * step_of[a]);
    }
    map = std::move(finer);
  }
  return map;
}

TensorType moved(const TensorType& x, Shape shape, const IndexMap& map) {
  const int channels = shape.back();
  return {std::move(shape), x.fixed, moved_ranges(x, map, {}, channels)};
}

Tensor same_lanes(const Tensor& x, const TensorType& out) {
  Tensor y(out.shape, *out.fixed, x.batch());
  y.lanes() = x.lanes();
  return y;
}

}  // namespace

Result<TensorType> infer(const Flatten&, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(Flatten::info, inputs, 1, 1); !ok) return ok.errors();
  const TensorType& x = inputs[0].type;
  return moved(x, {static_cast<int>(element_count(x.shape))}, same_order(x.shape));
}

Tensor eval(const Flatten&, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions&) {
  return same_lanes(*inputs[0], out);
}

Stage lower(const Flatten&, std::span<const Operand> inputs, const TensorType& out) {
  return gather(inputs[0].type, same_order(inputs[0].type.shape), out);
}

Result<TensorType> infer(const Reshape& layer, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(Reshape::info, inputs, 1, 1); !ok) return ok.errors();
  const TensorType& x = inputs[0].type;
  const bool is_whole = std::all_of(layer.shape.begin(), layer.shape.end(), [](int n) { return n > 0; });
  if (!is_whole || layer.shape.empty() || element_count(layer.shape) != element_count(x.shape))
    return diagnose(messages::reshape_count, {}, to_string(x.shape), element_count(x.shape),
                    to_string(layer.shape));
  return moved(x, layer.shape, same_order(x.shape));
}

Tensor eval(const Reshape&, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions&) {
  return same_lanes(*inputs[0], out);
}

Stage lower(const Reshape&, std::span<const Operand> inputs, const TensorType& out) {
  return gather(inputs[0].type, same_order(inputs[0].type.shape), out);
}

Result<TensorType> infer(const Permute& layer, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(Permute::info, inputs, 1, 1); !ok) return ok.errors();
  const TensorType& x = inputs[0].type;
  std::vector<int> sorted = layer.axes, all(x.shape.size());
  std::sort(sorted.begin(), sorted.end());
  std::iota(all.begin(), all.end(), 0);
  if (sorted != all)
    return diagnose(messages::permute_axes, {}, fmt::format("{}", fmt::join(layer.axes, ", ")),
                    static_cast<std::int64_t>(all.size()) - 1, to_string(x.shape));
  Shape shape;
  for (const int axis : layer.axes) shape.push_back(x.shape[static_cast<size_t>(axis)]);
  return moved(x, std::move(shape), permuted(layer, x.shape));
}

Tensor eval(const Permute& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  Tensor y(out.shape, *out.fixed, inputs[0]->batch());
  move_elements(*inputs[0], permuted(layer, inputs[0]->shape()), y, options.threads);
  return y;
}

Stage lower(const Permute& layer, std::span<const Operand> inputs, const TensorType& out) {
  return gather(inputs[0].type, permuted(layer, inputs[0].type.shape), out);
}

}  // namespace gw
