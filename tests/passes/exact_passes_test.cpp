// The passes on typed graphs: what each makes of a small network, what it leaves alone, and that random
// networks answer the same before and after.

#include "passes/equivalence.h"

namespace gw {
namespace {

using testing::after;
using testing::effect_on_random_networks;

TEST(ExactPasses, AllTogetherKeepTheAnswersOfRandomNetworks) {
  Random random(80);
  int built = 0;
  for (int i = 0; i < 300; ++i) {
    const auto graph = testing::rewritable_network(random);
    if (!graph) continue;
    ++built;
    CompileOptions options;
    options.check = true;
    ASSERT_EQ(testing::errors_of(simplify(*graph, options)), testing::Texts{}) << print_graph(*graph);
  }
  EXPECT_GT(built, 100);
}

TEST(MergeDuplicates, KeepsTheAnswersOfRandomNetworks) {
  EXPECT_GT(effect_on_random_networks(merge_duplicates, 81), 20);
}

TEST(MergeDuplicates, TwinsAndTheirTwins) {
  EXPECT_EQ(after(merge_duplicates,
                  "x: input 2 ap_fixed<8,4>\n"
                  "w1: constant 2x2 ap_fixed<4,2> [1, 0.5, -1, 0]\n"
                  "w2: constant 2x2 ap_fixed<4,2> [1, 0.5, -1, 0]\n"
                  "w3: constant 2x2 ap_fixed<4,2> [1, 0.5, -1, 1]\n"
                  "d1: dense(x, w1)\n"
                  "d2: dense(x, w2)\n"
                  "d3: dense(x, w3)\n"
                  "r1: relu(d1)\n"
                  "r2: relu(d2)\n"
                  "c1: quantize(r1) {out: ap_fixed<6,4>}\n"
                  "c2: quantize(r2) {out: ap_fixed<7,4>}\n"
                  "c3: quantize(r2) {out: ap_fixed<7,4>}\n"
                  "unread: relu(x)\n"
                  "output c1\n"
                  "output c2\n"
                  "output c3\n"
                  "output d3\n"),
            "x: input 2 ap_fixed<8,4>\n"
            "w1: constant 2x2 ap_fixed<4,2> [1, 0.5, -1, 0]\n"
            "w3: constant 2x2 ap_fixed<4,2> [1, 0.5, -1, 1]\n"
            "d1: dense(x, w1) -> 2 ap_fixed<10,5>\n"
            "d3: dense(x, w3) -> 2 ap_fixed<10,5>\n"
            "r1: relu(d1) -> 2 ap_ufixed<9,4>\n"
            "c1: quantize(r1) {out: ap_fixed<6,4>} -> 2 ap_fixed<6,4>\n"
            "c2: quantize(r1) {out: ap_fixed<7,4>} -> 2 ap_fixed<7,4>\n"
            "c3: quantize(r1) {out: ap_fixed<7,4>} -> 2 ap_fixed<7,4>\n"
            "output c1\n"
            "output c2\n"
            "output c3\n"
            "output d3\n");
}

TEST(MergeShapes, KeepsTheAnswersOfRandomNetworks) {
  EXPECT_GT(effect_on_random_networks(merge_shapes, 82), 50);
}

TEST(MergeShapes, TranspositionsGoIntoTheRowsOfADenseLayer) {
  EXPECT_EQ(after(merge_shapes,
                  "x: input 2x1x2 ap_fixed<8,4>\n"
                  "p1: permute(x) {axes: [2, 0, 1]}\n"
                  "p2: permute(p1) {axes: [0, 2, 1]}\n"
                  "r1: reshape(p2) {shape: [1, 4]}\n"
                  "f1: flatten(r1)\n"
                  "w: constant 4x1 ap_fixed<4,4> [1, 2, 3, 4]\n"
                  "d1: dense(f1, w)\n"
                  "output d1\n"),
            "x: input 2x1x2 ap_fixed<8,4>\n"
            "f1: flatten(x) -> 4 ap_fixed<8,4>\n"
            "w: constant 4x1 ap_fixed<4,4> [1, 3, 2, 4]\n"
            "d1: dense(f1, w) -> 1 ap_fixed<12,8>\n"
            "output d1\n");
}

TEST(MergeShapes, TheOrderOfASaturatingSumStays) {
  const std::string text =
      "x: input 2x2 ap_fixed<8,4>\n"
      "p1: permute(x) {axes: [1, 0]} -> 2x2 ap_fixed<8,4>\n"
      "f1: flatten(p1) -> 4 ap_fixed<8,4>\n"
      "w: constant 4x1 ap_fixed<4,4> [1, 2, 3, 4]\n"
      "d1: dense(f1, w) {accumulator: ap_fixed<8,4,AP_TRN,AP_SAT>} -> 1 ap_fixed<8,4>\n"
      "output d1\n";
  EXPECT_EQ(after(merge_shapes, text), text);
}

TEST(MergeShapes, WhatIsDoneToEveryElementGoesBeforeAReshape) {
  EXPECT_EQ(after(merge_shapes,
                  "x: input 2x1x2 ap_fixed<8,4>\n"
                  "two: constant 1 ap_ufixed<2,2> [2]\n"
                  "each: constant 4 ap_ufixed<3,3> [1, 2, 3, 4]\n"
                  "f1: flatten(x)\n"
                  "m1: multiply(f1, two)\n"
                  "s1: subtract(two, m1)\n"
                  "c1: quantize(s1) {out: ap_fixed<6,4>}\n"
                  "m2: multiply(c1, each)\n"
                  "r1: relu(m2)\n"
                  "output r1\n"),
            "x: input 2x1x2 ap_fixed<8,4>\n"
            "two: constant 1 ap_ufixed<2,2> [2]\n"
            "each: constant 4 ap_ufixed<3,3> [1, 2, 3, 4]\n"
            "m1: multiply(x, two) -> 2x1x2 ap_fixed<8,5>\n"
            "s1: subtract(two, m1) -> 2x1x2 ap_fixed<9,6>\n"
            "c1: quantize(s1) {out: ap_fixed<6,4>} -> 2x1x2 ap_fixed<6,4>\n"
            "f1: flatten(c1) -> 4 ap_fixed<6,4>\n"
            "m2: multiply(f1, each) -> 4 ap_fixed<8,6>\n"
            "r1: relu(m2) -> 4 ap_ufixed<7,5>\n"
            "output r1\n");
}

TEST(PadIntoWindow, KeepsTheAnswersOfRandomNetworks) {
  EXPECT_GT(effect_on_random_networks(pad_into_window, 83), 5);
}

TEST(PadIntoWindow, OnlyZerosAroundThePixels) {
  const std::string rest =
      "w: constant 2x2x1x1 ap_fixed<4,4> [1, 2, 3, 4]\n"
      "c1: conv2d(p1, w) {pad_top: 1}\n"
      "output c1\n";
  EXPECT_EQ(after(pad_into_window,
                  "x: input 3x3x1 ap_fixed<8,4>\n"
                  "p1: pad(x) {before: [1, 2, 0], after: [0, 1, 0]}\n" +
                      rest),
            "x: input 3x3x1 ap_fixed<8,4>\n"
            "w: constant 2x2x1x1 ap_fixed<4,4> [1, 2, 3, 4]\n"
            "c1: conv2d(x, w) {pad_top: 2, pad_left: 2, pad_right: 1} -> 4x5x1 ap_fixed<12,8>\n"
            "output c1\n");
  const std::string ones = after(pad_into_window,
                                 "x: input 3x3x1 ap_fixed<8,4>\n"
                                 "p1: pad(x) {before: [1, 2, 0], after: [0, 1, 0], value: 1}\n" +
                                     rest);
  EXPECT_NE(ones.find("p1: pad(x)"), ones.npos) << ones;
}

TEST(DropIdentities, KeepsTheAnswersOfRandomNetworks) {
  EXPECT_GT(effect_on_random_networks(drop_identities, 84), 50);
}

TEST(DropIdentities, LayersThatAnswerTheirInput) {
  EXPECT_EQ(after(drop_identities,
                  "x: input 2x2x1 ap_ufixed<8,4>\n"
                  "one: constant 1 ap_ufixed<1,1> [1]\n"
                  "zero: constant 1 ap_ufixed<1,1> [0]\n"
                  "r1: relu(x)\n"
                  "c1: quantize(r1) {out: ap_fixed<12,6,AP_RND,AP_SAT>}\n"
                  "n1: batch_norm(c1, one, zero)\n"
                  "p1: pad(n1) {before: [0, 0, 0], after: [0, 0, 0]}\n"
                  "t1: permute(p1) {axes: [0, 1, 2]}\n"
                  "s1: reshape(t1) {shape: [2, 2, 1]}\n"
                  "f1: flatten(s1)\n"
                  "f2: flatten(f1)\n"
                  "w: constant 4x1 ap_fixed<4,4> [1, 2, 3, 4]\n"
                  "d1: dense(f2, w)\n"
                  "r2: relu(d1)\n"
                  "r3: relu(r2) {out: ap_ufixed<4,4>}\n"
                  "output r3\n"),
            "x: input 2x2x1 ap_ufixed<8,4>\n"
            "f1: flatten(x) -> 4 ap_ufixed<8,4>\n"
            "w: constant 4x1 ap_fixed<4,4> [1, 2, 3, 4]\n"
            "d1: dense(f1, w) -> 1 ap_ufixed<12,8>\n"
            "r3: relu(d1) {out: ap_ufixed<4,4>} -> 1 ap_ufixed<4,4>\n"
            "output r3\n");
}

TEST(DropIdentities, TypesThatAreSeenStay) {
  // A softmax addresses its tables with the bits of its input; an answer is read by the user.
  const std::string text =
      "x: input 4 ap_fixed<8,4>\n"
      "c1: quantize(x) {out: ap_fixed<12,6>} -> 4 ap_fixed<12,6>\n"
      "c2: quantize(x) {out: ap_fixed<13,6>} -> 4 ap_fixed<13,6>\n"
      "s1: softmax(c1) -> 4 ap_ufixed<27,7>\n"
      "output s1\n"
      "output c2\n";
  EXPECT_EQ(after(drop_identities, text), text);
}

TEST(FuseQuantizers, KeepsTheAnswersOfRandomNetworks) {
  EXPECT_GT(effect_on_random_networks(fuse_quantizers, 85), 50);
}

TEST(FuseQuantizers, CastsBecomeTheLastStepOfTheLayerBefore) {
  EXPECT_EQ(after(fuse_quantizers,
                  "x: input 2 ap_fixed<8,4>\n"
                  "w: constant 2x1 ap_fixed<4,2> [0.25, 1.5]\n"
                  "d1: dense(x, w)\n"
                  "c1: quantize(d1) {out: ap_fixed<9,6>}\n"
                  "c2: quantize(c1) {out: ap_fixed<6,4>}\n"
                  "c3: quantize(c2) {out: ap_fixed<5,4,AP_RND>}\n"
                  "d2: dense(x, w)\n"
                  "r2: relu(d2)\n"
                  "c4: quantize(d2) {out: ap_fixed<6,4>}\n"
                  "output c3\n"
                  "output r2\n"
                  "output c4\n"),
            "x: input 2 ap_fixed<8,4>\n"
            "w: constant 2x1 ap_fixed<4,2> [0.25, 1.5]\n"
            "d1: dense(x, w) {out: ap_fixed<6,4>} -> 1 ap_fixed<6,4>\n"
            "c3: quantize(d1) {out: ap_fixed<5,4,AP_RND,AP_WRAP>} -> 1 ap_fixed<5,4>\n"
            "d2: dense(x, w) -> 1 ap_fixed<11,5>\n"
            "r2: relu(d2) -> 1 ap_ufixed<10,4>\n"
            "c4: quantize(d2) {out: ap_fixed<6,4>} -> 1 ap_fixed<6,4>\n"
            "output c3\n"
            "output r2\n"
            "output c4\n");
}

TEST(QuantizeBeforePool, KeepsTheAnswersOfRandomNetworks) {
  EXPECT_GT(effect_on_random_networks(quantize_before_pool, 86), 5);
}

TEST(QuantizeBeforePool, WhereItMakesThePoolNarrowerAndKeepsTheOrder) {
  const std::string network =
      "x: input 2x2x1 ap_fixed<8,4>\n"
      "p1: max_pool2d(x)\n";
  EXPECT_EQ(after(quantize_before_pool,
                  network + "c1: quantize(p1) {out: ap_fixed<5,3,AP_RND,AP_SAT>}\noutput c1\n"),
            "x: input 2x2x1 ap_fixed<8,4>\n"
            "c1_: quantize(x) {out: ap_fixed<5,3,AP_RND,AP_SAT>} -> 2x2x1 ap_fixed<5,3>\n"
            "c1: max_pool2d(c1_) -> 1x1x1 ap_fixed<5,3>\n"
            "output c1\n");
  for (const std::string cast : {"ap_fixed<5,3>", "ap_fixed<5,3,AP_RND,AP_SAT_ZERO>", "ap_fixed<9,5>"}) {
    const std::string same =
        after(quantize_before_pool, network + "c1: quantize(p1) {out: " + cast + "}\noutput c1\n");
    EXPECT_NE(same.find("p1: max_pool2d(x)"), same.npos) << same;
  }
}

}  // namespace
}  // namespace gw
