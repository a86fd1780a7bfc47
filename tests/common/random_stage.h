#pragma once

#include <vector>

#include "layers/all.h"
#include "layers/shapes.h"
#include "support/random.h"

namespace gw {

/// Random types, tensors and layers for property tests.
inline FixedType random_type(Random& random, int widest) {
  const int width = static_cast<int>(random.between(1, widest));
  return {width, static_cast<int>(random.between(-2, width + 2)), random.below(3) != 0};
}

inline Quantizer random_quantizer(Random& random, int widest) {
  return {random_type(random, widest), static_cast<Rounding>(random.below(7)),
          static_cast<Overflow>(random.below(4))};
}

/// Sample 0 is all lowest, 1 all highest, the others random, some of them small.
inline Tensor random_tensor(Random& random, const Shape& shape, const FixedType& type, int batch = 1) {
  Tensor tensor(shape, type, batch);
  for (std::int64_t i = 0; i < batch * tensor.size(); ++i) {
    const auto sample = batch > 1 ? i / tensor.size() : 3;
    const std::int64_t value = random.between(type.lowest(), type.highest());
    tensor.set(i, sample == 0   ? type.lowest()
                  : sample == 1 ? type.highest()
                                : value / (std::int64_t{1} << (4 * (sample % 3))));
  }
  return tensor;
}

/// A dense or convolution layer lowered on random weights.
inline Stage random_matrix_stage(Random& random, const Shape& x, const FixedType& type, bool sparse = false) {
  const FixedType weight_type = random_type(random, 8);
  const int outputs = static_cast<int>(random.between(1, 5));
  const bool conv = x.size() == 3 && x[0] >= 2 && x[1] >= 2 && random.below(3) != 0;
  const Shape shape = conv ? Shape{2, static_cast<int>(random.between(1, 2)), x[2], outputs}
                           : Shape{static_cast<int>(element_count(x)), outputs};
  Tensor weight = random_tensor(random, shape, weight_type);
  if (sparse) {
    for (std::int64_t i = 0; i < weight.size(); ++i) {
      if (random.below(3) != 0) weight.set(i, 0);
    }
  }
  const Tensor bias = random_tensor(random, {outputs}, random_type(random, 8));
  // A dense layer sees the elements of an image side by side; its stage reads them as they stream by.
  const Shape seen = conv ? x : Shape{static_cast<int>(element_count(x))};
  const std::vector<Operand> operands{
      {{seen, type}, nullptr}, {{shape, weight_type}, &weight}, {{{outputs}, bias.type()}, &bias}};
  std::optional<Quantizer> accumulator, out;
  if (random.below(2) == 0) accumulator = random_quantizer(random, 12);
  if (random.below(4) != 0) out = random_quantizer(random, 10);
  Stage stage;
  if (conv) {
    Conv2D layer;
    layer.stride_h = static_cast<int>(random.between(1, 2));
    layer.stride_w = static_cast<int>(random.between(1, 2));
    layer.accumulator = accumulator;
    layer.out = out;
    stage = lower(layer, operands, *infer(layer, operands));
  } else {
    const Dense layer{out, accumulator};
    stage = lower(layer, operands, *infer(layer, operands));
    stage.windows.front() = whole_window(x);
  }
  stage.name = conv ? "conv" : "dense";
  return stage;
}

}  // namespace gw
