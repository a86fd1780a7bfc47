#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace gw {

/// A priority queue for many entries of about known gain: buckets a sixteenth wide, the last entry of the
/// highest one comes first. Constant time, where a heap of millions misses the cache at every level.
template <class T>
class BucketQueue {
 public:
  void push(float gain, const T& entry) {
    const auto bucket = static_cast<std::size_t>(std::max(0.0f, gain) * 16);
    if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
    buckets_[bucket].push_back(entry);
    top_ = std::max(top_, bucket);
    ++count_;
  }
  bool empty() const { return count_ == 0; }
  T pop() {
    while (buckets_[top_].empty()) --top_;
    T entry = buckets_[top_].back();
    buckets_[top_].pop_back();
    --count_;
    return entry;
  }
  void clear() {
    if (count_ == 0) return;
    for (std::size_t bucket = 0; bucket <= top_; ++bucket) buckets_[bucket].clear();
    count_ = top_ = 0;
  }

 private:
  std::vector<std::vector<T>> buckets_;
  std::size_t top_ = 0, count_ = 0;
};

}  // namespace gw
