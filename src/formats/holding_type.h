#pragma once

#include <optional>
#include <vector>

#include "num/fixed.h"

namespace gw {

/// The narrowest type that holds all these numbers exactly; nothing if none of up to max_width bits does.
std::optional<Quantizer> holding_type(const std::vector<float>& values);
std::optional<Quantizer> holding_type(const std::vector<double>& values);

}  // namespace gw
