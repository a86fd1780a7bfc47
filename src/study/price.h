#pragma once

#include "schedule/schedule.h"
#include "target/part.h"
#include "train/trainer.h"

namespace gw {

/// What the compiler estimates a quantised network to need on this part, for a training that is to shrink it:
/// the figures of `gatewright estimate`, by a first answer of the search for shared adders. A stage counts
/// for every layer that is joined in it.
train::PriceFunction price_function(const Part& part, const ScheduleOptions& schedule);

}  // namespace gw
