#pragma once

#include <span>
#include <vector>

#include "num/fixed.h"
#include "train/quantizer_spec.h"

namespace gw::train {

/// Quantised weights are whole numbers times a power of two, one power for all or one for each output
/// channel: value = raw * 2^exponent. Arrays have the channel as their last, fastest index.

/// The exponents that a quantizer has on these weights: one, or `channels`. `learned` are log2 of the steps
/// as they are trained (one, or `channels`), rounded half to even; empty without ScaleRule::Learned. For Po2,
/// whose values are powers of two each, the least exponent.
std::vector<int> step_exponents(const QuantizerSpec& spec, std::span<const float> weights, int channels,
                                std::span<const float> learned);

/// log2 of the step where training begins: that of the notation's `bits` and `integer`.
float first_step(const QuantizerSpec& spec);
/// log2 of the first value above an activation's grid where training begins: that of `integer`.
float first_top(const QuantizerSpec& spec);

/// values[i] = Q(weights[i]). The formulas are those of QKeras (quantizers.py):
///   Bits, Relu   step * clip(round half to even(w / step), low, high); Bits of one bit: w < 0 ? -1 : 1
///   with AutoPo2 sign(w) * step * min(floor(|w| / step + 1/2), high)
///   Binary       w < 0 ? -1 (or 0) : 1        Ternary  |w| < threshold ? 0 : sign(w)
///   Po2          (w < 0 ? -1 : 1) * 2^clip(round half to even(log2 |w|), least, greatest)
void quantise(const QuantizerSpec& spec, std::span<const float> weights, std::span<const int> exponents,
              std::span<float> values);

/// Turns the gradient by the values into that by the weights. Straight through: it is the same, wherever the
/// value was clipped, as in QKeras. With ScaleRule::Learned it is 0 where the value was clipped, and
/// `learned_gradient` (else empty) becomes the gradient by log2 of the step: the sum over its weights of
///   gradient * ln 2 * (value - weight)   inside the range,   gradient * ln 2 * value   where clipped
/// (Esser et al., ICLR 2020; in the logarithm Jain et al., MLSys 2020), divided by sqrt(weights * high), but
/// not where widths are learned, whose price is in the same gradient (bit_cost.h).
void pass_gradient(const QuantizerSpec& spec, std::span<const float> weights, std::span<const int> exponents,
                   std::span<float> gradient, std::span<float> learned_gradient);

/// The quantizer of fixed-point numbers that holds every value; its rounding and overflow mode are those of
/// the notation where one exponent holds for all and scales nothing.
Quantizer fixed_quantizer(const QuantizerSpec& spec, std::span<const int> exponents);

/// The fewest bits that hold these values, which are whole numbers times their exponents' powers of two.
FixedType fewest_bits(std::span<const float> values, std::span<const int> exponents);

/// Magnitude bits of an activation that learns its widths: those between the step and the top, each a base-2
/// logarithm, rounded half to even.
int learned_width(float step, float top);

/// The lowest and the highest raw value. Weights that learn their widths are never clipped: as many bits as
/// single precision rounds.
struct RawRange {
  float low = 0, high = 0;
};
RawRange raw_range(const QuantizerSpec& spec);
/// Of a grid with so many magnitude bits.
RawRange raw_range(const QuantizerSpec& spec, int magnitude_bits);

}  // namespace gw::train
