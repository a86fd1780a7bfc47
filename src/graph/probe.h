#pragma once

#include "num/tensor.h"
#include "support/random.h"

namespace gw {

/// Inputs that bring out what differs between two ways to compute, for a typed tensor: a sample of all lowest
/// values, one of all highest, one of both ends mixed, one of zeros, and random ones.
Tensor probe(Random& random, const TensorType& type, int samples = 6);

}  // namespace gw
