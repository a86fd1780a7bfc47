#pragma once

#include <optional>

#include "backends/side_by_side.h"
#include "layers/agreement.h"

namespace gw::testing {

/// What is asked of a schedule.
enum class Kind { Any, Folded, Serial, Tables, LaidOut, SeveralPixels, Plain };

/// A design of case n of a row on a random part, for a random clock, interval and price of latency; nothing
/// if its type is too wide or it is so large that it would hold all others up.
std::optional<Candidate> layer_candidate(const Row& row, int n, size_t number, Kind kind);

/// A window of a random geometry, more than layers make: each pixel that it shows, and what lies inside.
Candidate window_candidate(std::uint64_t seed, size_t number);

}  // namespace gw::testing
