#pragma once

#include <cstdint>
#include <vector>

namespace gw {

/// How often each pair of terms occurs, by a key that names the pair: a hash table with open addressing.
/// Entries whose count fell to zero are dropped when it grows.
class PairCounts {
 public:
  PairCounts() { clear(first_size); }

  /// The count of a key after `by` is added to it.
  std::int32_t add(std::uint64_t key, std::int32_t by) {
    for (size_t at = hash(key) & mask_;; at = (at + 1) & mask_) {
      if (slots_[at].key != key) {
        if (slots_[at].key != none) continue;
        if (used_ * 5 >= (mask_ + 1) * 3) {
          grow();
          return add(key, by);
        }
        ++used_;
        slots_[at].key = key;
      }
      return slots_[at].count += by;
    }
  }

  /// The key will be asked for soon: tables of large matrices are larger than a cache.
  void expect(std::uint64_t key) const { __builtin_prefetch(&slots_[hash(key) & mask_], 1); }

  /// Calls f(key, count) for every key with a count, in an order that depends on nothing but what was
  /// counted.
  template <class F>
  void for_each(F&& f) const {
    for (const Slot& slot : slots_) {
      if (slot.key != none && slot.count != 0) f(slot.key, slot.count);
    }
  }

  std::int32_t count(std::uint64_t key) const {
    for (size_t at = hash(key) & mask_;; at = (at + 1) & mask_) {
      if (slots_[at].key == key) return slots_[at].count;
      if (slots_[at].key == none) return 0;
    }
  }

 private:
  static constexpr std::uint64_t none = ~std::uint64_t{0};
  static constexpr size_t first_size = size_t{1} << 12;
  struct [[gnu::packed]] Slot {  // twelve bytes and not sixteen: the table is larger than a cache
    std::uint64_t key = none;
    std::int32_t count = 0;
  };

  static size_t hash(std::uint64_t key) {
    key ^= key >> 31;
    key *= 0x9e3779b97f4a7c15u;
    return static_cast<size_t>(key ^ (key >> 29));
  }

  void clear(size_t size) {
    slots_.assign(size, {});
    mask_ = size - 1;
    used_ = 0;
  }

  void grow() {
    const std::vector<Slot> slots = std::move(slots_);
    size_t live = 0;
    for (const Slot& slot : slots) live += slot.count != 0;
    size_t size = first_size;
    while (size < 4 * live) size *= 2;
    clear(size);
    for (const Slot& slot : slots) {
      if (slot.key != none && slot.count != 0) add(slot.key, slot.count);
    }
  }

  std::vector<Slot> slots_;
  size_t mask_ = 0, used_ = 0;
};

}  // namespace gw
