#pragma once

#include <span>
#include <vector>

#include "circuit/adder_search.h"
#include "circuit/circuit.h"
#include "circuit/matrix_form.h"
#include "target/part.h"

namespace gw {

/// What has to be there at once of `count` things that take turns over `clocks` clocks.
constexpr int at_once(int count, int clocks) { return (count + clocks - 1) / clocks; }

/// What multiplies a window element with a weight from a ROM.
enum class Products {
  Multipliers,  ///< a Multiply cell, which becomes a multiplier block where the part has them
  Pairs,  ///< one for the weights of two outputs, the second one's above what the first one's sum reaches
  /// A choice from multiples of the element where few weights differ, else one for each two bits of the
  /// weight, out of 0, x, 2x and 3x, and adders.
  Adders,
};

/// True if products can be made of adders: they are not cast one by one, and their sums fit a word.
bool can_add_products(const MatrixForm& form);

/// True if a block multiplies an element with the weights of two outputs at once: products are not cast one
/// by one, and both weights, as far apart as a sum is wide, fit an operand.
bool can_pair_products(const MatrixForm& form, const DspBlock& block);

/// A matrix step spread over fold.clocks() clocks: the inner loop runs over the terms of the sums, the outer
/// one over groups of outputs. ceil(rows / inner) * ceil(columns / outer) multipliers whose weights come from
/// ROMs and whose window elements come from multiplexers, adder trees over the elements of one clock, and one
/// accumulator per output of the current group. `output` is the type of every output.
Circuit folded_matrix(const MatrixForm& form, const Fold& fold, const FixedType& output,
                      Products products = Products::Multipliers);

/// A matrix step over a whole frame of fold.positions pixels that come one by one, each standing in front of
/// the circuit for fold.clocks() clocks: the outer loop runs over the channels of a pixel, the inner one over
/// groups of outputs. ceil(channels / outer) * ceil(columns / inner) multipliers, and a sum per output.
Circuit streamed_matrix(const MatrixForm& form, const Fold& fold, const FixedType& output,
                        Products products = Products::Multipliers);

/// True if serial_matrix can make it of digits of so many bits: products are not cast one by one, and only
/// single bits are taken from signed elements.
bool can_be_serial(const MatrixForm& form, int digit_bits);

/// A matrix step over ceil(x.width / digit_bits) clocks: in each, one digit of every window element, the
/// highest first, goes through the same shared adders, and the sums are shifted and added up: distributed
/// arithmetic with the tables replaced by shared adders (White, "Applications of Distributed Arithmetic to
/// Digital Signal Processing", 1989).
Circuit serial_matrix(const MatrixForm& form, int digit_bits, const AdderSearch& search,
                      const FixedType& output);

}  // namespace gw
