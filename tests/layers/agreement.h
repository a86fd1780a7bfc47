#pragma once

#include <algorithm>
#include <vector>

#include "layers/random_layer.h"

/// What the rows of the agreement test are made of: random types, quantizers, shapes and constants.
namespace gw::testing {

/// A layer and how to draw case n of it.
struct Row {
  const char* name;
  LayerCase (*make)(Random&, int n);
  int cases;
};

/// The rows of each family of layers.
std::vector<Row> matrix_rows();
std::vector<Row> elementwise_rows();
std::vector<Row> activation_rows();
std::vector<Row> shape_rows();

/// All of them.
inline std::vector<Row> all_rows() {
  std::vector<Row> all;
  for (const auto& family : {matrix_rows(), elementwise_rows(), activation_rows(), shape_rows()})
    all.insert(all.end(), family.begin(), family.end());
  return all;
}

inline constexpr int mode_pairs = 7 * 4;

/// Every sixth case has types that need lanes of 64 bits, or more than that.
inline bool is_wide(int n) { return n % 6 == 5; }

inline FixedType any_type(Random& random, int n, int wide = 60) {
  return random_type(random, is_wide(n) ? wide : 18);
}

/// Case n has the rounding and overflow number n, so that every pair has its turn.
inline Quantizer quantizer(Random& random, int n, int widest = 18) {
  return {random_type(random, is_wide(n) ? 62 : widest), static_cast<Rounding>(n % 7),
          static_cast<Overflow>(n / 7 % 4)};
}

inline std::optional<Quantizer> some_quantizer(Random& random, int n) {
  if (random.below(5) == 0) return std::nullopt;
  return quantizer(random, n);
}

/// A third are exact, a third truncate and wrap (what most networks use), a third are of every kind.
inline std::optional<Quantizer> some_accumulator(Random& random, int n) {
  switch (random.below(3)) {
    case 0:
      return std::nullopt;
    case 1:
      return Quantizer{random_type(random, is_wide(n) ? 60 : 24), Rounding::Trn, Overflow::Wrap};
    default:
      return quantizer(random, n, 24);
  }
}

/// Weights with zeros among them, as pruning leaves them, and sometimes all at an end of their type.
inline Tensor weights(Random& random, Shape shape, int n) {
  const FixedType type = any_type(random, n, 26);
  const auto fill = random.below(4) == 0 ? all_fills[random.below(4)] : Fill::Random;
  Tensor tensor = random_tensor(random, std::move(shape), type, 1, fill);
  const auto zeros = random.below(3);
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    if (random.below(4) < zeros) tensor.set(i, 0);
  }
  return tensor;
}

/// Types that agree, as in a real network: little is shifted out and little overflows.
inline FixedType usual_type(Random& random) { return {pick(random, 6, 16), pick(random, 1, 6), true}; }

inline Shape any_shape(Random& random) {
  if (random.below(2) == 0) return {pick(random, 1, 50)};
  return {pick(random, 1, 6), pick(random, 1, 6), pick(random, 1, 20)};
}

}  // namespace gw::testing
