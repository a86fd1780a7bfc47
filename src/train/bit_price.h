#pragma once

#include <optional>
#include <string>
#include <vector>

namespace gw::train {

/// What a conv2d or dense costs: its bit operations, and its look-up tables where the compiler prices it.
struct LayerCost {
  std::string layer;
  double operations = 0;
  std::optional<double> lut = {};
  bool operator==(const LayerCost&) const = default;
};

/// What bits add to the loss: beta * sum of factors * operations + l1 * sum of learned widths. Steps that
/// several weights share have the width of the widest of them.
struct BitPrice {
  double beta = 0, l1 = 0;
  std::vector<double> factors = {};  ///< by layer with weights; none: 1 for each
  bool is_free() const { return beta == 0 && l1 == 0; }
};

}  // namespace gw::train
