#pragma once

#include <cstdint>

#include "train/history.h"
#include "train/recipe.h"

namespace gw::train {

/// What the learning rate is multiplied with at step `step` (from 0, over all epochs). With t the share of
/// the training that is done, warm-up left out, and e the epochs that are done:
///   step        factor^floor(e / every_epochs)
///   cosine      final + (1 - final) * (1 + cos(pi t)) / 2               (Loshchilov, Hutter 2017)
///   one_cycle   from 1 / start_divisor up to 1 at t = rise, then down to 1 / final_divisor, each half a
///               cosine                                                  (Smith, Topin 2018)
///   plateau     factor^k, with k how often `patience` epochs went by without the validation loss (without
///               validation samples, the training loss) falling by `min_delta`
/// all after a linear rise over `warmup_epochs`. It is a function of what a checkpoint holds, so that a
/// resumed training goes on with the same rates.
double rate_factor(const RateSpec& spec, int epochs, std::int64_t steps_per_epoch, std::int64_t step,
                   const History& history);

/// Whether `patience` epochs have gone by without the watched value getting better by `min_delta`.
bool stops_early(const EarlyStopping& spec, const History& history);

}  // namespace gw::train
