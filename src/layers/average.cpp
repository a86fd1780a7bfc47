// Sums of windows, and their quotients.
//
// As a formula: a sum (exact, or cast after each pixel), then the division of divide.h. Where the divisor
// depends on the position, it is counted from what lies inside, and one of the few quotients is selected.
// As a loop: a row of output positions at a time. For each place of the window the row's pixels are added,
// channel by channel side by side, and a lossy accumulator is cast by the kernel that casts everything else;
// then the row is divided and cast. Lanes of 32 or 64 bits are chosen by the intervals; types that need more
// are computed one value at a time, by definition.

#include "layers/average.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <set>

#include "layers/cast_run.h"
#include "layers/divide.h"
#include "layers/lane_cast.h"
#include "layers/matrix.h"
#include "layers/pool.h"
#include "support/threads.h"

namespace gw {

namespace {

int ceil_log2(int n) {
  int bits = 0;
  while ((std::int64_t{1} << bits) < n) ++bits;
  return bits;
}

int pixels(const Window& window) { return window.kernel_h * window.kernel_w; }

std::set<int> divisors(const AverageStep& step) {
  std::set<int> found;
  for (const int rows : step.rows) {
    for (const int columns : step.columns) found.insert(rows * columns);
  }
  return found;
}

// Where the accumulator wraps and its rounding looks at the dropped bits alone, a sum is rounded as its last
// term is, and the chain is one sum of rounded terms.
ExprId sum_of(Formula& formula, const AverageStep& step, std::vector<ExprId> terms) {
  if (!step.accumulator) return formula.sum(std::move(terms));
  const Quantizer& q = *step.accumulator;
  if (q.overflow == Overflow::Wrap &&
      (q.rounding == Rounding::Trn || q.rounding == Rounding::Rnd || q.rounding == Rounding::RndMinInf)) {
    for (ExprId& term : terms) term = formula.cast(q, term);
    return accumulate(formula, std::move(terms), q);
  }
  ExprId sum = formula.constant(0, 0);
  for (const ExprId term : terms) sum = formula.cast(*step.accumulator, formula.add(sum, term));
  return sum;
}

/// How many pixels of the window lie inside.
ExprId inside_count(Formula& formula, const AverageStep& step) {
  const Window& w = step.window;
  std::vector<ExprId> pixels_inside;
  for (int p = 0; p < pixels(w); ++p) pixels_inside.push_back(formula.inside(0, p * w.channels));
  return formula.sum(std::move(pixels_inside));
}

}  // namespace

int AverageStep::fraction(const FixedType& x) const {
  return accumulator ? accumulator->to.fraction() : x.fraction() + ceil_log2(pixels(window));
}

AverageStep average_step(const Window& window, bool counts_padding, std::optional<Quantizer> accumulator,
                         std::optional<Quantizer> out) {
  AverageStep step{window, counts_padding, accumulator, out, {}, {}};
  step.rows.assign(static_cast<size_t>(window.output_height()), window.kernel_h);
  step.columns.assign(static_cast<size_t>(window.output_width()), window.kernel_w);
  if (!counts_padding) {
    step.rows =
        overlaps(window.kernel_h, window.stride_h, window.pad_top, window.height, window.output_height());
    step.columns =
        overlaps(window.kernel_w, window.stride_w, window.pad_left, window.width, window.output_width());
  }
  return step;
}

Formula average_formula(const AverageStep& step, const TensorType& x) {
  const Window& w = step.window;
  const int fraction = step.fraction(*x.fixed);
  Formula formula;
  const Loads load(formula, x, w);
  const std::set<int> counts = divisors(step);
  std::vector<std::pair<int, ExprId>> is_count;  // of all divisors but the largest
  if (counts.size() > 1) {
    const ExprId count = inside_count(formula, step);
    for (const int n : counts) {
      if (n == *counts.rbegin()) continue;
      Table table{"is_" + std::to_string(n),
                  0,
                  std::vector<std::int64_t>(static_cast<size_t>(pixels(w)) + 1),
                  {1, 1, false}};
      table.values[static_cast<size_t>(n)] = 1;
      is_count.emplace_back(n, formula.table(formula.add_table(std::move(table)), count));
    }
  }
  std::vector<ExprId> outputs;
  for (int channel = 0; channel < w.channels; ++channel) {
    std::vector<ExprId> terms;
    for (int p = 0; p < pixels(w); ++p) terms.push_back(load(p * w.channels + channel));
    const ExprId sum = sum_of(formula, step, std::move(terms));
    Interval pixel = load.range(channel);
    for (int p = 1; p < pixels(w); ++p) pixel = unite(pixel, load.range(p * w.channels + channel));
    // With n pixels inside the sum is n times a pixel at most, and the quotient no more than one. The
    // formula's intervals do not know that; a cast that wraps says it, and loses nothing where the value is
    // used.
    const bool is_bounded = !step.accumulator && counts.size() > 1;
    const auto bounded = [&](ExprId value, const Interval& range) {
      const FixedType type = type_of(range);
      return type.width > max_width ? value : formula.cast({type, Rounding::Trn, Overflow::Wrap}, value);
    };
    const auto quotient = [&](int n) {
      return divide(formula, is_bounded ? bounded(sum, pixel * interval_of(n, 0)) : sum, n, fraction);
    };
    ExprId y = quotient(*counts.rbegin());
    for (const auto& [n, is_n] : is_count) y = formula.select(is_n, quotient(n), y);
    if (is_bounded) y = bounded(y, rescaled(pixel, fraction));
    outputs.push_back(step.out ? formula.cast(*step.out, y) : y);
  }
  formula.set_outputs(std::move(outputs));
  return formula;
}

namespace {

/// The arithmetic in lanes of T.
template <class T>
struct Lanes {
  int pixel_shift = 0, sum_shift = 0;  ///< to the unit in which they are added
  std::optional<CastSteps<T>> accumulate;
  int numerator_shift = 0;
  CastSteps<T> result;
};

/// Nothing if a value on the way might not fit T.
template <class T>
std::optional<Lanes<T>> lanes_of(const AverageStep& step, const FixedType& x, const Quantizer& cast) {
  const auto fits = [](const Interval& a) {
    return a.lo >= std::numeric_limits<T>::min() && a.hi <= std::numeric_limits<T>::max();
  };
  const Interval pixel = interval_of(x);
  Lanes<T> lanes;
  Interval quotient;
  if (step.accumulator) {
    const Interval held = interval_of(step.accumulator->to);
    const int unit = std::max(held.fraction, pixel.fraction);
    lanes.pixel_shift = unit - pixel.fraction;
    lanes.sum_shift = unit - held.fraction;
    const Interval sum = held + pixel;
    if (lanes.pixel_shift >= 63 || lanes.sum_shift >= 63 || !fits(sum)) return std::nullopt;
    lanes.accumulate = cast_steps<T>(*step.accumulator, sum);
    if (!lanes.accumulate) return std::nullopt;
    quotient = held;
  } else {
    lanes.numerator_shift = step.fraction(x) - x.fraction();
    const Interval sum = pixel * interval_of(pixels(step.window), 0);
    if (!fits(rescaled(sum, step.fraction(x)))) return std::nullopt;
    quotient = rescaled(pixel, step.fraction(x));
  }
  const auto result = cast_steps<T>(cast, quotient);
  if (!result) return std::nullopt;
  lanes.result = *result;
  return lanes;
}

/// sums[i] = sums[i] * 2^shift / n, truncated toward zero. A double holds every 32-bit numerator, and its
/// rounding is too small to carry a quotient over an integer.
void divide_lanes(std::int32_t* sums, std::int64_t count, int shift, int n) {
  const double divisor = n;
  const std::int32_t scale = std::int32_t{1} << shift;
  for (std::int64_t i = 0; i < count; ++i)
    sums[i] = static_cast<std::int32_t>(static_cast<double>(sums[i] * scale) / divisor);
}
void divide_lanes(std::int64_t* sums, std::int64_t count, int shift, int n) {
  const std::int64_t scale = std::int64_t{1} << shift;
  for (std::int64_t i = 0; i < count; ++i) sums[i] = sums[i] * scale / n;
}

template <class T, class X>
void add_pixels(T* sums, const X* x, std::int64_t count, const Lanes<T>& lanes) {
  const T pixel_scale = static_cast<T>(T{1} << lanes.pixel_shift);
  if (lanes.sum_shift == 0) {
    for (std::int64_t i = 0; i < count; ++i) sums[i] += static_cast<T>(x[i]) * pixel_scale;
    return;
  }
  const T sum_scale = static_cast<T>(T{1} << lanes.sum_shift);
  for (std::int64_t i = 0; i < count; ++i) sums[i] = sums[i] * sum_scale + static_cast<T>(x[i]) * pixel_scale;
}

/// One row of the answer of one sample.
template <class T, class X>
std::int64_t average_row(const AverageStep& step, const Lanes<T>& lanes, const X* x, int r, Tensor& y,
                         std::int64_t first, const EvalOptions& options) {
  const Window& w = step.window;
  const LaneKernels<T>& loops = lane_kernels<T>(kernels_of(options));
  const int columns = w.output_width();
  const std::int64_t channels = w.channels;
  std::vector<T> sums(static_cast<size_t>(columns * channels));
  for (int i = 0; i < w.kernel_h; ++i) {
    const int row = r * w.stride_h - w.pad_top + i;
    if (row < 0 || row >= w.height) continue;
    for (int j = 0; j < w.kernel_w; ++j) {
      const int offset = j - w.pad_left;  // of the column that position 0 reads
      int from = offset >= 0 ? 0 : (-offset + w.stride_w - 1) / w.stride_w;
      const int until = offset >= w.width ? 0 : std::min(columns, (w.width - 1 - offset) / w.stride_w + 1);
      if (from >= until) continue;
      const X* line = x + (static_cast<std::int64_t>(row) * w.width + offset) * channels;
      T* const begin = sums.data() + from * channels;
      const std::int64_t count = (until - from) * channels;
      if (w.stride_w == 1) {
        add_pixels(begin, line + from * channels, count, lanes);
      } else {
        for (int c = from; c < until; ++c)
          add_pixels(sums.data() + c * channels, line + c * w.stride_w * channels, channels, lanes);
      }
      if (lanes.accumulate) loops.cast(*lanes.accumulate, begin, count, false);
    }
  }
  for (int c = 0; c < columns; ++c) {
    divide_lanes(sums.data() + c * channels, channels, lanes.numerator_shift,
                 step.rows[static_cast<size_t>(r)] * step.columns[static_cast<size_t>(c)]);
  }
  const std::int64_t outside =
      loops.cast(lanes.result, sums.data(), columns * channels, options.overflows != nullptr);
  loops.store(sums.data(), lane_of(y), address_of(y, first), columns * channels);
  return outside;
}

template <class T>
std::int64_t average_lanes(const AverageStep& step, const Lanes<T>& lanes, const Tensor& x, Tensor& y,
                           const EvalOptions& options) {
  const int height = step.window.output_height();
  const std::int64_t row = y.size() / height;
  std::atomic<std::int64_t> overflowed{0};
  parallel_for(x.batch() * std::int64_t{height}, options.threads, [&](std::int64_t part) {
    std::visit(
        [&](const auto& lane) {
          overflowed += average_row(step, lanes, lane.data() + part / height * x.size(),
                                    static_cast<int>(part % height), y, part * row, options);
        },
        x.lanes());
  });
  return overflowed;
}

/// The value of one element, in units of the quotient, and whether the accumulator did not hold a sum.
struct Mean {
  std::int64_t raw;
  bool overflowed;
};
Mean average_any(const AverageStep& step, const Tensor& x, std::int64_t sample, int r, int c, int channel) {
  const Window& w = step.window;
  const int n = step.rows[static_cast<size_t>(r)] * step.columns[static_cast<size_t>(c)];
  Int128 sum = 0;
  bool overflowed = false;
  for (int p = 0; p < pixels(w); ++p) {
    const int row = w.input_row(r, p * w.channels), column = w.input_column(c, p * w.channels);
    if (row < 0 || row >= w.height || column < 0 || column >= w.width) continue;
    const std::int64_t pixel =
        x.at(sample * x.size() + (static_cast<std::int64_t>(row) * w.width + column) * w.channels + channel);
    if (!step.accumulator) {
      sum += pixel;
      continue;
    }
    const Quantizer& q = *step.accumulator;
    const Term next = plus(normalised(sum, q.to.fraction()), normalised(pixel, x.type().fraction()));
    overflowed = overflowed || overflows(q, next.raw, next.fraction);
    sum = quantize(q, next.raw, next.fraction);
  }
  const int shift = step.accumulator ? 0 : step.fraction(x.type()) - x.type().fraction();
  return {static_cast<std::int64_t>(sum * (static_cast<Int128>(1) << shift) / n), overflowed};
}

std::int64_t evaluate_any(const AverageStep& step, const Tensor& x, const Quantizer& cast, Tensor& y,
                          const EvalOptions& options) {
  const Window& w = step.window;
  const int height = w.output_height(), width = w.output_width(), channels = w.channels;
  std::atomic<std::int64_t> overflowed{0};
  parallel_for(x.batch(), options.threads, [&](std::int64_t sample) {
    std::int64_t found = 0;
    for (std::int64_t i = 0; i < y.size(); ++i) {
      const int channel = static_cast<int>(i % channels), position = static_cast<int>(i / channels);
      const Mean mean = average_any(step, x, sample, position / width, position % width, channel);
      if (options.overflows && mean.overflowed) ++found;
      found += store_run(cast, {&mean.raw, 1}, step.fraction(x.type()), y, sample * y.size() + i,
                         options.overflows != nullptr);
    }
    overflowed += found;
  });
  GW_CHECK(y.size() == std::int64_t{height} * width * channels);
  return overflowed;
}

}  // namespace

Tensor evaluate_average(const AverageStep& step, const Tensor& x, const TensorType& out,
                        const EvalOptions& options) {
  const Quantizer cast = result_cast(step.out, out);
  Tensor y(out.shape, *out.fixed, x.batch());
  std::int64_t overflowed = 0;
  const auto narrow = lanes_of<std::int32_t>(step, x.type(), cast);
  const auto wide = narrow ? std::nullopt : lanes_of<std::int64_t>(step, x.type(), cast);
  // What the accumulator loses is counted one value at a time.
  if (options.overflows && step.accumulator) {
    overflowed = evaluate_any(step, x, cast, y, options);
  } else if (narrow) {
    overflowed = average_lanes(step, *narrow, x, y, options);
  } else if (wide) {
    overflowed = average_lanes(step, *wide, x, y, options);
  } else {
    overflowed = evaluate_any(step, x, cast, y, options);
  }
  if (options.overflows) *options.overflows += overflowed;
  return y;
}

}  // namespace gw
