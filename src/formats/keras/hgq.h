#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/keras/reader.h"

namespace gw {

/// What HGQ's quantizers have in common, those of the first version and of the second.

/// "RND_CONV", "SAT_SYM": the modes by their names in HLS.
std::optional<Rounding> hgq_rounding(const std::string& name);
std::optional<Overflow> hgq_overflow(const std::string& name);

/// A cast of x with a type of its own for every element, broadcast from the given shape (with the batch or
/// without, leading extents may be missing); a type without bits makes its elements 0. -1, and an error, if
/// it does not fit.
NodeId add_hgq_quantizer(KerasCall& call, NodeId x, const Shape& shape, std::vector<Quantizer> types,
                         const std::string& suffix);

}  // namespace gw
