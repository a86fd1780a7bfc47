#pragma once

#include <optional>

#include "backends/side_by_side.h"

namespace gw::testing {

/// A random network that branches and joins, with a random schedule; nothing where it is too wide or too
/// large.
std::optional<Candidate> graph_candidate(std::uint64_t seed, size_t number);

}  // namespace gw::testing
