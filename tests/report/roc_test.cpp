// Claim: the area below a ROC curve is the share of pairs that are told apart, ties counting half.

#include "report/roc.h"

#include <gtest/gtest.h>

#include "support/random.h"

namespace gw {
namespace {

TEST(Roc, AreaIsTheShareOfPairs) {
  Random random(3);
  for (int n = 0; n < 200; ++n) {
    std::vector<double> scores;
    std::vector<bool> is_class;
    for (int i = 0; i < 12; ++i) {
      scores.push_back(static_cast<double>(random.below(5)) / 4);
      is_class.push_back(random.below(3) == 0);
    }
    double pairs = 0, won = 0;
    for (size_t a = 0; a < scores.size(); ++a) {
      for (size_t b = 0; b < scores.size(); ++b) {
        if (!is_class[a] || is_class[b]) continue;
        ++pairs;
        won += scores[a] > scores[b] ? 1 : scores[a] == scores[b] ? 0.5 : 0;
      }
    }
    EXPECT_NEAR(roc(scores, is_class).area, pairs == 0 ? 0.5 : won / pairs, 1e-12);
  }
}

TEST(Roc, GoesFromCornerToCorner) {
  const Roc curve = roc(std::vector<double>{0.9, 0.8, 0.3, 0.3}, {true, false, true, false});
  EXPECT_EQ(curve.points, (std::vector<std::pair<double, double>>{{0, 0}, {0, 0.5}, {0.5, 0.5}, {1, 1}}));
  EXPECT_EQ(curve.area, 0.625);
  EXPECT_EQ(thinned(curve.points, 2), (std::vector<std::pair<double, double>>{{0, 0}, {1, 1}}));
}

}  // namespace
}  // namespace gw
