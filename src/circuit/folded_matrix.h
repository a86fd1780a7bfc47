#pragma once

#include <span>
#include <vector>

#include "circuit/circuit.h"
#include "circuit/matrix_form.h"

namespace gw {

/// A matrix step spread over fold.clocks() clocks: ceil(rows / inner) * ceil(columns / outer) multipliers
/// whose weights come from ROMs and whose window elements come from multiplexers, adder trees over the
/// elements of one clock, and one accumulator per output of the current group. `output` is the type of every
/// output.
Circuit folded_matrix(const MatrixForm& form, const Fold& fold, const FixedType& output);

}  // namespace gw
