#pragma once

#include <optional>
#include <string>

#include "formats/onnx/reader.h"

namespace gw {

/// out(factor * x + shift) as one layer on the numbers of x, whose own affine is not looked at: a cast, a
/// product, or a product and a sum for each channel, with constants in single precision. Without `out` the
/// exact answer, and x itself if nothing is left to do. The answer has no affine. Errors: constants that no
/// type of up to 63 bits holds, or that are not broadcast to x.
OnnxStream rescaled(OnnxCall& call, const OnnxStream& x, const OnnxAffine& by,
                    const std::optional<Quantizer>& out, const std::string& suffix);

/// The same values as x, so that one number more is `unit` more: its affine is (unit, 0).
OnnxStream in_units(OnnxCall& call, const OnnxStream& x, double unit);

/// The same values, of which 0 is the number 0 and one factor holds for all: where the shift is a number of
/// the stream's own grid, as a zero point is, that is added; else the values as they are.
OnnxStream centred(OnnxCall& call, const OnnxStream& x);

/// The values as they are: no affine is left.
OnnxStream settled(OnnxCall& call, const OnnxStream& x);

/// A rounding to whole numbers as QONNX names them; not all are fixed-point roundings.
enum class OnnxRounding { HalfEven, Floor, Ceil, Up, Down, HalfUp, HalfDown };

/// What a quantizer does to y = (affine of x) / (unit * 2^exponent) + offset: rounds it to a whole number q
/// in [least, most]. The answer's numbers are q * 2^exponent, or -q * 2^exponent where `is_negated`.
struct OnnxGrid {
  int exponent = 0;
  OnnxArray unit = onnx_number(1);  ///< positive
  double offset = 0;
  OnnxRounding rounding = OnnxRounding::HalfEven;
  std::int64_t least = 0, most = 0;
};
struct OnnxRounded {
  OnnxStream numbers;  ///< without an affine
  bool is_negated = false;
};
/// One layer of the node's own name behind those that it needs.
OnnxRounded rounded(OnnxCall& call, const OnnxStream& x, const OnnxGrid& grid);

}  // namespace gw
