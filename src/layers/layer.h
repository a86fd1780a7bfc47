#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "formula/formula.h"
#include "num/tensor.h"
#include "support/result.h"

namespace gw {

/// What documentation and printers say of a layer; the formula is the sentence.
struct LayerInfo {
  std::string_view name;     ///< in files and messages: "dense"
  std::string_view inputs;   ///< names of the inputs in order: "x, weight, bias"
  std::string_view formula;  ///< "y[o] = out(bias[o] + sum_i weight[i,o] * x[i])"
};

/// One input of a layer: its type, and its values if it is a constant (weights, biases). A float type stands
/// for a tensor that is not typed yet: then only the shape counts.
struct Operand {
  TensorType type;
  const Tensor* constant = nullptr;
};

struct Kernels;
class Prepared;

/// How eval is to work; never changes a bit.
struct EvalOptions {
  int threads = 1;
  /// If given, grows by the number of results that did not fit the type they were cast to, and by the number
  /// of sums that a lossy accumulator did not hold: where it wraps, sums of the rounded products outside its
  /// type; else sums in which a product or a partial sum was outside. Counting takes time; without it nothing
  /// is counted.
  std::int64_t* overflows = nullptr;
  const Kernels* kernels = nullptr;  ///< one instruction set (kernels.h); none: the best of this processor
  Prepared* prepared = nullptr;      ///< where the layer may keep what it made ready (prepared.h); none: nowhere
};

/// What every layer offers beside its attributes:
///   static constexpr LayerInfo info;
///   static void fields(auto& self, auto&& f);   f("name", self.attribute) for each attribute, said once; an
///       attribute is an int, bool, double, std::vector<int>, Quantizer, std::optional<Quantizer>,
///       std::vector<Quantizer> or an enumeration with `constexpr std::array<std::string_view, N>
///       names_of(E)`
///   Result<TensorType> infer(const L&, std::span<const Operand>);
///       the shape, and the exact type if all inputs are typed; errors for shapes that do not fit
///   Tensor eval(const L&, std::span<const Tensor* const>, const TensorType& out, const EvalOptions&);
///       the fast, bit-exact answer; `out` is what infer gave
///   Stage lower(const L&, std::span<const Operand>, const TensorType& out);
///       what hardware computes: a window and a formula on the non-constant inputs, in order
template <class L>
concept LayerOp = requires(const L& layer, std::span<const Operand> operands,
                           std::span<const Tensor* const> inputs, const TensorType& out,
                           const EvalOptions& options) {
  { L::info } -> std::convertible_to<const LayerInfo&>;
  { infer(layer, operands) } -> std::same_as<Result<TensorType>>;
  { eval(layer, inputs, out, options) } -> std::same_as<Tensor>;
  { lower(layer, operands, out) } -> std::same_as<Stage>;
};

}  // namespace gw
