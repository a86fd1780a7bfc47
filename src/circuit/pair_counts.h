#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace gw {

/// How often each pair of terms occurs, by a key that names the pair: a hash table with open addressing that
/// holds the pairs that do occur and no others, for what decides its speed is whether it fits the caches.
class PairCounts {
 public:
  PairCounts() { resize(least_slots); }

  /// Counts a key once more and says how often it is there now.
  std::int32_t put(std::uint64_t key) {
    size_t at = home(key);
    while (slots_[at].key != key) {
      if (slots_[at].key == none) {
        slots_[at] = {key, 1};
        if (++size_ * 2 > slots_.size()) resize(slots_.size() * 2);
        return 1;
      }
      at = (at + 1) & mask_;
    }
    return ++slots_[at].count;
  }

  /// Counts a key, which must be there, once less; at zero it leaves the table.
  void take(std::uint64_t key) {
    size_t at = home(key);
    while (slots_[at].key != key) at = (at + 1) & mask_;
    if (--slots_[at].count == 0) erase(at);
  }

  std::int32_t count(std::uint64_t key) const {
    size_t at = home(key);
    while (slots_[at].key != key) {
      if (slots_[at].key == none) return 0;
      at = (at + 1) & mask_;
    }
    return slots_[at].count;
  }

  /// The key will be asked for soon.
  void expect(std::uint64_t key) const { __builtin_prefetch(&slots_[home(key)], 1); }

  /// Calls f(key, count) for every key, in an order that depends on nothing but what was counted.
  template <class F>
  void for_each(F&& f) const {
    for (const Slot& slot : slots_) {
      if (slot.key != none) f(slot.key, slot.count);
    }
  }

 private:
  static constexpr std::uint64_t none = ~std::uint64_t{0};
  static constexpr size_t least_slots = size_t{1} << 10;
  struct [[gnu::packed]] Slot {  // twelve bytes and not sixteen
    std::uint64_t key = none;
    std::int32_t count = 0;
  };

  size_t home(std::uint64_t key) const {
    key ^= key >> 31;
    key *= 0x9e3779b97f4a7c15u;
    return static_cast<size_t>(key ^ (key >> 29)) & mask_;
  }

  // Moves those behind the hole that were pushed beyond it, so that no search ends at it too early.
  void erase(size_t hole) {
    for (size_t at = (hole + 1) & mask_; slots_[at].key != none; at = (at + 1) & mask_) {
      const size_t pushed = (at - home(slots_[at].key)) & mask_;
      if (pushed < ((at - hole) & mask_)) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = {};
    if (--size_ * 8 < slots_.size() && slots_.size() > least_slots) resize(slots_.size() / 2);
  }

  void resize(size_t slots) {
    const std::vector<Slot> before = std::exchange(slots_, std::vector<Slot>(slots));
    mask_ = slots - 1;
    for (const Slot& slot : before) {
      if (slot.key == none) continue;
      size_t at = home(slot.key);
      while (slots_[at].key != none) at = (at + 1) & mask_;
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  size_t mask_ = 0, size_ = 0;
};

}  // namespace gw
