#pragma once

#include <cstdint>

namespace gw {

/// True if hls4ml can share multipliers of an n_in x n_out matrix `reuse` times with Strategy Resource: with
/// m = min(n_in, reuse) and l = ceil(n_in * n_out / m), l is a multiple of n_out or reuse >= n_in; reuse is a
/// multiple of n_in or smaller; and it divides n_in * n_out. Strategy ResourceUnrolled (`unrolled`) does not
/// share one multiplier among all.
bool is_valid_reuse(std::int64_t n_in, std::int64_t n_out, std::int64_t reuse, bool unrolled = false);

/// The valid one that is nearest to `reuse`, the smaller of two that are as near; there is always one, as 1
/// is valid.
std::int64_t nearest_reuse(std::int64_t n_in, std::int64_t n_out, std::int64_t reuse, bool unrolled = false);

/// The divisor of `count` nearest to `wanted`, the smaller of two.
std::int64_t nearest_divisor(std::int64_t count, std::int64_t wanted);

}  // namespace gw
