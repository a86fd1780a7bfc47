// A matrix step of any types, one value at a time by the definition of the cast: for what is too wide for the
// loops on lanes (rare: values beyond 62 bits), and as plain as the interpreter that judges it.

#include <atomic>
#include <memory>

#include "layers/cast_run.h"
#include "layers/matrix_frame.h"
#include "layers/matrix_paths.h"
#include "num/rounding.h"
#include "support/threads.h"

namespace gw {

namespace {

struct Column {
  std::vector<std::pair<int, Term>> weights;  // row and weight, without zeros
  Term bias;
  int fraction = 0;  // of the exact sum
};

std::int64_t shifted(std::int64_t raw, int by) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(raw) << by);
}

std::int64_t wrapped_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

// raw * 2^-fraction in units of q's last bit, rounded but forced into no type.
Int128 rounded(const Quantizer& q, std::int64_t raw, int fraction) {
  const int shift = fraction - q.to.fraction();
  if (shift > 0) return round_shift(raw, std::min(shift, 100), q.rounding);
  return static_cast<Int128>(raw) * (static_cast<Int128>(1) << std::min(-shift, 63));
}

std::vector<Column> columns_of(const MatrixStep& step, const FixedType& x) {
  std::vector<Column> columns(static_cast<size_t>(step.outputs));
  const std::vector<int> order = row_order(step.window.elements(), step.reuse);
  for (int o = 0; o < step.outputs; ++o) {
    Column& column = columns[static_cast<size_t>(o)];
    bool empty = true;
    const auto add = [&](int fraction) {
      column.fraction = empty ? fraction : std::max(column.fraction, fraction);
      empty = false;
    };
    if (step.bias) column.bias = normalised(step.bias->at(o), step.bias->type().fraction());
    if (column.bias.raw != 0) add(column.bias.fraction);
    for (const int i : order) {
      if (x.width == 0) break;
      const std::int64_t raw = step.weight->at(static_cast<std::int64_t>(i) * step.outputs + o);
      if (raw == 0) continue;
      const Term weight = normalised(raw, step.weight->type().fraction());
      column.weights.emplace_back(i, weight);
      add(x.fraction() + weight.fraction);
    }
  }
  return columns;
}

struct Sum {
  std::int64_t raw = 0;
  int fraction = 0;
  bool overflowed = false;
};

Sum exact_sum(const Column& column, std::span<const std::int64_t> x, int x_fraction) {
  Sum sum{0, column.fraction, false};
  if (column.bias.raw != 0) sum.raw = shifted(column.bias.raw, column.fraction - column.bias.fraction);
  for (const auto& [row, weight] : column.weights) {
    const std::int64_t product = x[static_cast<size_t>(row)] * weight.raw;
    sum.raw = wrapped_sum(sum.raw, shifted(product, column.fraction - x_fraction - weight.fraction));
  }
  return sum;
}

Sum wrapping_sum(const Column& column, std::span<const std::int64_t> x, int x_fraction,
                 const Quantizer& accumulator, bool count) {
  const int fraction = accumulator.to.fraction();
  std::int64_t total = quantize(accumulator, column.bias.raw, column.bias.fraction);
  Int128 unwrapped = rounded(accumulator, column.bias.raw, column.bias.fraction);
  bool overflowed = false;
  for (const auto& [row, weight] : column.weights) {
    const std::int64_t product = x[static_cast<size_t>(row)] * weight.raw;
    total = wrapped_sum(total, quantize(accumulator, product, x_fraction + weight.fraction));
    if (count) {
      overflowed |= __builtin_add_overflow(
          unwrapped, rounded(accumulator, product, x_fraction + weight.fraction), &unwrapped);
    }
  }
  overflowed |= unwrapped < accumulator.to.lowest() || unwrapped > accumulator.to.highest();
  return {quantize(accumulator, total, fraction), fraction, overflowed};
}

Sum clamping_sum(const Column& column, std::span<const std::int64_t> x, int x_fraction,
                 const Quantizer& accumulator) {
  const int fraction = accumulator.to.fraction();
  Sum sum{quantize(accumulator, column.bias.raw, column.bias.fraction), fraction,
          overflows(accumulator, column.bias.raw, column.bias.fraction)};
  for (const auto& [row, weight] : column.weights) {
    const std::int64_t product = x[static_cast<size_t>(row)] * weight.raw;
    const std::int64_t next = sum.raw + quantize(accumulator, product, x_fraction + weight.fraction);
    sum.overflowed |= overflows(accumulator, product, x_fraction + weight.fraction);
    sum.overflowed |= overflows(accumulator, next, fraction);
    sum.raw = quantize(accumulator, next, fraction);
  }
  return sum;
}

class AnyPath : public MatrixPath {
 public:
  explicit AnyPath(const MatrixTask& task)
      : step_(task.step),
        count_(task.count),
        stripes_(stripes_of(task.step.window)),
        columns_(columns_of(task.step, *task.x.fixed)),
        out_(result_cast(task.step.out, task.y)) {}

  std::int64_t run(const Tensor& x, Tensor& y, const EvalOptions& options) const override {
    const Window& w = step_.window;
    std::atomic<std::int64_t> overflowed{0};
    const int height = w.output_height(), width = w.output_width();
    parallel_for(static_cast<std::int64_t>(x.batch()) * height, options.threads, [&](std::int64_t line) {
      const std::int64_t sample = line / height;
      const std::int64_t row = line % height;
      std::vector<std::int64_t> patch(static_cast<size_t>(w.elements()));
      std::int64_t found = 0;
      for (std::int64_t column = 0; column < width; ++column) {
        const std::int64_t pixel = row * w.stride_h * w.width + column * w.stride_w;
        size_t filled = 0;
        for (const Stripe& stripe : stripes_) {
          load_run(x, sample * x.size() + pixel * w.channels + stripe.offset,
                   std::span(patch).subspan(filled, static_cast<size_t>(stripe.length)));
          filled += static_cast<size_t>(stripe.length);
        }
        found += position(patch, x.type().fraction(), y,
                          sample * y.size() + (row * width + column) * step_.outputs);
      }
      overflowed += found;
    });
    return overflowed;
  }

 private:
  /// All outputs of one position, into the elements of y from `first` on.
  std::int64_t position(std::span<const std::int64_t> patch, int fraction, Tensor& y,
                        std::int64_t first) const {
    std::int64_t found = 0;
    for (int o = 0; o < step_.outputs; ++o) {
      const Column& terms = columns_[static_cast<size_t>(o)];
      const Sum sum = !step_.accumulator ? exact_sum(terms, patch, fraction)
                      : step_.accumulator->overflow == Overflow::Wrap
                          ? wrapping_sum(terms, patch, fraction, *step_.accumulator, count_)
                          : clamping_sum(terms, patch, fraction, *step_.accumulator);
      found += store_run(out_, {&sum.raw, 1}, sum.fraction, y, first + o, count_);
      if (count_ && step_.accumulator && sum.overflowed) ++found;
    }
    return found;
  }

  MatrixStep step_;
  bool count_;
  std::vector<Stripe> stripes_;
  std::vector<Column> columns_;
  Quantizer out_;
};

}  // namespace

std::unique_ptr<const MatrixPath> any_path(const MatrixTask& task) { return std::make_unique<AnyPath>(task); }

}  // namespace gw
