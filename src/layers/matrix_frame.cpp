// The parts of a fast matrix step that do not depend on how the sums are formed.

#include "layers/matrix_frame.h"

#include <algorithm>
#include <limits>

#include "num/rounding.h"

namespace gw {

std::vector<Stripe> stripes_of(const Window& w) {
  std::vector<Stripe> stripes;
  for (int i = 0; i < w.kernel_h; ++i) {
    for (int j = 0; j < w.kernel_w; ++j) {
      const std::int64_t pixel = static_cast<std::int64_t>(i) * w.dilation_h * w.width + j * w.dilation_w;
      const Stripe next{pixel * w.channels, w.channels};
      if (!stripes.empty() && stripes.back().offset + stripes.back().length == next.offset) {
        stripes.back().length += next.length;
      } else {
        stripes.push_back(next);
      }
    }
  }
  return stripes;
}

std::vector<std::int32_t> row_offsets(const Window& window) {
  std::vector<std::int32_t> offsets;
  for (const Stripe& stripe : stripes_of(window)) {
    for (std::int64_t k = 0; k < stripe.length; ++k)
      offsets.push_back(static_cast<std::int32_t>(stripe.offset + k));
  }
  return offsets;
}

Window unpadded(const Window& window) {
  Window w = window;
  w.height += w.pad_top + w.pad_bottom;
  w.width += w.pad_left + w.pad_right;
  w.pad_top = w.pad_left = w.pad_bottom = w.pad_right = 0;
  return w;
}

Tensor with_padding(const Tensor& x, const Window& w) {
  const Window whole = unpadded(w);
  Tensor padded({whole.height, whole.width, w.channels}, x.type(), x.batch());
  std::visit(
      [&]<class Lanes>(const Lanes& from) {
        auto& to = std::get<Lanes>(padded.lanes());
        const std::int64_t line = static_cast<std::int64_t>(w.width) * w.channels;
        for (std::int64_t row = 0; row < static_cast<std::int64_t>(x.batch()) * w.height; ++row) {
          const std::int64_t target = row / w.height * whole.height + w.pad_top + row % w.height;
          std::copy_n(from.begin() + row * line, line,
                      to.begin() + (target * whole.width + w.pad_left) * w.channels);
        }
      },
      x.lanes());
  return padded;
}

void window_offsets(const Window& w, std::int64_t first, std::span<std::int64_t> offsets) {
  const std::int64_t height = w.output_height(), width = w.output_width();
  const std::int64_t line = static_cast<std::int64_t>(w.width) * w.channels;
  std::int64_t column = first % width, row = first / width % height, sample = first / width / height;
  for (std::int64_t& offset : offsets) {
    offset = (sample * w.height + row * w.stride_h) * line + column * w.stride_w * w.channels;
    if (++column < width) continue;
    column = 0;
    if (++row < height) continue;
    row = 0;
    ++sample;
  }
}

template <class T>
std::optional<Finish<T>> finish_of(const std::optional<Quantizer>& accumulator, const Interval& sums,
                                   const Quantizer& out, bool count) {
  if (sums.lo < std::numeric_limits<T>::min() || sums.hi > std::numeric_limits<T>::max()) return std::nullopt;
  Finish<T> finish;
  Interval values = sums;
  if (accumulator) {
    const auto steps = cast_steps<T>(*accumulator, sums);
    if (!steps) return std::nullopt;
    finish.accumulator = *steps;
    values = quantize(*accumulator, sums);
  }
  if (const auto steps = cast_steps<T>(out, values)) {
    finish.out = *steps;
  } else {
    finish.wide_out = cast_steps<std::int64_t>(out, values);
    if (!finish.wide_out) return std::nullopt;
  }
  // A wrap to just the lanes of the result is what narrowing does anyway.
  if (accumulator && !count && !finish.wide_out && is_identity(finish.out) &&
      lane_of(out.to) == Lane::Int16 && finish.accumulator.fit == Fit::Wrap && accumulator->to.width == 16 &&
      accumulator->to.is_signed) {
    finish.accumulator.fit = Fit::Always;
  }
  return finish;
}

template <class T>
std::int64_t finish(const Kernels& kernels, const Finish<T>& steps, T* sums, std::int64_t positions,
                    std::int64_t stride, std::int64_t outputs, Tensor& y, std::int64_t first, bool count) {
  const auto store = [&]<class V>(const LaneKernels<V>& loops, const V* values) {
    if (stride == outputs) return loops.store(values, lane_of(y), address_of(y, first), positions * outputs);
    for (std::int64_t p = 0; p < positions; ++p) {
      loops.store(values + p * stride, lane_of(y), address_of(y, first + p * outputs), outputs);
    }
  };
  const LaneKernels<T>& loops = lane_kernels<T>(kernels);
  const std::int64_t n = positions * stride;
  if constexpr (std::is_same_v<T, std::int32_t>) {
    if (!count && !steps.wide_out && is_identity(steps.accumulator)) {
      kernels.finish(steps.out, sums, positions, stride, outputs, lane_of(y), address_of(y, first));
      return 0;
    }
  }
  std::int64_t overflowed = loops.cast(steps.accumulator, sums, n, count);
  if (!steps.wide_out) {
    overflowed += loops.cast(steps.out, sums, n, count);
    store(loops, sums);
  } else {
    std::vector<std::int64_t> wide(sums, sums + n);
    overflowed += kernels.wide.cast(*steps.wide_out, wide.data(), n, count);
    store(kernels.wide, wide.data());
  }
  return overflowed;
}

Int128 magnitude(const FixedType& type) {
  return std::max(-static_cast<Int128>(type.lowest()), static_cast<Int128>(type.highest()));
}

Int128 largest_weight_sum(const MatrixStep& step) {
  return std::visit(
      [&](const auto& lane) {
        std::vector<Int128> sums(static_cast<size_t>(step.outputs));
        for (size_t at = 0; at < lane.size();) {
          for (Int128& sum : sums) {
            const Int128 weight = lane[at++];
            sum += weight < 0 ? -weight : weight;
          }
        }
        return *std::max_element(sums.begin(), sums.end());
      },
      step.weight->lanes());
}

template <class T>
std::optional<std::vector<T>> bias_values(const MatrixStep& step, int fraction) {
  std::vector<T> values(static_cast<size_t>(padded_outputs(step.outputs)));
  for (int o = 0; step.bias && o < step.outputs; ++o) {
    const Term bias = normalised(step.bias->at(o), step.bias->type().fraction());
    if (bias.raw == 0) continue;
    const int shift = bias.fraction - fraction;
    Int128 value = 0;
    if (shift > 0) {
      if (!step.accumulator) return std::nullopt;
      value = round_shift(bias.raw, std::min(shift, 100), step.accumulator->rounding);
    } else {
      if (shift < -63) return std::nullopt;
      value = static_cast<Int128>(bias.raw) * (static_cast<Int128>(1) << -shift);
    }
    if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) return std::nullopt;
    values[static_cast<size_t>(o)] = static_cast<T>(value);
  }
  return values;
}

template std::optional<Finish<std::int32_t>> finish_of(const std::optional<Quantizer>&, const Interval&,
                                                       const Quantizer&, bool);
template std::optional<Finish<std::int64_t>> finish_of(const std::optional<Quantizer>&, const Interval&,
                                                       const Quantizer&, bool);
template std::int64_t finish(const Kernels&, const Finish<std::int32_t>&, std::int32_t*, std::int64_t,
                             std::int64_t, std::int64_t, Tensor&, std::int64_t, bool);
template std::int64_t finish(const Kernels&, const Finish<std::int64_t>&, std::int64_t*, std::int64_t,
                             std::int64_t, std::int64_t, Tensor&, std::int64_t, bool);
template std::optional<std::vector<std::int32_t>> bias_values(const MatrixStep&, int);
template std::optional<std::vector<std::int64_t>> bias_values(const MatrixStep&, int);

}  // namespace gw
