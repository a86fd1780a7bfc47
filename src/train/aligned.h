#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace gw::train {

/// Allocates at multiples of a cache line, so that no vector register's load straddles two.
template <class T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t line{64};

  CacheLineAllocator() = default;
  template <class U>
  CacheLineAllocator(const CacheLineAllocator<U>&) {}
  T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), line)); }
  void deallocate(T* pointer, std::size_t) { ::operator delete(pointer, line); }
  bool operator==(const CacheLineAllocator&) const { return true; }
};

/// Working storage of the training loops.
using Floats = std::vector<float, CacheLineAllocator<float>>;

}  // namespace gw::train
