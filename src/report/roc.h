#pragma once

#include <span>
#include <utility>
#include <vector>

namespace gw {

/// A receiver operating characteristic: how many of the others a score lets through to let through so many of
/// its own.
struct Roc {
  std::vector<std::pair<double, double>>
      points;       ///< (false positive rate, true positive rate), from (0, 0) to (1, 1)
  double area = 0;  ///< below the curve: 1 is perfect, 0.5 is chance
};

/// The curve of one class against all others: `scores` of all samples and which of them are of the class.
/// Samples of one score are let through together, so that ties count half. Without a sample of either kind
/// there is no curve and the area is 0.5.
Roc roc(std::span<const double> scores, const std::vector<bool>& is_class);

/// The curve with at most so many points, its ends among them.
std::vector<std::pair<double, double>> thinned(const std::vector<std::pair<double, double>>& points,
                                               size_t most);

}  // namespace gw
