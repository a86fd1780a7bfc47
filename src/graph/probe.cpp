// A width that is one bit too narrow slips through random inputs; the ends of the type find it.

#include "graph/probe.h"

namespace gw {

Tensor probe(Random& random, const TensorType& type, int samples) {
  Tensor x(type.shape, *type.fixed, samples);
  const std::int64_t low = type.fixed->lowest(), high = type.fixed->highest();
  for (std::int64_t i = 0; i < samples * x.size(); ++i) {
    switch (i / x.size()) {
      case 0:
        x.set(i, low);
        break;
      case 1:
        x.set(i, high);
        break;
      case 2:
        x.set(i, random.below(2) == 0 ? low : high);
        break;
      case 3:
        x.set(i, 0);
        break;
      default:
        x.set(i, random.between(low, high));
    }
  }
  return x;
}

}  // namespace gw
