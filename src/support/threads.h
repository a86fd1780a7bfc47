#pragma once

#include <cstdint>
#include <functional>

namespace gw {

/// Calls `work(i)` for every i in [0, count), spread over `threads` threads (0: one per core). Returns when
/// all are done; the first exception thrown by a call is thrown again here. Order of calls is not defined.
void parallel_for(std::int64_t count, int threads, const std::function<void(std::int64_t)>& work);

/// Hardware threads, at least 1.
int hardware_threads();

}  // namespace gw
