// Real attributes of layers that compute each element alone, on their way into exact arithmetic: an attribute
// is cast once, to the type that the configuration gives it, and from there on nothing is lost.

#include "layers/elementwise.h"

#include <cmath>
#include <limits>

#include "support/messages.h"

namespace gw {

Term parameter(const Quantizer& type, double value) {
  return normalised(quantize(type, value), type.to.fraction());
}

Term exactly(double value) {
  constexpr int digits = std::numeric_limits<double>::digits;
  int exponent = 0;
  const double mantissa = std::frexp(value, &exponent);
  return normalised(static_cast<std::int64_t>(std::ldexp(mantissa, digits)), digits - exponent);
}

std::int64_t in_units(const Term& term, int fraction) {
  constexpr std::int64_t end = std::numeric_limits<std::int64_t>::max();
  if (term.raw == 0) return 0;
  const int shift = fraction - term.fraction;
  if (shift > 62 || std::abs(term.raw) > end >> shift) return term.raw < 0 ? -end : end;
  return term.raw * (std::int64_t{1} << shift);
}

Status check_parameter(const LayerInfo& info, std::string_view name, double value, const Quantizer& type) {
  if (std::isfinite(value) && type.to.width <= max_width && !overflows(type, value)) return Done{};
  return diagnose(messages::attribute_range, {}, std::string(info.name), std::string(name),
                  fmt::format("{}", value), fmt::format("a value of its type {}", to_string(type)));
}

ExprId is_below(Formula& formula, ExprId x, std::int64_t step) {
  const Interval range = formula[x].range;
  if (range.hi < step || range.lo >= step) return formula.constant(range.hi < step ? 1 : 0, 0);
  return formula.is_negative(formula.subtract(x, formula.constant(step, range.fraction)));
}

}  // namespace gw
