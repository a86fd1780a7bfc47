#pragma once

#include "support/diagnostic.h"
#include "train/network.h"

namespace gw::train {

/// Gives every layer its shapes and what follows from them, pads and groups. Errors: layers that do not fit
/// each other, each with its line.
Diagnostics infer_shapes(Network& network);

}  // namespace gw::train
