// The fast answer of a softmax: tables made once, then one vector after the other in 64-bit integers. The
// exponentials are kept as the accumulator has them, so that adding them costs a comparison at most. What
// would not fit 64 bits as it stands (only sums and products whose low bits are all zero) is shortened by
// those bits, as the formula's constants are.

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "layers/cast_run.h"
#include "layers/lane_cast.h"
#include "layers/prepared.h"
#include "layers/softmax.h"
#include "layers/softmax_tables.h"
#include "layers/table_address.h"
#include "num/rounding.h"
#include "support/threads.h"

namespace gw {

namespace {

using Values = std::span<std::int64_t>;

// The arithmetic of one vector.
class VectorSoftmax {
 public:
  virtual ~VectorSoftmax() = default;
  /// Raw values of x become the answers before the cast, but for a common factor: what stands in x times the
  /// factor is in units of 2^-range.fraction. Returns how many sums did not fit, or 0 unless they are
  /// counted.
  virtual std::int64_t compute(Values x, std::int64_t& factor, bool count) const = 0;
  Interval range;  ///< holds the answers
};

// A value with its low zeros off if it does not fit 64 bits with them.
Term short_of_zeros(Int128 raw, int fraction) {
  if (raw == static_cast<std::int64_t>(raw)) return {static_cast<std::int64_t>(raw), fraction};
  return normalised(raw, fraction);
}

Int128 magnitude_of(const std::vector<std::int64_t>& values) {
  Int128 most = 0;
  for (const std::int64_t value : values) most = std::max<Int128>(most, value < 0 ? -Int128{value} : value);
  return most;
}

class TwoTables : public VectorSoftmax {
 public:
  TwoTables(const Softmax& layer, const FixedType& x)
      : accumulator_(layer.accumulator), x_fraction_(x.fraction()) {
    SoftmaxTables tables = softmax_tables(layer, x);
    types_ = tables.types;
    is_stable_ = layer.implementation == SoftmaxImplementation::Stable;
    exp_shift_ = types_.difference.to.width - types_.exp_address.width;
    exp_mask_ = (std::int64_t{1} << types_.exp_address.width) - 1;
    inverse_shift_ = types_.inverse_input.to.width - types_.inverse_address.width;
    inverse_mask_ = (std::int64_t{1} << types_.inverse_address.width) - 1;
    exact_ = std::move(tables.exp.values);
    exact_fraction_ = layer.exp_type.to.fraction();
    exp_ = exact_;
    fraction_ = exact_fraction_;
    if (accumulator_) {
      fraction_ = accumulator_->to.fraction();
      for (std::int64_t& e : exp_) e = quantize(*accumulator_, e, exact_fraction_);
    }
    inverse_ = std::move(tables.inverse.values);
    const Int128 most = magnitude_of(exp_) * magnitude_of(inverse_);
    range = {-most, most, fraction_ + layer.inverse_type.to.fraction()};
  }

  std::int64_t compute(Values x, std::int64_t& factor, bool count) const override {
    const std::int64_t highest = is_stable_ ? *std::max_element(x.begin(), x.end()) : 0;
    std::int64_t found = count && accumulator_ && leaves_accumulator(x, highest) ? 1 : 0;
    Int128 sum = 0;
    for (std::int64_t& value : x) {
      value = exp_[static_cast<size_t>(position(value, highest))];
      sum += value;
    }
    if (accumulator_) sum = accumulator_->overflow == Overflow::Wrap ? fit(*accumulator_, sum) : tree(x);
    const Term total = short_of_zeros(sum, fraction_);
    const std::int64_t divisor = quantize(types_.inverse_input, total.raw, total.fraction);
    if (count && overflows(types_.inverse_input, total.raw, total.fraction)) ++found;
    factor = inverse_[static_cast<size_t>((divisor >> inverse_shift_) & inverse_mask_)];
    return found;
  }

 private:
  std::int64_t position(std::int64_t x, std::int64_t highest) const {
    const Quantizer& q = types_.difference;
    const std::int64_t value = is_stable_ ? highest - x : x;
    const std::int64_t at = q.to.fraction() == x_fraction_ ? fit(q, value) : quantize(q, value, x_fraction_);
    return (at >> exp_shift_) & exp_mask_;
  }

  std::int64_t tree(std::span<const std::int64_t> terms) const {
    if (terms.size() == 1) return terms[0];
    const size_t left = left_of_tree(terms.size());
    return fit(*accumulator_, Int128{tree(terms.first(left))} + tree(terms.subspan(left)));
  }

  // The same sum again, with an eye on what does not fit.
  bool leaves_accumulator(std::span<const std::int64_t> x, std::int64_t highest) const {
    std::vector<std::int64_t> terms;
    Int128 rounded = 0;
    bool outside = false;
    const FixedType wide{max_width, max_width - accumulator_->to.fraction(), true};
    for (const std::int64_t value : x) {
      const std::int64_t e = exact_[static_cast<size_t>(position(value, highest))];
      outside = outside || overflows(*accumulator_, e, exact_fraction_);
      rounded += quantize({wide, accumulator_->rounding, Overflow::Sat}, e, exact_fraction_);
      terms.push_back(quantize(*accumulator_, e, exact_fraction_));
    }
    const auto holds = [&](Int128 value) {
      return value >= lower_bound(*accumulator_) && value <= accumulator_->to.highest();
    };
    if (accumulator_->overflow == Overflow::Wrap) return !holds(rounded);
    const std::function<std::int64_t(std::span<const std::int64_t>)> add =
        [&](std::span<const std::int64_t> part) {
          if (part.size() == 1) return part[0];
          const size_t left = left_of_tree(part.size());
          const Int128 sum = Int128{add(part.first(left))} + add(part.subspan(left));
          outside = outside || !holds(sum);
          return fit(*accumulator_, sum);
        };
    add(terms);
    return outside;
  }

  SoftmaxTypes types_;
  std::optional<Quantizer> accumulator_;
  bool is_stable_ = true;
  int x_fraction_, exp_shift_ = 0, inverse_shift_ = 0;
  std::int64_t exp_mask_ = 0, inverse_mask_ = 0;
  std::vector<std::int64_t> exact_, exp_,
      inverse_;  ///< exp: as the table has it, and as the accumulator has it
  int exact_fraction_ = 0, fraction_ = 0;
};

class Legacy : public VectorSoftmax {
 public:
  Legacy(const Softmax& layer, const FixedType& x)
      : type_(layer.table),
        tables_(legacy_tables(layer)),
        exp_at_(tables_.exp.address, x.fraction()),
        inverse_at_(tables_.inverse.address, layer.table.to.fraction()) {
    const Int128 most = magnitude_of(tables_.inverse.values);
    range = {-most, most, type_.to.fraction()};
  }

  std::int64_t compute(Values x, std::int64_t& factor, bool count) const override {
    factor = 1;
    std::int64_t found = 0;
    const std::vector<std::int64_t> inputs(x.begin(), x.end());
    for (size_t i = 0; i < inputs.size(); ++i) {
      std::int64_t sum = 0;
      Int128 exact = 0;
      bool outside = false;
      for (size_t j = 0; j < inputs.size(); ++j) {
        const std::int64_t term =
            i == j ? tables_.one : tables_.exp.values[static_cast<size_t>(exp_at_(inputs[j] - inputs[i]))];
        exact = type_.overflow == Overflow::Wrap ? exact + term : Int128{sum} + term;
        sum = fit(type_, Int128{sum} + term);
        if (type_.overflow != Overflow::Wrap) outside = outside || exact != sum;
      }
      if (type_.overflow == Overflow::Wrap) outside = exact != sum;
      found += count && outside ? 1 : 0;
      x[i] = tables_.inverse.values[static_cast<size_t>(inverse_at_(sum))];
    }
    return found;
  }

 private:
  Quantizer type_;
  LegacyTables tables_;
  FastAddress exp_at_, inverse_at_;
};

class Divided : public VectorSoftmax {
 public:
  Divided(const Softmax& layer, const FixedType& x)
      : digits_(quotient_digits(*result_of(layer))), x_fraction_(x.fraction()) {
    SoftmaxTables tables = softmax_tables(layer, x);
    difference_ = tables.types.difference;
    shift_ = difference_.to.width - tables.types.exp_address.width;
    mask_ = (std::int64_t{1} << tables.types.exp_address.width) - 1;
    exp_ = std::move(tables.exp.values);
    const int fraction = digits_.count + (digits_.marks_rest ? 1 : 0);
    range = {0, Int128{1} << fraction, fraction};
  }

  std::int64_t compute(Values x, std::int64_t& factor, bool) const override {
    factor = 1;
    const std::int64_t highest = *std::max_element(x.begin(), x.end());
    Int128 sum = 0;
    for (std::int64_t& value : x) {
      const std::int64_t at = quantize(difference_, highest - value, x_fraction_) >> shift_;
      value = exp_[static_cast<size_t>(at & mask_)];
      sum += value;
    }
    for (std::int64_t& value : x) {
      const Int128 dividend = Int128{value} << digits_.count;
      value = static_cast<std::int64_t>(dividend / sum);
      if (digits_.marks_rest) value = 2 * value + (dividend % sum != 0 ? 1 : 0);
    }
    return 0;
  }

 private:
  QuotientDigits digits_;
  int x_fraction_, shift_ = 0;
  std::int64_t mask_ = 0;
  Quantizer difference_;
  std::vector<std::int64_t> exp_;
};

class Argmax : public VectorSoftmax {
 public:
  Argmax() { range = {0, 1, 0}; }
  std::int64_t compute(Values x, std::int64_t& factor, bool) const override {
    factor = 1;
    const auto first = std::max_element(x.begin(), x.end()) - x.begin();
    std::fill(x.begin(), x.end(), 0);
    x[static_cast<size_t>(first)] = 1;
    return 0;
  }
};

std::unique_ptr<const VectorSoftmax> vector_softmax(const Softmax& layer, const FixedType& x) {
  switch (layer.implementation) {
    case SoftmaxImplementation::Stable:
    case SoftmaxImplementation::Latency:
      return std::make_unique<TwoTables>(layer, x);
    case SoftmaxImplementation::Legacy:
      return std::make_unique<Legacy>(layer, x);
    case SoftmaxImplementation::Argmax:
      return std::make_unique<Argmax>();
    case SoftmaxImplementation::Divided:
      return std::make_unique<Divided>(layer, x);
  }
  defect(__FILE__, __LINE__, "no such softmax");
}

// What is made ready once.
struct SoftmaxPlan {
  std::unique_ptr<const VectorSoftmax> vector;
  Quantizer cast;
  std::optional<CastSteps<std::int64_t>> steps;  ///< none: a product may not fit 64 bits
};

// The vectors of one outer index, which lie side by side in x and y.
class Block {
 public:
  Block(const SoftmaxPlan& plan, const Slices& slices, const EvalOptions& options)
      : plan_(plan),
        slices_(slices),
        options_(options),
        count_(options.overflows != nullptr),
        values_(static_cast<size_t>(slices.count * slices.inner)),
        vector_(static_cast<size_t>(slices.count)),
        factors_(static_cast<size_t>(slices.inner)) {}

  /// Elements from `first` on; returns how much did not fit, if it is counted.
  std::int64_t operator()(const Tensor& x, std::int64_t first, Tensor& y) {
    load_run(x, first, values_);
    std::int64_t found = 0;
    const auto inner = static_cast<size_t>(slices_.inner);
    for (size_t k = 0; k < inner; ++k) {
      if (inner == 1) {
        found += plan_.vector->compute(values_, factors_[k], count_);
        continue;
      }
      for (size_t j = 0; j < vector_.size(); ++j) vector_[j] = values_[j * inner + k];
      found += plan_.vector->compute(vector_, factors_[k], count_);
      for (size_t j = 0; j < vector_.size(); ++j) values_[j * inner + k] = vector_[j];
    }
    return found + store(first, y);
  }

 private:
  std::int64_t store(std::int64_t first, Tensor& y) {
    std::int64_t outside = 0;
    const auto factor = [&](size_t i) { return factors_[i % factors_.size()]; };
    if (plan_.steps) {
      const LaneKernels<std::int64_t>& loops = lane_kernels<std::int64_t>(kernels_of(options_));
      const auto count = static_cast<std::int64_t>(values_.size());
      for (size_t i = 0; i < values_.size(); ++i) values_[i] *= factor(i);
      outside = loops.cast(*plan_.steps, values_.data(), count, count_);
      loops.store(values_.data(), lane_of(y), address_of(y, first), count);
      return outside;
    }
    for (size_t i = 0; i < values_.size(); ++i) {
      const Term product = short_of_zeros(Int128{values_[i]} * factor(i), plan_.vector->range.fraction);
      outside += store_run(plan_.cast, {&product.raw, 1}, product.fraction, y,
                           first + static_cast<std::int64_t>(i), count_);
    }
    return outside;
  }

  const SoftmaxPlan& plan_;
  Slices slices_;
  const EvalOptions& options_;
  bool count_;
  std::vector<std::int64_t> values_, vector_, factors_;
};

}  // namespace

Tensor eval(const Softmax& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  const Tensor& x = *inputs[0];
  const auto plan = prepared<SoftmaxPlan>(options, [&] {
    auto vector = vector_softmax(layer, x.type());
    const Quantizer cast = result_cast(result_of(layer), out);
    const auto steps = cast_steps<std::int64_t>(cast, vector->range);
    return SoftmaxPlan{std::move(vector), cast, steps};
  });
  const Slices slices = slices_of(layer, x.shape());
  Tensor y(out.shape, *out.fixed, x.batch());
  std::atomic<std::int64_t> overflowed{0};
  // Blocks in groups, so that what a block works in is not made for each.
  const std::int64_t blocks = x.batch() * slices.outer;
  const std::int64_t group = std::clamp<std::int64_t>(4096 / (slices.count * slices.inner), 1, blocks);
  parallel_for((blocks + group - 1) / group, options.threads, [&](std::int64_t part) {
    Block block(*plan, slices, options);
    std::int64_t found = 0;
    for (std::int64_t b = part * group; b < std::min(blocks, (part + 1) * group); ++b)
      found += block(x, b * slices.count * slices.inner, y);
    overflowed += found;
  });
  if (options.overflows) *options.overflows += overflowed;
  return y;
}

}  // namespace gw
