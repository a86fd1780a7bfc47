#pragma once

#include "layers/softmax.h"

namespace gw {

/// The types between the steps of a softmax.
struct SoftmaxTypes {
  Quantizer difference;       ///< max(x) - x[i]: the bits of x without its sign, saturating
  FixedType exp_address;      ///< the top bits of a difference, which address the table of exp(-d)
  Quantizer inverse_input;    ///< the sum of the exponentials
  FixedType inverse_address;  ///< the top bits of that, which address the table of 1 / s
};

SoftmaxTypes softmax_types(const Softmax& layer, const FixedType& x);

/// The types and both tables of a softmax on inputs of type x, for those who compute it. Tables are addressed
/// by the bit pattern of the value: a negative sum, which only a type that wraps can give, reads the upper
/// half.
struct SoftmaxTables {
  SoftmaxTypes types;
  Table exp;      ///< exp(-d)
  Table inverse;  ///< 1 / s
};

SoftmaxTables softmax_tables(const Softmax& layer, const FixedType& x);

}  // namespace gw
