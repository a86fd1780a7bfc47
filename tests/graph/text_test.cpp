// Graphs as text: they survive it unchanged, and every way to get a line wrong is told in a whole sentence.

#include "graph/text.h"

#include <gtest/gtest.h>

#include "graph/attributes.h"
#include "graph/evaluate.h"
#include "graph/expect.h"
#include "graph/random_graph.h"

namespace gw {
namespace {

using testing::errors_of;
using testing::Texts;

constexpr const char* example =
    "x: input 3x3x1 ap_ufixed<2,2>\n"
    "w: constant 2x2x1x1 ap_fixed<3,3> [1, -2, 3, 0]\n"
    "conv1: conv2d(x, w) {stride_w: 2, out: ap_fixed<4,4,AP_RND,AP_SAT>} -> 2x1x1 ap_fixed<4,4>\n"
    "relu1: relu(conv1) -> 2x1x1 ap_ufixed<3,3>\n"
    "output relu1\n"
    "output conv1\n";

Texts errors_in(const std::string& text) { return errors_of(parse_graph(text, "net.txt")); }

/// All but the real values behind typed constants, which the text does not have.
void expect_same(const Graph& got, const Graph& wanted) {
  EXPECT_EQ(print_graph(got), print_graph(wanted));
  ASSERT_EQ(got.nodes().size(), wanted.nodes().size());
  for (size_t id = 0; id < wanted.nodes().size(); ++id) {
    const Node &a = got.nodes()[id], &b = wanted.nodes()[id];
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.type, b.type) << b.name;
    EXPECT_EQ(a.inputs, b.inputs) << b.name;
    ASSERT_EQ(kind(a), kind(b)) << b.name;
    const auto* constant = std::get_if<Constant>(&b.op);
    if (!constant) continue;
    EXPECT_EQ(std::get<Constant>(a.op).fixed, constant->fixed) << b.name;
    EXPECT_EQ(std::get<Constant>(a.op).overflows, constant->overflows) << b.name;
    if (constant->fixed) continue;
    EXPECT_EQ(std::get<Constant>(a.op).values.values, constant->values.values) << b.name;
  }
  EXPECT_EQ(got.outputs(), wanted.outputs());
}

TEST(GraphText, ReadsAsItIsWritten) {
  const auto graph = parse_graph(example);
  ASSERT_TRUE(graph) << errors_of(graph)[0];
  EXPECT_EQ(print_graph(*graph), example);
  const auto& conv = std::get<Conv2D>(std::get<Layer>((*graph)[2].op));
  EXPECT_EQ(conv.stride_h, 1);
  EXPECT_EQ(conv.stride_w, 2);
  EXPECT_EQ(conv.out, (Quantizer{{4, 4, true}, Rounding::Rnd, Overflow::Sat}));
  EXPECT_EQ(std::get<Constant>((*graph)[1].op).values.values, (std::vector<float>{1, -2, 3, 0}));
  EXPECT_EQ(graph->outputs(), (std::vector<NodeId>{3, 2}));
}

TEST(GraphText, SpacesCommentsAndTypesOfAnswersAreFree) {
  EXPECT_EQ(print_graph(parse_graph("# a network\n\n"
                                    "  x :input 3x3x1 ufixed<2, 2>   # pixels\n"
                                    "w: constant 2x2x1x1 fixed< 3,3>[1,-2, 3 ,0]\r\n"
                                    "conv1: conv2d( x,w ){stride_w:2,out:fixed<4,4,RND,SAT>}\n"
                                    "relu1 : relu(conv1)->2x1x1 ap_ufixed<3,3>\n"
                                    "output relu1\n"
                                    "output conv1")
                            .value()),
            example);
}

TEST(GraphText, RandomGraphsSurvive) {
  Random random(61);
  int built = 0;
  for (int i = 0; i < 300; ++i) {
    testing::GraphMaker maker(random, random.below(2) == 0);
    const auto graph = maker.network();
    if (!graph) continue;
    ++built;
    const auto read = parse_graph(print_graph(*graph));
    ASSERT_TRUE(read) << errors_of(read)[0] << "\n" << print_graph(*graph);
    expect_same(*read, *graph);
  }
  EXPECT_GT(built, 150);
}

TEST(GraphText, EveryLayerByItselfIsSaidByItsNameAlone) {
  for (const std::string& kind : layer_kinds()) {
    Random random(62);
    const auto layer = make_layer(kind);
    ASSERT_TRUE(layer);
    GraphBuilder b;
    const NodeId x = b.input("x", {4, 4, 2});
    const NodeId y = b.layer("y", *layer, {x});
    b.output(y);
    if (const auto graph = b.build()) {
      EXPECT_TRUE(print_graph(*graph).find("y: " + kind + "(x) -> ") != std::string::npos)
          << print_graph(*graph);
      expect_same(parse_graph(print_graph(*graph)).value(), *graph);
    }
  }
}

TEST(GraphText, ExtremeValuesAndNamesSurvive) {
  GraphBuilder b;
  const Quantizer q8{{8, 4, true}};
  const Quantizer wide{{63, 1, true}, Rounding::Rnd, Overflow::Sat}, far{{4, -40, true}};
  const NodeId x = b.input("a b:\"0\"\\\n", {3}, Quantizer{{2, 1, true}});
  FloatTensor ends{{3}, 1, {1.0f, -1.0f, 0x1.fffffep-1f}};
  const NodeId cast = b.layer("output", Quantize{Quantizer{{2, 2, false}}}, {x});
  b.output(b.layer("/n-1/Bn.0", BatchNorm{Quantizer{{8, 4, true}}},
                   {cast, b.constant("#", ends, Quantizer{{8, 1, true}, Rounding::Trn, Overflow::Sat}),
                    b.constant("b", {{3}, 1, {0, 0, 0}}, q8)}));
  b.output(cast);
  b.constant("wide", ends, wide);
  b.constant("far", {{2}, 1, {0x1p-43f, -0x1p-41f}}, far);
  b.constant("real", {{4}, 1, {0.1f, 0x1p-149f, 0x1.fffffep127f, -0.0f}});
  const Graph graph = b.build().value();
  const std::string text = print_graph(graph);
  EXPECT_NE(text.find("\"a b:\\\"0\\\"\\\\\\x0a\": input"), text.npos) << text;
  EXPECT_NE(text.find("[4611686018427387903p-62, -4611686018427387904p-62, 4611685743549480960p-62]"),
            text.npos)
      << text;
  EXPECT_NE(text.find("{overflows: 1}"), text.npos) << text;
  expect_same(parse_graph(text).value(), graph);
}

TEST(GraphText, LongConstantsCanBeCutForReading) {
  TextOptions options;
  options.values = 2;
  EXPECT_NE(print_graph(parse_graph(example).value(), options).find("ap_fixed<3,3> [1, -2, ...]\n"),
            std::string::npos);
}

TEST(GraphText, IsToldFromOtherFiles) {
  EXPECT_TRUE(is_graph_text(example));
  EXPECT_TRUE(is_graph_text("\n# first\n\"a b\": relu(x)\n"));
  for (const char* other :
       {"", "\n\n", "Model: {Precision: auto}\n", "input: x\n", "{\"x\": 1}", "layers:\n  - relu\n"})
    EXPECT_FALSE(is_graph_text(other)) << other;
}

// Whatever is done to a text, it is a graph or an error.
TEST(GraphTextErrors, BrokenTextsNeverCrash) {
  Random random(63);
  const std::string characters = "[](){}<>,:#\"\\-pxe0123456789 \nA\x80";
  for (int i = 0; i < 3000; ++i) {
    std::string text = example;
    for (int n = testing::pick(random, 1, 4); n > 0; --n) {
      const size_t at = random.below(text.size());
      const char c = characters[random.below(characters.size())];
      switch (random.below(3)) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        default:
          text.erase(at, random.below(20));
      }
      if (text.empty()) text = " ";
    }
    const auto graph = parse_graph(text);
    if (graph) expect_same(parse_graph(print_graph(*graph)).value(), *graph);
  }
}

TEST(GraphTextErrors, AllOfThemWithLineAndNode) {
  EXPECT_EQ(
      errors_in("x: input 3 ap_fixed<8,4>\n"
                "y input\n"
                "r1: rleu(x)\n"
                "r2: relu(xx)\n"
                "r3: relu(r1, r2)\n"
                "r4: relu(x) -> 4 ap_fixed<8,4>\n"
                "r5: relu(x\n"
                "r6: relu(x) relu\n"
                ": relu(x)\n"
                "r7: \"\n"
                "r8: relu()\n"
                "output r9\n"
                "x: relu(x)\n"),
      (Texts{
          "net.txt:2: error: has 'input' where ':' should be [text-syntax]",
          "net.txt:3: node 'r1': error: unknown value 'rleu'; did you mean 'relu'? [unknown-value]",
          "net.txt:4: node 'r2': error: names 'xx', but no node before it has that name; the nearest is 'x' "
          "[node-not-before]",
          "net.txt:6: node 'r4': error: is 3 ap_ufixed<7,3>, but its line says 4 ap_fixed<8,4> [text-type]",
          "net.txt:7: node 'r5': error: has nothing where ')' should be [text-syntax]",
          "net.txt:8: node 'r6': error: has 'relu' where the end of the line should be [text-syntax]",
          "net.txt:9: error: has ': relu(x)' where the name of a node or 'output' should be [text-syntax]",
          "net.txt:10: node 'r7': error: has '\"' where the kind of a node should be [text-syntax]",
          "net.txt:11: node 'r8': error: has ')' where the name of a node should be [text-syntax]",
          "net.txt:12: error: names 'r9', but no node before it has that name; the nearest is 'r1' "
          "[node-not-before]",
          "net.txt:13: node 'x': error: is the name of two nodes; rename one [name-used-twice]"}));
}

TEST(GraphTextErrors, ConstantsAndInputs) {
  EXPECT_EQ(
      errors_in("z: input 3 float\n"
                "x: input 3y ap_fixed<8,4>\n"
                "y: input 3 ap_fxied<8,4>\n"
                "a: constant 2 float [1, 2, 3]\n"
                "b: constant 2 float [1, one]\n"
                "c: constant 2 ap_fixed<4,4> [1, 0.5]\n"
                "d: constant 2 ap_fixed<4,4> [8, 3p-1]\n"
                "e: constant 2 ap_fixed<4,4> [1, 2} \n"
                "f: constant 1 ap_fixed<4,4> [1] {overflows: -1}\n"
                "g: constant 0x2 ap_fixed<4,4> []\n"
                "h: constant 1 ap_fixed<64,4> [1]\n"
                "output z\n"),
      (Texts{
          "net.txt:2: node 'x': error: has '3y ap_fixed<8,4>' where a shape like 28x28x1 should be [text-syntax]",
          "net.txt:3: node 'y': error: has 'ap_fxied<8,4>' where a type like ap_fixed<16,6>, or float should be "
          "[text-syntax]",
          "net.txt:4: node 'a': error: lists 3 values, but 2 holds 2 [text-count]",
          "net.txt:5: node 'b': error: 'one' is no value of float [text-value]",
          "net.txt:6: node 'c': error: '0.5' is no value of ap_fixed<4,4> [text-value]",
          "net.txt:7: node 'd': error: '8' is no value of ap_fixed<4,4> [text-value]",
          "net.txt:8: node 'e': error: has '}' where ']' should be [text-syntax]",
          "net.txt:9: node 'f': error: has '-1}' where a number of values should be [text-syntax]",
          "net.txt:10: node 'g': error: has the shape 0x2, but every extent must be at least 1 [tensor-empty]",
          "net.txt:11: node 'h', type: error: ap_fixed<64,4> is 64 bits wide, but a type has 1 to 63 bits "
          "[quantizer-too-wide]",
          "net.txt:12: node 'z': error: is an output of the network, but no layer computes it [output-not-computed]"}));
}

TEST(GraphTextErrors, Attributes) {
  EXPECT_EQ(
      errors_in("x: input 3 ap_fixed<8,4>\n"
                "s1: softmax(x) {table_sise: 4, exp_type: none, out: 8, out: none, table_size: 1.5}\n"
                "s2: softmax(x) {table_size 4}\n"
                "s3: softmax(x) {table_size: 4\n"
                "s4: softmax(x) {: 4}\n"
                "output s1\n"),
      (Texts{
          "net.txt:2: node 's1': error: unknown key 'table_sise'; did you mean 'table_size'? [unknown-key]",
          "net.txt:2: node 's1', exp_type: error: wants a type like ap_fixed<16,6>, but is 'none' [wrong-kind]",
          "net.txt:2: node 's1', out: error: wants a type like ap_fixed<16,6>, or none, but is '8' [wrong-kind]",
          "net.txt:2: node 's1': error: 'out' stands here twice; remove one [key-twice]",
          "net.txt:2: node 's1', table_size: error: wants a whole number, but is '1.5' [wrong-kind]",
          "net.txt:3: node 's2': error: has '4}' where ':' should be [text-syntax]",
          "net.txt:4: node 's3': error: has nothing where '}' should be [text-syntax]",
          "net.txt:5: node 's4': error: has ': 4}' where the name of an attribute should be [text-syntax]"}));
}

}  // namespace
}  // namespace gw
