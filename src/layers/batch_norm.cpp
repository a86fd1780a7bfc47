// Batch normalisation at inference: one multiplication and one addition an element, for networks where it
// cannot be joined with the layer before it.

#include "layers/batch_norm.h"

#include <algorithm>
#include <atomic>
#include <limits>

#include "layers/cast_run.h"
#include "layers/lane_cast.h"
#include "layers/matrix.h"
#include "layers/shapes.h"
#include "support/threads.h"

namespace gw {

namespace {

/// One channel as in the formula: y = cast(x * scale + bias), odd raw values with fractions of their own.
struct Channel {
  Term scale, bias;
  int fraction = 0;  ///< of the sum
};

std::vector<Channel> channels_of(const FixedType& x, const Tensor& scale, const Tensor& bias) {
  std::vector<Channel> channels;
  for (std::int64_t k = 0; k < scale.size(); ++k) {
    Channel c{normalised(scale.at(k), scale.type().fraction()),
              normalised(bias.at(k), bias.type().fraction())};
    if (x.width == 0) c.scale = {};
    const int product = x.fraction() + c.scale.fraction;
    c.fraction = c.scale.raw == 0  ? c.bias.fraction
                 : c.bias.raw == 0 ? product
                                   : std::max(product, c.bias.fraction);
    channels.push_back(c);
  }
  return channels;
}

/// term * 2^fraction as an integer; zero stays zero whatever its fraction.
Int128 raw_at(const Term& term, int fraction) {
  return term.raw == 0 ? 0 : static_cast<Int128>(term.raw) << (fraction - term.fraction);
}

/// All channels in one fraction, in lanes of T.
template <class T>
struct Affine {
  std::vector<T> scale, bias;
  CastSteps<T> cast;
};

/// Nothing if a value on the way might not fit T.
template <class T>
std::optional<Affine<T>> affine_of(const std::vector<Channel>& channels, const FixedType& x,
                                   const Quantizer& cast) {
  constexpr int bits = std::numeric_limits<T>::digits;
  int finest = channels.front().fraction, coarsest = finest;
  for (const Channel& c : channels) {
    finest = std::max(finest, c.fraction);
    if (c.scale.raw != 0) coarsest = std::min(coarsest, x.fraction() + c.scale.fraction);
    if (c.bias.raw != 0) coarsest = std::min(coarsest, c.bias.fraction);
  }
  if (finest - coarsest >= bits) return std::nullopt;
  Affine<T> affine;
  Interval values{0, 0, finest};
  for (const Channel& c : channels) {
    const Interval scale{raw_at(c.scale, finest - x.fraction()), raw_at(c.scale, finest - x.fraction()),
                         finest - x.fraction()};
    const Int128 bias = raw_at(c.bias, finest);
    const Interval product = interval_of(x) * scale;
    values = unite(values, {product.lo + bias, product.hi + bias, finest});
    affine.scale.push_back(static_cast<T>(scale.lo));
    affine.bias.push_back(static_cast<T>(bias));
    if (affine.scale.back() != scale.lo || affine.bias.back() != bias) return std::nullopt;
  }
  const auto steps = cast_steps<T>(cast, values);
  if (!steps) return std::nullopt;
  affine.cast = *steps;
  return affine;
}

template <class T>
std::int64_t evaluate_lanes(const Affine<T>& affine, const Tensor& x, Tensor& y, const EvalOptions& options) {
  const LaneKernels<T>& loops = lane_kernels<T>(kernels_of(options));
  const auto channels = static_cast<std::int64_t>(affine.scale.size());
  const std::int64_t pixels = x.batch() * x.size() / channels;
  const std::int64_t run = std::max<std::int64_t>(1, 1024 / channels);
  std::atomic<std::int64_t> overflowed{0};
  parallel_for((pixels + run - 1) / run, options.threads, [&](std::int64_t part) {
    const std::int64_t first = part * run, count = std::min(run, pixels - first);
    std::vector<T> values(static_cast<size_t>(count * channels));
    loops.load(lane_of(x), address_of(x, first * channels), values.data(), count * channels);
    loops.affine(values.data(), affine.scale.data(), affine.bias.data(), count, channels);
    overflowed += loops.cast(affine.cast, values.data(), count * channels, options.overflows != nullptr);
    loops.store(values.data(), lane_of(y), address_of(y, first * channels), count * channels);
  });
  return overflowed;
}

/// Any types, one value at a time.
std::int64_t evaluate_any(const std::vector<Channel>& channels, const Tensor& x, const Quantizer& cast,
                          Tensor& y, const EvalOptions& options) {
  std::atomic<std::int64_t> overflowed{0};
  parallel_for(x.batch(), options.threads, [&](std::int64_t sample) {
    std::int64_t found = 0;
    for (std::int64_t i = sample * x.size(); i < (sample + 1) * x.size(); ++i) {
      const Channel& c = channels[static_cast<size_t>(i % static_cast<std::int64_t>(channels.size()))];
      const Int128 product =
          c.scale.raw == 0 ? 0
                           : static_cast<Int128>(x.at(i)) * raw_at(c.scale, c.fraction - x.type().fraction());
      const auto value = static_cast<std::int64_t>(product + raw_at(c.bias, c.fraction));
      found += store_run(cast, {&value, 1}, c.fraction, y, i, options.overflows != nullptr);
    }
    overflowed += found;
  });
  return overflowed;
}

Formula formula_of(const BatchNorm& layer, const Window& window, const TensorType& x, const Tensor& scale,
                   const Tensor& bias) {
  Formula formula;
  const Loads load(formula, x, window);
  std::vector<ExprId> outputs;
  const auto channels = scale.size();
  for (int k = 0; k < window.channels; ++k) {
    const ExprId product =
        formula.multiply(load(k), formula.constant(scale.at(k % channels), scale.type().fraction()));
    const ExprId y = formula.add(product, formula.constant(bias.at(k % channels), bias.type().fraction()));
    outputs.push_back(layer.out ? formula.cast(*layer.out, y) : y);
  }
  formula.set_outputs(std::move(outputs));
  return formula;
}

}  // namespace

Result<TensorType> infer(const BatchNorm& layer, std::span<const Operand> inputs) {
  if (auto ok = check_input_count(BatchNorm::info, inputs, 3, 3); !ok) return ok.errors();
  const TensorType& x = inputs[0].type;
  for (const size_t i : {size_t{1}, size_t{2}}) {
    if (auto ok = check_shape(BatchNorm::info, inputs, i, {x.shape.back()}); !ok) return ok.errors();
  }
  if (!is_typed(inputs, 1)) return TensorType{x.shape, std::nullopt};
  return typed_output(
      x.shape, formula_of(layer, pointwise_window(x.shape), x, *inputs[1].constant, *inputs[2].constant),
      layer.out);
}

Tensor eval(const BatchNorm& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  const Tensor& x = *inputs[0];
  const std::vector<Channel> channels = channels_of(x.type(), *inputs[1], *inputs[2]);
  const Quantizer cast = result_cast(layer.out, out);
  Tensor y(out.shape, *out.fixed, x.batch());
  std::int64_t overflowed = 0;
  if (const auto narrow = affine_of<std::int32_t>(channels, x.type(), cast)) {
    overflowed = evaluate_lanes(*narrow, x, y, options);
  } else if (const auto wide = affine_of<std::int64_t>(channels, x.type(), cast)) {
    overflowed = evaluate_lanes(*wide, x, y, options);
  } else {
    overflowed = evaluate_any(channels, x, cast, y, options);
  }
  if (options.overflows) *options.overflows += overflowed;
  return y;
}

Stage lower(const BatchNorm& layer, std::span<const Operand> inputs, const TensorType& out) {
  const TensorType& x = inputs[0].type;
  const Window window = pointwise_window(x.shape);
  return {
      "", {window}, {*x.fixed}, formula_of(layer, window, x, *inputs[1].constant, *inputs[2].constant), out};
}

}  // namespace gw
