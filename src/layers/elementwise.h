#pragma once

#include <array>
#include <optional>
#include <vector>

#include "layers/cast_run.h"
#include "layers/lane_cast.h"
#include "layers/prepared.h"
#include "layers/runs.h"
#include "layers/shapes.h"

/// What layers share that compute each element of one stream alone: y = out(function(x)). Such a layer states
/// its function twice, as expressions for infer and lower and as arithmetic for eval; everything around it is
/// here.
namespace gw {

/// The formula: `function(formula, element, index)` is the result before the cast; `index` counts the
/// elements of the window.
template <class Function>
Formula elementwise_formula(const TensorType& x, const Window& window, const std::optional<Quantizer>& out,
                            const Function& function) {
  Formula formula;
  const Loads load(formula, x, window);
  std::vector<ExprId> outputs;
  for (int i = 0; i < window.elements(); ++i) {
    const ExprId y = function(formula, load(i), i);
    outputs.push_back(out ? formula.cast(*out, y) : y);
  }
  formula.set_outputs(std::move(outputs));
  return formula;
}

/// infer and lower of a layer with one input and the attribute `out`; `make` gives its formula on the pixels
/// of x.
template <class L>
Result<TensorType> infer_elementwise(const L& layer, std::span<const Operand> inputs,
                                     Formula (*make)(const L&, const TensorType& x)) {
  if (auto ok = check_input_count(L::info, inputs, 1, 1); !ok) return ok.errors();
  const TensorType& x = inputs[0].type;
  if (!x.fixed) return TensorType{x.shape, std::nullopt};
  return typed_output(x.shape, make(layer, x), layer.out);
}

template <class L>
Stage lower_elementwise(const L& layer, std::span<const Operand> inputs, const TensorType& out,
                        Formula (*make)(const L&, const TensorType& x)) {
  const TensorType& x = inputs[0].type;
  return {"", {pointwise_window(x.shape)}, {*x.fixed}, make(layer, x), out};
}

/// A real attribute as the layer computes with it: cast to its type. `value` is finite.
Term parameter(const Quantizer& type, double value);
/// A real attribute that has no type of its own, exactly.
Term exactly(double value);
/// The term in units of 2^-fraction, which is not coarser than it. What does not fit 64 bits becomes their
/// end: it can only be compared with values that do fit.
std::int64_t in_units(const Term& term, int fraction);
/// An error unless `value`, the layer's attribute `name`, is finite and fits its type.
Status check_parameter(const LayerInfo& info, std::string_view name, double value, const Quantizer& type);

/// Not 0 where x, in units of its range, is below `step`: one subtraction's sign.
ExprId is_below(Formula& formula, ExprId x, std::int64_t step);

/// A layer's function for eval: raw values of x to raw answers in units of 2^-range.fraction, before the
/// cast.
template <class Function>
struct ElementFunction {
  Interval range;     ///< of the answers to all values of the type of x
  Function function;  ///< function(raw, i)
  /// How often it repeats along the elements of x, which makes i the index of the element modulo the period.
  std::int64_t period = 1;
};
// Said for compilers that do not find these for aggregates by themselves (clang before 17).
template <class Function>
ElementFunction(Interval, Function) -> ElementFunction<Function>;
template <class Function>
ElementFunction(Interval, Function, std::int64_t) -> ElementFunction<Function>;

/// An element function with its cast and, where x has few bits, the cast answers to all values of x.
template <class Function>
class ElementPlan {
 public:
  ElementPlan(ElementFunction<Function> element, const Quantizer& cast)
      : element_(std::move(element)), cast_(cast), steps_(cast_steps<std::int64_t>(cast, element_.range)) {}

  /// One 16-bit value has no more than 2^16 answers. Without `steps_` a value that x cannot take in this
  /// network may have an answer that is too wide to compute.
  bool can_tabulate(const FixedType& x) const { return steps_ && x.width <= 16 && element_.period == 1; }

  void tabulate(const FixedType& x, const EvalOptions& options) {
    const int values = 1 << x.width;
    Tensor domain({values}, x);
    answers_ = Tensor({values}, cast_.to);
    for (std::int64_t n = 0; n < values; ++n) domain.set(n, x.lowest() + n);
    sum_over_runs(values, options.threads,
                  [&](const Run& run) { return compute(domain, run, answers_, options); });
  }

  /// Elements of a run of x, answered and cast, to the same elements of y. Returns how many did not fit, or 0
  /// unless the options count them.
  std::int64_t operator()(const Tensor& x, const Run& run, Tensor& y, const EvalOptions& options) const {
    if (answers_.size() == 0) return compute(x, run, y, options);
    std::visit(
        [&]<class X, class Y>(const std::vector<X>& from, std::vector<Y>& to) {
          const Y* const table = std::get<std::vector<Y>>(answers_.lanes()).data() - x.type().lowest();
          const X* const source = from.data() + run.first;
          Y* const target = to.data() + run.first;
          for (std::int64_t n = 0; n < run.count; ++n) target[n] = table[source[n]];
        },
        x.lanes(), y.lanes());
    return 0;
  }

 private:
  std::int64_t compute(const Tensor& x, const Run& run, Tensor& y, const EvalOptions& options) const {
    const LaneKernels<std::int64_t>& loops = lane_kernels<std::int64_t>(kernels_of(options));
    const bool counts = options.overflows != nullptr;
    std::array<std::int64_t, run_length> buffer;
    const std::span values(buffer.data(), static_cast<size_t>(run.count));
    loops.load(lane_of(x), address_of(x, run.first), values.data(), run.count);
    if (element_.period == 1) {
      for (std::int64_t& value : values) value = element_.function(value, 0);
    } else {
      std::int64_t i = run.first % element_.period;
      for (std::int64_t& value : values) {
        value = element_.function(value, i);
        if (++i == element_.period) i = 0;
      }
    }
    if (!steps_) return store_run(cast_, values, element_.range.fraction, y, run.first, counts);
    const std::int64_t outside = loops.cast(*steps_, values.data(), run.count, counts);
    loops.store(values.data(), lane_of(y), address_of(y, run.first), run.count);
    return outside;
  }

  ElementFunction<Function> element_;
  Quantizer cast_;
  std::optional<CastSteps<std::int64_t>> steps_;
  Tensor answers_;
};

/// y = cast(function(x, i)) a run at a time, in 64-bit lanes; `make` gives the ElementFunction. Answers to
/// all values of x are tabulated if they can be kept, or pay within this batch, and nothing is counted.
template <class Make>
Tensor evaluate_elementwise(const Tensor& x, const std::optional<Quantizer>& to, const TensorType& out,
                            const EvalOptions& options, const Make& make) {
  const std::int64_t total = x.batch() * x.size();
  const auto plan = prepared<ElementPlan<decltype(make().function)>>(options, [&] {
    ElementPlan planned(make(), result_cast(to, out));
    const bool pays = options.prepared || total >= std::int64_t{4} << x.type().width;
    if (planned.can_tabulate(x.type()) && pays && !options.overflows) planned.tabulate(x.type(), options);
    return planned;
  });
  Tensor y(out.shape, *out.fixed, x.batch());
  const std::int64_t overflowed =
      sum_over_runs(total, options.threads, [&](const Run& run) { return (*plan)(x, run, y, options); });
  if (options.overflows) *options.overflows += overflowed;
  return y;
}

}  // namespace gw
