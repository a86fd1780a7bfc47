// A phase is announced by counting phase_ up and is over when busy_ has fallen to zero; both are waited for
// with the futex behind std::atomic::wait. Lanes take the next index from a counter, so that a lane that the
// system holds up gets fewer.

#include "train/team.h"

#include <algorithm>
#include <utility>

#include <omp.h>

namespace gw::train {

Team::Team(int threads) {
  for (int lane = 1; lane < std::max(1, threads); ++lane) {
    workers_.emplace_back([this, lane] {
      omp_set_num_threads(1);  // what oneDNN does on this thread stays on it
      std::uint32_t seen = 0;
      while (true) {
        phase_.wait(seen);
        seen = phase_.load();
        if (over_.load()) return;
        take_part(lane);
        if (busy_.fetch_sub(1) == 1) busy_.notify_all();
      }
    });
  }
}

Team::~Team() {
  over_ = true;
  ++phase_;
  phase_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Team::run(int count, const std::function<void(int, int)>& work) {
  work_ = &work;
  count_ = count;
  next_ = 0;
  busy_ = static_cast<int>(workers_.size());
  ++phase_;
  phase_.notify_all();
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  take_part(0);
  omp_set_num_threads(before);
  for (int left = busy_.load(); left != 0; left = busy_.load()) busy_.wait(left);
  if (const std::exception_ptr error = std::exchange(error_, nullptr)) std::rethrow_exception(error);
}

void Team::take_part(int lane) {
  try {
    for (int i = next_++; i < count_; i = next_++) (*work_)(lane, i);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::current_exception();
    next_ = count_;
  }
}

}  // namespace gw::train
