#pragma once

#include <optional>

#include "layers/layer.h"

namespace gw {

/// 2-D max pooling without padding. x: (height, width, channels); rows and columns that no whole patch covers are left out.
struct MaxPool2D {
  static constexpr LayerInfo info{"max_pool2d", "x",
                                  "y[r,c,k] = out(max_{i,j} x[r*stride_h+i, c*stride_w+j, k])"};
  int pool_h = 2, pool_w = 2;
  int stride_h = 2, stride_w = 2;
  std::optional<Quantizer> out;  ///< none: the type of x
  static void fields(auto& self, auto&& f) {
    f("pool_h", self.pool_h);
    f("pool_w", self.pool_w);
    f("stride_h", self.stride_h);
    f("stride_w", self.stride_w);
    f("out", self.out);
  }
};

Result<TensorType> infer(const MaxPool2D& layer, std::span<const Operand> inputs);
Tensor eval(const MaxPool2D& layer, std::span<const Tensor* const> inputs, const TensorType& out, const EvalOptions& options);
Stage lower(const MaxPool2D& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
