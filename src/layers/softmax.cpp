// Softmax as formulas, bit for bit as hls4ml's four implementations compute it, and with a division.
//
// Subtracting the maximum first ("stable") keeps every exponential in (0, 1], so that the table needs no
// negative argument and cannot overflow. Each table is addressed by the top bits of a fixed-point value and
// holds the function at the left edge of its cell. One thing differs from hls4ml on purpose: unless it is
// given a type, the difference to the maximum saturates at the top of its type, where theirs wraps and gives
// the most unlikely class a large probability.
//
// The division is the one of the schoolbook: whether the divisor fits gives a digit, what is left is doubled.
// It costs a subtraction and a choice for each digit, and no digit is wrong.
//
// Along the last axis a vector is a pixel and the formula is that of one vector. Along any other, vectors are
// interleaved, and the formula is that of the whole tensor.

#include "layers/softmax.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "layers/shapes.h"
#include "layers/softmax_tables.h"
#include "layers/table_address.h"
#include "support/messages.h"

namespace gw {

namespace {

int address_bits(int table_size, int width) {
  return std::min(static_cast<int>(std::bit_width(static_cast<unsigned>(table_size))) - 1, width);
}

// Reads the top bits of a value as an address: those of a negative number stand in the upper half of a table.
Quantizer address(const FixedType& at) {
  return {{at.width, at.integer, false}, Rounding::Trn, Overflow::Wrap};
}

// Of factor * x, where x has the bit pattern of each address.
Table sampled(std::string name, Function function, float factor, const FixedType& at,
              const Quantizer& values) {
  Table table{std::move(name), at.fraction(), {}, values.to};
  for (std::int64_t a = 0; a < std::int64_t{1} << at.width; ++a) {
    const std::int64_t raw = quantize({at, Rounding::Trn, Overflow::Wrap}, a, at.fraction());
    const auto x = factor * static_cast<float>(to_double(raw, at.fraction()));
    table.values.push_back(table_entry(values, generated_value(function, x)));
  }
  return table;
}

// As a tree, so that a circuit is no deeper than it has to be.
ExprId maximum_of(Formula& formula, std::span<const ExprId> values) {
  if (values.size() == 1) return values[0];
  const size_t left = left_of_tree(values.size());
  return formula.maximum(maximum_of(formula, values.first(left)), maximum_of(formula, values.subspan(left)));
}

ExprId tree_sum(Formula& formula, const Quantizer& accumulator, std::span<const ExprId> terms) {
  if (terms.size() == 1) return terms[0];
  const size_t left = left_of_tree(terms.size());
  return formula.cast(accumulator, formula.add(tree_sum(formula, accumulator, terms.first(left)),
                                               tree_sum(formula, accumulator, terms.subspan(left))));
}

// A sum that wraps may be wrapped once.
ExprId accumulated(Formula& formula, const std::optional<Quantizer>& accumulator,
                   const std::vector<ExprId>& terms) {
  if (!accumulator) return formula.sum(terms);
  if (accumulator->overflow == Overflow::Wrap) return formula.cast(*accumulator, formula.sum(terms));
  return tree_sum(formula, *accumulator, terms);
}

// The outputs of one vector, before the cast.
using VectorFormula = std::function<std::vector<ExprId>(Formula&, const std::vector<ExprId>& x)>;

VectorFormula by_two_tables(const Softmax& layer, Formula& formula, const FixedType& x) {
  SoftmaxTables tables = softmax_tables(layer, x);
  const int exp = formula.add_table(std::move(tables.exp));
  const int inverse = formula.add_table(std::move(tables.inverse));
  return [&layer, types = tables.types, exp, inverse](Formula& f, const std::vector<ExprId>& inputs) {
    std::vector<ExprId> exponentials, outputs;
    const bool is_stable = layer.implementation == SoftmaxImplementation::Stable;
    const ExprId highest = is_stable ? maximum_of(f, inputs) : 0;
    for (const ExprId input : inputs) {
      const ExprId at = f.cast(types.difference, is_stable ? f.subtract(highest, input) : input);
      const ExprId e = f.table(exp, f.cast(address(types.exp_address), at));
      exponentials.push_back(layer.accumulator ? f.cast(*layer.accumulator, e) : e);
    }
    const ExprId sum = f.cast(types.inverse_input, accumulated(f, layer.accumulator, exponentials));
    const ExprId scale = f.table(inverse, f.cast(address(types.inverse_address), sum));
    for (const ExprId e : exponentials) outputs.push_back(f.multiply(e, scale));
    return outputs;
  };
}

// dividend / divisor, 0 <= dividend <= divisor.
ExprId quotient(Formula& f, ExprId dividend, ExprId divisor, const QuotientDigits& digits) {
  const ExprId zero = f.constant(0, 0);
  // What is left is below the divisor, which the intervals do not know: a cast that wraps loses nothing.
  const Interval from = f[dividend].range, by = f[divisor].range;
  const int fraction = std::max(from.fraction, by.fraction);
  const Int128 most = by.hi << (fraction - by.fraction);
  const Quantizer rest{type_of({0, most, fraction}), Rounding::Trn, Overflow::Wrap};
  std::vector<ExprId> terms;
  for (int digit = 0; digit <= digits.count; ++digit) {
    const ExprId dividing = digit == 0 ? dividend : f.multiply(dividend, f.constant(2, 0));
    const ExprId left = f.subtract(dividing, divisor);
    const ExprId is_less = f.is_negative(left);
    terms.push_back(f.select(is_less, zero, f.constant(1, digit)));
    dividend = f.cast(rest, f.select(is_less, dividing, left));
  }
  if (digits.marks_rest) {
    const ExprId is_left = f.is_negative(f.subtract(zero, dividend));
    terms.push_back(f.select(is_left, f.constant(1, digits.count + 1), zero));
  }
  return f.sum(std::move(terms));
}

VectorFormula by_division(const Softmax& layer, Formula& formula, const FixedType& x) {
  SoftmaxTables tables = softmax_tables(layer, x);
  const int exp = formula.add_table(std::move(tables.exp));
  return [types = tables.types, digits = quotient_digits(*result_of(layer)), exp](
             Formula& f, const std::vector<ExprId>& inputs) {
    const ExprId highest = maximum_of(f, inputs);
    std::vector<ExprId> exponentials, outputs;
    for (const ExprId input : inputs) {
      const ExprId at = f.cast(types.difference, f.subtract(highest, input));
      exponentials.push_back(f.table(exp, f.cast(address(types.exp_address), at)));
    }
    const ExprId sum = f.sum(exponentials);
    for (const ExprId e : exponentials) outputs.push_back(quotient(f, e, sum, digits));
    return outputs;
  };
}

VectorFormula by_legacy_tables(const Softmax& layer, Formula& formula, const std::vector<Interval>& ranges) {
  const LegacyTables tables = legacy_tables(layer);
  Interval all = ranges.front();
  for (const Interval& range : ranges) all = unite(all, range);
  const TableLookup exp(formula, "exp", tables.exp, all - all);
  const TableLookup inverse(formula, "inverse", tables.inverse, interval_of(layer.table.to));
  return [&layer, one = tables.one, exp, inverse](Formula& f, const std::vector<ExprId>& inputs) {
    std::vector<ExprId> outputs;
    for (const ExprId& own : inputs) {
      std::vector<ExprId> terms;
      for (const ExprId& other : inputs) {
        terms.push_back(&own == &other ? f.constant(one, layer.table.to.fraction())
                                       : exp(f, f.subtract(other, own)));
      }
      ExprId sum = terms[0];
      if (layer.table.overflow == Overflow::Wrap) {
        sum = f.cast(layer.table, f.sum(terms));
      } else {
        for (size_t j = 1; j < terms.size(); ++j) sum = f.cast(layer.table, f.add(sum, terms[j]));
      }
      outputs.push_back(inverse(f, sum));
    }
    return outputs;
  };
}

std::vector<ExprId> argmax(Formula& f, const std::vector<ExprId>& inputs) {
  std::vector<ExprId> outputs, before{inputs[0]};  // before[i]: the maximum of the first i + 1
  for (size_t i = 1; i < inputs.size(); ++i) before.push_back(f.maximum(before.back(), inputs[i]));
  const auto is_below_all = [&](ExprId x) { return f.is_negative(f.subtract(x, before.back())); };
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ExprId zero = f.constant(0, 0), one = f.constant(1, 0);
    const ExprId first = i == 0 ? one : f.select(is_below_all(before[i - 1]), one, zero);
    outputs.push_back(f.select(is_below_all(inputs[i]), zero, first));
  }
  return outputs;
}

VectorFormula vector_formula(const Softmax& layer, Formula& formula, const TensorType& x,
                             const Window& window) {
  switch (layer.implementation) {
    case SoftmaxImplementation::Stable:
    case SoftmaxImplementation::Latency:
      return by_two_tables(layer, formula, *x.fixed);
    case SoftmaxImplementation::Legacy:
      return by_legacy_tables(layer, formula, window_ranges(x, window));
    case SoftmaxImplementation::Argmax:
      return argmax;
    case SoftmaxImplementation::Divided:
      return by_division(layer, formula, *x.fixed);
  }
  defect(__FILE__, __LINE__, "no such softmax");
}

Window window_of(const Softmax& layer, const Shape& x) {
  const Slices slices = slices_of(layer, x);
  const bool is_pixel = slices.inner == 1 && slices.count == x.back();
  return is_pixel ? pointwise_window(x) : whole_window(x);
}

Formula formula_of(const Softmax& layer, const Window& window, const TensorType& x) {
  Formula formula;
  const Loads load(formula, x, window);
  const VectorFormula vector = vector_formula(layer, formula, x, window);
  const std::optional<Quantizer> result = result_of(layer);
  const Slices slices = slices_of(layer, x.shape);
  std::vector<ExprId> outputs(static_cast<size_t>(window.elements()));
  const std::int64_t stride = slices.count * slices.inner;
  for (std::int64_t first = 0; first < window.elements(); first += stride) {
    for (std::int64_t k = 0; k < slices.inner; ++k) {
      std::vector<ExprId> inputs;
      for (std::int64_t j = 0; j < slices.count; ++j)
        inputs.push_back(load(static_cast<int>(first + j * slices.inner + k)));
      const std::vector<ExprId> results = vector(formula, inputs);
      for (std::int64_t j = 0; j < slices.count; ++j) {
        const ExprId y = results[static_cast<size_t>(j)];
        outputs[static_cast<size_t>(first + j * slices.inner + k)] = result ? formula.cast(*result, y) : y;
      }
    }
  }
  formula.set_outputs(std::move(outputs));
  return formula;
}

Status check_table_size(const Softmax& layer, std::string_view name, int size) {
  if (size < 1 || size > most_table_entries) {
    return diagnose(messages::attribute_range, {}, "softmax", std::string(name), fmt::format("{}", size),
                    fmt::format("1 to {}", most_table_entries));
  }
  const bool by_bits = layer.implementation != SoftmaxImplementation::Legacy &&
                       layer.implementation != SoftmaxImplementation::Argmax;
  if (by_bits && (size < 2 || !std::has_single_bit(static_cast<unsigned>(size))))
    return diagnose(messages::table_size, {}, size);
  return Done{};
}

Status check_scale(const Softmax& layer) {
  const bool is_free = layer.implementation != SoftmaxImplementation::Legacy;
  if (is_free ? layer.scale > 0 && std::isfinite(layer.scale) : layer.scale == 1) return Done{};
  return diagnose(messages::attribute_range, {}, "softmax", "scale", fmt::format("{}", layer.scale),
                  is_free ? "a number above 0" : "1 where the implementation is legacy");
}

Status check_division(const Softmax& layer) {
  if (layer.implementation != SoftmaxImplementation::Divided) return Done{};
  const auto wrong = [](std::string_view attribute, const std::string& value, const std::string& range) {
    return diagnose(messages::attribute_range, {}, "softmax", std::string(attribute), value, range);
  };
  if (to_double(quantize(layer.exp_type, 1.0), layer.exp_type.to.fraction()) != 1)
    return wrong("exp_type", to_string(layer.exp_type), "a type that holds 1 where the softmax is divided");
  if (layer.accumulator)
    return wrong("accumulator", to_string(*layer.accumulator), "none where the softmax is divided");
  const Quantizer result = *result_of(layer);
  constexpr int most_digits = 60;
  if (result.to.fraction() >= most_digits)
    return wrong("out", to_string(result),
                 fmt::format("a type of fewer than {} fractional bits", most_digits));
  return Done{};
}

}  // namespace

size_t left_of_tree(size_t n) { return std::bit_floor(n - 1); }

Slices slices_of(const Softmax& layer, const Shape& x) {
  const auto rank = static_cast<int>(x.size());
  const int axis = layer.axis < 0 ? layer.axis + rank : layer.axis;
  Slices slices{1, x[static_cast<size_t>(axis)], 1};
  for (int i = 0; i < axis; ++i) slices.outer *= x[static_cast<size_t>(i)];
  for (int i = axis + 1; i < rank; ++i) slices.inner *= x[static_cast<size_t>(i)];
  return slices;
}

std::optional<Quantizer> result_of(const Softmax& layer) {
  const bool rounds = layer.implementation == SoftmaxImplementation::Divided;
  return layer.out || !rounds ? layer.out : layer.inverse_type;
}

QuotientDigits quotient_digits(const Quantizer& result) {
  // Nothing is negative, so that half away from zero is half up.
  const bool is_exact_half_up = result.rounding == Rounding::Trn || result.rounding == Rounding::TrnZero ||
                                result.rounding == Rounding::Rnd || result.rounding == Rounding::RndInf;
  return {std::max(result.to.fraction(), 0) + 1, !is_exact_half_up};
}

SoftmaxTables softmax_tables(const Softmax& layer, const FixedType& x) {
  const bool is_latency = layer.implementation == SoftmaxImplementation::Latency;
  const int sign = x.is_signed && layer.implementation != SoftmaxImplementation::Divided ? 1 : 0;
  const Quantizer natural{{x.width - sign, x.integer - sign, false}, Rounding::Trn, Overflow::Sat};
  SoftmaxTypes types;
  types.difference = is_latency ? layer.address.value_or(Quantizer{x}) : layer.difference.value_or(natural);
  types.exp_address = types.difference.to;
  types.exp_address.width = address_bits(layer.table_size, types.difference.to.width);
  types.inverse_input = layer.inverse_input.value_or(layer.exp_type);
  types.inverse_address = types.inverse_input.to;
  types.inverse_address.width = address_bits(layer.inverse_table_size, types.inverse_input.to.width);
  const auto scale = static_cast<float>(layer.scale);
  return {types,
          sampled("exp", Function::Exp, is_latency ? scale : -scale, types.exp_address, layer.exp_type),
          sampled("inverse", Function::Inverse, 1.0f, types.inverse_address, layer.inverse_type)};
}

LegacyTables legacy_tables(const Softmax& layer) {
  return {generated_table(Function::Exp, layer.table_size, 8, layer.table),
          generated_inverse_table(layer.inverse_table_size, 64, layer.table), quantize(layer.table, 1.0)};
}

Result<TensorType> infer(const Softmax& layer, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(Softmax::info, inputs, 1, 1); !ok) return ok.errors();
  if (auto ok = check_table_size(layer, "table_size", layer.table_size); !ok) return ok.errors();
  if (auto ok = check_table_size(layer, "inverse_table_size", layer.inverse_table_size); !ok)
    return ok.errors();
  if (auto ok = check_scale(layer); !ok) return ok.errors();
  if (auto ok = check_division(layer); !ok) return ok.errors();
  const TensorType& x = inputs[0].type;
  const auto rank = static_cast<int>(x.shape.size());
  if (layer.axis < -rank || layer.axis >= rank) {
    return diagnose(messages::attribute_range, {}, "softmax", "axis", fmt::format("{}", layer.axis),
                    fmt::format("an axis of {}: {} to {}", to_string(x.shape), -rank, rank - 1));
  }
  if (!x.fixed) return TensorType{x.shape, std::nullopt};
  return typed_output(x.shape, formula_of(layer, window_of(layer, x.shape), x), result_of(layer));
}

Stage lower(const Softmax& layer, std::span<const Operand> inputs, const TensorType& out) {
  const TensorType& x = inputs[0].type;
  const Window window = window_of(layer, x.shape);
  return {"", {window}, {*x.fixed}, formula_of(layer, window, x), out};
}

}  // namespace gw
