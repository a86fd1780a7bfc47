// Which type each tensor gets from a configuration, and what a configuration may not ask for.

#include <gtest/gtest.h>

#include "graph/evaluate.h"
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

TEST(AssignTypes, TheDefaultReachesAllButTables) {
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
  EXPECT_EQ(layer<MaxPool2D>(graph, "pool1").out, fixed(16, 6));
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
  EXPECT_EQ(softmax.inverse_input, table_type);
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
  config.precision.by_name["x"]["default"] = config.precision.by_kind["relu"]["result"] =
      config.precision.by_name["cast1"]["result"] = fixed(9, 5);
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

/// x of type <8,4> through one layer on `constants`, which the configuration types.
Result<Graph> typed(Layer layer, Shape shape, std::vector<FloatTensor> constants, const Config& config) {
  GraphBuilder b("net.gw");
  std::vector<NodeId> inputs{b.input("x", std::move(shape), fixed(8, 4))};
  for (size_t i = 0; i < constants.size(); ++i)
    inputs.push_back(b.constant(fmt::format("c{}", i), constants[i]));
  b.output(b.layer("y", std::move(layer), std::move(inputs)));
  return compile(b.build().value(), config);
}

FloatTensor values(Shape shape, float value) {
  const auto count = static_cast<size_t>(element_count(shape));
  return {std::move(shape), 1, std::vector<float>(count, value)};
}

Config all_auto() {
  Config config;
  config.precision.model["default"] = fixed(16, 6);
  for (const char* tensor : {"result", "accum", "param"}) config.precision.model[tensor] = std::nullopt;
  return config;
}

TEST(AssignTypes, AMaximumCutsWhatIsInferred) {
  Config config = all_auto();
  config.precision.maximum = FixedType{20, 9, true};
  const Graph graph = typed(Dense{}, {6}, {values({6, 3}, 1)}, config).value();
  // <8,4> * <16,6> summed 6 times and a bias: <28,14>, of which 20 bits and 9 before the point are left
  EXPECT_EQ(layer<Dense>(graph, "y").accumulator, fixed(20, 9));
  EXPECT_EQ(layer<Dense>(graph, "y").out, fixed(20, 9));
  config.precision.maximum = FixedType{28, 14, true};
  const Graph whole = typed(Dense{}, {6}, {values({6, 3}, 1)}, config).value();
  EXPECT_EQ(layer<Dense>(whole, "y").accumulator, std::nullopt);
  EXPECT_EQ(layer<Dense>(whole, "y").out, std::nullopt);
}

TEST(AssignTypes, SaturatingSumsAreAddedInTheOrderOfTheirReuse) {
  Config config = all_auto();
  config.model.strategy = Strategy::Resource;
  config.model.reuse_factor = 3;
  const auto reuse = [&] {
    const Graph graph = typed(Dense{}, {6}, {values({6, 3}, 1)}, config).value();
    return layer<Dense>(graph, "y").reuse;
  };
  EXPECT_EQ(reuse(), 1);
  config.precision.by_name["y"]["accum"] = Quantizer{{10, 5, true}, Rounding::Trn, Overflow::Sat};
  EXPECT_EQ(reuse(), 3);
  config.model.strategy = Strategy::Latency;
  EXPECT_EQ(reuse(), 1);
}

TEST(AssignTypes, AveragesAnswerInTheTypeOfTheirInput) {
  const Graph graph = typed(AveragePool2D{}, {4, 4, 2}, {}, all_auto()).value();
  EXPECT_EQ(layer<AveragePool2D>(graph, "y").accumulator, fixed(12, 6));
  EXPECT_EQ(layer<AveragePool2D>(graph, "y").out, fixed(8, 4));
  const Graph mean = typed(Average{}, {4}, {values({4}, 1)}, all_auto()).value();
  EXPECT_EQ(layer<Average>(mean, "y").out, fixed(17, 7));
  EXPECT_EQ(layer<Add>(typed(Add{}, {4}, {values({4}, 1)}, all_auto()).value(), "y").out, std::nullopt);
}

TEST(AssignTypes, ActivationsAreNotInferredButForTheirParameters) {
  Config config = all_auto();
  LeakyRelu tenth;
  tenth.alpha = 0.1;
  const Graph leaky = typed(tenth, {4}, {}, config).value();
  EXPECT_EQ(layer<LeakyRelu>(leaky, "y").parameter, (Quantizer{{8, -3, false}}));
  EXPECT_EQ(layer<LeakyRelu>(leaky, "y").out, fixed(16, 6));
  const Graph threshold = typed(ThresholdedRelu{}, {4}, {}, config).value();
  EXPECT_EQ(layer<ThresholdedRelu>(threshold, "y").parameter, fixed(8, 4));
  const Graph slopes = typed(PRelu{}, {4}, {values({4}, 0.5F)}, config).value();
  EXPECT_EQ(type(slopes, "c0"), "ap_fixed<8,4>");
  config.precision.by_name["y"]["param"] = fixed(9, 2);
  EXPECT_EQ(type(typed(PRelu{}, {4}, {values({4}, 0.5F)}, config).value(), "c0"), "ap_fixed<9,2>");
}

TEST(AssignTypes, ACastBehindAnActivationIsItsOwn) {
  GraphBuilder b;
  const NodeId relu1 = b.layer("relu1", Relu{}, {b.input("x", {3}, fixed(20, 10))});
  b.output(b.layer("cast1", Quantize{fixed(18, 9)}, {relu1}));
  const Graph graph = compile(b.build().value(), all_auto()).value();
  EXPECT_EQ(layer<Relu>(graph, "relu1").out, std::nullopt);
  EXPECT_EQ(type(graph, "cast1"), "ap_fixed<18,9>");
}

TEST(AssignTypes, ElementsThatMoveAreCastBehind) {
  Config config = all_auto();
  const UpSample twice{{2, 2}};
  const Graph as_it_is = typed(twice, {2, 2, 1}, {}, config).value();
  EXPECT_EQ(type(as_it_is, "y"), "ap_fixed<8,4>");
  config.precision.model["result"] = fixed(6, 3);
  const Graph graph = typed(twice, {2, 2, 1}, {}, config).value();
  EXPECT_EQ(type(graph, "y.moved"), "ap_fixed<8,4>");
  EXPECT_EQ(layer<Quantize>(graph, "y").out, fixed(6, 3));
  const Graph cropped = typed(Crop{{1, 0, 0}, {0, 0, 0}}, {2, 2, 1}, {}, all_auto()).value();
  EXPECT_EQ(layer<Quantize>(cropped, "y").out, fixed(16, 6));  // hls4ml infers nothing for a crop
}

TEST(AssignTypes, ConstantsByTheirOwnName) {
  Config config = all_auto();
  config.precision.by_name["c0"]["result"] = fixed(5, 2);
  EXPECT_EQ(type(typed(Add{}, {4}, {values({4}, 1)}, config).value(), "c0"), "ap_fixed<5,2>");
  EXPECT_EQ(type(typed(Dense{}, {6}, {values({6, 3}, 1)}, config).value(), "c0"), "ap_fixed<5,2>");
  config.precision.by_name["y"]["weight"] = fixed(7, 2);
  EXPECT_EQ(type(typed(Dense{}, {6}, {values({6, 3}, 1)}, config).value(), "c0"), "ap_fixed<7,2>");
}

TEST(AssignTypes, WeightsKeepTheTypeThatTheModelStates) {
  GraphBuilder b;
  const NodeId x = b.input("x", {2}, fixed(8, 4));
  b.output(b.layer("d", Dense{}, {x, b.constant("w", values({2, 2}, 1), fixed(4, 2))}));
  const Graph graph = b.build().value();
  Config config = all_auto();
  EXPECT_EQ(type(compile(graph, config).value(), "w"), "ap_fixed<4,2>");
  config.precision.by_name["d"]["weight"] = fixed(5, 3);
  EXPECT_EQ(type(compile(graph, config).value(), "w"), "ap_fixed<5,3>");
}

TEST(AssignTypes, TablesOfASoftmax) {
  Config config = all_auto();
  config.by_name["y"].table_size = 4096;
  const auto softmax = [&] { return layer<Softmax>(typed(Softmax{}, {4}, {}, config).value(), "y"); };
  EXPECT_EQ(softmax().inverse_table_size, 256);
  EXPECT_EQ(softmax().table_size, 256);  // all that an input of 8 bits can address
  config.by_name["y"].table_size = 64;
  EXPECT_EQ(softmax().table_size, 64);
  EXPECT_EQ(softmax().inverse_input, table_type);
  config.precision.model["default"] = table_type;
  config.precision.by_name["y"]["exp_table"] = fixed(15, 7);
  EXPECT_EQ(softmax().inverse_input, fixed(15, 7));
  EXPECT_EQ(softmax().accumulator, std::nullopt);
  EXPECT_EQ(softmax().difference, (Quantizer{{7, 3, false}, Rounding::Trn, Overflow::Sat}));
  config.precision.by_name["y"]["accum"] = fixed(19, 9);
  config.precision.by_name["y"]["inp_norm"] = fixed(9, 4);
  config.by_name["y"].implementation = "latency";
  EXPECT_EQ(softmax().accumulator, fixed(19, 9));
  EXPECT_EQ(softmax().difference, fixed(9, 4));
  EXPECT_EQ(softmax().implementation, SoftmaxImplementation::Latency);
  config.by_name["y"].skip = true;
  Random random(13);
  GraphBuilder b;
  const NodeId w = b.constant("w", testing::random_values(random, {3, 3}));
  const NodeId d = b.layer("d", Dense{}, {b.input("x", {3}), w});
  b.output(b.layer("y", Softmax{}, {d}));
  const Graph graph = compile(b.build().value(), config).value();
  EXPECT_EQ(graph.find("y"), -1);
  EXPECT_EQ(graph.outputs().front(), graph.find("d"));
}

// hls4ml declares ap_fixed<35,15> for the sum of four products of ap_fixed<16,6> and a bias, and takes the
// top ten bits of that: cells of 32, whatever the values are.
TEST(AssignTypes, ASoftmaxIsAddressedByTheDeclaredType) {
  Config config = all_auto();
  config.precision.by_kind["input"]["result"] = fixed(16, 6);
  config.precision.by_name["d"]["weight"] = fixed(16, 6);
  GraphBuilder b;
  const NodeId x = b.input("x", {4});
  const FloatTensor identity{{4, 4}, 1, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2}};
  b.output(b.layer("y", Softmax{}, {b.layer("d", Dense{}, {x, b.constant("w", identity)})}));
  const Graph network = b.build().value();
  const auto answers = [&](const std::string& implementation, std::vector<float> values) {
    config.by_name["y"].implementation = implementation;
    const Graph graph = compile(network, config).value();
    const Tensor y = evaluate(graph, std::vector<FloatTensor>{{{4}, 1, std::move(values)}}).front();
    std::vector<double> reals;
    for (std::int64_t i = 0; i < y.size(); ++i) reals.push_back(to_double(y.at(i), y.type().fraction()));
    return reals;
  };
  // exp: 1 from 0 to 32, exp(-32) = 0 below, the highest of ap_fixed<18,8> from 32 on.
  EXPECT_EQ(answers("latency", {3.5, -2, 31, -1}), (std::vector<double>{0.5, 0, 0.5, 0}));
  constexpr double inverse = 8.0 / 1024;  // 1 / 127.75, rounded; times 131071 / 1024, cut to ap_fixed<16,6>
  EXPECT_EQ(answers("latency", {0, -20, 0, 20}), (std::vector<double>{inverse, 0, inverse, 1023.0 / 1024}));
  // The differences have a bit less, and so cells of 16.
  constexpr double third = 341.0 / 1024;
  EXPECT_EQ(answers("stable", {3.5, -2, 10, -20}), (std::vector<double>{third, third, third, 0}));
}

}  // namespace
}  // namespace gw
