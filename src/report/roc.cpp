// The curve is walked from the highest score down; the area is added up trapezoid by trapezoid, which for
// ties is the Mann-Whitney statistic (Hanley, McNeil 1982).

#include "report/roc.h"

#include <algorithm>
#include <numeric>

namespace gw {

Roc roc(std::span<const double> scores, const std::vector<bool>& is_class) {
  Roc result;
  const auto own = static_cast<double>(std::count(is_class.begin(), is_class.end(), true));
  const double others = static_cast<double>(is_class.size()) - own;
  result.area = 0.5;
  if (own == 0 || others == 0) return result;
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  result.area = 0;
  result.points.emplace_back(0, 0);
  double right = 0, wrong = 0;
  for (size_t i = 0; i < order.size();) {
    const double score = scores[order[i]];
    for (; i < order.size() && scores[order[i]] == score; ++i) (is_class[order[i]] ? right : wrong) += 1;
    const auto [x, y] = result.points.back();
    result.points.emplace_back(wrong / others, right / own);
    result.area += (result.points.back().first - x) * (result.points.back().second + y) / 2;
  }
  return result;
}

std::vector<std::pair<double, double>> thinned(const std::vector<std::pair<double, double>>& points,
                                               size_t most) {
  if (points.size() <= most) return points;
  std::vector<std::pair<double, double>> kept;
  for (size_t k = 0; k < most; ++k) kept.push_back(points[k * (points.size() - 1) / (most - 1)]);
  return kept;
}

}  // namespace gw
