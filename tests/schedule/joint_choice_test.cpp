// The joint choice against trying all choices: random offers and budgets, tight and loose.

#include "schedule/joint_choice.h"

#include <gtest/gtest.h>

#include "support/random.h"

namespace gw {
namespace {

bool fits(const Cost& cost, const Cost& budget) {
  return cost.lut <= budget.lut && cost.ff <= budget.ff && cost.dsp <= budget.dsp &&
         cost.bram36 <= budget.bram36;
}

// The least price of any choice that fits; negative if none does.
double least_price(const std::vector<std::vector<Offer>>& stages, const Cost& budget, size_t stage = 0,
                   const Cost& used = {}, double price = 0) {
  if (stage == stages.size()) return fits(used, budget) ? price : -1;
  double least = -1;
  for (const Offer& offer : stages[stage]) {
    const double found = least_price(stages, budget, stage + 1, used + offer.cost, price + offer.price);
    if (found >= 0 && (least < 0 || found < least)) least = found;
  }
  return least;
}

TEST(JointChoice, IsTheCheapestThatFits) {
  Random random(1);
  int fitting = 0, none = 0;
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    std::vector<std::vector<Offer>> stages(static_cast<size_t>(random.between(1, 5)));
    for (std::vector<Offer>& offers : stages) {
      for (std::int64_t n = random.between(1, 4); n > 0; --n) {
        const auto some = [&](int most) { return static_cast<double>(random.between(0, most)); };
        offers.push_back({{some(100), some(200), some(9), some(3)}, some(50) + 1});
      }
    }
    const auto count = static_cast<double>(stages.size());
    const Cost budget{25 * count + static_cast<double>(random.between(0, 100)), 90 * count,
                      static_cast<double>(random.between(0, 30)), 2 * count};
    const auto chosen = choose_jointly(stages, budget);
    const double least = least_price(stages, budget);
    ASSERT_EQ(chosen.has_value(), least >= 0);
    (chosen ? fitting : none) += 1;
    if (!chosen) continue;
    Cost used;
    double price = 0;
    for (size_t s = 0; s < stages.size(); ++s) {
      const Offer& offer = stages[s][static_cast<size_t>((*chosen)[s])];
      used += offer.cost;
      price += offer.price;
    }
    EXPECT_TRUE(fits(used, budget));
    EXPECT_EQ(price, least);
  }
  EXPECT_GT(fitting, 10);
  EXPECT_GT(none, 10);
}

}  // namespace
}  // namespace gw
