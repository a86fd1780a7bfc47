#pragma once

#include <optional>

#include "layers/layer.h"

namespace gw {

enum class Rectify { No, Yes };

/// y = cast(x) or cast(max(x, 0)), element by element; `cast` is `to`, or the change to the type of `out`.
Tensor evaluate_elements(const Tensor& x, Rectify rectify, const std::optional<Quantizer>& to,
                         const TensorType& out, const EvalOptions& options);

}  // namespace gw
