#pragma once

#include <vector>

#include "layers/layer.h"

namespace gw {

/// Elements around the tensor, all of one value, which must be finite.
struct Pad {
  static constexpr LayerInfo info{"pad", "x", "y[i] = x[i - before] inside, else value"};
  std::vector<int> before, after;  ///< elements added at either end, per axis; not negative
  double value = 0;
  static void fields(auto& self, auto&& f) {
    f("before", self.before);
    f("after", self.after);
    f("value", self.value);
  }
};

Result<TensorType> infer(const Pad& layer, std::span<const Operand> inputs);
Tensor eval(const Pad& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const Pad& layer, std::span<const Operand> inputs, const TensorType& out);

/// Takes elements away from the ends.
struct Crop {
  static constexpr LayerInfo info{"crop", "x", "y[i] = x[i + before]"};
  std::vector<int> before, after;  ///< elements taken at either end, per axis; not negative
  static void fields(auto& self, auto&& f) {
    f("before", self.before);
    f("after", self.after);
  }
};

Result<TensorType> infer(const Crop& layer, std::span<const Operand> inputs);
Tensor eval(const Crop& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const Crop& layer, std::span<const Operand> inputs, const TensorType& out);

/// Every step-th index from begin on, up to but without end, per axis. A negative step walks backwards (then
/// end is below begin, and -1 where index 0 is the last).
struct Slice {
  static constexpr LayerInfo info{"slice", "x", "y[i] = x[begin + i * step], before end"};
  std::vector<int> begin, end, step;
  static void fields(auto& self, auto&& f) {
    f("begin", self.begin);
    f("end", self.end);
    f("step", self.step);
  }
};

Result<TensorType> infer(const Slice& layer, std::span<const Operand> inputs);
Tensor eval(const Slice& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const Slice& layer, std::span<const Operand> inputs, const TensorType& out);

/// Repeats every pixel (nearest neighbour), `factors` per axis but the last, which is left alone.
struct UpSample {
  static constexpr LayerInfo info{"up_sample", "x", "y[r,c,k] = x[r / factors[0], c / factors[1], k]"};
  std::vector<int> factors;
  static void fields(auto& self, auto&& f) { f("factors", self.factors); }
};

Result<TensorType> infer(const UpSample& layer, std::span<const Operand> inputs);
Tensor eval(const UpSample& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options);
Stage lower(const UpSample& layer, std::span<const Operand> inputs, const TensorType& out);

}  // namespace gw
