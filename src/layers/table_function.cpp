// Smooth functions by look-up. All of them are one formula,
//   y = out(straight * max(x, 0) + factor * table[address(x)]),
// with a table that is hls4ml's or one sized from the types. Where the straight part has more bits than the
// answer, a sized table has two bits more, too, and the sum is rounded to the answer's last place before
// `out`: half a unit goes to that rounding, the other half is left to the table.

#include "layers/table_function.h"

#include <algorithm>
#include <cmath>

#include "layers/elementwise.h"
#include "layers/table_address.h"
#include "support/messages.h"

namespace gw {

namespace {

struct TablePlan {
  FunctionTable table;
  Term straight;                      ///< factor of max(x, 0)
  Term factor{1, 0};                  ///< of the table
  std::optional<Quantizer> rounding;  ///< of the sum
};

// A hair less than it is: the values that the search compares are themselves a little off.
constexpr long double nearly(long double accuracy) { return accuracy * (1 - 0x1p-20L); }

TablePlan generated_plan(const TableRequest& request) {
  const TableShape& shape = request.shape;
  const auto make = shape.below_zero ? generated_table_below_zero : generated_table;
  TablePlan plan{
      make(shape.generated, request.layer.table_size, shape.range, request.layer.table), {}, {1, 0}, {}};
  if (shape.straight == Straight::Identity) plan.straight = {1, 0};
  if (shape.straight == Straight::Lambda)
    plan.straight = parameter({{16, 1, false}}, static_cast<double>(selu_scale));
  if (shape.generated == Function::Elu) plan.factor = parameter(request.parameter, request.alpha);
  return plan;
}

std::optional<TablePlan> sized_plan(const TableRequest& request, const FixedType& x) {
  const Quantizer& last = request.layer.out ? *request.layer.out : request.layer.table;
  const int fraction = last.to.fraction();
  const Straight straight = request.shape.sized_straight;
  Accuracy accuracy{interval_of(x), fraction, nearly(1), 1};
  if (request.shape.sized == Function::Elu) {
    const Term alpha = parameter(request.parameter, request.alpha);
    accuracy.scale = std::ldexp(static_cast<long double>(alpha.raw), -alpha.fraction);
  }
  TablePlan plan;
  if (straight == Straight::Identity) plan.straight = {1, 0};
  if (straight == Straight::Lambda) {
    // An eighth of a unit is lost in lambda, at the largest x.
    const int bits = std::max(fraction + 2 + x.integer, 0);
    plan.straight =
        parameter({{bits + 2, 2, true}, Rounding::Rnd, Overflow::Sat}, static_cast<double>(selu_scale));
  }
  if (straight == Straight::Lambda || (straight == Straight::Identity && x.fraction() > fraction)) {
    constexpr int guard = 2;
    accuracy.fraction += guard;
    accuracy.most = nearly((straight == Straight::Lambda ? 0.375L : 0.5L) * (1 << guard));
    plan.rounding = Quantizer{{max_width, max_width - fraction, true}, Rounding::Rnd, Overflow::Sat};
  }
  auto table = sized_table(request.shape.sized, accuracy);
  if (!table) return std::nullopt;
  plan.table = std::move(*table);
  return plan;
}

std::optional<TablePlan> plan_of(const TableRequest& request, const FixedType& x) {
  return request.layer.table_size > 0 ? generated_plan(request) : sized_plan(request, x);
}

Formula formula_of(const TableRequest& request, const TablePlan& plan, const TensorType& x) {
  const Window window = pointwise_window(x.shape);
  const std::vector<Interval> ranges = window_ranges(x, window);
  Interval all = ranges.front();
  for (const Interval& range : ranges) all = unite(all, range);
  // One table for all elements, of the entries that any of them can reach.
  std::optional<TableLookup> lookup;
  return elementwise_formula(x, window, request.layer.out, [&](Formula& formula, ExprId value, int) {
    if (!lookup) lookup.emplace(formula, std::string(request.info.name), plan.table, all);
    const ExprId straight = formula.multiply(formula.maximum(value, formula.constant(0, 0)),
                                             formula.constant(plan.straight.raw, plan.straight.fraction));
    const ExprId entry =
        formula.multiply((*lookup)(formula, value), formula.constant(plan.factor.raw, plan.factor.fraction));
    const ExprId y = formula.add(straight, entry);
    return plan.rounding ? formula.cast(*plan.rounding, y) : y;
  });
}

}  // namespace

Result<TensorType> infer(const TableRequest& request, std::span<const Operand> inputs) {
  const TableFunction& layer = request.layer;
  if (layer.table_size < 0 || layer.table_size > most_table_entries) {
    return diagnose(messages::attribute_range, {}, std::string(request.info.name), "table_size",
                    fmt::format("{}", layer.table_size), fmt::format("0 to {}", most_table_entries));
  }
  if (auto ok = check_parameter(request.info, "alpha", request.alpha, request.parameter); !ok)
    return ok.errors();
  if (auto ok = check_input_count(request.info, inputs, 1, 1); !ok) return ok.errors();
  const TensorType& x = inputs[0].type;
  if (!x.fixed) return TensorType{x.shape, std::nullopt};
  const auto plan = plan_of(request, *x.fixed);
  if (!plan) {
    return diagnose(messages::table_too_large, {}, std::string(request.info.name), most_table_entries,
                    to_string(layer.out ? layer.out->to : layer.table.to), to_string(*x.fixed));
  }
  return typed_output(x.shape, formula_of(request, *plan, x), layer.out);
}

Tensor eval(const TableRequest& request, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  const FixedType& x = inputs[0]->type();
  return evaluate_elementwise(*inputs[0], request.layer.out, out, options, [&] {
    TablePlan plan = *plan_of(request, x);
    int fraction = plan.table.type.fraction() + plan.factor.fraction;
    if (plan.straight.raw != 0) fraction = std::max(fraction, x.fraction() + plan.straight.fraction);
    const std::int64_t straight =
        plan.straight.raw == 0 ? 0 : in_units(plan.straight, fraction - x.fraction());
    const std::int64_t factor = in_units(plan.factor, fraction - plan.table.type.fraction());
    std::vector<std::int64_t>& values = plan.table.values;
    for (std::int64_t& value : values) value *= factor;
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    Interval range = maximum(interval_of(x), interval_of(0, x.fraction())) *
                         Interval{straight, straight, fraction - x.fraction()} +
                     Interval{*least, *most, fraction};
    int shift = 0;
    if (plan.rounding) {
      shift = std::max(fraction - plan.rounding->to.fraction(), 0);
      if (shift > 0) range = quantize(*plan.rounding, range);
    }
    const std::int64_t half = shift > 0 ? std::int64_t{1} << (shift - 1) : 0;
    const auto function = [address = FastAddress(plan.table.address, x.fraction()),
                           values = std::move(values), straight, shift,
                           half](std::int64_t value, std::int64_t) {
      const std::int64_t sum =
          std::max<std::int64_t>(value, 0) * straight + values[static_cast<size_t>(address(value))];
      return (sum + half) >> shift;
    };
    return ElementFunction{range, function};
  });
}

Stage lower(const TableRequest& request, std::span<const Operand> inputs, const TensorType& out) {
  const TensorType& x = inputs[0].type;
  return {
      "", {pointwise_window(x.shape)}, {*x.fixed}, formula_of(request, *plan_of(request, *x.fixed), x), out};
}

}  // namespace gw
