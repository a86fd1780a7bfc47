// What a matrix step can answer, without its formula.
//
// The range of an exact sum is the sum of the ranges of its terms, and that of a product with a constant is
// the range times the constant: a pass over the weights finds both ends for every output. All terms are
// brought to one fraction; how many of its low bits are zeros for each output is noted on the way, since a
// sum of even numbers needs no last bit. With a lossy accumulator the image of each product is looked up by
// its weight, and one pass over the weights adds them. Types so wide that something might not fit take the
// same way as the formula does, interval by interval, which is 50 times slower.

#include <algorithm>
#include <bit>
#include <limits>

#include "layers/cast_run.h"
#include "layers/matrix.h"
#include "layers/shapes.h"

namespace gw {

namespace {

struct Bounds {
  std::vector<Interval> outputs;
  int widest = 0;
};

int width_of(const Interval& range) { return type_of(range).width; }

Interval cast_range(const Quantizer& q, const Interval& range) {
  if (changes_nothing(q, range)) return range;
  if (range.lo != range.hi || range.lo != static_cast<std::int64_t>(range.lo)) return quantize(q, range);
  const Term value =
      normalised(quantize(q, static_cast<std::int64_t>(range.lo), range.fraction), q.to.fraction());
  return interval_of(value.raw, value.fraction);
}

Interval bias_range(const MatrixStep& step, int output) {
  if (!step.bias) return {};
  const Term bias = normalised(step.bias->at(output), step.bias->type().fraction());
  return interval_of(bias.raw, bias.fraction);
}

/// Sums of all outputs at once, in units of 2^-fraction.
template <class Int>
struct Sums {
  std::vector<Int> lo, hi;
  std::vector<std::uint64_t> bits;  ///< what the terms of an output have: the lowest that is set is its unit
};

template <class Int>
Sums<Int> summed(const MatrixStep& step, const std::vector<Interval>& x, int fraction) {
  const auto outputs = static_cast<size_t>(step.outputs);
  Sums<Int> sums{std::vector<Int>(outputs), std::vector<Int>(outputs), std::vector<std::uint64_t>(outputs)};
  for (int o = 0; o < step.outputs; ++o) {
    const auto at = static_cast<size_t>(o);
    const Interval bias = bias_range(step, o);
    if (bias.lo == 0) continue;
    sums.lo[at] = sums.hi[at] = static_cast<Int>(rescaled(bias, fraction).lo);
    sums.bits[at] = std::uint64_t{1} << (fraction - bias.fraction);
  }
  const auto in_units = [&](const Interval& range) {
    return rescaled(range, fraction - step.weight->type().fraction());
  };
  const bool all_alike =
      std::all_of(x.begin(), x.end(), [&](const Interval& range) { return range == x.front(); });
  if (all_alike) {
    if (x.front().lo == 0 && x.front().hi == 0) return sums;
    // Then the weights may be added first, those above and those below 0.
    const Interval value = in_units(x.front());
    const auto low = static_cast<Int>(value.lo), high = static_cast<Int>(value.hi);
    const int spare = value.fraction - x.front().fraction;
    std::vector<std::int64_t> above(outputs), below(outputs);
    std::visit(
        [&](const auto& weights) {
          const auto* weight = weights.data();
          for (int row = 0; row < step.window.elements(); ++row, weight += outputs) {
            for (size_t o = 0; o < outputs; ++o) {
              const std::int64_t w = weight[o];
              above[o] += std::max<std::int64_t>(w, 0);
              below[o] += std::min<std::int64_t>(w, 0);
              sums.bits[o] |= static_cast<std::uint64_t>(w) << spare;
            }
          }
        },
        step.weight->lanes());
    for (size_t o = 0; o < outputs; ++o) {
      sums.lo[o] += static_cast<Int>(above[o]) * low + static_cast<Int>(below[o]) * high;
      sums.hi[o] += static_cast<Int>(above[o]) * high + static_cast<Int>(below[o]) * low;
    }
    return sums;
  }
  std::visit(
      [&](const auto& weights) {
        for (int row = 0; row < step.window.elements(); ++row) {
          const Interval& range = x[static_cast<size_t>(row) % x.size()];
          if (range.lo == 0 && range.hi == 0) continue;
          const Interval value = in_units(range);
          const auto low = static_cast<Int>(value.lo), high = static_cast<Int>(value.hi);
          const int spare = value.fraction - range.fraction;
          const auto* weight = weights.data() + static_cast<std::int64_t>(row) * step.outputs;
          for (size_t o = 0; o < outputs; ++o) {
            const Int a = low * weight[o], b = high * weight[o];
            sums.lo[o] += std::min(a, b);
            sums.hi[o] += std::max(a, b);
            sums.bits[o] |= static_cast<std::uint64_t>(std::int64_t{weight[o]}) << spare;
          }
        }
      },
      step.weight->lanes());
  return sums;
}

template <class Int>
Bounds bounds_of(const Sums<Int>& sums, int fraction) {
  Bounds bounds;
  for (size_t o = 0; o < sums.lo.size(); ++o) {
    const bool is_zero = sums.lo[o] == 0 && sums.hi[o] == 0;
    const int drop = is_zero ? 0 : std::countr_zero(sums.bits[o]);
    bounds.outputs.push_back(is_zero ? Interval{}
                                     : Interval{sums.lo[o] >> drop, sums.hi[o] >> drop, fraction - drop});
    bounds.widest = std::max(bounds.widest, width_of(bounds.outputs.back()));
  }
  return bounds;
}

/// Exact sums of terms that are narrow enough for one another; nothing if they might not be.
std::optional<Bounds> exact_bounds(const MatrixStep& step, const std::vector<Interval>& x,
                                   const FixedType& type) {
  int fraction = type.fraction() + step.weight->type().fraction();
  int spread = 0;  // how far the fractions of all terms lie apart
  for (const Interval& range : x) spread = std::max(spread, type.fraction() - range.fraction);
  for (int o = 0; o < step.outputs; ++o) {
    const Interval bias = bias_range(step, o);
    if (bias.lo == 0) continue;
    spread = std::max({spread, fraction - bias.fraction, bias.fraction - fraction});
    fraction = std::max(fraction, bias.fraction);
  }
  constexpr int most = 126;
  const int rows_width = std::bit_width(static_cast<unsigned>(step.window.elements()));
  const int product_width = type.width + step.weight->type().width + 1;
  const int bias_width = step.bias ? step.bias->type().width : 0;
  const int width = std::max(product_width, bias_width) + rows_width + 2 * spread;
  if (product_width > max_width || 2 * spread + step.weight->type().width > max_width || width > most)
    return std::nullopt;
  return width <= max_width ? bounds_of(summed<std::int64_t>(step, x, fraction), fraction)
                            : bounds_of(summed<Int128>(step, x, fraction), fraction);
}

/// The image of a product with each weight, in units of the accumulator, for one range of x. Weights are few
/// bits, so that most layers ask for the same products again and again.
class Products {
 public:
  struct Product {
    std::int64_t lo = 0, hi = 0;
    int fraction = unknown;
  };
  static constexpr int unknown = std::numeric_limits<int>::min();

  Products(const Interval& x, const FixedType& weight, const Quantizer& accumulator)
      : x_(x), weight_(weight), accumulator_(accumulator), products_(size_t{1} << weight.width) {}

  const Interval& x() const { return x_; }

  const Product& operator[](std::int64_t weight) {
    Product& product = products_[static_cast<size_t>(weight - weight_.lowest())];
    if (product.fraction == unknown) {
      const Term term = normalised(weight, weight_.fraction());
      const Interval image = cast_range(accumulator_, x_ * interval_of(term.raw, term.fraction));
      const Interval whole = rescaled(image, accumulator_.to.fraction());
      product = {static_cast<std::int64_t>(whole.lo), static_cast<std::int64_t>(whole.hi), image.fraction};
    }
    return product;
  }

 private:
  Interval x_;
  FixedType weight_;
  Quantizer accumulator_;
  std::vector<Product> products_;
};

/// Sums of products that are cast to an accumulator which wraps or saturates, for all outputs at once, as
/// formula_bounds gives them. Nothing where a width comes near 63 bits, where there are many different ranges
/// of x, or where two terms that are not 0 may cancel each other for good, so that the formula forgets their
/// fraction.
std::optional<Bounds> cast_bounds(const MatrixStep& step, const std::vector<Interval>& x,
                                  const FixedType& type) {
  const Quantizer& q = *step.accumulator;
  const FixedType& weight_type = step.weight->type();
  const int rows_width = std::bit_width(static_cast<unsigned>(step.window.elements())) + 1;
  constexpr size_t most_ranges = 8;
  if (weight_type.width > 16 || q.overflow == Overflow::SatZero) return std::nullopt;
  if (type.width + weight_type.width + 1 > max_width || q.to.width + rows_width > max_width)
    return std::nullopt;
  std::vector<Products> tables;
  std::vector<size_t> table_of;  // each range of x
  for (const Interval& range : x) {
    const auto known =
        std::find_if(tables.begin(), tables.end(), [&](const Products& t) { return t.x() == range; });
    table_of.push_back(static_cast<size_t>(known - tables.begin()));
    if (known == tables.end()) tables.emplace_back(range, weight_type, q);
    if (tables.size() > most_ranges) return std::nullopt;
  }

  const auto outputs = static_cast<size_t>(step.outputs);
  const bool saturates = q.overflow != Overflow::Wrap;
  const int unit = q.to.fraction();
  const std::int64_t low = q.overflow == Overflow::SatSym && q.to.is_signed ? -q.to.highest() : q.to.lowest();
  const std::int64_t high = q.to.highest();
  std::vector<std::int64_t> lo(outputs), hi(outputs);
  std::vector<int> fraction(outputs, Products::unknown);  // unknown: the sum is 0
  for (size_t o = 0; o < outputs; ++o) {
    const Interval bias = cast_range(q, bias_range(step, static_cast<int>(o)));
    if (bias.lo == 0) continue;
    lo[o] = hi[o] = static_cast<std::int64_t>(rescaled(bias, unit).lo);
    fraction[o] = bias.fraction;
  }
  bool cancels = false;
  std::visit(
      [&](const auto& weights) {
        for (const int row : row_order(step.window.elements(), step.reuse)) {
          Products& products = tables[table_of[static_cast<size_t>(row) % x.size()]];
          const auto* weight = weights.data() + static_cast<std::int64_t>(row) * step.outputs;
          for (size_t o = 0; o < outputs; ++o) {
            if (weight[o] == 0) continue;
            const Products::Product& product = products[weight[o]];
            if (product.lo == product.hi) {
              cancels = cancels || product.lo != 0;
              continue;
            }
            lo[o] += product.lo;
            hi[o] += product.hi;
            fraction[o] = std::max(fraction[o], product.fraction);
            if (!saturates || (lo[o] >= low && hi[o] <= high)) continue;
            lo[o] = std::clamp(lo[o], low, high);
            hi[o] = std::clamp(hi[o], low, high);
            fraction[o] = unit;
            cancels = cancels || lo[o] == hi[o];
          }
        }
      },
      step.weight->lanes());
  if (cancels) return std::nullopt;

  Bounds bounds;
  for (size_t o = 0; o < outputs; ++o) {
    const int drop = fraction[o] == Products::unknown ? 0 : unit - fraction[o];
    const Interval sum = fraction[o] == Products::unknown
                             ? cast_range(q, bias_range(step, static_cast<int>(o)))
                             : Interval{lo[o] >> drop, hi[o] >> drop, fraction[o]};
    bounds.outputs.push_back(saturates ? sum : cast_range(q, sum));
  }
  return bounds;
}

/// As the formula builds it, term by term.
Bounds formula_bounds(const MatrixStep& step, const std::vector<Interval>& x) {
  const std::vector<int> order = row_order(step.window.elements(), step.reuse);
  Bounds bounds;
  const auto seen = [&](const Interval& range) {
    bounds.widest = std::max(bounds.widest, width_of(range));
    return range;
  };
  for (int o = 0; o < step.outputs; ++o) {
    const auto cast = [&](const Interval& range) {
      return step.accumulator ? seen(cast_range(*step.accumulator, range)) : range;
    };
    const bool is_chain = step.accumulator && step.accumulator->overflow != Overflow::Wrap;
    Interval sum = cast(seen(bias_range(step, o)));
    for (const int row : order) {
      const Term weight = normalised(step.weight->at(static_cast<std::int64_t>(row) * step.outputs + o),
                                     step.weight->type().fraction());
      if (weight.raw == 0) continue;
      const Interval product =
          cast(seen(x[static_cast<size_t>(row) % x.size()] * interval_of(weight.raw, weight.fraction)));
      if (product.lo == 0 && product.hi == 0) continue;
      sum = sum.lo == 0 && sum.hi == 0 ? product : sum + product;
      if (is_chain) sum = cast(seen(sum));
    }
    seen(sum);
    bounds.outputs.push_back(step.accumulator && !is_chain ? cast(sum) : sum);
  }
  return bounds;
}

}  // namespace

Result<TensorType> matrix_type(const MatrixStep& grouped, const TensorType& x, Shape shape) {
  std::optional<Tensor> whole;
  const MatrixStep step = without_groups(grouped, whole);
  const std::vector<Interval> ranges = window_ranges(x, step.window);
  std::optional<Bounds> bounds =
      step.accumulator ? cast_bounds(step, ranges, *x.fixed) : exact_bounds(step, ranges, *x.fixed);
  if (!bounds) bounds = formula_bounds(step, ranges);
  for (Interval& range : bounds->outputs) {
    if (step.out) range = cast_range(*step.out, range);
    if (range.lo != range.hi) continue;
    const Term value = normalised(range.lo, range.fraction);  // as a constant has it
    range = interval_of(value.raw, value.fraction);
  }
  return typed_output(std::move(shape), std::move(bounds->outputs), bounds->widest, step.out);
}

}  // namespace gw
