// Runs of elements between a tensor's lanes and 64-bit integers, and the cast at the end of a layer.

#include "layers/cast_run.h"

#include <algorithm>

namespace gw {

Term normalised(Int128 raw, int fraction) {
  if (raw == 0) return {};
  while ((raw & 1) == 0) raw >>= 1, --fraction;
  return {static_cast<std::int64_t>(raw), fraction};
}

Term plus(const Term& a, const Term& b) {
  if (a.raw == 0) return b;
  if (b.raw == 0) return a;
  const int fraction = std::max(a.fraction, b.fraction);
  const auto aligned = [&](const Term& term) {
    GW_CHECK(fraction - term.fraction < 64);
    return static_cast<Int128>(term.raw) * (static_cast<Int128>(1) << (fraction - term.fraction));
  };
  return normalised(aligned(a) + aligned(b), fraction);
}

Term times(const Term& a, const Term& b) {
  return normalised(static_cast<Int128>(a.raw) * b.raw, a.fraction + b.fraction);
}

Quantizer result_cast(const std::optional<Quantizer>& out, const TensorType& type) {
  return out ? *out : Quantizer{*type.fixed, Rounding::Trn, Overflow::Wrap};
}

void load_run(const Tensor& x, std::int64_t first, std::span<std::int64_t> values) {
  std::visit([&](const auto& lane) { std::copy_n(lane.begin() + first, values.size(), values.begin()); },
             x.lanes());
}

std::int64_t store_run(const Quantizer& q, std::span<const std::int64_t> values, int fraction, Tensor& y,
                       std::int64_t first, bool count) {
  std::int64_t overflowed = 0;
  std::visit(
      [&]<class T>(std::vector<T>& lane) {
        auto to = lane.begin() + first;
        for (const std::int64_t value : values) *to++ = static_cast<T>(quantize(q, value, fraction));
      },
      y.lanes());
  if (count) {
    for (const std::int64_t value : values) overflowed += overflows(q, value, fraction) ? 1 : 0;
  }
  return overflowed;
}

}  // namespace gw
