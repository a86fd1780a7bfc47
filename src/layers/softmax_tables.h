#pragma once

#include <cstddef>

#include "layers/softmax.h"
#include "num/function_table.h"

namespace gw {

/// x as the vectors along the axis of a softmax: element j of vector (o, k) is x[(o * count + j) * inner +
/// k].
struct Slices {
  std::int64_t outer, count, inner;
};

/// `axis` must be one of x.
Slices slices_of(const Softmax& layer, const Shape& x);

/// The types between the steps of a stable or latency softmax.
struct SoftmaxTypes {
  Quantizer difference;       ///< what addresses the table of the exponential; latency: x itself
  FixedType exp_address;      ///< its top bits
  Quantizer inverse_input;    ///< the sum of the exponentials
  FixedType inverse_address;  ///< its top bits, which address the table of 1 / s
};

/// The types and both tables of a stable or latency softmax on inputs of type x; of a divided one, those of
/// the exponential. Tables are addressed by the bit pattern of the top bits: a negative value reads the upper
/// half.
struct SoftmaxTables {
  SoftmaxTypes types;
  Table exp;
  Table inverse;
};

SoftmaxTables softmax_tables(const Softmax& layer, const FixedType& x);

/// The tables of a legacy softmax, and what an element adds to its own sum.
struct LegacyTables {
  FunctionTable exp;
  FunctionTable inverse;
  std::int64_t one;
};

LegacyTables legacy_tables(const Softmax& layer);

/// What the answers are cast to, if to anything.
std::optional<Quantizer> result_of(const Softmax& layer);

/// How a divided softmax writes e / s: so many binary digits behind the point, truncated, and, where the
/// rounding of the result looks further than to them, one more that is set if anything was left.
struct QuotientDigits {
  int count;
  bool marks_rest;
};

QuotientDigits quotient_digits(const Quantizer& result);

/// How many of n terms stand on the left of a balanced tree: the largest power of two below n; n at least 2.
size_t left_of_tree(size_t n);

}  // namespace gw
