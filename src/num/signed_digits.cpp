// Numbers as sums and differences of powers of two: what a product with a constant costs in adders.

#include "num/signed_digits.h"

#include "num/interval.h"

namespace gw {

std::vector<SignedDigit> canonical_digits(std::int64_t value) {
  std::vector<SignedDigit> digits;
  Int128 rest = value;
  for (int shift = 0; rest != 0; ++shift, rest >>= 1) {
    if ((rest & 1) == 0) continue;
    const bool negative = (rest & 3) == 3;  // a run of ones starts here: -1 now, +1 after it
    digits.push_back({shift, negative});
    rest += negative ? 1 : -1;
  }
  return digits;
}

}  // namespace gw
