// Tables of functions: those that hls4ml generates, bit for bit, and the smallest ones that are accurate.
//
// hls4ml fixes the number of entries and the range beforehand and samples each cell at its left edge, in
// single precision. That gives its bits, with a bias of half a cell.
//
// A sized table starts from what is asked: an error of so many units at every value that x can have. Its
// cells are x with n low bits dropped; on one cell a function that falls or rises lies between its values at
// the two ends, so an entry in the middle serves all of them if those two are close enough. Where the
// function is flat one entry may serve everything up to the end of x, so the first and last cells are
// stretched as far as they can be, which a binary search finds. n is tried from the coarsest; the work is
// that of the tables tried, a few times 65536 values at most, since a cell that fails ends a trial. Functions
// here fall and rise in at most four pieces, whose borders are looked at like ends.

#include "num/function_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

#include "num/rounding.h"
#include "support/check.h"

namespace gw {

namespace {

float single(long double value) { return static_cast<float>(value); }
float single_exp(float x) { return single(std::exp(static_cast<long double>(x))); }

// Where a function turns from falling to rising or back. Only the neighbourhood matters: the values that are
// compared there differ by less than the precision of this.
std::span<const long double> turns(Function function) {
  static constexpr std::array<long double, 1> at_zero{0};
  static constexpr std::array<long double, 3> silu{-1.27846454276107379510935873902298L, 0,
                                                   1.27846454276107379510935873902298L};
  static constexpr std::array<long double, 3> gelu{-0.75179152469356445746L, 0, 0.75179152469356445746L};
  switch (function) {
    case Function::SoftplusRest:
      return at_zero;
    case Function::SiluRest:
      return silu;
    case Function::GeluRest:
      return gelu;
    default:
      return {};
  }
}

Int128 address_of(const Addressing& a, Int128 raw, int x_fraction) {
  const int shift = x_fraction - a.fraction;
  const Int128 scaled = raw * a.multiplier;
  if (shift > 0) return round_shift(scaled, std::min(shift, 120), a.rounding);
  // A shift this far leaves the table on the side that the sign says.
  constexpr int far = 40;
  if (-shift > far && (scaled > (Int128{1} << 60) || scaled < -(Int128{1} << 60))) return scaled;
  return scaled * (Int128{1} << std::min(-shift, 62));
}

/// Values of scale * function on x, in units of 2^-fraction of the entries.
class Curve {
 public:
  Curve(Function function, const Accuracy& accuracy) : function_(function), accuracy_(accuracy) {}

  /// The entry that serves x = [low, high] (raw), if there is one.
  std::optional<std::int64_t> entry(Int128 low, Int128 high) const {
    long double least = at(low), most = at(low);
    const auto look = [&](Int128 raw) {
      const long double y = at(raw);
      least = std::min(least, y), most = std::max(most, y);
    };
    look(high);
    for (const long double turn : turns(function_)) {
      const long double place = std::floor(std::ldexp(turn, accuracy_.x.fraction));
      if (place < -0x1p62L || place > 0x1p62L) continue;
      for (const Int128 raw : {static_cast<Int128>(place), static_cast<Int128>(place) + 1}) {
        if (raw > low && raw < high) look(raw);
      }
    }
    const long double middle = std::nearbyint((least + most) / 2);
    if (std::abs(middle) > 0x1p62L) return std::nullopt;
    if (most - middle > accuracy_.most || middle - least > accuracy_.most) return std::nullopt;
    return static_cast<std::int64_t>(middle);
  }

 private:
  long double at(Int128 raw) const {
    const long double x = std::ldexp(static_cast<long double>(raw), -accuracy_.x.fraction);
    return std::ldexp(accuracy_.scale * exact_value(function_, x), accuracy_.fraction);
  }

  Function function_;
  const Accuracy& accuracy_;
};

// The last number in [from, to] of which `holds` is true, if it is true of the first ones and of no later
// one.
template <class Holds>
std::int64_t last_that(std::int64_t from, std::int64_t to, const Holds& holds) {
  while (from < to) {
    const std::int64_t middle = to - (to - from) / 2;
    if (holds(middle)) {
      from = middle;
    } else {
      to = middle - 1;
    }
  }
  return from;
}

/// A table with cells of 2^bits units of x. `too_large` tells that it was given up for its size alone.
std::optional<FunctionTable> table_of_cells(const Curve& curve, const Interval& x, int bits,
                                            bool& too_large) {
  const auto low = static_cast<std::int64_t>(x.lo), high = static_cast<std::int64_t>(x.hi);
  const auto begin = [&](std::int64_t a) { return std::max<Int128>(low, Int128{a} << bits); };
  const auto end = [&](std::int64_t a) { return std::min<Int128>(high, ((Int128{a} + 1) << bits) - 1); };
  std::int64_t first = low >> bits, last = high >> bits;
  if (!curve.entry(begin(first), end(first)) || !curve.entry(begin(last), end(last))) return std::nullopt;
  first = last_that(first, last, [&](std::int64_t a) { return curve.entry(low, end(a)).has_value(); });
  last = -last_that(-last, -first, [&](std::int64_t a) { return curve.entry(begin(-a), high).has_value(); });
  // Where both ends reach the same cell but one entry does not serve everything, the lower end stops before
  // it.
  if (first == last && begin(first) > low && !curve.entry(low, high)) --first;
  too_large = last - first >= most_table_entries;
  if (too_large) return std::nullopt;

  FunctionTable table{{1, x.fraction - bits, Rounding::Trn, first, last}, {}, {}};
  for (std::int64_t a = first; a <= last; ++a) {
    const auto entry = curve.entry(a == first ? low : begin(a), a == last ? high : end(a));
    if (!entry) return std::nullopt;
    table.values.push_back(*entry);
  }
  return table;
}

}  // namespace

long double exact_value(Function function, long double x) {
  const long double magnitude = std::abs(x);
  switch (function) {
    case Function::Exp:
      return std::exp(x);
    case Function::Inverse:
      return 1 / x;
    case Function::Sigmoid:
      return 1 / (1 + std::exp(-x));
    case Function::Tanh:
      return std::tanh(x);
    case Function::Softplus:
      return std::max(x, 0.0L) + std::log1p(std::exp(-magnitude));
    case Function::Softsign:
      return x / (1 + magnitude);
    case Function::Elu:
      return std::expm1(std::min(x, 0.0L));
    case Function::Selu:
      return selu_scale * selu_alpha * std::expm1(std::min(x, 0.0L));
    case Function::SoftplusRest:
      return std::log1p(std::exp(-magnitude));
    case Function::SiluRest:
      return -magnitude / (1 + std::exp(magnitude));
    case Function::GeluRest:
      return -magnitude * std::erfc(magnitude / std::sqrt(2.0L)) / 2;
  }
  defect(__FILE__, __LINE__, "no such function");
}

double generated_value(Function function, float x) {
  switch (function) {
    case Function::Exp:
      return single_exp(x);
    case Function::Inverse:
      return 1.0f / x;
    case Function::Sigmoid: {
      const float below = 1 + single_exp(-x);
      return single(1.0 / below);
    }
    case Function::Tanh:
      return static_cast<double>(std::tanh(static_cast<long double>(x)));
    case Function::Softplus: {
      const double above = single_exp(x) + 1.0;
      return single(std::log(static_cast<long double>(above)));
    }
    case Function::Softsign:
      return single(x / (std::abs(x) + 1.0));
    case Function::Elu:
      return single(single_exp(x) - 1.0);
    case Function::Selu:
      return single(static_cast<double>(selu_scale) *
                    (static_cast<double>(selu_alpha) * (single_exp(x) - 1.0)));
    case Function::SoftplusRest:
    case Function::SiluRest:
    case Function::GeluRest:
      return single(exact_value(function, x));
  }
  defect(__FILE__, __LINE__, "no such function");
}

std::int64_t table_entry(const Quantizer& type, double value) {
  if (!std::isinf(value)) return quantize(type, value);
  const bool saturates = type.overflow == Overflow::Sat || type.overflow == Overflow::SatSym;
  return saturates ? (value > 0 ? type.to.highest() : lower_bound(type)) : 0;
}

std::int64_t Addressing::operator()(std::int64_t raw, int x_fraction) const {
  return static_cast<std::int64_t>(std::clamp<Int128>(address_of(*this, raw, x_fraction), first, last));
}

namespace {

// entries / width as an odd number times a power of two; width is a power of two.
Addressing cells(std::int64_t entries, int width) {
  Addressing address{entries, 0, Rounding::TrnZero, 0, 0};
  for (; width % 2 == 0; width /= 2) --address.fraction;
  for (; address.multiplier % 2 == 0; address.multiplier /= 2) ++address.fraction;
  return address;
}

}  // namespace

FunctionTable generated_table(Function function, int entries, int range, const Quantizer& type) {
  FunctionTable table{cells(entries, 2 * range), type.to, {}};
  table.address.first = -(entries / 2);
  table.address.last = table.address.first + entries - 1;
  for (int i = 0; i < entries; ++i) {
    const double x = 2.0 * range * (i - entries / 2.0) / entries;
    table.values.push_back(table_entry(type, generated_value(function, static_cast<float>(x))));
  }
  return table;
}

FunctionTable generated_table_below_zero(Function function, int entries, int range, const Quantizer& type) {
  FunctionTable table{cells(entries, range), type.to, {}};
  table.address.first = -(entries - 1);
  for (int i = entries - 1; i >= 0; --i) {
    const double x = -1.0 * range * i / entries;
    table.values.push_back(table_entry(type, generated_value(function, static_cast<float>(x))));
  }
  return table;
}

FunctionTable generated_inverse_table(int entries, int range, const Quantizer& type) {
  FunctionTable table{cells(entries, range), type.to, {0}};
  table.address.last = entries - 1;
  for (int i = 1; i < entries; ++i) {
    const auto x = static_cast<float>(1.0 * range * i / entries);
    table.values.push_back(quantize(type, 1.0 / x));
  }
  return table;
}

std::optional<FunctionTable> sized_table(Function function, const Accuracy& accuracy) {
  const Curve curve(function, accuracy);
  const Interval& x = accuracy.x;
  GW_CHECK(x.lo >= std::numeric_limits<std::int64_t>::min() &&
           x.hi <= std::numeric_limits<std::int64_t>::max());
  bool too_large = false;
  for (int bits = max_width; bits >= 0 && !too_large; --bits) {
    auto table = table_of_cells(curve, x, bits, too_large);
    if (!table) continue;
    const auto [least, most] = std::minmax_element(table->values.begin(), table->values.end());
    table->type = type_of({*least, *most, accuracy.fraction});
    return table;
  }
  return std::nullopt;
}

}  // namespace gw
