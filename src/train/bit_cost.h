#pragma once

#include <span>
#include <vector>

#include "train/bit_price.h"
#include "train/stage.h"

namespace gw::train {

/// The effective bit operations of each layer with weights (EBOPs, Sun et al. 2024): the sum over its weights
/// of the bits of the weight's magnitude, from its step up, times the bits of the values that it meets. Each
/// weight counts once, however many positions it is used at. The stages must have loaded their weights.
std::vector<LayerCost> bit_operations(std::span<const Stage> stages, const Parameters& parameters,
                                      double input_bits);

/// Adds the gradients by the learned steps and tops to those that are there, and returns what the price is. A
/// width falls with the step and rises with the top, by one bit each; one that is 0 has no gradient left.
double add_bit_gradient(std::span<const Stage> stages, Parameters& parameters, double input_bits,
                        const BitPrice& price);

}  // namespace gw::train
