#pragma once

#include <optional>
#include <span>
#include <vector>

#include "circuit/cost.h"

namespace gw {

/// One way to build a stage: what it takes of the part, and what it is judged by.
struct Offer {
  Cost cost;
  double price = 0;
};

/// Picks one offer for each stage such that their costs together stay within `budget` in every resource and
/// their prices together are least: a multiple-choice knapsack, solved exactly as an integer program by CBC.
/// None if no choice fits. Every stage has an offer.
std::optional<std::vector<int>> choose_jointly(std::span<const std::vector<Offer>> stages,
                                               const Cost& budget);

}  // namespace gw
