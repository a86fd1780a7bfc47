#pragma once

#include <cstdint>
#include <vector>

namespace gw {

/// How often each pair of terms occurs, by a key that names the pair: a hash table with open addressing.
/// Entries whose count fell to zero are dropped when it grows.
class PairCounts {
 public:
  PairCounts() { clear(first_size); }

  /// The count of a key, to be read or changed. Valid until the next call.
  std::int32_t& operator[](std::uint64_t key) {
    for (size_t at = hash(key) & mask_;; at = (at + 1) & mask_) {
      if (keys_[at] == key) return counts_[at];
      if (keys_[at] != none) continue;
      if (used_ * 5 >= (mask_ + 1) * 3) {
        grow();
        return (*this)[key];
      }
      ++used_;
      keys_[at] = key;
      return counts_[at];
    }
  }

  /// Calls f(key, count) for every key with a count, in an order that depends on nothing but what was counted.
  template <class F>
  void for_each(F&& f) const {
    for (size_t i = 0; i < keys_.size(); ++i) {
      if (keys_[i] != none && counts_[i] != 0) f(keys_[i], counts_[i]);
    }
  }

  std::int32_t count(std::uint64_t key) const {
    for (size_t at = hash(key) & mask_;; at = (at + 1) & mask_) {
      if (keys_[at] == key) return counts_[at];
      if (keys_[at] == none) return 0;
    }
  }

 private:
  static constexpr std::uint64_t none = ~std::uint64_t{0};
  static constexpr size_t first_size = size_t{1} << 12;

  static size_t hash(std::uint64_t key) {
    key ^= key >> 31;
    key *= 0x9e3779b97f4a7c15u;
    return static_cast<size_t>(key ^ (key >> 29));
  }

  void clear(size_t size) {
    keys_.assign(size, none);
    counts_.assign(size, 0);
    mask_ = size - 1;
    used_ = 0;
  }

  void grow() {
    const std::vector<std::uint64_t> keys = std::move(keys_);
    const std::vector<std::int32_t> counts = std::move(counts_);
    size_t live = 0;
    for (const std::int32_t count : counts) live += count != 0;
    size_t size = first_size;
    while (size < 4 * live) size *= 2;
    clear(size);
    for (size_t i = 0; i < keys.size(); ++i) {
      if (keys[i] != none && counts[i] != 0) (*this)[keys[i]] = counts[i];
    }
  }

  std::vector<std::uint64_t> keys_;
  std::vector<std::int32_t> counts_;
  size_t mask_ = 0, used_ = 0;
};

}  // namespace gw
