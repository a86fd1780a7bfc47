// The algebra of requests against its meaning: two values that a request calls the same must be the same,
// behind the step, to the reader. Tried on every pair of values of a small grid, for random casts and
// requests.

#include "passes/request.h"

#include <gtest/gtest.h>

#include "graph/random_graph.h"

namespace gw {
namespace {

using testing::pick;
using High = Request::High;

constexpr int unit = 3;  // values are multiples of 2^-3
constexpr int most = 60;

/// What a reader sees of raw * 2^-fraction, in units of 2^-12.
Int128 seen(const Request& request, std::int64_t raw, int fraction) {
  if (!request.is_read) return 0;
  constexpr int fine = 12;
  Int128 value = Int128{raw} << (fine - fraction);
  if (request.fraction < fine) {
    const int dropped = fine - request.fraction;
    value = (value >> dropped) << dropped;
  }
  if (request.high == High::Modulo) return value & ((Int128{1} << (fine + request.integer)) - 1);
  if (request.high == High::Clamped) {
    const Interval ends = rescaled(request.ends, fine);
    return std::clamp(value, ends.lo, ends.hi);
  }
  return value;
}

Request random_request(Random& random) {
  Request request = everything();
  request.fraction = random.below(4) == 0 ? Request::every_bit : pick(random, -2, 4);
  request.high = static_cast<High>(random.below(3));
  if (request.high == High::Modulo) request.integer = std::max(pick(random, 0, 5), 1 - request.fraction);
  if (request.high == High::Clamped) {
    const int lo = pick(random, -10, 10);
    request.ends = {lo, lo + pick(random, 1, 9), std::min(request.fraction, 2)};
  }
  return request;
}

Quantizer random_cast(Random& random) {
  const int width = pick(random, 1, 7);
  return {{width, pick(random, width - 4, width + 2), random.below(3) != 0},
          static_cast<Rounding>(random.below(7)),
          static_cast<Overflow>(random.below(4))};
}

/// Values of which one interval of raw ones is really taken; how many pairs were the same before the step.
template <class Step>
int hold_to_meaning(const Request& x, const Request& y, const Interval& values, const Step& step,
                    const std::string& what) {
  int same = 0;
  for (auto a = static_cast<std::int64_t>(values.lo); a <= values.hi; ++a) {
    for (std::int64_t b = -most; b <= most; ++b) {
      if (a == b || seen(x, a, unit) != seen(x, b, unit)) continue;
      ++same;
      const auto [one, fraction] = step(a);
      const auto [other, other_fraction] = step(b);
      EXPECT_EQ(fraction, other_fraction);
      EXPECT_TRUE(seen(y, one, fraction) == seen(y, other, fraction))
          << what << ": " << a << " and " << b << " become " << one << " and " << other;
      if (seen(y, one, fraction) != seen(y, other, fraction)) return same;
    }
  }
  return same;
}

Interval random_values(Random& random) {
  const int lo = random.below(2) == 0 ? pick(random, 0, 20) : pick(random, -most, most - 1);
  return {lo, pick(random, lo, most), unit};
}

std::string said(const Request& r) {
  return fmt::format("{} fraction {} high {} integer {} ends {}..{}/{}", r.is_read, r.fraction,
                     static_cast<int>(r.high), r.integer, static_cast<int>(r.ends.lo),
                     static_cast<int>(r.ends.hi), r.ends.fraction);
}

TEST(Request, BeforeACast) {
  Random random(11);
  int same = 0;
  for (int i = 0; i < 2000 && !HasFailure(); ++i) {
    const Quantizer q = random_cast(random);
    const Request y = random_request(random);
    const Interval values = random_values(random);
    const Request x = before_cast(y, q, values);
    same += hold_to_meaning(
        x, y, values, [&](std::int64_t raw) { return std::pair(quantize(q, raw, unit), q.to.fraction()); },
        to_string(q) + " x: " + said(x) + " y: " + said(y));
  }
  EXPECT_GT(same, 100000);
}

TEST(Request, BeforeRectifiersAndProducts) {
  Random random(12);
  for (int i = 0; i < 150 && !HasFailure(); ++i) {
    const Request y = random_request(random);
    const Interval values{-most, most, unit};
    const auto relu = [](std::int64_t raw) { return std::pair(std::max<std::int64_t>(raw, 0), unit); };
    hold_to_meaning(before_rectifier(y), y, values, relu, "relu " + said(y));
    const int top = pick(random, 1, most);
    hold_to_meaning(
        before_clamp(y, {0, top, unit}), y, values,
        [&](std::int64_t raw) { return std::pair(std::clamp<std::int64_t>(raw, 0, top), unit); },
        "clamp " + said(y));
    hold_to_meaning(
        before_sign(y), y, values,
        [](std::int64_t raw) { return std::pair<std::int64_t, int>(raw < 0 ? -1 : 1, 0); },
        "sign " + said(y));
    const int other = pick(random, -most, most);
    hold_to_meaning(
        before_choice(y), y, values,
        [&](std::int64_t raw) { return std::pair(std::max<std::int64_t>(raw, other), unit); },
        "maximum " + said(y));
    const int factor = (2 * pick(random, -9, 9) + 1) << pick(random, 0, 2), fraction = pick(random, 0, 4);
    const int zeros = std::countr_zero(static_cast<unsigned>(factor));
    hold_to_meaning(
        before_product(y, fraction - zeros), y, values,
        [&](std::int64_t raw) { return std::pair(raw * factor + other, unit + fraction); },
        "product " + said(y));
  }
}

TEST(Request, OfTwoReadersIsWhatBothLookAt) {
  Random random(13);
  for (int i = 0; i < 150 && !HasFailure(); ++i) {
    const Request a = random_request(random), b = random_request(random);
    for (const Request& one : {a, b}) {
      hold_to_meaning(
          unite(a, b), one, {-most, most, unit}, [](std::int64_t raw) { return std::pair(raw, unit); },
          said(a) + " and " + said(b));
    }
    EXPECT_EQ(unite(a, Request{}), a);
  }
}

TEST(Request, TheCastKeepsWhatIsAskedFor) {
  Random random(14);
  int narrower = 0;
  for (int i = 0; i < 1500 && !HasFailure(); ++i) {
    const Request asked = random_request(random);
    const Interval values = random_values(random);
    const auto cast = cast_for(asked, values);
    if (!cast) continue;
    narrower += cast->to.width < type_of(values).width;
    for (auto a = static_cast<std::int64_t>(values.lo); a <= values.hi; ++a) {
      ASSERT_TRUE(seen(asked, a, unit) == seen(asked, quantize(*cast, a, unit), cast->to.fraction()))
          << a << " " << to_string(*cast) << " " << said(asked);
    }
  }
  EXPECT_GT(narrower, 1000);
}

}  // namespace
}  // namespace gw
