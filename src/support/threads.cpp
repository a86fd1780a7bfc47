// A loop spread over threads. Each takes the next index from a shared counter, which balances work of uneven length
// and costs one atomic addition a step: made for steps of microseconds and more.
#include "support/threads.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace gw {

int hardware_threads() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

void parallel_for(std::int64_t count, int threads, const std::function<void(std::int64_t)>& work) {
  if (threads <= 0) threads = hardware_threads();
  threads = static_cast<int>(std::min<std::int64_t>(threads, count));
  std::atomic<std::int64_t> next{0};
  std::exception_ptr first;
  std::mutex guard;
  const auto run = [&] {
    for (std::int64_t i; (i = next.fetch_add(1)) < count;) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(guard);
        if (!first) first = std::current_exception();
        next = count;
      }
    }
  };
  std::vector<std::jthread> helpers;
  for (int t = 1; t < threads; ++t) helpers.emplace_back(run);
  run();
  helpers.clear();
  if (first) std::rethrow_exception(first);
}

}  // namespace gw
