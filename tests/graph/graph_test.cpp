// Building graphs, and every message that a wrong one gives.

#include "graph/graph.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "graph/expect.h"
#include "graph/random_graph.h"

namespace gw {
namespace {

using testing::errors_of;
using testing::Texts;

constexpr Quantizer q8{{8, 4, true}, Rounding::Trn, Overflow::Wrap};

FloatTensor ones(Shape shape) {
  FloatTensor values{std::move(shape), 1, {}};
  values.values.assign(static_cast<size_t>(element_count(values.shape)), 1.0f);
  return values;
}

TEST(Graph, TypesFollowFromInputsAndWeights) {
  GraphBuilder b;
  const NodeId x = b.input("x", {3}, q8);
  const NodeId w = b.constant("w", ones({3, 2}), Quantizer{{4, 2, true}, Rounding::Trn, Overflow::Wrap});
  b.output(b.layer("dense1", Dense{}, {x, w}));
  const Graph graph = b.build().value();
  EXPECT_TRUE(graph.is_typed());
  // 3 * [-128, 127] in units of 2^-4 * 2^0: a weight of one adds no fraction bits.
  EXPECT_EQ(to_string(graph[2].type), "2 ap_fixed<10,6>");
  EXPECT_EQ(graph.find("dense1"), 2);
  EXPECT_EQ(graph.find("dense2"), -1);
  EXPECT_EQ(graph.inputs(), std::vector<NodeId>{0});
  EXPECT_EQ(kind(graph[0]), "input");
  EXPECT_EQ(kind(graph[1]), "constant");
  EXPECT_EQ(kind(graph[2]), "dense");
  const std::vector<Operand> from = operands(graph, graph[2]);
  EXPECT_EQ(from[0].constant, nullptr);
  EXPECT_EQ(from[1].constant, &*std::get<Constant>(graph[1].op).fixed);
}

TEST(Graph, UntypedHasShapesOnly) {
  GraphBuilder b;
  const NodeId x = b.input("x", {5, 5, 1});
  b.output(b.layer("conv1", Conv2D{}, {x, b.constant("w", ones({3, 3, 1, 2}))}));
  const Graph graph = b.build().value();
  EXPECT_FALSE(graph.is_typed());
  EXPECT_EQ(to_string(graph[2].type), "3x3x2 float");
}

TEST(Graph, CountsWeightsThatOverflow) {
  GraphBuilder b;
  const NodeId x = b.input("x", {3}, q8);
  FloatTensor w = ones({3, 1});
  w.values = {7.9f, 8.0f, -9.0f};
  b.output(b.layer("dense1", Dense{}, {x, b.constant("w", w, q8)}));
  EXPECT_EQ(std::get<Constant>(b.build().value()[1].op).overflows, 2);
}

TEST(GraphErrors, OneMistakeOneMessageAndAllOfThem) {
  GraphBuilder b("net.gw");
  const NodeId x = b.input("x", {5, 0, 1});
  const NodeId w = b.constant("w", ones({3, 3, 1, 2}));
  const NodeId conv1 = b.layer("conv1", Conv2D{}, {x, w});
  b.output(b.layer("relu1", Relu{}, {conv1}));
  FloatTensor bad = ones({2});
  bad.values = {std::numeric_limits<float>::infinity(), std::nanf("")};
  b.constant("bias", bad);
  EXPECT_EQ(
      errors_of(b.build()),
      (Texts{
          "net.gw: node 'x': error: has the shape 5x0x1, but every extent must be at least 1 [tensor-empty]",
          "net.gw: node 'bias': error: holds 2 values that are infinite or no number; was the training "
          "stable? [values-not-finite]"}));
}

TEST(GraphErrors, ShapesThatDoNotFit) {
  GraphBuilder b;
  const NodeId x = b.input("x", {5, 5, 1});
  b.output(b.layer("conv1", Conv2D{}, {x, b.constant("w", ones({6, 3, 1, 2}))}));
  EXPECT_EQ(errors_of(b.build()),
            Texts{"node 'conv1': error: the window 6x3 is larger than its input 5x5 [window-too-large]"});
}

TEST(GraphErrors, TooManyElements) {
  GraphBuilder b;
  b.output(b.layer("relu1", Relu{}, {b.input("x", {65536, 65536, 2})}));
  EXPECT_EQ(errors_of(b.build()),
            Texts{"node 'x': error: has the shape 65536x65536x2, but a tensor has at most "
                  "1073741824 elements [tensor-too-large]"});
}

TEST(GraphErrors, TypesOfAttributesAreChecked) {
  GraphBuilder b;
  const Quantizer wide{{64, 6, true}, Rounding::Trn, Overflow::Wrap};
  const Quantizer none{{0, 0, true}, Rounding::Trn, Overflow::Wrap};
  const NodeId x = b.input("x", {3}, q8);
  const NodeId w = b.constant("w", ones({3, 2}), q8);
  b.output(b.layer("dense1", Dense{none, wide}, {x, w}));
  b.input("y", {3}, wide);
  b.constant("v", ones({1}), wide);
  EXPECT_EQ(
      errors_of(b.build()),
      (Texts{"node 'dense1', out: error: ap_fixed<0,0> is 0 bits wide, but a type has 1 to 63 bits "
             "[quantizer-too-wide]",
             "node 'dense1', accumulator: error: ap_fixed<64,6> is 64 bits wide, but a type has 1 to 63 bits "
             "[quantizer-too-wide]",
             "node 'y', type: error: ap_fixed<64,6> is 64 bits wide, but a type has 1 to 63 bits "
             "[quantizer-too-wide]",
             "node 'v', type: error: ap_fixed<64,6> is 64 bits wide, but a type has 1 to 63 bits "
             "[quantizer-too-wide]"}));
}

TEST(GraphErrors, ExactTypesThatOutgrowTheIntegers) {
  GraphBuilder b;
  const Quantizer half{{34, 4, true}, Rounding::Trn, Overflow::Wrap};
  const NodeId x = b.input("x", {2}, Quantizer{{40, 20, true}, Rounding::Trn, Overflow::Wrap});
  FloatTensor w = ones({2, 1});
  w.values = {0.3f, 0.7f};
  b.output(b.layer("dense1", Dense{}, {x, b.constant("w", w, half)}));
  EXPECT_EQ(errors_of(b.build()),
            Texts{"node 'dense1': error: needs a value of 64 bits, and 63 is the most; give a "
                  "narrower result or accumulator type [type-too-wide]"});
}

TEST(GraphErrors, LayerThatIsAlwaysZero) {
  GraphBuilder b;
  const NodeId x = b.input("x", {2}, q8);
  FloatTensor w = ones({2, 1});
  w.values = {0, 0};
  b.output(b.layer("dense1", Dense{}, {x, b.constant("w", w, q8)}));
  EXPECT_EQ(errors_of(b.build()),
            Texts{"node 'dense1': error: is 0 whatever its input, so that no type is left for it; "
                  "give it a result type or leave it out [type-zero-width]"});
}

TEST(GraphErrors, NamesMustDiffer) {
  GraphBuilder b;
  const NodeId x = b.input("x", {2}, q8);
  b.output(b.layer("x", Relu{}, {x}));
  EXPECT_EQ(errors_of(b.build()),
            Texts{"node 'x': error: is the name of two nodes; rename one [name-used-twice]"});
}

TEST(GraphErrors, WeightsAndStreamsAreNotInterchangeable) {
  GraphBuilder b;
  const NodeId x = b.input("x", {2}, q8);
  const NodeId y = b.input("y", {2, 2}, q8);
  const NodeId c = b.constant("c", ones({2}), q8);
  b.output(b.layer("dense1", Dense{}, {x, y}));
  b.output(b.layer("relu1", Relu{}, {c}));
  EXPECT_EQ(
      errors_of(b.build()),
      (Texts{
          "node 'dense1': error: has weights that are computed; they must be constants "
          "[weights-not-constant]",
          "node 'relu1': error: has only constant inputs, so that its answer never depends on the network's "
          "input [only-constants]"}));
}

TEST(GraphErrors, NetworksHaveInputsAndOutputs) {
  EXPECT_EQ(errors_of(GraphBuilder("net.gw").build()),
            (Texts{"net.gw: error: is a network without an input [graph-without-input]",
                   "net.gw: error: is a network without an output [graph-without-output]"}));
  GraphBuilder b;
  b.output(b.input("x", {2}, q8));
  EXPECT_EQ(
      errors_of(b.build()),
      Texts{"node 'x': error: is an output of the network, but no layer computes it [output-not-computed]"});
}

}  // namespace
}  // namespace gw
