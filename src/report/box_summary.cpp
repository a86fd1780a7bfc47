// Five numbers that stand for millions. The quartiles are exact: the values are kept and sorted. A value that
// is 0 says nothing of the widths that a type needs and would lie infinitely far to the left of a logarithmic
// axis; how many there are is counted beside.

#include "report/box_summary.h"

#include <algorithm>
#include <cmath>

namespace gw {

double quantile(std::span<const float> sorted, double p) {
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = position - static_cast<double>(below), low = sorted[below], high = sorted[above];
  // From the nearer end, so that the result cannot pass it.
  return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share);
}

void Magnitudes::add(std::span<const double> values) {
  for (const double value : values) {
    if (value == 0) {
      ++zeros_;
    } else {
      values_.push_back(static_cast<float>(std::abs(value)));
    }
  }
}

BoxSummary Magnitudes::summary() const {
  BoxSummary box;
  box.zeros = zeros_;
  box.count = static_cast<std::int64_t>(values_.size());
  if (values_.empty()) return box;
  std::vector<float> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  box.lowest = sorted.front();
  box.first_quartile = quantile(sorted, 0.25);
  box.median = quantile(sorted, 0.5);
  box.third_quartile = quantile(sorted, 0.75);
  box.highest = sorted.back();
  return box;
}

}  // namespace gw
