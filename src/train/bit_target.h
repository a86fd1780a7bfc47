#pragma once

#include <optional>
#include <string>

#include "support/diagnostic.h"
#include "train/history.h"
#include "train/recipe.h"

namespace gw::train {

/// The price of bits in the epoch after these. It is 0 before `begin_epoch`. Without a target it then grows
/// from `beta` to `final_beta`, by the same factor each epoch, until `end_epoch`. With one it is that of
/// look-up tables: each layer's operations count as the tables that its last estimate had an operation, and
/// beta is changed after each epoch, by a factor of 1/2 to 2:
///   target_lut       on a path that falls evenly, in the logarithm, to 95 % of it at `end_epoch`
///   target_accuracy  up by a quarter while the validation accuracy reaches it, down by a fifth else
/// It is a function of what a checkpoint holds, so that a resumed training goes on with the same prices.
BitPrice price_of_bits(const BitCostSpec& spec, const History& history);

/// Whether widths stand still in the epoch after these: while the last estimate is within target_lut, the
/// weights make the best of what there is.
bool holds_widths(const BitCostSpec& spec, const History& history);

/// The epochs with a price in look-up tables that no other beats: fewer tables and no lower accuracy on the
/// validation samples. Fewest tables first.
History pareto_front(const History& history);

/// A header and one line an epoch: epoch,validation_accuracy,lut,bit_operations,checkpoint.
std::string print_front(const History& front);

/// The epoch that a target chooses: with target_lut the most accurate on the validation samples of those
/// within it, with target_accuracy the smallest of those that reach it; of equal ones the later. None: there
/// is no such epoch, or no target.
std::optional<int> chosen_epoch(const BitCostSpec& spec, const History& history);

/// The warning that a target chooses none; nothing if it does, or if there is no target. `file`: the
/// network's.
std::optional<Diagnostic> missed_target(const BitCostSpec& spec, const History& history,
                                        const std::string& file);

}  // namespace gw::train
