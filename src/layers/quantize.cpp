// Casts of whole tensors. Where elements have types of their own, those of one type are gathered, cast
// together by the kernel that casts everything else, and put back: networks with learned widths have as many
// elements as they like, but few different types.

#include "layers/quantize.h"

#include <atomic>

#include "layers/cast_run.h"
#include "layers/elements.h"
#include "layers/lane_cast.h"
#include "layers/shapes.h"
#include "support/messages.h"
#include "support/threads.h"

namespace gw {

namespace {

/// All elements at once where there is a type for each; else channel by channel.
Window window_of(const Quantize& layer, const Shape& x) {
  const bool is_whole = !layer.elements.empty() && static_cast<int>(layer.elements.size()) != x.back();
  return is_whole ? whole_window(x) : pointwise_window(x);
}

Formula formula_of(const Quantize& layer, const Window& window, const TensorType& x) {
  Formula formula;
  const Loads load(formula, x, window);
  std::vector<ExprId> outputs;
  for (int i = 0; i < window.elements(); ++i) {
    ExprId y = load(i);
    if (!layer.elements.empty()) y = formula.cast(layer.elements[static_cast<size_t>(i)], y);
    outputs.push_back(formula.cast(layer.out, y));
  }
  formula.set_outputs(std::move(outputs));
  return formula;
}

/// Elements of one type, and the casts to it and to the tensor's.
struct Group {
  Quantizer own;
  std::vector<std::int32_t> elements;
};

std::vector<Group> groups_of(const Quantize& layer, std::int64_t size) {
  std::vector<Group> groups;
  for (std::int64_t i = 0; i < size; ++i) {
    const Quantizer& own = layer.elements[static_cast<size_t>(i) % layer.elements.size()];
    if (own.to.width == 0) continue;  // stays 0
    auto group =
        std::find_if(groups.begin(), groups.end(), [&](const Group& other) { return other.own == own; });
    if (group == groups.end()) group = groups.insert(groups.end(), Group{own, {}});
    group->elements.push_back(static_cast<std::int32_t>(i));
  }
  return groups;
}

template <class T>
struct GroupSteps {
  CastSteps<T> own, out;
};

/// Nothing if a value of some group might not fit T.
template <class T>
std::optional<std::vector<GroupSteps<T>>> steps_of(const std::vector<Group>& groups, const FixedType& x,
                                                   const Quantizer& out) {
  std::vector<GroupSteps<T>> all;
  for (const Group& group : groups) {
    const auto own = cast_steps<T>(group.own, interval_of(x));
    const auto last = cast_steps<T>(out, quantize(group.own, interval_of(x)));
    if (!own || !last) return std::nullopt;
    all.push_back({*own, *last});
  }
  return all;
}

template <class T>
std::int64_t cast_sample(const std::vector<Group>& groups, const std::vector<GroupSteps<T>>& steps,
                         const Tensor& x, Tensor& y, std::int64_t sample, const EvalOptions& options) {
  const LaneKernels<T>& loops = lane_kernels<T>(kernels_of(options));
  const bool counts = options.overflows != nullptr;
  std::int64_t outside = 0;
  std::vector<T> values;
  std::visit(
      [&]<class X, class Y>(const std::vector<X>& from, std::vector<Y>& to) {
        for (size_t g = 0; g < groups.size(); ++g) {
          const std::vector<std::int32_t>& elements = groups[g].elements;
          const auto count = static_cast<std::int64_t>(elements.size());
          values.resize(elements.size());
          for (size_t i = 0; i < elements.size(); ++i)
            values[i] = static_cast<T>(from[static_cast<size_t>(sample * x.size() + elements[i])]);
          outside += loops.cast(steps[g].own, values.data(), count, counts);
          outside += loops.cast(steps[g].out, values.data(), count, counts);
          for (size_t i = 0; i < elements.size(); ++i)
            to[static_cast<size_t>(sample * x.size() + elements[i])] = static_cast<Y>(values[i]);
        }
      },
      x.lanes(), y.lanes());
  return outside;
}

std::int64_t cast_any(const std::vector<Group>& groups, const Quantizer& out, const Tensor& x, Tensor& y,
                      std::int64_t sample, bool counts) {
  std::int64_t outside = 0;
  for (const Group& group : groups) {
    for (const std::int32_t element : group.elements) {
      const std::int64_t i = sample * x.size() + element, raw = x.at(i);
      const std::int64_t own = quantize(group.own, raw, x.type().fraction());
      if (counts && overflows(group.own, raw, x.type().fraction())) ++outside;
      outside += store_run(out, {&own, 1}, group.own.to.fraction(), y, i, counts);
    }
  }
  return outside;
}

}  // namespace

Result<TensorType> infer(const Quantize& layer, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(Quantize::info, inputs, 1, 1); !ok) return ok.errors();
  const TensorType& x = inputs[0].type;
  const auto types = static_cast<std::int64_t>(layer.elements.size());
  if (types != 0 && types != x.shape.back() && types != element_count(x.shape))
    return diagnose(messages::element_types, {}, types, x.shape.back(), element_count(x.shape));
  if (!x.fixed) return TensorType{x.shape, std::nullopt};
  return typed_output(x.shape, formula_of(layer, window_of(layer, x.shape), x), layer.out);
}

Tensor eval(const Quantize& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  const Tensor& x = *inputs[0];
  if (layer.elements.empty()) return evaluate_elements(x, Rectify::No, layer.out, out, options);
  const std::vector<Group> groups = groups_of(layer, x.size());
  const auto narrow = steps_of<std::int32_t>(groups, x.type(), layer.out);
  const auto wide = steps_of<std::int64_t>(groups, x.type(), layer.out);
  Tensor y(out.shape, *out.fixed, x.batch());
  std::atomic<std::int64_t> overflowed{0};
  parallel_for(x.batch(), options.threads, [&](std::int64_t sample) {
    overflowed += narrow ? cast_sample(groups, *narrow, x, y, sample, options)
                  : wide ? cast_sample(groups, *wide, x, y, sample, options)
                         : cast_any(groups, layer.out, x, y, sample, options.overflows != nullptr);
  });
  if (options.overflows) *options.overflows += overflowed;
  return y;
}

Stage lower(const Quantize& layer, std::span<const Operand> inputs, const TensorType& out) {
  const TensorType& x = inputs[0].type;
  const Window window = window_of(layer, x.shape);
  return {"", {window}, {*x.fixed}, formula_of(layer, window, x), out};
}

}  // namespace gw
