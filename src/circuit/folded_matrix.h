#pragma once

#include <span>
#include <vector>

#include "circuit/circuit.h"
#include "circuit/matrix_form.h"

namespace gw {

/// What has to be there at once of `count` things that take turns over `clocks` clocks.
constexpr int at_once(int count, int clocks) { return (count + clocks - 1) / clocks; }

/// A matrix step spread over fold.clocks() clocks: the inner loop runs over the terms of the sums, the outer
/// one over groups of outputs. ceil(rows / inner) * ceil(columns / outer) multipliers whose weights come from
/// ROMs and whose window elements come from multiplexers, adder trees over the elements of one clock, and one
/// accumulator per output of the current group. `output` is the type of every output.
Circuit folded_matrix(const MatrixForm& form, const Fold& fold, const FixedType& output);

/// A matrix step over a whole frame of fold.positions pixels that come one by one, each standing in front of
/// the circuit for fold.clocks() clocks: the outer loop runs over the channels of a pixel, the inner one over
/// groups of outputs. ceil(channels / outer) * ceil(columns / inner) multipliers, and a sum per output.
Circuit streamed_matrix(const MatrixForm& form, const Fold& fold, const FixedType& output);

}  // namespace gw
