// The reference interpreter: the meaning of a stage, as plainly as it can be said.
//
// For each output position it walks the formula in order and evaluates every expression in 64-bit integers.
// It is slow on purpose: no storage tricks, no reordering, nothing shared with the fast kernels or with the
// circuits that it judges. Each value is held to the interval that the formula claims for it; a claim that is
// one bit too narrow would be a wrong width in hardware, so it ends the program.

#include <algorithm>
#include <optional>

#include "formula/formula.h"
#include "support/check.h"

namespace gw {

namespace {

// Zero is zero in any unit.
std::int64_t shifted(std::int64_t raw, int by) {
  if (raw == 0) return 0;
  GW_CHECK(by >= 0 && by < 64);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(raw) << by);
}

// The element that a Load or Inside names, or nothing if it is padding.
std::optional<std::int64_t> element_of(const Stage& stage, const Expr& expr, int row, int column) {
  const Window& w = stage.windows[static_cast<size_t>(expr.stream)];
  const int y = w.input_row(row, expr.index), x = w.input_column(column, expr.index);
  if (y < 0 || y >= w.height || x < 0 || x >= w.width) return std::nullopt;
  return (static_cast<std::int64_t>(y) * w.width + x) * w.channels + expr.index % w.channels;
}

// In units of the expression, which may be coarser than those of the stream: then the low bits are zeros.
std::int64_t load(const Stage& stage, const Expr& expr, std::span<const Tensor* const> inputs, int sample,
                  int row, int column) {
  const auto element = element_of(stage, expr, row, column);
  if (!element) return 0;
  const Tensor& tensor = *inputs[static_cast<size_t>(expr.stream)];
  const std::int64_t raw = tensor.at(sample * tensor.size() + *element);
  const int spare = tensor.type().fraction() - expr.range.fraction;
  GW_CHECK(spare >= 0 && spare < 64);
  GW_CHECK(shifted(raw >> spare, spare) == raw);
  return raw >> spare;
}

}  // namespace

Tensor run(const Stage& stage, std::span<const Tensor* const> inputs) {
  GW_CHECK(inputs.size() == stage.windows.size() && !inputs.empty());
  GW_CHECK(stage.formula.widest() <= max_width);
  const Formula& formula = stage.formula;
  const Window& first = stage.windows.front();
  const int batch = inputs.front()->batch();
  for (size_t s = 0; s < inputs.size(); ++s) {
    const Window& w = stage.windows[s];
    GW_CHECK(w.output_height() == first.output_height() && w.output_width() == first.output_width());
    GW_CHECK(inputs[s]->size() == static_cast<std::int64_t>(w.height) * w.width * w.channels);
    GW_CHECK(inputs[s]->type() == stage.inputs[s] && inputs[s]->batch() == batch);
  }

  Tensor output(stage.output.shape, *stage.output.fixed, batch);
  std::vector<std::int64_t> values(formula.exprs().size());
  std::int64_t next = 0;
  for (int sample = 0; sample < batch; ++sample) {
    for (int row = 0; row < first.output_height(); ++row) {
      for (int column = 0; column < first.output_width(); ++column) {
        for (size_t id = 0; id < values.size(); ++id) {
          const Expr& expr = formula.exprs()[id];
          const int fraction = expr.range.fraction;
          const auto arg = [&](size_t n) { return values[static_cast<size_t>(expr.args[n])]; };
          const auto arg_fraction = [&](size_t n) { return formula[expr.args[n]].range.fraction; };
          // An argument in units of the result.
          const auto aligned = [&](size_t n) { return shifted(arg(n), fraction - arg_fraction(n)); };
          std::int64_t value = 0;
          switch (expr.kind) {
            case ExprKind::Load:
              value = load(stage, expr, inputs, sample, row, column);
              break;
            case ExprKind::Inside:
              value = element_of(stage, expr, row, column) ? 1 : 0;
              break;
            case ExprKind::Constant:
              value = expr.value;
              break;
            case ExprKind::Subtract:
              value = aligned(0) - aligned(1);
              break;
            case ExprKind::Multiply:
              value = arg(0) * arg(1);
              break;
            case ExprKind::Maximum:
              value = std::max(aligned(0), aligned(1));
              break;
            case ExprKind::Minimum:
              value = std::min(aligned(0), aligned(1));
              break;
            case ExprKind::Add:
            case ExprKind::Sum:
              for (size_t n = 0; n < expr.args.size(); ++n) value += aligned(n);
              break;
            case ExprKind::Select:
              value = arg(0) != 0 ? aligned(1) : aligned(2);
              break;
            case ExprKind::Table: {
              const Table& table = formula.tables()[static_cast<size_t>(expr.index)];
              const std::int64_t index = shifted(arg(0), table.index_fraction - arg_fraction(0));
              GW_CHECK(index >= 0 && index < static_cast<std::int64_t>(table.values.size()));
              value = table.values[static_cast<size_t>(index)];
              break;
            }
            case ExprKind::Cast:
              value = quantize(expr.quantizer, arg(0), arg_fraction(0));
              break;
          }
          GW_CHECK(value >= expr.range.lo && value <= expr.range.hi);
          values[id] = value;
        }
        for (const ExprId id : formula.outputs()) {
          const int gap = output.type().fraction() - formula[id].range.fraction;
          output.set(next++, shifted(values[static_cast<size_t>(id)], gap));
        }
      }
    }
  }
  GW_CHECK(next == batch * output.size());
  return output;
}

}  // namespace gw
