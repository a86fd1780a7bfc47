// Constants that meet a tensor, as numbers that passes compute with: exactly, in the narrowest type that
// holds the results.

#include "passes/constant_operand.h"

#include "layers/cast_run.h"

namespace gw {

namespace {

std::optional<Constant> typed(const std::vector<Interval>& values) {
  Interval all = values.front();
  for (const Interval& value : values) all = unite(all, value);
  FixedType type = type_of(all);
  if (type.width > max_width) return std::nullopt;
  if (type.width == 0) type = {1, 1, false};
  Tensor fixed({static_cast<int>(values.size())}, type);
  for (size_t i = 0; i < values.size(); ++i)
    fixed.set(static_cast<std::int64_t>(i),
              static_cast<std::int64_t>(rescaled(values[i], type.fraction()).lo));
  FloatTensor real = dequantize(fixed);
  return Constant{std::move(real), std::move(fixed), 0};
}

/// The values of a constant, one a channel.
std::optional<std::vector<Interval>> exact(const Sight& sight, NodeId constant, const Shape& shape) {
  const auto raws = per_channel(sight, constant, shape);
  if (!raws) return std::nullopt;
  std::vector<Interval> values;
  for (const std::int64_t raw : *raws) {
    const Term term = normalised(raw, sight[constant].type.fixed->fraction());
    values.push_back(interval_of(term.raw, term.fraction));
  }
  return values;
}

}  // namespace

std::optional<WithConstant> with_constant(const Sight& sight, NodeId merge) {
  const std::vector<NodeId>& inputs = sight[merge].inputs;
  if (inputs.size() != 2) return std::nullopt;
  const bool is_first = sight.constant(inputs[0]) != nullptr;
  const WithConstant found{inputs[is_first ? 1 : 0], inputs[is_first ? 0 : 1], is_first};
  if (!sight.constant(found.constant) || sight[found.x].type.shape != sight[merge].type.shape)
    return std::nullopt;
  return found;
}

std::optional<std::vector<std::int64_t>> per_channel(const Sight& sight, NodeId constant,
                                                     const Shape& shape) {
  const Tensor& values = *sight.constant(constant)->fixed;
  const int extent = values.shape().back(), channels = shape.back();
  if (values.size() != extent || (extent != 1 && extent != channels)) return std::nullopt;
  std::vector<std::int64_t> all;
  for (int c = 0; c < channels; ++c) all.push_back(values.at(c % extent));
  return all;
}

std::optional<Constant> combined(const Sight& sight, NodeId a, NodeId b, const Shape& shape,
                                 const std::function<Interval(const Interval&, const Interval&)>& combine) {
  const auto left = exact(sight, a, shape), right = exact(sight, b, shape);
  if (!left || !right) return std::nullopt;
  std::vector<Interval> values;
  for (size_t c = 0; c < left->size(); ++c) values.push_back(combine((*left)[c], (*right)[c]));
  return typed(values);
}

std::optional<Constant> mapped(const Sight& sight, NodeId a, const Shape& shape,
                               const std::function<Interval(const Interval&)>& map) {
  auto values = exact(sight, a, shape);
  if (!values) return std::nullopt;
  for (Interval& value : *values) value = map(value);
  return typed(*values);
}

}  // namespace gw
