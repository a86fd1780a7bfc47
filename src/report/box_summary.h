#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gw {

/// The spread of the magnitudes of some values, without those that are 0.
struct BoxSummary {
  std::int64_t count = 0;  ///< values that are not 0
  std::int64_t zeros = 0;
  double lowest = 0, first_quartile = 0, median = 0, third_quartile = 0, highest = 0;  ///< 0 if count is 0
};

/// The p-quantile of sorted values, of which there is at least one: linear between the two neighbours of
/// position p * (n - 1), which is method 7 of Hyndman and Fan (1996), and to the last bit what NumPy's
/// `quantile` gives as it comes.
double quantile(std::span<const float> sorted, double p);

/// Gathers values for a summary; keeps the magnitudes of those that are not 0, four bytes each, rounded to
/// single precision.
class Magnitudes {
 public:
  void add(std::span<const double> values);
  BoxSummary summary() const;

 private:
  std::vector<float> values_;
  std::int64_t zeros_ = 0;
};

}  // namespace gw
