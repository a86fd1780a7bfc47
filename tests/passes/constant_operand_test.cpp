// Constants that meet a tensor: sums and products that join a layer, clips that join each other, and where
// neither may happen.

#include "passes/equivalence.h"

namespace gw {
namespace {

using testing::after;
using testing::pick;

/// A random network of layers with constants beside them, some with types that round or saturate.
Result<Graph> network_of_constants(Random& random) {
  GraphBuilder b;
  int count = 0;
  const auto constant = [&](Shape shape, int width = 5) {
    return b.constant(
        fmt::format("c{}", ++count), testing::random_values(random, std::move(shape)),
        Quantizer{{width, pick(random, 1, 4), random.below(4) != 0}, Rounding::Rnd, Overflow::Sat});
  };
  const auto cast = [&]() -> std::optional<Quantizer> {
    if (random.below(4) != 0) return std::nullopt;
    return Quantizer{{pick(random, 5, 12), pick(random, 2, 6), random.below(3) != 0},
                     static_cast<Rounding>(random.below(7)),
                     static_cast<Overflow>(random.below(4))};
  };
  const auto add = [&](Layer layer, std::vector<NodeId> inputs) {
    return b.layer(fmt::format("{}{}", kind_of(layer), ++count), layer, std::move(inputs));
  };
  const int channels = pick(random, 1, 3);
  const bool is_image = random.below(2) == 0;
  NodeId x = b.input("x", is_image ? Shape{3, 4, channels} : Shape{channels},
                     Quantizer{{6, 3, random.below(2) == 0}});
  for (int n = pick(random, 2, 6); n > 0 && !b.type(x).shape.empty(); --n) {
    const Shape shape = b.type(x).shape;
    const NodeId c = random.below(3) == 0   ? constant({1})
                     : random.below(4) == 0 ? constant(shape)
                                            : constant({shape.back()});
    const std::vector<NodeId> inputs = random.below(4) == 0 ? std::vector{c, x} : std::vector{x, c};
    switch (random.below(9)) {
      case 0:
        x = add(Add{{cast()}}, inputs);
        break;
      case 1:
        x = add(Subtract{{cast()}}, inputs);
        break;
      case 2:
        x = add(Multiply{{cast()}}, inputs);
        break;
      case 3:
        x = add(Maximum{{cast()}}, inputs);
        break;
      case 4:
        x = add(Minimum{{cast()}}, inputs);
        break;
      case 5:
        x = add(random.below(2) == 0 ? Layer(Relu{cast()})
                                     : Layer(ClippedRelu{pick(random, 1, 30) / 4.0, cast()}),
                {x});
        break;
      case 6:
        x = add(BatchNorm{cast()}, {x, constant({shape.back()}, 4), constant({shape.back()})});
        break;
      case 7: {
        Pad pad{Shape(shape.size(), 1), Shape(shape.size(), 0), 0};
        pad.before.back() = 0;
        if (!is_image || shape[0] > 6) break;
        AveragePool2D pool;
        pool.count_include_pad = random.below(2) == 0;
        if (random.below(3) == 0) pool.pad_left = 1;
        if (random.below(2) == 0) pool.accumulator = cast();
        pool.out = cast();
        x = add(pool, {add(pad, {x})});
        break;
      }
      default: {
        const int outputs = pick(random, 1, 3);
        Dense dense;
        dense.out = cast();
        if (random.below(4) == 0) dense.accumulator = cast();
        std::vector<NodeId> from{x, constant({shape.back(), outputs}, 4)};
        if (random.below(2) == 0) from.push_back(constant({outputs}));
        x = add(dense, from);
      }
    }
  }
  b.output(random.below(2) == 0 || b.type(x).shape.empty() ? x : add(Quantize{Quantizer{{9, 5, true}}}, {x}));
  return b.build();
}

int effect(const Pass& pass, std::uint64_t seed) {
  Random random(seed);
  int changed = 0;
  for (int i = 0; i < 1500; ++i) {
    const auto before = network_of_constants(random);
    if (!before) continue;
    const auto result = pass.run(*before, {});
    EXPECT_TRUE(result) << testing::errors_of(result)[0] << "\n" << print_graph(*before);
    if (!result) return 0;
    const auto defects = testing::errors_of(check_bits(pass, *before, *result));
    EXPECT_EQ(defects, testing::Texts{}) << print_graph(*before) << print_graph(*result);
    if (!defects.empty()) return 0;
    changed += print_graph(*before) != print_graph(*result);
  }
  return changed;
}

TEST(JoinAffine, KeepsTheAnswersOfRandomNetworks) { EXPECT_GT(effect(join_affine, 101), 100); }
TEST(MergeClips, KeepsTheAnswersOfRandomNetworks) { EXPECT_GT(effect(merge_clips, 102), 100); }
TEST(PadIntoWindow, KeepsTheAnswersOfAverages) { EXPECT_GT(effect(pad_into_window, 103), 50); }
TEST(DropIdentities, KeepsTheAnswersBesideConstants) { EXPECT_GT(effect(drop_identities, 104), 20); }
TEST(NarrowToRequest, KeepsTheAnswersBesideConstants) { EXPECT_GT(effect(narrow_to_request, 105), 100); }

TEST(JoinAffine, IntoBiasesAndBatchNorms) {
  EXPECT_EQ(after(join_affine,
                  "x: input 2 ap_fixed<6,3>\n"
                  "w: constant 2x2 ap_fixed<4,2> [1, -0.5, 0.25, 1.5]\n"
                  "d1: dense(x, w)\n"
                  "c: constant 2 ap_fixed<6,4> [2.25, -3]\n"
                  "a1: add(d1, c) {out: ap_fixed<9,5>}\n"
                  "s: constant 2 ap_fixed<4,2> [0.5, 1.25]\n"
                  "m1: multiply(a1, s)\n"
                  "e: constant 1 ap_fixed<3,2> [0.5]\n"
                  "s1: subtract(m1, e)\n"
                  "t: constant 2 ap_fixed<3,3> [2, 3]\n"
                  "m2: multiply(t, s1) {out: ap_fixed<12,6>}\n"
                  "output m2\n"),
            "x: input 2 ap_fixed<6,3>\n"
            "w: constant 2x2 ap_fixed<4,2> [1, -0.5, 0.25, 1.5]\n"
            "d1.bias: constant 2 ap_fixed<5,3> [2.25, -3]\n"
            "a1: dense(x, w, d1.bias) {out: ap_fixed<9,5>} -> 2 ap_fixed<9,5>\n"
            "s: constant 2 ap_ufixed<4,2> [1, 3.75]\n"
            "e: constant 2 ap_fixed<3,2> [-1, -1.5]\n"
            "m2: batch_norm(a1, s, e) {out: ap_fixed<12,6>} -> 2 ap_fixed<12,6>\n"
            "output m2\n");
}

TEST(JoinAffine, NotWhereSomethingRoundsOrPixelsDiffer) {
  const std::string head =
      "x: input 2x2x1 ap_fixed<6,3>\n"
      "s: constant 1 ap_fixed<4,2> [0.5]\n"
      "e: constant 1 ap_fixed<3,2> [0.5]\n"
      "f: constant 2x2x1 ap_fixed<3,2> [0.5, 1, 0, -1]\n";
  for (const std::string rest : {"m1: multiply(x, s) {out: ap_fixed<6,3>}\na1: add(m1, e)\noutput a1\n",
                                 "m1: multiply(x, s)\na1: add(m1, f)\noutput a1\n",
                                 "m1: multiply(x, s)\na1: add(m1, e)\noutput a1\noutput m1\n",
                                 "n1: batch_norm(x, s, e)\na1: subtract(e, n1)\noutput a1\n"}) {
    const std::string text = after(join_affine, head + rest);
    EXPECT_NE(text.find("a1: "), text.npos);
    EXPECT_NE(text.find(rest.substr(0, rest.find('(') - 9)), text.npos) << text;
    EXPECT_EQ(text.find("a1: batch_norm"), text.npos) << text;
  }
}

TEST(MergeClips, ChainsBecomeOneClip) {
  EXPECT_EQ(after(merge_clips,
                  "x: input 2 ap_fixed<8,5>\n"
                  "z: constant 1 ap_ufixed<1,1> [0]\n"
                  "a: constant 1 ap_fixed<4,2> [-1.5]\n"
                  "six: constant 1 ap_ufixed<3,3> [6]\n"
                  "m1: maximum(x, a)\n"
                  "m2: maximum(z, m1)\n"
                  "m3: minimum(m2, six)\n"
                  "c4: clipped_relu(m3) {max: 2.5}\n"
                  "output c4\n"),
            "x: input 2 ap_fixed<8,5>\n"
            "c4: clipped_relu(x) {max: 2.5} -> 2 ap_ufixed<5,2>\n"
            "output c4\n");
}

TEST(PadIntoWindow, AveragesThatCountTheirPadding) {
  const auto text = [](const std::string& pool) {
    return after(pad_into_window,
                 "x: input 4x4x1 ap_fixed<8,4>\n"
                 "p1: pad(x) {before: [1, 1, 0], after: [1, 0, 0]}\n"
                 "a1: average_pool2d(p1)" +
                     pool + "\noutput a1\n");
  };
  EXPECT_EQ(
      text(" {accumulator: ap_fixed<10,6>}"),
      "x: input 4x4x1 ap_fixed<8,4>\n"
      "a1: average_pool2d(x) {pad_top: 1, pad_left: 1, pad_bottom: 1, count_include_pad: true, accumulator: "
      "ap_fixed<10,6>} -> 3x2x1 ap_fixed<8,4>\n"
      "output a1\n");
  EXPECT_NE(text(" {pad_left: 1}").find("p1: pad(x)"), std::string::npos);
  EXPECT_NE(text(" {padding: same}").find("p1: pad(x)"), std::string::npos);
  EXPECT_EQ(text(" {pad_left: 1, count_include_pad: true}").find("p1: pad(x)"), std::string::npos);
}

}  // namespace
}  // namespace gw
