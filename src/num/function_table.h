#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "num/interval.h"

namespace gw {

/// Functions of one real number that hardware reads from a table.
enum class Function {
  Exp,           ///< e^x
  Inverse,       ///< 1 / x
  Sigmoid,       ///< 1 / (1 + e^-x)
  Tanh,          ///< tanh(x)
  Softplus,      ///< ln(1 + e^x)
  Softsign,      ///< x / (1 + |x|)
  Elu,           ///< e^min(x, 0) - 1: elu without its straight part
  Selu,          ///< selu_scale * selu_alpha * (e^min(x, 0) - 1): selu without its straight part
  SoftplusRest,  ///< softplus(x) - max(x, 0) = ln(1 + e^-|x|)
  SiluRest,      ///< x * sigmoid(x) - max(x, 0) = -|x| * sigmoid(-|x|)
  GeluRest,      ///< x * Phi(x) - max(x, 0) = -|x| * Phi(-|x|), Phi the normal distribution
};

/// The constants of self-normalising networks (Klambauer and others 2017).
inline constexpr long double selu_scale = 1.0507009873554804934193349852946L;
inline constexpr long double selu_alpha = 1.6732632423543772848170429916717L;

/// The function in extended precision.
long double exact_value(Function function, long double x);

/// The function as hls4ml's generated tables have it: in single precision, step by step as its sources
/// compute it, but each exponential and tanh correctly rounded from extended precision instead of taken from
/// the C library, whose last bit differs from version to version. Infinite for 1 / 0 and for e^x beyond
/// single precision. (Its tanh alone is computed in double precision and not rounded to single.)
double generated_value(Function function, float x);

/// A real number as an entry of a table: cast, where infinity is the largest value of a type that saturates
/// and 0 in others, as the ap_fixed types convert it.
std::int64_t table_entry(const Quantizer& type, double value);

/// How a table is addressed. A value x reads entry
///   a = min(max(round(x * multiplier * 2^fraction), first), last);
/// the rounding is down (Trn) or toward zero (TrnZero).
struct Addressing {
  std::int64_t multiplier = 1;  ///< odd
  int fraction = 0;
  Rounding rounding = Rounding::Trn;
  std::int64_t first = 0, last = 0;

  std::int64_t entries() const { return last - first + 1; }
  /// The address of x = raw * 2^-x_fraction.
  std::int64_t operator()(std::int64_t raw, int x_fraction) const;
  bool operator==(const Addressing&) const = default;
};

/// A function of one number by look-up: values[a - first] in `type`.
struct FunctionTable {
  Addressing address;
  FixedType type;
  std::vector<std::int64_t> values;
};

/// hls4ml's table of `entries` values over [-range, range): the address is x * entries / (2 * range), rounded
/// toward zero, so that two cells share the entry of 0; each entry is the function at the left edge of its
/// cell.
FunctionTable generated_table(Function function, int entries, int range, const Quantizer& type);
/// Likewise over (-range, 0], for functions that are straight above 0.
FunctionTable generated_table_below_zero(Function function, int entries, int range, const Quantizer& type);

/// Likewise of 1 / x over [0, range), 0 at 0; in double precision, from x in single precision.
FunctionTable generated_inverse_table(int entries, int range, const Quantizer& type);

/// What a table sized from the types has to keep.
struct Accuracy {
  Interval x;            ///< every value that is looked up
  int fraction = 0;      ///< of the entries
  long double most = 1;  ///< |entry - scale * function(x)| in units of 2^-fraction, at any x
  long double scale = 1;
};

inline constexpr std::int64_t most_table_entries = 65536;

/// The smallest table that keeps the accuracy for every x of the interval, of those whose cells are 2^n units
/// of x and whose ends stand for all that lies beyond; nothing if it needs more than most_table_entries. An
/// entry is the middle between the largest and the smallest value of its cell, rounded.
std::optional<FunctionTable> sized_table(Function function, const Accuracy& accuracy);

}  // namespace gw
