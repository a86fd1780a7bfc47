#pragma once

#include "passes/pass.h"

namespace gw {

/// Holds a pass that keeps bits to its promise: both graphs are evaluated on random and on extreme inputs,
/// and the first answer that differs is the error, which names pass, answer, sample and element. Both must be
/// typed.
Status check_bits(const Pass& pass, const Graph& before, const Graph& after);

}  // namespace gw
