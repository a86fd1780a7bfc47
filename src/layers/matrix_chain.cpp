// Matrix steps in 32- or 64-bit lanes: any rounding and overflow of the accumulator, in the order that the
// formula states. Sixteen outputs go side by side; along the rows their sums are chains that a saturating
// accumulator cuts at each step, so that nothing can be reordered. Bounds by magnitudes prove that no lane
// overflows before a cast acts.

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <memory>

#include "layers/matrix_frame.h"
#include "layers/matrix_paths.h"
#include "num/rounding.h"
#include "support/threads.h"

namespace gw {

namespace {

constexpr std::int64_t chunk_positions = 64;

template <class T>
struct Plan {
  CastSteps<T> product;
  std::vector<T> bias;
  Finish<T> finish;
};

/// The largest fraction of a bias, or `least`.
int exact_fraction(const MatrixStep& step, int least) {
  for (int o = 0; step.bias && o < step.outputs; ++o) {
    const Term bias = normalised(step.bias->at(o), step.bias->type().fraction());
    if (bias.raw != 0) least = std::max(least, bias.fraction);
  }
  return least;
}

template <class T>
std::optional<Plan<T>> plan_of(const MatrixTask& task) {
  const MatrixStep& step = task.step;
  const FixedType& x = *task.x.fixed;
  constexpr Int128 most = std::numeric_limits<T>::max();
  Plan<T> plan;
  const Int128 weight = magnitude(step.weight->type());
  if (magnitude(x) > most || weight > most) return std::nullopt;
  const int product_fraction = x.fraction() + step.weight->type().fraction();
  const int fraction =
      step.accumulator ? step.accumulator->to.fraction() : exact_fraction(step, product_fraction);
  const Rounding rounding = step.accumulator ? step.accumulator->rounding : Rounding::Trn;
  const Int128 product = magnitude(x) * weight;
  const auto rounded = rounding_steps<T>(rounding, {-product, product, product_fraction}, fraction);
  auto bias = bias_values<T>(step, fraction);
  if (!rounded || !bias) return std::nullopt;
  plan.product = *rounded;

  Int128 bound = magnitude(x) * largest_weight_sum(step);
  bound = rounded->right > 0 ? (bound >> rounded->right) + step.window.elements() : bound << rounded->left;
  Int128 largest_bias = 0;
  for (const Int128 value : *bias) largest_bias = std::max(largest_bias, value < 0 ? -value : value);
  bound += largest_bias;

  std::optional<Quantizer> wrap = step.accumulator;
  if (step.accumulator && step.accumulator->overflow != Overflow::Wrap) {
    const Quantizer& q = *step.accumulator;
    const Int128 low = lower_bound(q), high = q.to.highest();
    if (-bound < low || bound > high) {
      if (2 * magnitude(q.to) > most) return std::nullopt;
      if (-largest_bias < low || largest_bias > high) {
        if (task.count) return std::nullopt;
        for (T& value : *bias) value = static_cast<T>(fit(q, value));
      }
      plan.product.fit = fit_of(q.overflow);
      plan.product.low = static_cast<T>(low);
      plan.product.high = static_cast<T>(high);
      wrap.reset();
    }
  }
  Interval sums{-bound, bound, fraction};
  if (plan.product.fit != Fit::Always) sums = interval_of(step.accumulator->to);
  const auto finish = finish_of<T>(wrap, sums, result_cast(step.out, task.y), task.count);
  if (!finish) return std::nullopt;
  plan.bias = std::move(*bias);
  plan.finish = *finish;
  return plan;
}

template <class T>
std::vector<T> padded_weights(const MatrixStep& step, int first, const std::vector<int>& order) {
  std::vector<T> weights(order.size() * tile_outputs);
  const int count = std::min(tile_outputs, step.outputs - first);
  auto to = weights.begin();
  for (const int row : order) {
    const std::int64_t from = static_cast<std::int64_t>(row) * step.outputs + first;
    for (int o = 0; o < count; ++o) to[o] = static_cast<T>(step.weight->at(from + o));
    to += tile_outputs;
  }
  return weights;
}

template <class T>
class ChainPath : public MatrixPath {
 public:
  ChainPath(const MatrixTask& task, Plan<T> plan)
      : step_(task.step), count_(task.count), plan_(std::move(plan)) {
    const std::vector<std::int32_t> at = row_offsets(step_.window);
    const std::vector<int> order = row_order(step_.window.elements(), step_.reuse);
    for (const int row : order) row_offsets_.push_back(at[static_cast<size_t>(row)]);
    for (int first = 0; first < step_.outputs; first += tile_outputs) {
      weights_.push_back(padded_weights<T>(step_, first, order));
      tiles_.push_back({static_cast<int>(order.size()), row_offsets_.data(), weights_.back().data(),
                        plan_.bias.data() + first, plan_.product});
    }
  }

  std::int64_t run(const Tensor& x, Tensor& y, const EvalOptions& options) const override {
    const Kernels& kernels = kernels_of(options);
    const LaneKernels<T>& loops = lane_kernels<T>(kernels);
    const std::int64_t stride = padded_outputs(step_.outputs);
    std::vector<T> values(static_cast<size_t>(x.batch() * x.size()));
    loops.load(lane_of(x), address_of(x, 0), values.data(), x.batch() * x.size());
    const std::int64_t total =
        static_cast<std::int64_t>(x.batch()) * step_.window.output_height() * step_.window.output_width();
    std::atomic<std::int64_t> overflowed{0};
    parallel_for((total + chunk_positions - 1) / chunk_positions, options.threads, [&](std::int64_t chunk) {
      const std::int64_t first = chunk * chunk_positions;
      const std::int64_t positions = std::min(chunk_positions, total - first);
      std::array<std::int64_t, chunk_positions> offsets;
      window_offsets(step_.window, first, {offsets.data(), static_cast<size_t>(positions)});
      std::array<const T*, chunk_positions> from;
      for (size_t p = 0; p < static_cast<size_t>(positions); ++p) from[p] = values.data() + offsets[p];
      const auto sums = std::make_unique_for_overwrite<T[]>(static_cast<size_t>(positions * stride));
      std::int64_t found = 0;
      for (size_t t = 0; t < tiles_.size(); ++t) {
        found += loops.chain(tiles_[t], from.data(), static_cast<int>(positions),
                             sums.get() + static_cast<std::int64_t>(t) * tile_outputs, stride, count_);
      }
      found += finish(kernels, plan_.finish, sums.get(), positions, stride, step_.outputs, y,
                      first * step_.outputs, count_);
      overflowed += found;
    });
    return overflowed;
  }

 private:
  MatrixStep step_;
  bool count_;
  Plan<T> plan_;
  std::vector<std::int32_t> row_offsets_;
  std::vector<std::vector<T>> weights_;
  std::vector<ChainTile<T>> tiles_;
};

}  // namespace

template <class T>
std::unique_ptr<const MatrixPath> chain_path(const MatrixTask& task) {
  if (element_count(task.x.shape) > std::numeric_limits<std::int32_t>::max()) return nullptr;
  std::optional<Plan<T>> plan = plan_of<T>(task);
  if (!plan) return nullptr;
  return std::make_unique<ChainPath<T>>(task, std::move(*plan));
}

template std::unique_ptr<const MatrixPath> chain_path<std::int32_t>(const MatrixTask&);
template std::unique_ptr<const MatrixPath> chain_path<std::int64_t>(const MatrixTask&);

}  // namespace gw
