// Which reuse factors hls4ml's matrix kernels have. Every valid factor divides the number of multiplications,
// so the nearest one is found among the divisors: at most sqrt(n_in * n_out) steps.

#include "formats/config/reuse_factor.h"

#include "support/check.h"

namespace gw {

namespace {

/// The value nearest to `wanted` among the divisors of `count` that pass the test, the smaller of two.
template <class Test>
std::int64_t nearest_passing(std::int64_t count, std::int64_t wanted, Test&& passes) {
  GW_CHECK(count >= 1);
  std::int64_t best = 0;
  const auto distance = [&](std::int64_t value) { return value > wanted ? value - wanted : wanted - value; };
  const auto consider = [&](std::int64_t value) {
    if (!passes(value)) return;
    const bool nearer = best == 0 || distance(value) < distance(best);
    if (nearer || (distance(value) == distance(best) && value < best)) best = value;
  };
  for (std::int64_t divisor = 1; divisor * divisor <= count; ++divisor) {
    if (count % divisor != 0) continue;
    consider(divisor);
    consider(count / divisor);
  }
  GW_CHECK(best > 0);
  return best;
}

}  // namespace

bool is_valid_reuse(std::int64_t n_in, std::int64_t n_out, std::int64_t reuse, bool unrolled) {
  const std::int64_t product = n_in * n_out;
  const std::int64_t shared = reuse < n_in ? reuse : n_in;
  const std::int64_t multipliers = (product + shared - 1) / shared;
  if (unrolled && reuse == product && product > 1) return false;
  return (multipliers % n_out == 0 || reuse >= n_in) && (reuse % n_in == 0 || reuse < n_in) &&
         product % reuse == 0;
}

std::int64_t nearest_reuse(std::int64_t n_in, std::int64_t n_out, std::int64_t reuse, bool unrolled) {
  return nearest_passing(n_in * n_out, reuse,
                         [&](std::int64_t value) { return is_valid_reuse(n_in, n_out, value, unrolled); });
}

std::int64_t nearest_divisor(std::int64_t count, std::int64_t wanted) {
  return nearest_passing(count, wanted, [](std::int64_t) { return true; });
}

}  // namespace gw
