#pragma once

#include <vector>

#include "circuit/circuit.h"
#include "num/interval.h"

namespace gw {

/// One summand of an adder tree: (wire << shift), subtracted if `negative`. `range` holds every value of wire
/// << shift before the sign, as integers (fraction 0).
struct Addend {
  WireId wire = 0;
  int shift = 0;
  bool negative = false;
  Interval range;
};

/// The low `bits` bits (all, if the sum has fewer) of a sum, as one addend with no bit shifted out. The tree
/// is built from the shallowest operands up, so that its depth is that of a balanced one; `depth` holds
/// adders on the longest path to each wire and grows with the circuit. Cost: one adder per addend beyond the
/// first.
Addend add_all(Circuit& circuit, std::vector<Addend> addends, int bits, std::vector<int>& depth);

/// One nonzero digit of a number in a signed-digit form: sign * 2^shift.
struct SignedDigit {
  int shift = 0;
  bool negative = false;
};

/// The canonical signed-digit form (Reitwiesner 1960): no two neighbouring digits are nonzero, and no other
/// form has fewer nonzero digits. Lowest digit first; empty for 0.
std::vector<SignedDigit> canonical_digits(std::int64_t value);

}  // namespace gw
