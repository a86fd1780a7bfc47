#pragma once

#include <cstdint>
#include <vector>

namespace gw {

/// One nonzero digit of a number in a signed-digit form: sign * 2^shift.
struct SignedDigit {
  int shift = 0;
  bool negative = false;
};

/// The canonical signed-digit form (Reitwiesner 1960): no two neighbouring digits are nonzero, and no other
/// form has fewer nonzero digits. Lowest digit first; empty for 0.
std::vector<SignedDigit> canonical_digits(std::int64_t value);

}  // namespace gw
