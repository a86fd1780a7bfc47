// Layers that treat every element alike, a run of elements at a time: a run is widened to 32-bit (or, where
// the types ask for it, 64-bit) lanes in a buffer that stays in the first-level cache, rectified, cast and
// narrowed again. A layer that changes no bit pattern but by max(x, 0) goes straight through the tensor's own
// lanes.

#include "layers/elements.h"

#include <algorithm>
#include <array>

#include "layers/cast_run.h"
#include "layers/lane_cast.h"
#include "layers/runs.h"

namespace gw {

namespace {

template <class T>
std::int64_t cast_runs(const Tensor& x, Rectify rectify, const CastSteps<T>& steps, Tensor& y,
                       const EvalOptions& options) {
  const LaneKernels<T>& loops = lane_kernels<T>(kernels_of(options));
  return sum_over_runs(x.batch() * x.size(), options.threads, [&](const Run& run) {
    std::array<T, run_length> values;
    loops.load(lane_of(x), address_of(x, run.first), values.data(), run.count);
    if (rectify == Rectify::Yes) loops.rectify(values.data(), run.count);
    const std::int64_t outside = loops.cast(steps, values.data(), run.count, options.overflows != nullptr);
    loops.store(values.data(), lane_of(y), address_of(y, run.first), run.count);
    return outside;
  });
}

// Any types: one value at a time, by the definition of the cast.
std::int64_t cast_any(const Tensor& x, Rectify rectify, const Quantizer& cast, Tensor& y,
                      const EvalOptions& options) {
  return sum_over_runs(x.batch() * x.size(), options.threads, [&](const Run& run) {
    std::array<std::int64_t, run_length> buffer;
    const std::span values(buffer.data(), static_cast<size_t>(run.count));
    load_run(x, run.first, values);
    if (rectify == Rectify::Yes) {
      for (std::int64_t& value : values) value = std::max<std::int64_t>(value, 0);
    }
    return store_run(cast, values, x.type().fraction(), y, run.first, options.overflows != nullptr);
  });
}

std::int64_t evaluate_into(const Tensor& x, Rectify rectify, const Quantizer& cast, Tensor& y,
                           const EvalOptions& options) {
  Interval values = interval_of(x.type());
  if (rectify == Rectify::Yes) values = maximum(values, interval_of(0, values.fraction));
  if (const auto steps = cast_steps<std::int32_t>(cast, values)) {
    if (!is_identity(*steps) || lane_of(x) != lane_of(y)) return cast_runs(x, rectify, *steps, y, options);
    if (rectify == Rectify::No) {
      y.lanes() = x.lanes();
      return 0;
    }
    const Kernels& loops = kernels_of(options);
    return sum_over_runs(x.batch() * x.size(), options.threads, [&](const Run& run) {
      loops.rectify(lane_of(x), address_of(x, run.first), address_of(y, run.first), run.count);
      return 0;
    });
  }
  if (const auto steps = cast_steps<std::int64_t>(cast, values))
    return cast_runs(x, rectify, *steps, y, options);
  return cast_any(x, rectify, cast, y, options);
}

}  // namespace

Tensor evaluate_elements(const Tensor& x, Rectify rectify, const std::optional<Quantizer>& to,
                         const TensorType& out, const EvalOptions& options) {
  const Quantizer cast = result_cast(to, out);
  Tensor y(out.shape, *out.fixed, x.batch());
  const std::int64_t overflowed = evaluate_into(x, rectify, cast, y, options);
  if (options.overflows) *options.overflows += overflowed;
  return y;
}

}  // namespace gw
