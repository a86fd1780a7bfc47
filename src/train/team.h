#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace gw::train {

/// Threads that wait, asleep, for the next phase of a training step. Creating threads once a phase would take
/// a noticeable share of a phase of a millisecond; and waiting busily, as OpenMP does, starves itself on a
/// machine that has other work.
class Team {
 public:
  /// `threads` lanes, at least 1; the caller of run() is one of them.
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int lanes() const { return static_cast<int>(workers_.size()) + 1; }
  /// Calls work(lane, i) for every i in [0, count), each lane one call at a time, in any order; returns when
  /// all are done. The first exception thrown by a call is thrown again here.
  void run(int count, const std::function<void(int, int)>& work);

 private:
  void take_part(int lane);

  const std::function<void(int, int)>* work_ = nullptr;
  int count_ = 0;
  std::atomic<int> next_ = 0, busy_ = 0;
  std::atomic<std::uint32_t> phase_ = 0;
  std::atomic<bool> over_ = false;
  std::mutex mutex_;
  std::exception_ptr error_;
  std::vector<std::thread> workers_;
};

}  // namespace gw::train
