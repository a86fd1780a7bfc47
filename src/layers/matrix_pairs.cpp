// Matrix steps on 16-bit operands with sums in 32 bits.
//
// Rows are taken two at a time: two elements of x that lie side by side are one 32-bit load, repeated over a
// register, and meet the weights of 16 outputs. Elements of a window that lie side by side form stripes (one
// per kernel row); a stripe of odd length ends in a pair whose first half has the weight zero.
//
// Exact sums: the magnitudes bound them by 2^31, or the result is a truncation that wraps and lies within the
// low 32 bits of the sum. Lossy accumulators: with Trn each product becomes x * high +
// (x * low
// >> 16 >> extra), see kernels_body.h. Modulo 2^32 (or, for an accumulator of at most 16 bits, 2^16) the
// order of the additions and the wraps between them do not matter; the accumulator's wrap is made once, at
// the end. An accumulator that saturates is the same sum where the magnitudes prove that it never does.
//
// Cost: one multiply-add instruction per 32 (AVX-512) exact products, two multiplications and two additions
// per 32 truncated ones, half of that where a row has only small weights.

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

constexpr std::int64_t chunk_positions = 8 * tile_positions;

/// How a product becomes a term of the sum.
struct Split {
  int low_bits =
      0;  ///< bits of the weight in `low`, of which the product is truncated; 16 if `extra` bits are cut more
  int extra = 0;
  int left = 0;  ///< else: weights are shifted up
};

/// The weights of one tile, ready for the kernel.
struct PackedTile {
  std::vector<std::int32_t> high_offsets, low_offsets;
  std::vector<std::int16_t> high, low;
};

/// A pair of rows of the matrix; `first` is -1 where its weight is zero.
struct RowPair {
  std::int32_t offset;
  std::int64_t first, second;
};

std::vector<RowPair> row_pairs(const std::vector<Stripe>& stripes) {
  std::vector<RowPair> pairs;
  std::int64_t row = 0;
  for (const Stripe& stripe : stripes) {
    for (std::int64_t k = 0; k < stripe.length; k += 2) {
      const bool whole = k + 1 < stripe.length;
      const auto offset = static_cast<std::int32_t>(stripe.offset + (whole ? k : k - 1));
      pairs.push_back({offset, whole ? row : -1, whole ? row + 1 : row});
      row += whole ? 2 : 1;
    }
  }
  return pairs;
}

void append_if_any(const std::array<std::int16_t, 2 * tile_outputs>& values, std::int32_t offset,
                   std::vector<std::int32_t>& offsets, std::vector<std::int16_t>& weights) {
  if (std::all_of(values.begin(), values.end(), [](std::int16_t value) { return value == 0; })) return;
  offsets.push_back(offset);
  weights.insert(weights.end(), values.begin(), values.end());
}

PackedTile pack(const std::int16_t* weights, int outputs, int first, const std::vector<RowPair>& pairs,
                const Split& split) {
  PackedTile tile;
  const int count = std::min(tile_outputs, outputs - first);
  const std::int32_t unit = 1 << split.low_bits;
  for (const RowPair& pair : pairs) {
    std::array<std::int16_t, 2 * tile_outputs> high{}, low{};
    for (const size_t half : {size_t{0}, size_t{1}}) {
      const std::int64_t row = half == 0 ? pair.first : pair.second;
      if (row < 0) continue;
      const std::int16_t* from = weights + row * outputs + first;
      for (size_t o = 0; o < static_cast<size_t>(count); ++o) {
        const std::int32_t weight = from[o];
        const std::int32_t rest = split.low_bits == 0 ? 0 : ((weight + unit / 2) & (unit - 1)) - unit / 2;
        low[2 * o + half] = static_cast<std::int16_t>(rest * (1 << (16 - split.low_bits)));
        high[2 * o + half] = static_cast<std::int16_t>((weight - rest) / unit * (1 << split.left));
      }
    }
    append_if_any(high, pair.offset, tile.high_offsets, tile.high);
    append_if_any(low, pair.offset, tile.low_offsets, tile.low);
  }
  return tile;
}

/// How the sums are formed, without the weights.
struct Plan {
  Split split;
  bool half = false;  ///< sums in 16 bits
  std::vector<std::int32_t> bias;
  Finish<std::int32_t> finish;
};

std::optional<Plan> exact_plan(const MatrixTask& task) {
  const MatrixStep& step = task.step;
  const FixedType& x = *task.x.fixed;
  Plan plan;
  const int fraction = x.fraction() + step.weight->type().fraction();
  auto bias = bias_values<std::int32_t>(step, fraction);
  if (!bias) return std::nullopt;
  Int128 bound = 0;
  for (const std::int64_t value : *bias) bound = std::max<Int128>(bound, value < 0 ? -value : value);
  bound += magnitude(x) * largest_weight_sum(step);
  const Quantizer out = result_cast(step.out, task.y);
  constexpr Int128 most = std::numeric_limits<std::int32_t>::max();
  Int128 lowest = -bound;
  // A wrap that keeps none of the bits above needs the sum modulo 2^32 only.
  const bool is_low_part = out.overflow == Overflow::Wrap && out.rounding == Rounding::Trn &&
                           fraction - out.to.fraction() + out.to.width <= 32;
  if (bound > most && is_low_part && !task.count) bound = most, lowest = -most - 1;
  auto finish = finish_of<std::int32_t>(std::nullopt, {lowest, bound, fraction}, out, task.count);
  if (!finish) return std::nullopt;
  plan.bias = std::move(*bias);
  plan.finish = *finish;
  return plan;
}

std::optional<Plan> lossy_plan(const MatrixTask& task) {
  const MatrixStep& step = task.step;
  const FixedType& x = *task.x.fixed;
  const Quantizer& accumulator = *step.accumulator;
  if (accumulator.rounding != Rounding::Trn) return std::nullopt;
  const int fraction = accumulator.to.fraction();
  const int shift = x.fraction() + step.weight->type().fraction() - fraction;
  if (shift < -15 || shift > 31) return std::nullopt;
  auto bias = bias_values<std::int32_t>(step, fraction);
  if (!bias) return std::nullopt;

  Plan plan;
  plan.split = {std::clamp(shift, 0, 16), std::max(shift - 16, 0), std::max(-shift, 0)};
  Int128 bound = magnitude(x) * largest_weight_sum(step);
  bound = shift > 0 ? (bound >> shift) + step.window.elements() : bound << -shift;
  Int128 largest_bias = 0;
  for (const std::int64_t value : *bias)
    largest_bias = std::max<Int128>(largest_bias, value < 0 ? -value : value);
  bound += largest_bias;

  const bool stays = -bound >= lower_bound(accumulator) && bound <= accumulator.to.highest();
  if (!stays && accumulator.overflow != Overflow::Wrap) return std::nullopt;
  const Int128 most = std::numeric_limits<std::int32_t>::max();
  plan.half = !task.count && accumulator.to.width <= 16;
  if (plan.half || bound > most) {
    if (task.count) return std::nullopt;
    bound = most;  // the sum is known modulo 2^32, which is read as a 32-bit integer
    if (accumulator.to.width > 32 || (accumulator.to.width == 32 && !accumulator.to.is_signed))
      return std::nullopt;
  }
  // Weights that are shifted up keep their low 16 bits, which is enough only modulo 2^16.
  if (shift < 0 && !plan.half &&
      magnitude(step.weight->type()) << -shift > std::numeric_limits<std::int16_t>::max()) {
    return std::nullopt;
  }
  auto finish = finish_of<std::int32_t>(accumulator, {-bound - (bound == most ? 1 : 0), bound, fraction},
                                        result_cast(step.out, task.y), task.count);
  if (!finish) return std::nullopt;
  plan.bias = std::move(*bias);
  plan.finish = *finish;
  return plan;
}

class PairPath : public MatrixPath {
 public:
  PairPath(const MatrixTask& task, Plan plan) : step_(task.step), count_(task.count), plan_(std::move(plan)) {
    const auto* weights = static_cast<const std::int16_t*>(address_of(*step_.weight, 0));
    const std::vector<RowPair> pairs = row_pairs(stripes_of(step_.window));
    for (int first = 0; first < step_.outputs; first += tile_outputs) {
      packed_.push_back(pack(weights, step_.outputs, first, pairs, plan_.split));
    }
    for (const PackedTile& tile : packed_) {
      const std::int32_t* bias = plan_.bias.data() + tile_outputs * static_cast<std::int64_t>(tiles_.size());
      tiles_.push_back({static_cast<int>(tile.high_offsets.size()), static_cast<int>(tile.low_offsets.size()),
                        tile.high_offsets.data(), tile.high.data(), tile.low_offsets.data(), tile.low.data(),
                        plan_.split.extra, bias});
    }
  }

  std::int64_t run(const Tensor& x, Tensor& y, const EvalOptions& options) const override {
    const Kernels& loops = kernels_of(options);
    const auto sum_pairs = plan_.half ? loops.pairs16 : loops.pairs32;
    const auto* values = static_cast<const std::int16_t*>(address_of(x, 0));
    const std::int64_t stride = padded_outputs(step_.outputs);
    const std::int64_t total =
        static_cast<std::int64_t>(x.batch()) * step_.window.output_height() * step_.window.output_width();
    std::atomic<std::int64_t> overflowed{0};
    parallel_for((total + chunk_positions - 1) / chunk_positions, options.threads, [&](std::int64_t chunk) {
      const std::int64_t first = chunk * chunk_positions;
      const std::int64_t positions = std::min(chunk_positions, total - first);
      std::array<std::int64_t, chunk_positions> offsets;
      window_offsets(step_.window, first, {offsets.data(), static_cast<size_t>(positions)});
      std::array<const std::int16_t*, chunk_positions> from;
      for (std::int64_t p = 0; p < chunk_positions; ++p) {
        from[static_cast<size_t>(p)] = values + offsets[static_cast<size_t>(std::min(p, positions - 1))];
      }
      const auto sums =
          std::make_unique_for_overwrite<std::int32_t[]>(static_cast<size_t>(chunk_positions * stride));
      for (size_t t = 0; t < tiles_.size(); ++t) {
        for (std::int64_t p = 0; p < positions; p += tile_positions) {
          sum_pairs(tiles_[t], from.data() + p,
                    sums.get() + p * stride + static_cast<std::int64_t>(t) * tile_outputs, stride);
        }
      }
      overflowed += finish(loops, plan_.finish, sums.get(), positions, stride, step_.outputs, y,
                           first * step_.outputs, count_);
    });
    return overflowed;
  }

 private:
  MatrixStep step_;
  bool count_;
  Plan plan_;
  std::vector<PackedTile> packed_;
  std::vector<PairTile> tiles_;
};

}  // namespace

std::unique_ptr<const MatrixPath> pair_path(const MatrixTask& task) {
  if (lane_of(*task.x.fixed) != Lane::Int16 || lane_of(*task.step.weight) != Lane::Int16) return nullptr;
  // A pair that is short of a second element takes the one before, within its stripe.
  const std::vector<Stripe> stripes = stripes_of(task.step.window);
  if (std::any_of(stripes.begin(), stripes.end(), [](const Stripe& s) { return s.length < 2; }))
    return nullptr;
  if (element_count(task.x.shape) > std::numeric_limits<std::int32_t>::max()) return nullptr;
  std::optional<Plan> plan = task.step.accumulator ? lossy_plan(task) : exact_plan(task);
  if (!plan) return nullptr;
  return std::make_unique<PairPath>(task, std::move(*plan));
}

}  // namespace gw
