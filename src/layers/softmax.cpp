// Softmax by two tables, bit for bit as hls4ml's "stable" implementation does it.
//
// Subtracting the maximum first keeps every exponential in (0, 1], so that the table needs no negative
// argument and cannot overflow. Each table is addressed by the top bits of a fixed-point value and holds the
// function at the left edge of its cell. One thing differs from hls4ml on purpose: the difference to the
// maximum saturates at the top of its type, where theirs wraps and gives the most unlikely class a large
// probability.

#include "layers/softmax.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>

#include "layers/cast_run.h"
#include "layers/matrix.h"
#include "layers/shapes.h"
#include "layers/softmax_tables.h"
#include "support/messages.h"
#include "support/threads.h"

namespace gw {

namespace {

int address_bits(int table_size, int width) {
  return std::min(static_cast<int>(std::bit_width(static_cast<unsigned>(table_size))) - 1, width);
}

// Reads the top bits of a value as an address: those of a negative number stand in the upper half of a table.
Quantizer address(const FixedType& at) {
  return {{at.width, at.integer, false}, Rounding::Trn, Overflow::Wrap};
}

float exponential(float difference) { return std::exp(-difference); }
float inverse(float sum) { return 1.0f / sum; }

// The entry at an address, which is the bit pattern of a value of type `at`. Single precision, as in the
// generated tables of hls4ml.
std::int64_t entry(float (*function)(float), const FixedType& at, std::int64_t address,
                   const Quantizer& values) {
  const std::int64_t raw = quantize({at, Rounding::Trn, Overflow::Wrap}, address, at.fraction());
  const float value = function(static_cast<float>(to_double(raw, at.fraction())));
  return std::isinf(value) ? values.to.highest() : quantize(values, static_cast<double>(value));
}

Table sampled(std::string name, float (*function)(float), const FixedType& at, const Quantizer& values) {
  Table table{std::move(name), at.fraction(), {}, values.to};
  for (std::int64_t address = 0; address < std::int64_t{1} << at.width; ++address) {
    table.values.push_back(entry(function, at, address, values));
  }
  return table;
}

Formula formula_of(const Softmax& layer, const Window& window, const TensorType& x) {
  SoftmaxTables tables = softmax_tables(layer, *x.fixed);
  const SoftmaxTypes& types = tables.types;
  Formula formula;
  const int exp = formula.add_table(std::move(tables.exp));
  const int inverse_table = formula.add_table(std::move(tables.inverse));

  std::vector<ExprId> inputs, exponentials, outputs;
  const Loads load(formula, x, window);
  for (int i = 0; i < window.elements(); ++i) inputs.push_back(load(i));
  std::vector<ExprId> level = inputs;
  while (level.size() > 1) {
    std::vector<ExprId> halved;
    for (size_t n = 0; n + 1 < level.size(); n += 2)
      halved.push_back(formula.maximum(level[n], level[n + 1]));
    if (level.size() % 2 != 0) halved.push_back(level.back());
    level = std::move(halved);
  }
  for (const ExprId input : inputs) {
    const ExprId difference = formula.cast(types.difference, formula.subtract(level.front(), input));
    exponentials.push_back(formula.table(exp, formula.cast(address(types.exp_address), difference)));
  }
  const ExprId sum = formula.cast(types.inverse_input, formula.sum(exponentials));
  const ExprId scale = formula.table(inverse_table, formula.cast(address(types.inverse_address), sum));
  for (const ExprId e : exponentials) {
    const ExprId y = formula.multiply(e, scale);
    outputs.push_back(layer.out ? formula.cast(*layer.out, y) : y);
  }
  formula.set_outputs(std::move(outputs));
  return formula;
}

}  // namespace

SoftmaxTypes softmax_types(const Softmax& layer, const FixedType& x) {
  const int sign = x.is_signed ? 1 : 0;
  SoftmaxTypes types;
  types.difference = {{x.width - sign, x.integer - sign, false}, Rounding::Trn, Overflow::Sat};
  types.exp_address = types.difference.to;
  types.exp_address.width = address_bits(layer.table_size, types.difference.to.width);
  types.inverse_input = layer.inverse_input.value_or(layer.exp_type);
  types.inverse_address = types.inverse_input.to;
  types.inverse_address.width = address_bits(layer.table_size, types.inverse_input.to.width);
  return types;
}

SoftmaxTables softmax_tables(const Softmax& layer, const FixedType& x) {
  const SoftmaxTypes types = softmax_types(layer, x);
  return {types, sampled("exp", exponential, types.exp_address, layer.exp_type),
          sampled("inverse", inverse, types.inverse_address, layer.inverse_type)};
}

Result<TensorType> infer(const Softmax& layer, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(Softmax::info, inputs, 1, 1); !ok) return ok.errors();
  if (layer.table_size < 2 || !std::has_single_bit(static_cast<unsigned>(layer.table_size))) {
    return diagnose(messages::table_size, {}, layer.table_size);
  }
  const TensorType& x = inputs[0].type;
  const Shape flat{static_cast<int>(element_count(x.shape))};
  if (auto ok = check_shape(Softmax::info, inputs, 0, flat); !ok) return ok.errors();
  if (!x.fixed) return TensorType{x.shape, std::nullopt};
  return typed_output(x.shape, formula_of(layer, whole_window(x.shape), x), layer.out);
}

Tensor eval(const Softmax& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  const Tensor& x = *inputs[0];
  const SoftmaxTypes types = softmax_types(layer, x.type());
  const Quantizer exp_address = address(types.exp_address), inverse_address = address(types.inverse_address);
  const Quantizer cast = result_cast(layer.out, out);
  const int exp_fraction = layer.exp_type.to.fraction();
  Tensor y(out.shape, *out.fixed, x.batch());
  std::atomic<std::int64_t> overflowed{0};
  parallel_for(x.batch(), options.threads, [&](std::int64_t sample) {
    std::vector<std::int64_t> values(static_cast<size_t>(x.size()));
    load_run(x, sample * x.size(), values);
    const std::int64_t highest = *std::max_element(values.begin(), values.end());
    std::int64_t found = 0;
    Int128 sum = 0;
    for (std::int64_t& value : values) {
      const std::int64_t difference = quantize(types.difference, highest - value, x.type().fraction());
      const std::int64_t at = quantize(exp_address, difference, types.difference.to.fraction());
      value = entry(exponential, types.exp_address, at, layer.exp_type);
      sum += value;
    }
    const Term total = normalised(sum, exp_fraction);
    const std::int64_t divisor = quantize(types.inverse_input, total.raw, total.fraction);
    if (options.overflows && overflows(types.inverse_input, total.raw, total.fraction)) ++found;
    const std::int64_t at = quantize(inverse_address, divisor, types.inverse_input.to.fraction());
    const Term scale = normalised(entry(inverse, types.inverse_address, at, layer.inverse_type),
                                  layer.inverse_type.to.fraction());
    for (std::int64_t i = 0; i < x.size(); ++i) {
      const Term e = normalised(values[static_cast<size_t>(i)], exp_fraction);
      const std::int64_t product = e.raw * scale.raw;
      found += store_run(cast, {&product, 1}, e.fraction + scale.fraction, y, sample * x.size() + i,
                         options.overflows != nullptr);
    }
    overflowed += found;
  });
  if (options.overflows) *options.overflows += overflowed;
  return y;
}

Stage lower(const Softmax& layer, std::span<const Operand> inputs, const TensorType& out) {
  const TensorType& x = inputs[0].type;
  const Window window = whole_window(x.shape);
  return {"", {window}, {*x.fixed}, formula_of(layer, window, x), out};
}

}  // namespace gw
