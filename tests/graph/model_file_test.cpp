// Model files: graphs survive them unchanged, and every way to get one wrong is told in a whole sentence.

#include "graph/model_file.h"

#include <set>

#include <gtest/gtest.h>

#include "graph/attributes.h"
#include "graph/expect.h"
#include "graph/random_branches.h"
#include "graph/random_graph.h"
#include "graph/safetensors.h"
#include "graph/temporary_folder.h"
#include "graph/text.h"

namespace gw {
namespace {

using testing::errors_of;
using testing::Texts;

constexpr Quantizer q8{{8, 4, true}, Rounding::RndConv, Overflow::SatSym};

Graph example() {
  Random random(41);
  GraphBuilder b;
  const NodeId x = b.input("x", {6, 6, 2}, q8);
  const NodeId w1 = b.constant("conv1.weight", testing::random_values(random, {3, 2, 2, 4}));
  const NodeId b1 = b.constant("conv1.bias", testing::random_values(random, {4}));
  const NodeId conv1 = b.layer("conv1", Conv2D{.stride_h = 2, .accumulator = q8}, {x, w1, b1});
  const NodeId pool1 = b.layer("pool1", MaxPool2D{2, 1, 1, 3, {}}, {b.layer("cast1", Quantize{q8}, {conv1})});
  const NodeId flatten1 = b.layer("flatten1", Flatten{}, {pool1});
  b.output(b.layer("softmax1", Softmax{}, {flatten1}));
  b.output(conv1);
  return b.build().value();
}

TEST(ModelFile, GraphsSurvive) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "model.gw";
  ASSERT_TRUE(save_model(path, example(), {{"epoch", "30"}}));
  const auto read = load_model(path);
  ASSERT_TRUE(read) << errors_of(read)[0];
  EXPECT_EQ(read->file(), path.string());
  EXPECT_EQ(print_model(*read), print_model(example()));
  const Graph wanted = example();
  ASSERT_EQ(read->nodes().size(), wanted.nodes().size());
  for (size_t id = 0; id < wanted.nodes().size(); ++id) {
    EXPECT_EQ(read->nodes()[id].name, wanted.nodes()[id].name);
    EXPECT_EQ(read->nodes()[id].type, wanted.nodes()[id].type);
    EXPECT_EQ(read->nodes()[id].inputs, wanted.nodes()[id].inputs);
    EXPECT_EQ(kind(read->nodes()[id]), kind(wanted.nodes()[id]));
  }
  EXPECT_EQ(read->outputs(), wanted.outputs());
  const auto values = [](const Graph& graph) {
    return std::get<Constant>(graph[graph.find("conv1.weight")].op).values.values;
  };
  EXPECT_EQ(values(*read), values(wanted));
  EXPECT_EQ(load_safetensors(path)->metadata.at("epoch"), "30");
}

TEST(ModelFile, TextFormsAreReadAsWell) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "model.txt";
  ASSERT_TRUE(write_file(path, print_graph(example())));
  EXPECT_EQ(print_model(load_model(path).value()), print_model(example()));
}

TEST(ModelFile, QuantisedWeightsKeepTheirTypes) {
  GraphBuilder b;
  const NodeId x = b.input("x", {3}, q8);
  const Quantizer six{{6, 1, true}, Rounding::RndConv, Overflow::Sat};
  const NodeId w = b.constant("w", {{3, 2}, 1, {0.3f, -1, 5, 0.515625f, 0, -0.25f}}, six);
  b.output(b.layer("d", Dense{}, {x, w}));
  const Graph graph = b.build().value();
  const std::string bytes = print_model(graph);
  const auto read = parse_model(bytes, "f");
  ASSERT_TRUE(read) << errors_of(read)[0];
  EXPECT_TRUE(read->is_typed());
  EXPECT_EQ(print_model(*read), bytes);
  EXPECT_EQ(*std::get<Constant>((*read)[read->find("w")].op).fixed,
            *std::get<Constant>(graph[graph.find("w")].op).fixed);
  EXPECT_EQ((*read)[read->find("d")].type, graph[graph.find("d")].type);
}

TEST(ModelFile, RandomGraphsSurvive) {
  Random random(42);
  for (int n = 0; n < 100; ++n) {
    const Graph graph = n % 2 == 0 ? testing::GraphMaker(random, false).network().value()
                                   : testing::BranchMaker(random, false).branches().value();
    const std::string bytes = print_model(graph);
    const auto read = parse_model(bytes, "f");
    ASSERT_TRUE(read) << errors_of(read)[0];
    EXPECT_EQ(print_model(*read), bytes);
  }
}

TEST(ModelFile, EveryLayerHasItsKindAndAttributes) {
  const std::set<std::string> kinds(layer_kinds().begin(), layer_kinds().end());
  EXPECT_EQ(kinds.size(), std::variant_size_v<Layers>) << "two layers share a name";
  for (const std::string& kind : kinds) EXPECT_TRUE(make_layer(kind)) << kind;
  EXPECT_FALSE(make_layer("lstm"));
  Layer pool = *make_layer("average_pool1d");
  std::vector<std::string> names;
  for (const Attribute& attribute : attributes(pool)) names.push_back(attribute.name);
  EXPECT_EQ(names, (std::vector<std::string>{"pool", "stride", "padding", "pad_left", "pad_right",
                                             "count_include_pad", "accumulator", "out"}));
}

/// A model file with this architecture and one weight "w" of shape 2x2.
Texts errors_in(const std::string& graph) {
  SafeTensors contents;
  contents.metadata[graph_metadata_key] = graph;
  contents.set<float>("w", {2, 2}, {1, 2, 3, 4});
  return errors_of(parse_model(print_safetensors(contents), "m.gw"));
}

/// As above, with these nodes behind an input "x" of two elements and the weight "w".
Texts errors_among(const std::string& nodes, const std::string& output = "y") {
  return errors_in(
      R"({"version":1,"nodes":[{"name":"x","kind":"input","shape":[2]},{"name":"w","kind":"constant"},)" +
      nodes + R"(],"outputs":[")" + output + R"("]})");
}

TEST(ModelFileErrors, Files) {
  EXPECT_EQ(errors_of(load_model("/nowhere/m.gw")),
            Texts{"/nowhere/m.gw: error: cannot be read: No such file or directory [file-unreadable]"});
  EXPECT_EQ(
      errors_of(parse_model("GIF89a is no model", "m.gw")),
      Texts{
          "m.gw: error: is not a safetensors file: its first 8 bytes promise a header of 7575161471622334791 "
          "bytes, but 10 follow [safetensors-header]"});
  EXPECT_EQ(
      errors_of(parse_model(print_safetensors({}), "m.gw")),
      Texts{"m.gw: error: holds no network: its metadata has no 'gatewright.graph' [model-without-graph]"});
  EXPECT_EQ(errors_in("{"),
            Texts{"m.gw: gatewright.graph: error: is not JSON, or is nested too deeply [model-not-json]"});
}

TEST(ModelFileErrors, TopLevel) {
  EXPECT_EQ(errors_in("[1]"),
            Texts{"m.gw: gatewright.graph: error: wants an object, but is '[1]' [wrong-kind]"});
  EXPECT_EQ(errors_in(R"({"version":1,"node":[],"outputs":[]})"),
            (Texts{"m.gw: gatewright.graph: error: unknown key 'node'; did you mean 'nodes'? [unknown-key]",
                   "m.gw: gatewright.graph: error: has no 'nodes'; add it [key-missing]"}));
  EXPECT_EQ(errors_in(R"({"version":2,"nodes":[],"outputs":[]})"),
            Texts{"m.gw: version: error: is of version 2, but this program reads version 1; train or convert "
                  "the model "
                  "anew, or use the program that wrote it [model-version]"});
  EXPECT_EQ(errors_in(R"({"version":"1","nodes":[],"outputs":[]})"),
            Texts{"m.gw: version: error: wants a whole number, but is '1' [wrong-kind]"});
  EXPECT_EQ(errors_in(R"({"version":1,"nodes":{},"outputs":"y"})"),
            (Texts{"m.gw: nodes: error: wants a list, but is '{}' [wrong-kind]",
                   "m.gw: outputs: error: wants a list, but is 'y' [wrong-kind]"}));
}

TEST(ModelFileErrors, AllMistakesOfNodesAreToldOnce) {
  EXPECT_EQ(
      errors_among(R"(5,{"kind":"relu"},{"name":3},{"name":"a"},{"name":"b","kind":4},
                            {"name":"c","kind":"reluu","inputs":["x"]},{"name":"d","kind":"relu","inputs":["c"]},
                            {"name":"y","kind":"dense","inputs":["d","w"]})"),
      (Texts{"m.gw: nodes[2]: error: wants an object, but is '5' [wrong-kind]",
             "m.gw: nodes[3]: error: has no 'name'; add it [key-missing]",
             "m.gw: nodes[4].name: error: wants a text, but is '3' [wrong-kind]",
             "m.gw: node 'a': error: has no 'kind'; add it [key-missing]",
             "m.gw: node 'b', kind: error: wants a text, but is '4' [wrong-kind]",
             "m.gw: node 'c', kind: error: unknown value 'reluu'; did you mean 'relu'? [unknown-value]"}));
}

TEST(ModelFileErrors, Attributes) {
  EXPECT_EQ(
      errors_among(R"({"name":"y","kind":"dense","inputs":["x","w"],
                             "attributes":{"outs":"ap_fixed<8,4>","out":"fix<8>","accumulator":7}})"),
      (Texts{
          "m.gw: node 'y', attributes: error: unknown key 'outs'; did you mean 'out'? [unknown-key]",
          "m.gw: node 'y', out: error: wants a type like ap_fixed<16,6>, but is 'fix<8>' [wrong-kind]",
          "m.gw: node 'y', accumulator: error: wants a type like ap_fixed<16,6>, but is '7' [wrong-kind]"}));
  EXPECT_EQ(errors_among(R"({"name":"y","kind":"softmax","inputs":["x"],"attributes":{"table_size":1e3}})"),
            Texts{"m.gw: node 'y', table_size: error: wants a whole number, but is '1000.0' [wrong-kind]"});
  EXPECT_EQ(
      errors_among(R"({"name":"y","kind":"softmax","inputs":["x"],"attributes":{"table_size":4294967296}})"),
      Texts{"m.gw: node 'y', table_size: error: wants a whole number, but is '4294967296' [wrong-kind]"});
  EXPECT_EQ(errors_among(R"({"name":"y","kind":"relu","inputs":["x"],"attributes":[]})"),
            Texts{"m.gw: node 'y', attributes: error: wants an object, but is '[]' [wrong-kind]"});
  EXPECT_EQ(errors_among(R"({"name":"y","kind":"quantize","inputs":["x"]})"),
            Texts{"m.gw: node 'y', out: error: ap_fixed<0,0> is 0 bits wide, but a type has 1 to 63 bits "
                  "[quantizer-too-wide]"});
}

TEST(ModelFileErrors, Inputs) {
  EXPECT_EQ(
      errors_among(R"({"name":"y","kind":"relu","inputs":["z"]},{"name":"z","kind":"relu","inputs":["x"]})"),
      Texts{
          "m.gw: node 'y', inputs: error: names 'z', but no node before it has that name; the nearest is 'w' "
          "[node-not-before]"});
  EXPECT_EQ(errors_among(R"({"name":"y","kind":"relu"})"),
            Texts{"m.gw: node 'y': error: has no 'inputs'; add it [key-missing]"});
  EXPECT_EQ(errors_among(R"({"name":"y","kind":"relu","inputs":"x"})"),
            Texts{"m.gw: node 'y', inputs: error: wants a list, but is 'x' [wrong-kind]"});
  EXPECT_EQ(errors_among(R"({"name":"y","kind":"relu","inputs":[0]})"),
            Texts{"m.gw: node 'y', inputs: error: wants a list of names, but is '0' [wrong-kind]"});
  EXPECT_EQ(errors_among(R"({"name":"y","kind":"relu","inputs":["x"]})", "yy"),
            Texts{"m.gw: outputs: error: names 'yy', but no node before it has that name; the nearest is 'y' "
                  "[node-not-before]"});
  EXPECT_EQ(
      errors_among(R"({"name":"v","kind":"input","shape":[2,"3"]},{"name":"u","kind":"input","shape":4},
                            {"name":"t","kind":"input","shape":[4],"type":"?"},
                            {"name":"y","kind":"relu","inputs":["x"]})"),
      (Texts{"m.gw: node 'v', shape: error: wants a list of whole numbers, but is '[2,\"3\"]' [wrong-kind]",
             "m.gw: node 'u', shape: error: wants a list of whole numbers, but is '4' [wrong-kind]",
             "m.gw: node 't', type: error: wants a type like ap_fixed<16,6>, but is '?' [wrong-kind]"}));
}

TEST(ModelFileErrors, Weights) {
  EXPECT_EQ(
      errors_in(
          R"({"version":1,"nodes":[{"name":"x","kind":"input","shape":[2]},{"name":"v","kind":"constant"},
                          {"name":"y","kind":"dense","inputs":["x","v"]}],"outputs":["y"]})"),
      (Texts{"m.gw: tensor 'v': error: is not in the file; the nearest name there is 'w' [tensor-absent]",
             "m.gw: tensor 'w': error: belongs to no constant of the network; the nearest is 'v' "
             "[tensor-unused]"}));
  SafeTensors contents;
  contents.metadata[graph_metadata_key] =
      R"({"version":1,"nodes":[{"name":"w","kind":"constant"}],"outputs":[]})";
  contents.set<std::int32_t>("w", {1}, {1});
  EXPECT_EQ(errors_of(parse_model(print_safetensors(contents), "m.gw")),
            (Texts{"m.gw: tensor 'w': error: must hold F32, but holds I32 [tensor-type]",
                   "m.gw: error: is a network without an input [graph-without-input]",
                   "m.gw: error: is a network without an output [graph-without-output]"}));
  contents.set<float>("w", {0, 3}, {});
  EXPECT_EQ(errors_of(parse_model(print_safetensors(contents), "m.gw"))[0],
            "m.gw: node 'w': error: has the shape 0x3, but every extent must be at least 1 [tensor-empty]");
}

TEST(ModelFileErrors, DamagedFilesGiveMessagesAndNothingElse) {
  const std::string good = print_model(example());
  Random random(43);
  int refused = 0;
  for (int n = 0; n < 2000; ++n) {
    std::string bad = good;
    for (int hits = 0; hits < 2; ++hits)
      bad[random.below(bad.size())] = static_cast<char>(32 + random.below(95));
    const auto read = parse_model(bad, "m.gw");
    if (read) continue;
    ++refused;
    for (const Diagnostic& error : read.errors()) EXPECT_EQ(error.place.file, "m.gw");
  }
  EXPECT_GE(refused, 1000);
}

}  // namespace
}  // namespace gw
