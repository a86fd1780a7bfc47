#pragma once

#include <limits>
#include <optional>

#include "num/interval.h"

namespace gw {

/// What the readers of a value look at. Two values are the same to them if they agree after being rounded
/// down to `fraction` bits and, then, as `high` says; only of such values may one stand for the other.
struct Request {
  enum class High {
    All,     ///< the whole number counts
    Modulo,  ///< it counts modulo 2^integer: readers wrap
    Clamped  ///< all values at or beyond an end of `ends` are one: readers saturate
  };
  /// As many bits below the point as there are.
  static constexpr int every_bit = std::numeric_limits<int>::max();

  bool is_read = false;  ///< false: any value will do
  int fraction = every_bit;
  High high = High::All;
  int integer = 0;     ///< Modulo
  Interval ends = {};  ///< Clamped: multiples of 2^-fraction

  bool operator==(const Request&) const = default;
};

/// A reader that looks at everything.
Request everything();
/// What several readers look at together.
Request unite(const Request& a, const Request& b);

/// What is asked of x where `y` is asked of q(x) and x lies in `values`.
Request before_cast(const Request& y, const Quantizer& q, const Interval& values);
/// Likewise of x clamped to `ends`.
Request before_clamp(const Request& y, const Interval& ends);
/// Of max(x, 0).
Request before_rectifier(const Request& y);
/// Of what depends on x < 0 alone.
Request before_sign(const Request& y);
/// What is asked of each operand of a maximum or a minimum.
Request before_choice(Request y);
/// Of x in x * factor + the rest, as far as the bits above are concerned; `factor` is a whole multiple, not
/// 0, of 2^-unit. `y` is what is asked of the sum.
Request before_product(const Request& y, int unit);

/// The cheapest cast that leaves everything that is asked for of a value in `values`: truncation, and a wrap
/// or saturation. Nothing if it would hold no bit.
std::optional<Quantizer> cast_for(const Request& request, const Interval& values);

}  // namespace gw
