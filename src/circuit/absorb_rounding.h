#pragma once

#include "formula/formula.h"

namespace gw {

/// The same values with fewer increments: rounding half up is adding a half and dropping what is below, and a
/// sum takes the half into its bias. Looks through maxima and minima on the way (the image of a maximum under
/// a monotone function is the maximum of the images).
Formula absorb_rounding(const Formula& formula);

}  // namespace gw
