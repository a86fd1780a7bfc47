#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "layers/all.h"
#include "layers/kernels.h"
#include "support/random.h"

namespace gw::testing {

/// How the values of an input are chosen. The extremes find a width that is one bit short, which random
/// values miss.
enum class Fill { Random, Lowest, Highest, Alternating };
inline constexpr Fill all_fills[] = {Fill::Random, Fill::Lowest, Fill::Highest, Fill::Alternating};

/// The instruction sets of this processor.
inline std::vector<const Kernels*> kernel_sets() {
  std::vector<const Kernels*> sets;
  for (const Kernels* set :
       {plain_kernels(), sse2_kernels(), avx2_kernels(), avx512_kernels(), vnni_kernels()}) {
    if (set) sets.push_back(set);
  }
  return sets;
}

inline int pick(Random& random, int low, int high) { return static_cast<int>(random.between(low, high)); }

inline FixedType random_type(Random& random, int widest = 18) {
  const int width = pick(random, 1, widest);
  return {width, pick(random, -4, width + 4), random.below(3) != 0};
}

inline Tensor random_tensor(Random& random, Shape shape, const FixedType& type, int batch = 1,
                            Fill fill = Fill::Random) {
  Tensor tensor(std::move(shape), type, batch);
  for (std::int64_t i = 0; i < tensor.size() * batch; ++i) {
    const bool low = fill == Fill::Lowest || (fill == Fill::Alternating && i % 2 == 0);
    tensor.set(i, fill == Fill::Random ? random.between(type.lowest(), type.highest())
                  : low                ? type.lowest()
                                       : type.highest());
  }
  return tensor;
}

/// A sample for every value of a type.
inline Tensor every_value(const FixedType& type) {
  Tensor x({1}, type, 1 << type.width);
  for (std::int64_t i = 0; i < x.batch(); ++i) x.set(i, type.lowest() + i);
  return x;
}

/// The same type, of which more is known: per channel or per element which values can come, in a unit that
/// may be coarser than the type's. Some elements are always the same.
inline TensorType with_ranges(Random& random, TensorType type) {
  const auto count = random.below(2) == 0 ? type.shape.back() : element_count(type.shape);
  for (std::int64_t i = 0; i < count; ++i) {
    const int coarser = pick(random, 0, std::min(type.fixed->width - 1, 3));
    const std::int64_t low = -(-type.fixed->lowest() >> coarser), high = type.fixed->highest() >> coarser;
    const std::int64_t a = random.between(low, high),
                       b = random.below(6) == 0 ? a : random.between(low, high);
    type.ranges.push_back({std::min(a, b), std::max(a, b), type.fixed->fraction() - coarser});
  }
  return type;
}

/// Values that the type allows each element.
inline Tensor random_tensor(Random& random, const TensorType& type, int batch, Fill fill) {
  if (type.ranges.empty()) return random_tensor(random, type.shape, *type.fixed, batch, fill);
  Tensor tensor(type.shape, *type.fixed, batch);
  for (std::int64_t i = 0; i < tensor.size() * batch; ++i) {
    const Interval range = type.range(i % tensor.size());
    const auto lo = static_cast<std::int64_t>(range.lo), hi = static_cast<std::int64_t>(range.hi);
    const bool low = fill == Fill::Lowest || (fill == Fill::Alternating && i % 2 == 0);
    const std::int64_t raw = fill == Fill::Random ? random.between(lo, hi) : low ? lo : hi;
    tensor.set(i, raw * (std::int64_t{1} << (type.fixed->fraction() - range.fraction)));
  }
  return tensor;
}

/// A layer with the types of its streams and its constants.
struct LayerCase {
  Layer layer;
  TensorType x;
  std::vector<Tensor> constants;
  std::vector<TensorType> more = {};  ///< streams after x
  bool constants_first = false;       ///< among the layer's inputs; otherwise they are last

  std::vector<TensorType> streams() const {
    std::vector<TensorType> all{x};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::vector<Operand> operands() const {
    std::vector<Operand> all, values;
    for (const TensorType& stream : streams()) all.push_back({stream, nullptr});
    for (const Tensor& constant : constants)
      values.push_back({{constant.shape(), constant.type()}, &constant});
    all.insert(constants_first ? all.begin() : all.end(), values.begin(), values.end());
    return all;
  }
  Result<TensorType> type() const {
    return std::visit([&](const auto& l) { return infer(l, operands()); }, layer);
  }
  Tensor evaluated(std::span<const Tensor> inputs, const TensorType& out,
                   const EvalOptions& options = {}) const {
    std::vector<const Tensor*> all, values;
    for (const Tensor& input : inputs) all.push_back(&input);
    for (const Tensor& constant : constants) values.push_back(&constant);
    all.insert(constants_first ? all.begin() : all.end(), values.begin(), values.end());
    return std::visit([&](const auto& l) { return eval(l, all, out, options); }, layer);
  }
  Tensor evaluated(const Tensor& input, const TensorType& out, const EvalOptions& options = {}) const {
    return evaluated({&input, 1}, out, options);
  }
  Stage stage(const TensorType& out) const {
    return std::visit([&](const auto& l) { return lower(l, operands(), out); }, layer);
  }
};

}  // namespace gw::testing
