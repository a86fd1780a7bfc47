// Backward requests: what each rule narrows, where it must not, and that no answer changes.

#include "passes/equivalence.h"

namespace gw {
namespace {

using testing::after;
using testing::effect_on_random_networks;

TEST(NarrowToRequest, KeepsTheAnswersOfRandomNetworks) {
  EXPECT_GT(effect_on_random_networks(narrow_to_request, 91, 1200), 200);
}

/// The line of one layer behind the pass, in a network that starts with an exact sum s1 of type
/// ap_fixed<12,6> and ends with what is given.
std::string line_of(const std::string& layer, const std::string& rest) {
  const std::string text = after(narrow_to_request,
                                 "x: input 2x2x2 ap_fixed<11,5>\n"
                                 "s1: add(x, x)\n" +
                                     rest);
  const size_t at = text.find(layer + ":");
  return at == text.npos ? text : text.substr(at, text.find('\n', at) - at);
}

TEST(NarrowToRequest, BitsThatEveryReaderTruncates) {
  const auto first = [](const std::string& casts) { return line_of("s1", casts); };
  EXPECT_EQ(first("r1: relu(s1) {out: ap_ufixed<9,6>}\noutput r1\n"),
            "s1: add(x, x) {out: ap_fixed<9,6>} -> 2x2x2 ap_fixed<9,6>");
  // Rounding to nearest looks at one bit more; to the nearest even, at all.
  EXPECT_EQ(first("r1: relu(s1) {out: ap_ufixed<8,6,AP_RND>}\noutput r1\n"),
            "s1: add(x, x) {out: ap_fixed<9,6>} -> 2x2x2 ap_fixed<9,6>");
  const std::string same = "s1: add(x, x) -> 2x2x2 ap_fixed<12,6>";
  for (const std::string rounding : {"AP_RND_CONV", "AP_RND_ZERO", "AP_RND_MIN_INF"}) {
    EXPECT_EQ(first("r1: relu(s1) {out: ap_ufixed<8,6," + rounding + ",AP_WRAP>}\noutput r1\n"), same);
  }
  // Toward zero is downwards where nothing is negative.
  EXPECT_EQ(first("q1: quantize(s1) {out: ap_fixed<8,6,AP_TRN_ZERO>}\n"
                  "q2: quantize(s1) {out: ap_fixed<7,6,AP_TRN_ZERO>}\noutput q1\noutput q2\n"),
            same);
  EXPECT_EQ(first("r1: relu(s1) {out: ap_ufixed<8,6,AP_TRN_ZERO>}\noutput r1\n"),
            "s1: add(x, x) {out: ap_fixed<8,6>} -> 2x2x2 ap_fixed<8,6>");
}

TEST(NarrowToRequest, TheReadersTogether) {
  EXPECT_EQ(line_of("s1",
                    "r1: relu(s1) {out: ap_ufixed<8,6>}\n"
                    "q1: quantize(s1) {out: ap_fixed<10,6>}\noutput r1\noutput q1\n"),
            "s1: add(x, x) {out: ap_fixed<10,6>} -> 2x2x2 ap_fixed<10,6>");
  EXPECT_EQ(line_of("s1",
                    "r1: relu(s1) {out: ap_ufixed<8,6>}\n"
                    "m1: multiply(s1, s1)\noutput r1\noutput m1\n"),
            "s1: add(x, x) -> 2x2x2 ap_fixed<12,6>");
  // One wraps, one saturates.
  EXPECT_EQ(line_of("s1",
                    "q1: quantize(s1) {out: ap_fixed<8,3,AP_TRN,AP_SAT>}\n"
                    "q2: quantize(s1) {out: ap_fixed<8,3>}\noutput q1\noutput q2\n"),
            "s1: add(x, x) {out: ap_fixed<11,6>} -> 2x2x2 ap_fixed<11,6>");
}

TEST(NarrowToRequest, BitsThatEveryReaderWraps) {
  const std::string text = after(narrow_to_request,
                                 "x: input 2 ap_fixed<8,8>\n"
                                 "w: constant 2x2 ap_fixed<4,4> [3, -5, 2, 7]\n"
                                 "d1: dense(x, w)\n"
                                 "v: constant 2x2 ap_fixed<4,4> [1, 6, 4, 3]\n"
                                 "d2: dense(d1, v)\n"
                                 "s1: add(d2, d1)\n"
                                 "q1: quantize(s1) {out: ap_fixed<6,6>}\n"
                                 "output q1\n");
  EXPECT_EQ(text,
            "x: input 2 ap_fixed<8,8>\n"
            "w: constant 2x2 ap_fixed<4,4> [3, -5, 2, 7]\n"
            "d1: dense(x, w) {out: ap_fixed<6,6>} -> 2 ap_fixed<6,6>\n"
            "v: constant 2x2 ap_fixed<4,4> [1, 6, 4, 3]\n"
            "d2: dense(d1, v) {out: ap_fixed<6,6>} -> 2 ap_fixed<6,6>\n"
            "s1: add(d2, d1) {out: ap_fixed<6,6>} -> 2 ap_fixed<6,6>\n"
            "q1: quantize(s1) {out: ap_fixed<6,6>} -> 2 ap_fixed<6,6>\n"
            "output q1\n");
  // Weights with bits below the point need as many more above it.
  const std::string halves = after(narrow_to_request,
                                   "x: input 2 ap_fixed<8,8>\n"
                                   "s1: add(x, x)\n"
                                   "w: constant 2x1 ap_fixed<5,3> [0.25, 1]\n"
                                   "d1: dense(s1, w) {out: ap_fixed<4,4>}\n"
                                   "output d1\n");
  EXPECT_NE(halves.find("s1: add(x, x) {out: ap_fixed<6,6>}"), halves.npos) << halves;
}

TEST(NarrowToRequest, AWrapDoesNotPassARectifierNorAMaximum) {
  EXPECT_EQ(line_of("s1", "r1: relu(s1) {out: ap_ufixed<8,2>}\noutput r1\n"),
            "s1: add(x, x) -> 2x2x2 ap_fixed<12,6>");
  EXPECT_EQ(
      line_of("s1",
              "p1: max_pool2d(s1)\nf1: flatten(p1)\nq1: quantize(f1) {out: ap_fixed<9,4>}\noutput q1\n"),
      "s1: add(x, x) {out: ap_fixed<11,6>} -> 2x2x2 ap_fixed<11,6>");
}

TEST(NarrowToRequest, ValuesThatEveryReaderSaturates) {
  EXPECT_EQ(after(narrow_to_request,
                  "x: input 2x2x1 ap_fixed<8,4>\n"
                  "s1: add(x, x)\n"
                  "p1: max_pool2d(s1)\n"
                  "t1: flatten(p1)\n"
                  "q1: quantize(t1) {out: ap_fixed<5,3,AP_TRN,AP_SAT>}\n"
                  "r1: relu(s1) {out: ap_ufixed<4,2,AP_RND,AP_SAT>}\n"
                  "output q1\n"
                  "output r1\n"),
            "x: input 2x2x1 ap_fixed<8,4>\n"
            "s1: add(x, x) {out: ap_fixed<6,3,AP_TRN,AP_SAT>} -> 2x2x1 ap_fixed<6,3>\n"
            "p1: max_pool2d(s1) {out: ap_fixed<5,3,AP_TRN,AP_SAT>} -> 1x1x1 ap_fixed<5,3>\n"
            "t1: flatten(p1) -> 1 ap_fixed<5,3>\n"
            "q1: quantize(t1) {out: ap_fixed<5,3,AP_TRN,AP_SAT>} -> 1 ap_fixed<5,3>\n"
            "r1: relu(s1) {out: ap_ufixed<4,2,AP_RND,AP_SAT>} -> 2x2x1 ap_ufixed<4,2>\n"
            "output q1\n"
            "output r1\n");
  // A rectifier that saturates is a cast.
  EXPECT_EQ(after(narrow_to_request,
                  "x: input 2 ap_fixed<8,4>\n"
                  "s1: add(x, x)\n"
                  "r1: relu(s1) {out: ap_ufixed<5,3,AP_TRN,AP_SAT>}\n"
                  "r2: relu(r1) {out: ap_ufixed<4,3>}\n"
                  "output r2\n"),
            "x: input 2 ap_fixed<8,4>\n"
            "s1: add(x, x) {out: ap_ufixed<4,3,AP_TRN,AP_SAT>} -> 2 ap_ufixed<4,3>\n"
            "r2: relu(s1) {out: ap_ufixed<4,3>} -> 2 ap_ufixed<4,3>\n"
            "output r2\n");
  // Of what only its sign is asked of, only the sign is made.
  EXPECT_EQ(line_of("s1", "b1: binary_tanh(s1)\noutput b1\n"),
            "s1: add(x, x) {out: ap_fixed<1,1,AP_TRN,AP_SAT>} -> 2x2x2 ap_fixed<1,1>");
  EXPECT_EQ(line_of("s1", "q1: quantize(s1) {out: ap_fixed<8,3,AP_TRN,AP_SAT_ZERO>}\noutput q1\n"),
            "s1: add(x, x) {out: ap_fixed<11,6>} -> 2x2x2 ap_fixed<11,6>");
}

TEST(NarrowToRequest, ElementsThatNobodyReads) {
  // Of two channels with numbers of different sizes the large one is left out by the readers.
  const std::string head =
      "x: input 2x2x1 ap_fixed<6,3>\n"
      "w: constant 1x1x1x2 ap_fixed<8,4> [7, 0.5]\n"
      "c1: conv2d(x, w)\n";
  const auto after_head = [&](const std::string& rest) { return after(narrow_to_request, head + rest); };
  const std::string sliced = after_head(
      "s1: slice(c1) {begin: [0, 0, 1], end: [2, 2, 2], step: [1, 1, 1]}\n"
      "q1: quantize(s1) {out: ap_fixed<4,3>}\noutput q1\n");
  EXPECT_NE(sliced.find("c1: conv2d(x, w) {out: ap_fixed<3,2>}"), sliced.npos) << sliced;
  const std::string both = after_head(
      "s1: slice(c1) {begin: [0, 0, 1], end: [2, 2, 2], step: [1, 1, 1]}\n"
      "s2: slice(c1) {begin: [0, 0, 0], end: [2, 2, 1], step: [1, 1, 1]}\n"
      "j1: concatenate(s1, s2)\n"
      "q1: quantize(j1) {out: ap_fixed<4,3>}\noutput q1\n");
  EXPECT_NE(both.find("c1: conv2d(x, w) {out: ap_fixed<4,3>}"), both.npos) << both;
}

TEST(NarrowToRequest, TypesThatAreSeenStay) {
  const std::string same = "s1: add(x, x) -> 2x2x2 ap_fixed<12,6>";
  // The answer itself, and an exact type that goes on to an answer.
  EXPECT_EQ(line_of("s1", "q1: quantize(s1) {out: ap_fixed<8,6>}\noutput s1\noutput q1\n"), same);
  EXPECT_EQ(line_of("s1", "c1: crop(s1) {before: [0, 0, 0], after: [1, 0, 0]}\noutput c1\n"), same);
  EXPECT_EQ(line_of("s1", "g1: sigmoid(s1)\noutput g1\n"), same);
  // What somebody chose.
  EXPECT_EQ(
      line_of("s2", "s2: add(s1, x) {out: ap_fixed<12,7>}\nr1: relu(s2) {out: ap_ufixed<8,6>}\noutput r1\n"),
      "s2: add(s1, x) {out: ap_fixed<12,7>} -> 2x2x2 ap_fixed<12,7>");
}

TEST(NarrowToRequest, SumsThatOnlyOneOperandFeels) {
  const auto sum = [](const std::string& operation) {
    return after(narrow_to_request,
                 "x: input 2 ap_fixed<8,4>\n"
                 "z: input 2 ap_fixed<4,4>\n"
                 "a1: add(x, x)\n" +
                     operation + "r1: relu(s1) {out: ap_ufixed<6,4>}\noutput r1\n");
  };
  const std::string added = sum("s1: add(a1, z)\n");
  EXPECT_NE(added.find("a1: add(x, x) {out: ap_fixed<7,5>}"), added.npos) << added;
  const std::string subtracted = sum("s1: subtract(z, a1)\n");
  EXPECT_NE(subtracted.find("a1: add(x, x) -> 2 ap_fixed<9,5>"), subtracted.npos) << subtracted;
  const std::string both = sum("s1: add(a1, x)\n");
  EXPECT_NE(both.find("a1: add(x, x) -> 2 ap_fixed<9,5>"), both.npos) << both;
}

}  // namespace
}  // namespace gw
