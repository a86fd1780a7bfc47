// The fast answer of merges. Inputs that are broadcast are first spelled out in the shape of the answer,
// constants once for a block of samples; then all are runs of equal length that are widened to lanes of 32 or
// 64 bits in one unit, combined, cast and narrowed. Types that need more are computed one value at a time.

#include <algorithm>
#include <atomic>
#include <limits>
#include <numeric>

#include "layers/broadcast.h"
#include "layers/cast_run.h"
#include "layers/lane_cast.h"
#include "layers/merge.h"
#include "support/threads.h"

namespace gw {

namespace {

constexpr std::int64_t run_length = 1024;

/// An input in the shape of the answer: a batch of samples, or one that is the same for all.
struct Source {
  const Tensor* tensor = nullptr;
  Tensor spelled_out;
  bool is_constant = false;

  const Tensor& values() const { return tensor ? *tensor : spelled_out; }
};

std::vector<Source> sources_of(std::span<const Tensor* const> inputs, const Shape& out, int batch,
                               int threads) {
  std::vector<Source> sources(inputs.size());
  for (size_t k = 0; k < inputs.size(); ++k) {
    const Tensor& x = *inputs[k];
    Source& source = sources[k];
    source.is_constant = x.batch() < batch;
    if (x.size() == element_count(out)) {
      source.tensor = &x;
    } else {
      source.spelled_out = Tensor(out, x.type(), x.batch());
      move_elements(x, broadcast_map(x.shape(), out), source.spelled_out, threads);
    }
  }
  return sources;
}

/// Where a run lies in the batch, and in a block: a sample, or as many whole ones as fit a run.
struct Run {
  std::int64_t first, in_block, count;
};

struct Blocks {
  std::int64_t block, total;
  Blocks(std::int64_t size, int batch)
      : block(size >= run_length ? size : std::min<std::int64_t>(batch, run_length / size) * size),
        total(size * batch) {}
  std::int64_t runs_a_block() const { return (block + run_length - 1) / run_length; }
  std::int64_t runs() const { return (total + block - 1) / block * runs_a_block(); }
  Run operator[](std::int64_t n) const {
    const std::int64_t in_block = n % runs_a_block() * run_length,
                       first = n / runs_a_block() * block + in_block;
    return {first, in_block,
            std::max<std::int64_t>(0, std::min({run_length, block - in_block, total - first}))};
  }
};

/// The arithmetic in lanes of T.
template <class T>
struct Lanes {
  std::vector<int> shifts;  ///< of each input to the common unit
  int numerator_shift = 0, divisor = 1;
  CastSteps<T> result;
};

template <class T>
bool fits(const Interval& a) {
  return a.lo >= std::numeric_limits<T>::min() && a.hi <= std::numeric_limits<T>::max();
}

/// Nothing if a value on the way might not fit T.
template <class T>
std::optional<Lanes<T>> lanes_of(const MergeStep& step, const std::vector<Source>& sources,
                                 const Quantizer& cast) {
  Lanes<T> lanes;
  int unit = sources[0].values().type().fraction();
  for (const Source& source : sources) unit = std::max(unit, source.values().type().fraction());
  std::optional<Interval> all;
  for (const Source& source : sources) {
    const FixedType& type = source.values().type();
    const int shift = step.op == MergeOp::Multiply ? 0 : unit - type.fraction();
    if (shift >= std::numeric_limits<T>::digits) return std::nullopt;
    lanes.shifts.push_back(shift);
    Interval x = interval_of(type);
    if (shift > 0)
      x = {x.lo * (static_cast<Int128>(1) << shift), x.hi * (static_cast<Int128>(1) << shift), unit};
    switch (step.op) {
      case MergeOp::Add:
      case MergeOp::Average:
        all = all ? *all + x : x;
        break;
      case MergeOp::Subtract:
        all = all ? *all - x : x;
        break;
      case MergeOp::Multiply:
        all = all ? *all * x : x;
        break;
      case MergeOp::Maximum:
      case MergeOp::Minimum:
        all = all ? unite(*all, x) : x;
        break;
    }
    if (!fits<T>(x) || !fits<T>(*all)) return std::nullopt;
  }
  if (step.op == MergeOp::Average) {
    const int n = static_cast<int>(sources.size()), bits = mean_bits(n);
    if ((n & (n - 1)) == 0) {
      all->fraction += bits;
    } else {
      all = rescaled(*all, all->fraction + bits);
      if (!fits<T>(*all)) return std::nullopt;
      lanes.numerator_shift = bits;
      lanes.divisor = n;
    }
  }
  const auto result = cast_steps<T>(cast, *all);
  if (!result) return std::nullopt;
  lanes.result = *result;
  return lanes;
}

template <class T>
void combine(MergeOp op, T* values, const T* other, std::int64_t count) {
  switch (op) {
    case MergeOp::Add:
    case MergeOp::Average:
      for (std::int64_t i = 0; i < count; ++i) values[i] += other[i];
      break;
    case MergeOp::Subtract:
      for (std::int64_t i = 0; i < count; ++i) values[i] -= other[i];
      break;
    case MergeOp::Multiply:
      for (std::int64_t i = 0; i < count; ++i) values[i] *= other[i];
      break;
    case MergeOp::Maximum:
      for (std::int64_t i = 0; i < count; ++i) values[i] = std::max(values[i], other[i]);
      break;
    case MergeOp::Minimum:
      for (std::int64_t i = 0; i < count; ++i) values[i] = std::min(values[i], other[i]);
      break;
  }
}

template <class T>
void load_scaled(const LaneKernels<T>& loops, const Tensor& x, std::int64_t first, std::int64_t count,
                 int shift, T* to) {
  loops.load(lane_of(x), address_of(x, first), to, count);
  if (shift == 0) return;
  const T scale = static_cast<T>(T{1} << shift);
  for (std::int64_t i = 0; i < count; ++i) to[i] *= scale;
}

template <class T>
std::int64_t merge_lanes(const MergeStep& step, const Lanes<T>& lanes, const std::vector<Source>& sources,
                         Tensor& y, const EvalOptions& options) {
  const LaneKernels<T>& loops = lane_kernels<T>(kernels_of(options));
  const Blocks blocks(y.size(), y.batch());
  std::vector<std::vector<T>> constants(sources.size());
  for (size_t k = 0; k < sources.size(); ++k) {
    if (!sources[k].is_constant) continue;
    constants[k].resize(static_cast<size_t>(blocks.block));
    for (std::int64_t at = 0; at < blocks.block; at += y.size())
      load_scaled(loops, sources[k].values(), 0, y.size(), lanes.shifts[k], constants[k].data() + at);
  }
  std::atomic<std::int64_t> overflowed{0};
  parallel_for(blocks.runs(), options.threads, [&](std::int64_t n) {
    const Run run = blocks[n];
    T values[run_length], other[run_length];
    const auto load = [&](size_t k, T* buffer) -> const T* {
      if (sources[k].is_constant) return constants[k].data() + run.in_block;
      load_scaled(loops, sources[k].values(), run.first, run.count, lanes.shifts[k], buffer);
      return buffer;
    };
    if (const T* first = load(0, values); first != values) std::copy_n(first, run.count, values);
    for (size_t k = 1; k < sources.size(); ++k) combine(step.op, values, load(k, other), run.count);
    if (lanes.divisor > 1) {
      const T scale = static_cast<T>(T{1} << lanes.numerator_shift), divisor = static_cast<T>(lanes.divisor);
      for (std::int64_t i = 0; i < run.count; ++i) values[i] = values[i] * scale / divisor;
    }
    overflowed += loops.cast(lanes.result, values, run.count, options.overflows != nullptr);
    loops.store(values, lane_of(y), address_of(y, run.first), run.count);
  });
  return overflowed;
}

bool less(const Term& a, const Term& b) {
  const int unit = std::max(a.fraction, b.fraction);
  const auto aligned = [&](const Term& term) -> Int128 {
    if (term.raw == 0) return 0;
    // Of different signs, or so far apart that the coarser one decides.
    const int shift = std::min(unit - term.fraction, 63);
    return static_cast<Int128>(term.raw) * (static_cast<Int128>(1) << shift);
  };
  return aligned(a) < aligned(b);
}

Term merged(MergeOp op, const Term& a, const Term& b) {
  switch (op) {
    case MergeOp::Add:
    case MergeOp::Average:
      return plus(a, b);
    case MergeOp::Subtract:
      return plus(a, {-b.raw, b.fraction});
    case MergeOp::Multiply:
      return times(a, b);
    case MergeOp::Maximum:
      return less(a, b) ? b : a;
    case MergeOp::Minimum:
      return less(b, a) ? b : a;
  }
  defect(__FILE__, __LINE__, "no such merge");
}

/// sum / n as average pooling has it: exact for powers of two, else truncated toward zero at 2^-fraction.
Term mean(const Term& sum, int n, int fraction) {
  if (sum.raw == 0) return sum;
  if ((n & (n - 1)) == 0) return {sum.raw, sum.fraction + mean_bits(n)};
  return normalised(static_cast<Int128>(sum.raw) * (static_cast<Int128>(1) << (fraction - sum.fraction)) / n,
                    fraction);
}

std::int64_t merge_any(const MergeStep& step, const std::vector<Source>& sources, const Quantizer& cast,
                       Tensor& y, const EvalOptions& options) {
  int finest = sources[0].values().type().fraction();
  for (const Source& source : sources) finest = std::max(finest, source.values().type().fraction());
  const int n = static_cast<int>(sources.size());
  std::atomic<std::int64_t> overflowed{0};
  parallel_for(y.batch(), options.threads, [&](std::int64_t sample) {
    std::int64_t found = 0;
    for (std::int64_t i = 0; i < y.size(); ++i) {
      Term value;
      for (size_t k = 0; k < sources.size(); ++k) {
        const Tensor& x = sources[k].values();
        const Term term =
            normalised(x.at((sources[k].is_constant ? 0 : sample * x.size()) + i), x.type().fraction());
        value = k == 0 ? term : merged(step.op, value, term);
      }
      if (step.op == MergeOp::Average) value = mean(value, n, finest + mean_bits(n));
      found += store_run(cast, {&value.raw, 1}, value.fraction, y, sample * y.size() + i,
                         options.overflows != nullptr);
    }
    overflowed += found;
  });
  return overflowed;
}

}  // namespace

Tensor evaluate_merge(const MergeStep& step, std::span<const Tensor* const> inputs, const TensorType& out,
                      const EvalOptions& options) {
  int batch = 1;
  for (const Tensor* input : inputs) batch = std::max(batch, input->batch());
  const std::vector<Source> sources = sources_of(inputs, out.shape, batch, options.threads);
  const Quantizer cast = result_cast(step.out, out);
  Tensor y(out.shape, *out.fixed, batch);
  std::int64_t overflowed = 0;
  if (const auto narrow = lanes_of<std::int32_t>(step, sources, cast)) {
    overflowed = merge_lanes(step, *narrow, sources, y, options);
  } else if (const auto wide = lanes_of<std::int64_t>(step, sources, cast)) {
    overflowed = merge_lanes(step, *wide, sources, y, options);
  } else {
    overflowed = merge_any(step, sources, cast, y, options);
  }
  if (options.overflows) *options.overflows += overflowed;
  return y;
}

}  // namespace gw
