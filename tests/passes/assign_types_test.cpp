// Which type each tensor gets from a configuration, and what a configuration may not ask for.

#include <gtest/gtest.h>

#include "graph/expect.h"
#include "graph/random_graph.h"
#include "passes/pass.h"

namespace gw {
namespace {

using testing::errors_of;
using testing::Texts;

Quantizer fixed(int width, int integer) { return {{width, integer, true}, Rounding::Trn, Overflow::Wrap}; }
constexpr Quantizer table_type{{18, 8, true}, Rounding::Rnd, Overflow::Sat};

/// x -> conv1 -> relu1 -> pool1 -> flatten1 -> dense1 -> softmax1, nothing typed.
Graph network() {
  Random random(11);
  GraphBuilder b("net.gw");
  const NodeId x = b.input("x", {4, 4, 1});
  const NodeId w1 = b.constant("conv1.weight", testing::random_values(random, {3, 3, 1, 2}));
  const NodeId b1 = b.constant("conv1.bias", testing::random_values(random, {2}));
  const NodeId relu1 = b.layer("relu1", Relu{}, {b.layer("conv1", Conv2D{}, {x, w1, b1})});
  const NodeId flatten1 = b.layer("flatten1", Flatten{}, {b.layer("pool1", MaxPool2D{}, {relu1})});
  const NodeId w2 = b.constant("dense1.weight", testing::random_values(random, {2, 3}));
  b.output(b.layer("softmax1", Softmax{}, {b.layer("dense1", Dense{}, {flatten1, w2})}));
  return b.build().value();
}

template <class L>
const L& layer(const Graph& graph, const std::string& name) {
  return std::get<L>(std::get<Layer>(graph[graph.find(name)].op));
}

std::string type(const Graph& graph, const std::string& name) {
  return to_string(*graph[graph.find(name)].type.fixed);
}

TEST(AssignTypes, TheDefaultReachesAllButTablesAndPools) {
  Config config;
  config.precision.model["default"] = fixed(16, 6);
  const Graph graph = compile(network(), config).value();
  EXPECT_TRUE(graph.is_typed());
  EXPECT_EQ(graph.file(), "net.gw");
  for (const Node& node : graph.nodes())
    EXPECT_EQ(to_string(*node.type.fixed), "ap_fixed<16,6>") << node.name;
  EXPECT_EQ(std::get<Input>(graph[graph.find("x")].op).quantizer, fixed(16, 6));
  EXPECT_EQ(layer<Conv2D>(graph, "conv1").accumulator, fixed(16, 6));
  EXPECT_EQ(layer<Conv2D>(graph, "conv1").out, fixed(16, 6));
  EXPECT_EQ(layer<Dense>(graph, "dense1").accumulator, fixed(16, 6));
  EXPECT_EQ(layer<Relu>(graph, "relu1").out, fixed(16, 6));
  EXPECT_EQ(layer<MaxPool2D>(graph, "pool1").out, std::nullopt);
  const Softmax& softmax = layer<Softmax>(graph, "softmax1");
  EXPECT_EQ(softmax.exp_type, table_type);
  EXPECT_EQ(softmax.inverse_type, table_type);
  EXPECT_EQ(softmax.inverse_input, table_type);
  EXPECT_EQ(softmax.out, fixed(16, 6));
}

TEST(AssignTypes, AutoIsTheExactType) {
  Config config;
  config.precision.model["default"] = std::nullopt;
  for (const char* tensor : {"weight", "bias"}) config.precision.model[tensor] = fixed(4, 2);
  config.precision.by_kind["input"]["result"] = Quantizer{{2, 2, false}, Rounding::Trn, Overflow::Wrap};
  const Graph graph = compile(network(), config).value();
  EXPECT_EQ(layer<Conv2D>(graph, "conv1").accumulator, std::nullopt);
  EXPECT_EQ(layer<Conv2D>(graph, "conv1").out, std::nullopt);
  EXPECT_EQ(graph[graph.find("conv1")].type.fixed->fraction(), 2);
  EXPECT_EQ(graph[graph.find("relu1")].type.fixed->is_signed, false);
  EXPECT_EQ(graph[graph.find("pool1")].type.fixed, graph[graph.find("relu1")].type.fixed);
}

TEST(AssignTypes, TheNarrowerWordWins) {
  Config config;
  config.precision.model["default"] = fixed(16, 6);
  config.precision.model["weight"] = fixed(10, 2);
  config.precision.by_kind["conv2d"]["default"] = fixed(12, 4);
  config.precision.by_name["conv1"]["result"] = fixed(14, 5);
  config.precision.by_name["pool1"]["default"] = fixed(9, 3);
  config.precision.by_kind["softmax"]["exp_table"] = fixed(17, 8);
  config.precision.by_name["softmax1"]["default"] = fixed(11, 1);
  config.precision.model["inv_table"] = fixed(15, 7);
  const Graph graph = compile(network(), config).value();
  EXPECT_EQ(type(graph, "conv1.weight"), "ap_fixed<12,4>");
  EXPECT_EQ(type(graph, "dense1.weight"), "ap_fixed<10,2>");
  EXPECT_EQ(type(graph, "conv1"), "ap_fixed<14,5>");
  EXPECT_EQ(layer<Conv2D>(graph, "conv1").accumulator, fixed(12, 4));
  EXPECT_EQ(type(graph, "pool1"), "ap_fixed<9,3>");
  EXPECT_EQ(type(graph, "flatten1"), "ap_fixed<9,3>");
  const Softmax& softmax = layer<Softmax>(graph, "softmax1");
  EXPECT_EQ(softmax.exp_type, fixed(17, 8));
  EXPECT_EQ(softmax.inverse_input, fixed(17, 8));
  EXPECT_EQ(softmax.inverse_type, fixed(15, 7));
  EXPECT_EQ(softmax.out, fixed(11, 1));
}

TEST(AssignTypes, TypesOfTheModelStandUntilTheLayerIsNamed) {
  GraphBuilder b;
  const NodeId x = b.input("x", {3}, fixed(8, 4));
  const NodeId relu1 = b.layer("relu1", Relu{fixed(7, 3)}, {x});
  b.output(b.layer("cast1", Quantize{fixed(6, 2)}, {relu1}));
  const Graph graph = b.build().value();
  Config config;
  config.precision.model["default"] = fixed(16, 6);
  const Graph kept = compile(graph, config).value();
  EXPECT_EQ(type(kept, "x"), "ap_fixed<8,4>");
  EXPECT_EQ(type(kept, "relu1"), "ap_fixed<7,3>");
  EXPECT_EQ(type(kept, "cast1"), "ap_fixed<6,2>");
  config.precision.by_name["x"]["default"] = config.precision.by_kind["relu"]["result"] = config.precision.by_name["cast1"]["result"] =
      fixed(9, 5);
  const Graph named = compile(graph, config).value();
  for (const char* name : {"x", "relu1", "cast1"}) EXPECT_EQ(type(named, name), "ap_fixed<9,5>");
}

TEST(AssignTypes, SharedWeightsMayGetTwoTypes) {
  Random random(12);
  GraphBuilder b;
  const NodeId x = b.input("x", {3});
  const NodeId w = b.constant("w", testing::random_values(random, {3, 3}));
  const NodeId dense1 = b.layer("dense1", Dense{}, {x, w});
  const NodeId dense2 = b.layer("dense2", Dense{}, {dense1, w});
  b.output(b.layer("dense3", Dense{}, {dense2, w}));
  Config config;
  config.precision.model["default"] = fixed(16, 6);
  config.precision.by_name["dense2"]["weight"] = fixed(8, 3);
  const Graph graph = compile(b.build().value(), config).value();
  EXPECT_EQ(type(graph, "w"), "ap_fixed<16,6>");
  EXPECT_EQ(type(graph, "w.dense2"), "ap_fixed<8,3>");
  EXPECT_EQ(graph.nodes().size(), 6u);
}

TEST(AssignTypesErrors, RealNumbersNeedAType) {
  Config config;
  config.precision.by_name["dense1"]["weight"] = fixed(16, 6);
  const std::string text = "holds real numbers, which no fixed-point type holds exactly; give it a type: ";
  EXPECT_EQ(errors_of(compile(network(), config)),
            (Texts{"net.gw: node 'x': error: " + text + "LayerName.x.Precision.result [real-without-type]",
                   "net.gw: node 'conv1', weight: error: " + text +
                       "LayerName.conv1.Precision.weight [real-without-type]",
                   "net.gw: node 'conv1', bias: error: " + text +
                       "LayerName.conv1.Precision.bias [real-without-type]"}));
}

TEST(AssignTypesErrors, TypesTooWide) {
  Config config;
  config.precision.model["default"] = fixed(16, 6);
  config.precision.by_name["conv1"]["accum"] = fixed(64, 6);
  EXPECT_EQ(
      errors_of(compile(network(), config)),
      Texts{
          "net.gw: node 'conv1', accumulator: error: ap_fixed<64,6> is 64 bits wide, but a type has 1 to 63 "
          "bits [quantizer-too-wide]"});
}

TEST(Pipeline, SaysWhatItDoes) {
  std::vector<std::string> names;
  for (const Pass& pass : pipeline()) {
    names.emplace_back(pass.name);
    EXPECT_FALSE(pass.doc.empty());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"fold_batch_norm", "assign_types"}));
}

}  // namespace
}  // namespace gw
