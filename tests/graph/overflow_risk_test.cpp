// Which types are named as too narrow: exactly those of small networks by hand, and, on random ones, each
// that overflows on random and extreme inputs.

#include "graph/overflow_risk.h"

#include <gtest/gtest.h>

#include "graph/evaluate.h"
#include "graph/random_graph.h"

namespace gw {
namespace {

using testing::GraphMaker;

Quantizer unsigned_type(int width, int integer) {
  return {{width, integer, false}, Rounding::Trn, Overflow::Wrap};
}
Quantizer signed_type(int width, int integer, Rounding rounding = Rounding::Trn) {
  return {{width, integer, true}, rounding, Overflow::Sat};
}

std::vector<std::string> texts(const Graph& graph) {
  std::vector<std::string> lines;
  for (const OverflowRisk& risk : overflow_risks(graph)) {
    lines.push_back(fmt::format("{} {} {} {}", risk.layer, risk.tensor, to_string(risk.type), risk.values));
  }
  return lines;
}

TEST(OverflowRisk, NamesLayerTensorAndHowManyOutputs) {
  GraphBuilder b;
  const NodeId x = b.input("x", {2}, unsigned_type(2, 2));  // 0..3
  // Columns: 0..6, -3..3, 0..9.
  const NodeId w = b.constant("w", {{2, 3}, 1, {1, -1, 2, 1, 1, 1}}, signed_type(4, 4));
  const NodeId fits = b.layer("fits", Dense{signed_type(5, 5), signed_type(6, 6)}, {x, w});
  b.output(fits);
  b.output(b.layer("narrow", Dense{signed_type(4, 4), signed_type(5, 5)}, {x, w}));  // -8..7
  b.output(b.layer("sums", Dense{unsigned_type(4, 4), signed_type(3, 3)}, {x, w}));  // -4..3, then 0..15
  b.output(b.layer("relu", Relu{unsigned_type(2, 2)}, {fits}));                      // 0..3
  b.output(b.layer("cast", Quantize{unsigned_type(4, 4)}, {fits}));
  EXPECT_EQ(
      texts(b.build().value()),
      (std::vector<std::string>{"narrow result ap_fixed<4,4,AP_TRN,AP_SAT> 1",
                                "sums accum ap_fixed<3,3,AP_TRN,AP_SAT> 2", "sums result ap_ufixed<4,4> 1",
                                "relu result ap_ufixed<2,2> 2", "cast result ap_ufixed<4,4> 1"}));
}

TEST(OverflowRisk, RoundingUpCanLeaveAType) {
  GraphBuilder b;
  const NodeId x = b.input("x", {1}, unsigned_type(3, 2));  // 0..3.5
  b.output(b.layer("down", Quantize{unsigned_type(2, 2)}, {x}));
  Quantizer up = unsigned_type(2, 2);
  up.rounding = Rounding::Rnd;
  b.output(b.layer("up", Quantize{up}, {x}));
  EXPECT_EQ(texts(b.build().value()),
            (std::vector<std::string>{"up result ap_ufixed<2,2,AP_RND,AP_WRAP> 1"}));
}

TEST(OverflowRisk, EveryLayerThatOverflowsIsNamed) {
  Random random(71);
  int networks = 0, overflowing = 0;
  for (int n = 0; n < 400; ++n) {
    const auto graph = GraphMaker(random, true).network();
    if (!graph) continue;
    ++networks;
    std::set<std::string> named;
    for (const OverflowRisk& risk : overflow_risks(*graph)) named.insert(risk.layer);
    NodeCounts counts;
    const NodeId x = graph->inputs()[0];
    Evaluator evaluator(*graph, {.overflows = &counts});
    evaluator.run(std::vector{testing::random_input(random, (*graph)[x].type, 40)});
    for (const auto& [name, count] : counts) {
      ++overflowing;
      EXPECT_TRUE(named.contains(name)) << "network " << n << ", " << name;
    }
  }
  EXPECT_GE(networks, 250);
  EXPECT_GE(overflowing, 100);
}

}  // namespace
}  // namespace gw
