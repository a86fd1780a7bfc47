#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "support/threads.h"

namespace gw {

/// Elements of a tensor that are treated together: their 64-bit copies stay in the first-level cache.
inline constexpr std::int64_t run_length = 1024;

struct Run {
  std::int64_t first, count;
};

/// The sum of what `work` gives for each run of `total` elements, which threads take one by one.
template <class Work>
std::int64_t sum_over_runs(std::int64_t total, int threads, const Work& work) {
  std::atomic<std::int64_t> sum{0};
  parallel_for((total + run_length - 1) / run_length, threads, [&](std::int64_t part) {
    const std::int64_t first = part * run_length;
    sum += work(Run{first, std::min(run_length, total - first)});
  });
  return sum;
}

}  // namespace gw
