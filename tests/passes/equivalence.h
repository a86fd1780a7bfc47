#pragma once

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "graph/attributes.h"
#include "graph/expect.h"
#include "graph/random_branches.h"
#include "graph/random_graph.h"
#include "graph/text.h"
#include "passes/check.h"
#include "passes/rewrite.h"

namespace gw::testing {

/// A random typed network of what passes look for: exact layers with casts behind them, casts of casts,
/// layers that change nothing, pads, transpositions, twins. Most sums fit 63 bits; the others fail.
inline Result<Graph> rewritable_network(Random& random) {
  GraphBuilder b;
  int count = 0;
  const auto cast_type = [&] {
    Quantizer q{{pick(random, 4, 12), pick(random, 1, 6), random.below(4) != 0}};
    if (random.below(2) == 0) q.rounding = static_cast<Rounding>(random.below(7));
    if (random.below(2) == 0) q.overflow = static_cast<Overflow>(random.below(4));
    return q;
  };
  const auto add = [&](Layer layer, std::vector<NodeId> inputs) {
    return b.layer(fmt::format("{}{}", kind_of(layer), ++count), layer, std::move(inputs));
  };
  const auto constant = [&](Shape shape) {
    return b.constant(fmt::format("w{}", ++count), random_values(random, std::move(shape)),
                      Quantizer{{pick(random, 2, 5), pick(random, 1, 3), true}});
  };
  const auto sum_type = [&] { return random.below(4) == 0 ? std::optional(cast_type()) : std::nullopt; };

  NodeId x = b.input("x", {pick(random, 3, 5), pick(random, 3, 5), pick(random, 1, 3)}, cast_type());
  const auto is_whole = [&] { return !b.type(x).shape.empty(); };
  for (int n = pick(random, 2, 6); n > 0 && is_whole(); --n) {
    const Shape shape = b.type(x).shape;
    switch (random.below(13)) {
      case 10:
        x = add(
            random.below(2) == 0 ? Layer(ClippedRelu{pick(random, 1, 40) / 8.0, {}}) : Layer(BinaryTanh{}),
            {x});
        break;
      case 11:
        x = add(Crop{{pick(random, 0, 1), 0, 0}, {0, 0, pick(random, 0, shape[2] - 1)}}, {x});
        break;
      case 12: {
        // A second reader.
        const NodeId other = add(Relu{cast_type()}, {x});
        x = add(random.below(2) == 0 ? Layer(Add{}) : Layer(Maximum{}),
                {add(Quantize{cast_type()}, {x}), other});
        break;
      }
      case 0: {
        const int outputs = pick(random, 1, 3);
        const NodeId weight = constant({pick(random, 1, 2), pick(random, 1, 2), shape[2], outputs});
        if (shape[0] < 2 || shape[1] < 2) break;
        Conv2D conv;
        conv.out = random.below(4) == 0 ? std::optional(cast_type()) : std::nullopt;
        conv.accumulator = sum_type();
        x = add(conv, {x, weight, constant({outputs})});
        break;
      }
      case 1:
        if (shape[0] > 1 && shape[1] > 1) x = add(MaxPool2D{}, {x});
        break;
      case 2:
        x = add(Relu{}, {x});
        break;
      case 3:
        x = add(Quantize{Quantizer{{40, 20, true}}}, {x});
        break;
      case 4: {
        std::vector<int> axes{0, 1, 2};
        for (int swaps = 3; swaps > 0; --swaps) std::swap(axes[random.below(3)], axes[random.below(3)]);
        x = add(Permute{axes}, {x});
        break;
      }
      case 5:
        x = add(Pad{{pick(random, 0, 1), pick(random, 0, 2), 0}, {pick(random, 0, 1), 0, 0}, 0.0}, {x});
        break;
      case 6: {
        const NodeId scale = constant({shape[2]}), shift = constant({shape[2]});
        const NodeId twin = add(BatchNorm{}, {x, scale, shift});
        if (b.type(twin).shape.empty()) return b.build();
        b.output(add(Quantize{cast_type()}, {twin}));
        x = add(BatchNorm{}, {x, scale, shift});
        break;
      }
      case 7:
        x = add(Reshape{{shape[1], shape[0], shape[2]}}, {x});
        break;
      default:
        x = add(Quantize{cast_type()}, {x});
    }
  }
  if (is_whole()) x = add(Flatten{}, {x});
  for (int n = pick(random, 0, 2); n > 0 && is_whole(); --n) {
    Dense dense;
    dense.accumulator = sum_type();
    const int outputs = pick(random, 1, 4);
    const NodeId weight = constant({b.type(x).shape[0], outputs});
    x = add(dense, {x, weight, constant({outputs})});
    if (is_whole() && random.below(2) == 0) x = add(Quantize{cast_type()}, {x});
  }
  if (is_whole() && b.type(x).fixed->width <= 16 && random.below(3) == 0) x = add(Softmax{}, {x});
  b.output(x);
  return b.build();
}

/// A pass on random networks, each held to the answers before it. Tells how many it changed: a test of a pass
/// that never acts is none.
inline int effect_on_random_networks(const Pass& pass, std::uint64_t seed, int count = 400) {
  Random random(seed);
  int changed = 0;
  for (int i = 0; i < count; ++i) {
    const auto before = i % 4 == 0   ? GraphMaker(random, true).network()
                        : i % 4 == 1 ? BranchMaker(random, true).branches()
                                     : rewritable_network(random);
    if (!before) continue;
    const auto after = pass.run(*before, {});
    EXPECT_TRUE(after) << errors_of(after)[0] << "\n" << print_graph(*before);
    if (!after) return changed;
    const auto defects = errors_of(check_bits(pass, *before, *after));
    EXPECT_EQ(defects, Texts{}) << print_graph(*before) << print_graph(*after);
    if (!defects.empty()) return changed;
    changed += print_graph(*before) != print_graph(*after);
  }
  return changed;
}

/// What a pass makes of a network said as text. Typed networks must keep their answers.
inline std::string after(const Pass& pass, const std::string& text, const Config& config = {}) {
  const auto before = parse_graph(text, "net.txt");
  if (!before) return errors_of(before)[0];
  const auto result = pass.run(*before, config);
  if (!result) return errors_of(result)[0];
  const auto kept = pass.keeps_bits ? check_bits(pass, *before, *result) : Status(Done{});
  return kept ? print_graph(*result) : errors_of(kept)[0];
}

}  // namespace gw::testing
