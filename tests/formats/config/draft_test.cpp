// Written configurations: what stands in them, and that they are read back as they were.

#include "formats/config/draft.h"

#include <gtest/gtest.h>

#include "formats/config/config_file.h"
#include "graph/attributes.h"
#include "graph/expect.h"
#include "graph/random_graph.h"
#include "passes/pass.h"

namespace gw {
namespace {

Graph network() {
  Random random(63);
  GraphBuilder b;
  const NodeId x = b.input("x", {4, 4, 1});
  const NodeId w1 = b.constant("w1", testing::random_values(random, {3, 3, 1, 2}));
  const NodeId b1 = b.constant("b1", testing::random_values(random, {2}));
  const NodeId relu1 = b.layer("null", Relu{}, {b.layer("conv 1", Conv2D{}, {x, w1, b1})});
  const NodeId w2 = b.constant("w2", testing::random_values(random, {8, 6}), Quantizer{{4, 2, true}});
  const NodeId dense1 = b.layer("dense1", Dense{}, {b.layer("flatten1", Flatten{}, {relu1}), w2});
  b.output(b.layer("softmax1", Softmax{}, {dense1}));
  return b.build().value();
}

void expect_same(const Config& seen, const Config& wanted, const std::string& text) {
  EXPECT_EQ(seen.precision, wanted.precision) << text;
  EXPECT_EQ(seen.model, wanted.model) << text;
  EXPECT_EQ(seen.by_kind, wanted.by_kind) << text;
  EXPECT_EQ(seen.by_name, wanted.by_name) << text;
  EXPECT_EQ(seen.whole, wanted.whole) << text;
  EXPECT_EQ(seen.project, wanted.project) << text;
}

void expect_round_trip(const Config& config, const Graph& graph) {
  const std::string text = print_config(config, graph, "net.gw");
  const auto read = parse_config(text, "c.yml", graph);
  ASSERT_TRUE(read) << testing::errors_of(read).front() << "\n" << text;
  expect_same(*read, config, text);
}

TEST(ConfigDraft, TheWholeText) {
  EXPECT_EQ(print_config(draft_config(network()), network(), "net.gw"),
            R"(# Types and settings of net.gw. `auto` is an exact type, or one that follows from others;
# docs/configuration.md says what it means where, and which tensors and keys there are.
Model:
  Precision:
    default: ap_fixed<16,6>
  # How many multiplications of a matrix share a multiplier, and so for how many clocks a window stands before it; with Strategy Resource also the order in which a saturating accumulator adds
  ReuseFactor: 1
  # Auto, Latency, Resource, ResourceUnrolled or DistributedArithmetic
  Strategy: Auto

LayerName:
  # input, 4x4x1
  x:
    Precision:
      result: ap_fixed<16,6>
  # conv2d, 4x4x1 -> 2x2x2, 9 x 2 weights
  "conv 1":
    Precision:
      accum: auto
      bias: ap_fixed<16,6>
      result: auto
      weight: ap_fixed<16,6>
    ReuseFactor: 1
  # relu, 2x2x2 -> 2x2x2
  "null":
    Precision:
      result: auto
  # dense, 8 -> 6, 8 x 6 weights
  dense1:
    Precision:
      accum: auto
      result: auto
      weight: ap_fixed<4,2>
    ReuseFactor: 1
  # softmax, 6 -> 6
  softmax1:
    Precision:
      accum: auto
      exp_table: ap_fixed<18,8,AP_RND,AP_SAT>
      inv_table: ap_fixed<18,8,AP_RND,AP_SAT>
      result: auto
      table: ap_fixed<18,8>
    # Entries of a function table, for a softmax a power of two; 0: as many as make the answer exact to one unit in the last place (functions of one number only)
    TableSize: 1024
    # The algorithm of a softmax: stable, latency, legacy, argmax or divided
    Implementation: stable
)");
}

TEST(ConfigDraft, EveryGranularityAndStrategyIsReadBack) {
  for (const Granularity granularity : {Granularity::Model, Granularity::Type, Granularity::Name}) {
    for (const Strategy strategy : {Strategy::Auto, Strategy::Latency, Strategy::Resource,
                                    Strategy::ResourceUnrolled, Strategy::DistributedArithmetic}) {
      for (const int reuse : {1, 4, 7}) {
        const Config config = draft_config(
            network(), {granularity, Quantizer{{12, 5, false}, Rounding::Rnd, Overflow::Sat}, reuse, strategy,
                        reuse == 1 ? std::nullopt : std::optional<std::string>("Vitis")});
        expect_round_trip(config, network());
      }
    }
  }
}

TEST(ConfigDraft, ReuseFactorsAreThoseThatMatricesAllow) {
  const Config config =
      draft_config(network(), {Granularity::Model, Quantizer{{16, 6, true}}, 4, Strategy::Resource, {}});
  EXPECT_EQ(config.reuse_factor("dense", "dense1"), 4);
  EXPECT_EQ(config.reuse_factor("conv2d", "conv 1"), 3);
}

// For each kind of layer: its types as they come are read back, and no key of it is unknown.
TEST(ConfigDraft, EveryKindOfLayerIsReadBack) {
  for (const std::string& kind : layer_kinds()) {
    GraphBuilder b;
    Layer layer = *make_layer(kind);
    std::vector<NodeId> inputs{b.input("x", {4, 4, 2})};
    const std::vector<std::string> names = configured_inputs(layer);
    Random random(64);
    const auto values = [&](Shape shape) {
      return b.constant(fmt::format("c{}", inputs.size()), testing::random_values(random, std::move(shape)));
    };
    if (kind == "dense") inputs.push_back(values({2, 3}));
    if (kind == "conv2d") inputs.push_back(values({3, 3, 2, 3}));
    if (kind == "conv1d" || kind == "max_pool1d" || kind == "average_pool1d") {
      b = GraphBuilder();
      inputs = {b.input("x", {8, 2})};
      if (kind == "conv1d") inputs.push_back(values({3, 2, 3}));
    }
    if (kind == "batch_norm")
      inputs.insert(inputs.end(), {values({2}), b.constant("b", testing::random_values(random, {2}))});
    if (kind == "prelu") inputs.push_back(values({2}));
    if (kind == "lookup") inputs.push_back(values({16}));
    if (kind == "dot" || kind == "softmax") {
      b = GraphBuilder();
      inputs = {b.input("x", {8})};
    }
    if (names.size() > 1 && names[1].empty()) inputs.push_back(values(b.type(inputs[0]).shape));
    if (auto* pad = std::get_if<Pad>(&layer)) pad->before = pad->after = {1, 1, 0};
    if (auto* crop = std::get_if<Crop>(&layer)) crop->before = crop->after = {1, 1, 0};
    if (auto* slice = std::get_if<Slice>(&layer)) *slice = {{0, 0, 0}, {4, 4, 1}, {1, 1, 1}};
    if (auto* permute = std::get_if<Permute>(&layer)) permute->axes = {1, 0, 2};
    if (auto* reshape = std::get_if<Reshape>(&layer)) reshape->shape = {8, 4};
    if (auto* up = std::get_if<UpSample>(&layer)) up->factors = {2, 2};
    if (auto* cast = std::get_if<Quantize>(&layer)) cast->out = Quantizer{{8, 4, true}};
    b.output(b.layer("y", std::move(layer), std::move(inputs)));
    const auto graph = b.build();
    ASSERT_TRUE(graph) << kind << ": " << testing::errors_of(graph).front();
    for (const Granularity granularity : {Granularity::Model, Granularity::Type, Granularity::Name}) {
      ConfigDraft draft;
      draft.granularity = granularity;
      const Config config = draft_config(*graph, draft);
      expect_round_trip(config, *graph);
      const auto typed = compile(*graph, config);
      EXPECT_TRUE(typed) << kind << ": " << testing::errors_of(typed).front();
    }
  }
}

TEST(ConfigDraft, EveryKeyIsReadBack) {
  Config config = draft_config(network());
  config.project = {"out", "net", "net_prj",      "Vitis", "1.0.0",  "xcvu13p-flga2577-2-e",
                    2.5,   0.125, IoType::Stream, "x.dat", "y 1.npy"};
  config.whole = {PipelineStyle::Dataflow, 4, 1000.0, false, true, "internal", true, true};
  config.precision.maximum = FixedType{32, 16, true};
  config.by_name["conv 1"].parallelization_factor = 2;
  config.by_name["conv 1"].conv_implementation = ConvImplementation::Encoded;
  config.by_name["conv 1"].trace = true;
  config.by_name["dense1"].strategy = Strategy::Resource;
  expect_round_trip(config, network());
}

}  // namespace
}  // namespace gw
