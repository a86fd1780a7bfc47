#pragma once

#include <cstdint>
#include <optional>

#include "layers/kernels.h"
#include "layers/layer.h"

namespace gw {

/// The rounding part of a cast of these values to 2^-fraction, in lanes of T; nothing if a value on the way
/// does not fit T.
template <class T>
std::optional<CastSteps<T>> rounding_steps(Rounding rounding, const Interval& values, int fraction);

/// The whole cast. Where the values are proven to fit the type, `fit` is Always.
template <class T>
std::optional<CastSteps<T>> cast_steps(const Quantizer& q, const Interval& values);

template <class T>
bool is_identity(const CastSteps<T>& steps) {
  return steps.left == 0 && steps.right == 0 && steps.fit == Fit::Always;
}

Fit fit_of(Overflow overflow);

/// The lane that tensors of this type have.
Lane lane_of(const FixedType& type);
/// Where an element of a tensor lies, for kernels.
Lane lane_of(const Tensor& x);
const void* address_of(const Tensor& x, std::int64_t index);
void* address_of(Tensor& x, std::int64_t index);

/// The kernels that the options ask for.
const Kernels& kernels_of(const EvalOptions& options);
template <class T>
const LaneKernels<T>& lane_kernels(const Kernels& kernels);

}  // namespace gw
