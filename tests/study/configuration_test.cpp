// Claim: without a configuration a network of real numbers is ap_fixed<16,6> throughout, and one whose file
// has quantised weights loses nothing but what its file says.

#include <gtest/gtest.h>

#include "graph/evaluate.h"
#include "passes/pass.h"
#include "study/build.h"

namespace gw {
namespace {

/// relu(d(x)) with weights of this type, typed without a configuration.
Graph typed(std::optional<Quantizer> weights) {
  GraphBuilder builder;
  const NodeId x = builder.input("x", {2}), w = builder.constant("w", {{2, 1}, 1, {0.5, -0.25}}, weights);
  const NodeId b = builder.constant("b", {{1}, 1, {0.125}});
  builder.output(builder.layer("r", Relu(), {builder.layer("d", Dense(), {x, w, b})}));
  const Graph model = *builder.build();
  return *compile(model, *configuration("", model));
}

std::string type_of(const Graph& graph, const char* node) {
  return to_string(*graph[graph.find(node)].type.fixed);
}

double answer(const Graph& graph, float first, float second) {
  const Tensor y = evaluate(graph, std::vector{FloatTensor{{2}, 1, {first, second}}})[0];
  return to_double(y.at(0), y.type().fraction());
}

constexpr float step = 1.0F / 1024;  // of ap_fixed<16,6>

TEST(Configuration, NoneForRealNumbers) {
  const Graph graph = typed({});
  for (const char* node : {"x", "w", "b", "d", "r"})
    EXPECT_EQ(type_of(graph, node), "ap_fixed<16,6>") << node;
  EXPECT_EQ(answer(graph, 1 + step, step), 0.625 - step);  // each product is cut
}

TEST(Configuration, NoneForQuantisedWeights) {
  const Graph graph = typed(Quantizer{{4, 1, true}});
  EXPECT_EQ(type_of(graph, "x"), "ap_fixed<16,6>");
  EXPECT_EQ(type_of(graph, "w"), "ap_fixed<4,1>");
  EXPECT_EQ(type_of(graph, "b"), "ap_fixed<16,6>");
  EXPECT_EQ(answer(graph, 1 + step, step), 0.5 * (1 + step) - 0.25 * step + 0.125);
}

}  // namespace
}  // namespace gw
