#pragma once

#include <optional>

#include "layers/layer.h"

namespace gw {

/// Layers that compute element by element on two or more inputs, which are broadcast (broadcast.h). Any of
/// them, but not all, may be constants.
enum class MergeOp { Add, Subtract, Multiply, Average, Maximum, Minimum };

constexpr LayerInfo merge_info(MergeOp op) {
  switch (op) {
    case MergeOp::Add:
      return {"add", "a, b, ...", "y = out(a + b + ..)"};
    case MergeOp::Subtract:
      return {"subtract", "a, b", "y = out(a - b)"};
    case MergeOp::Multiply:
      return {"multiply", "a, b, ...", "y = out(a * b * ..)"};
    case MergeOp::Average:
      return {"average", "a, b, ...", "y = out((a + b + ..) / n)"};
    case MergeOp::Maximum:
      return {"maximum", "a, b, ...", "y = out(max(a, b, ..))"};
    case MergeOp::Minimum:
      return {"minimum", "a, b, ...", "y = out(min(a, b, ..))"};
  }
  return {};
}

/// The mean of n inputs is exact where n is a power of two. Otherwise the exact sum's quotient is truncated
/// toward zero, ceil(log2 n) bits below the finest input type, as average pooling does.
template <MergeOp op>
struct Merge {
  static constexpr LayerInfo info = merge_info(op);
  std::optional<Quantizer> out;  ///< none: the exact type
  static void fields(auto& self, auto&& f) { f("out", self.out); }
};

struct Add : Merge<MergeOp::Add> {};
struct Subtract : Merge<MergeOp::Subtract> {};
struct Multiply : Merge<MergeOp::Multiply> {};
struct Average : Merge<MergeOp::Average> {};
struct Maximum : Merge<MergeOp::Maximum> {};
struct Minimum : Merge<MergeOp::Minimum> {};

/// A merge whose operation is a value.
struct MergeStep {
  MergeOp op = MergeOp::Add;
  std::optional<Quantizer> out = {};
};

Result<TensorType> infer_merge(const MergeStep& step, std::span<const Operand> inputs);
Tensor evaluate_merge(const MergeStep& step, std::span<const Tensor* const> inputs, const TensorType& out,
                      const EvalOptions& options);
Stage lower_merge(const MergeStep& step, std::span<const Operand> inputs, const TensorType& out);

template <MergeOp op>
Result<TensorType> infer(const Merge<op>& layer, std::span<const Operand> inputs) {
  return infer_merge({op, layer.out}, inputs);
}

template <MergeOp op>
Tensor eval(const Merge<op>& layer, std::span<const Tensor* const> inputs, const TensorType& out,
            const EvalOptions& options) {
  return evaluate_merge({op, layer.out}, inputs, out, options);
}

template <MergeOp op>
Stage lower(const Merge<op>& layer, std::span<const Operand> inputs, const TensorType& out) {
  return lower_merge({op, layer.out}, inputs, out);
}

/// Bits that the mean of n values needs below their own unit: all of them where n is a power of two.
int mean_bits(int n);

}  // namespace gw
