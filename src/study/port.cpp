// Channels first or last: an array's elements are put in order by a table that is made once, a sample at a
// time through a buffer of one sample.

#include "study/port.h"

#include <algorithm>

#include "support/check.h"

namespace gw {

Layout::Layout(const std::vector<std::int64_t>& outside, const std::vector<int>& axes) {
  GW_CHECK(outside.size() == axes.size());
  if (std::is_sorted(axes.begin(), axes.end())) return;
  std::vector<std::int64_t> strides(outside.size(), 1);
  for (size_t axis = outside.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * outside[axis];
  from_ = {0};
  for (const int axis : axes) {
    const std::int64_t extent = outside[static_cast<size_t>(axis)],
                       stride = strides[static_cast<size_t>(axis)];
    std::vector<std::int64_t> next;
    next.reserve(from_.size() * static_cast<size_t>(extent));
    for (const std::int64_t start : from_) {
      for (std::int64_t i = 0; i < extent; ++i) next.push_back(start + i * stride);
    }
    from_ = std::move(next);
  }
}

template <class Real>
void Layout::to_ours(std::span<Real> samples) const {
  if (is_ours()) return;
  GW_CHECK(samples.size() % from_.size() == 0);
  std::vector<Real> sample(from_.size());
  for (auto at = samples.begin(); at != samples.end(); at += static_cast<std::ptrdiff_t>(sample.size())) {
    for (size_t i = 0; i < sample.size(); ++i) sample[i] = at[from_[i]];
    std::copy(sample.begin(), sample.end(), at);
  }
}

template <class Real>
void Layout::from_ours(std::span<Real> samples) const {
  if (is_ours()) return;
  GW_CHECK(samples.size() % from_.size() == 0);
  std::vector<Real> sample(from_.size());
  for (auto at = samples.begin(); at != samples.end(); at += static_cast<std::ptrdiff_t>(sample.size())) {
    for (size_t i = 0; i < sample.size(); ++i)
      sample[static_cast<size_t>(from_[i])] = at[static_cast<std::ptrdiff_t>(i)];
    std::copy(sample.begin(), sample.end(), at);
  }
}

template void Layout::to_ours(std::span<float>) const;
template void Layout::to_ours(std::span<double>) const;
template void Layout::from_ours(std::span<float>) const;
template void Layout::from_ours(std::span<double>) const;

}  // namespace gw
