// A function that is known by its answers alone, as the kernels of 8-bit networks state their sigmoid: one
// table of the formula, with no entry that x cannot reach.

#include "layers/lookup.h"

#include <algorithm>

#include "layers/elementwise.h"
#include "layers/table_address.h"
#include "support/messages.h"

namespace gw {

namespace {

constexpr int most_fraction = 64;

FunctionTable table_of(const Lookup& layer, const Tensor& values) {
  FunctionTable table{{}, values.type(), {}};
  table.address.fraction = layer.fraction;
  table.address.first = layer.first;
  table.address.last = layer.first + values.size() - 1;
  for (std::int64_t i = 0; i < values.size(); ++i) table.values.push_back(values.at(i));
  return table;
}

Formula formula_of(const Lookup& layer, const TensorType& x, const Tensor& values) {
  const Window window = pointwise_window(x.shape);
  const std::vector<Interval> ranges = window_ranges(x, window);
  Interval all = ranges.front();
  for (const Interval& range : ranges) all = unite(all, range);
  std::optional<TableLookup> lookup;  // one table for all elements
  return elementwise_formula(x, window, layer.out, [&](Formula& formula, ExprId value, int) {
    if (!lookup) lookup.emplace(formula, std::string(Lookup::info.name), table_of(layer, values), all);
    return (*lookup)(formula, value);
  });
}

}  // namespace

Result<TensorType> infer(const Lookup& layer, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(Lookup::info, inputs, 2, 2); !ok) return ok.errors();
  const auto wrong = [](std::string_view attribute, const std::string& value, const std::string& range) {
    return diagnose(messages::attribute_range, {}, "lookup", std::string(attribute), value, range);
  };
  const Shape& entries = inputs[1].type.shape;
  if (entries.size() != 1 || entries[0] > most_table_entries)
    return wrong("values", to_string(entries), fmt::format("1 to {} in one row", most_table_entries));
  if (layer.fraction < -most_fraction || layer.fraction > most_fraction) {
    return wrong("fraction", fmt::format("{}", layer.fraction),
                 fmt::format("{} to {}", -most_fraction, most_fraction));
  }
  const TensorType& x = inputs[0].type;
  if (!is_typed(inputs, 1)) return TensorType{x.shape, std::nullopt};
  return typed_output(x.shape, formula_of(layer, x, *inputs[1].constant), layer.out);
}

Tensor eval(const Lookup& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  const Tensor& x = *inputs[0];
  return evaluate_elementwise(x, layer.out, out, options, [&] {
    FunctionTable table = table_of(layer, *inputs[1]);
    const auto [least, most] = std::minmax_element(table.values.begin(), table.values.end());
    const Interval range{*least, *most, table.type.fraction()};
    const auto function = [address = FastAddress(table.address, x.type().fraction()),
                           values = std::move(table.values)](std::int64_t value, std::int64_t) {
      return values[static_cast<size_t>(address(value))];
    };
    return ElementFunction{range, function};
  });
}

Stage lower(const Lookup& layer, std::span<const Operand> inputs, const TensorType& out) {
  const TensorType& x = inputs[0].type;
  return {"", {pointwise_window(x.shape)}, {*x.fixed}, formula_of(layer, x, *inputs[1].constant), out};
}

}  // namespace gw
