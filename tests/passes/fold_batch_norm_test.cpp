// Folding batch norms: the same mathematics in real numbers, and what must not be folded.

#include <algorithm>

#include <gtest/gtest.h>

#include "graph/expect.h"
#include "graph/random_graph.h"
#include "passes/equivalence.h"
#include "passes/pass.h"

namespace gw {
namespace {

/// Plain double arithmetic for the layers that are linear, as an oracle for the fold.
std::vector<double> real_answer(const Graph& graph, NodeId id, const std::vector<double>& x) {
  const Node& node = graph[id];
  if (std::holds_alternative<Input>(node.op)) return x;
  const std::vector<double> in = real_answer(graph, node.inputs[0], x);
  const auto values = [&](size_t i) { return std::get<Constant>(graph[node.inputs[i]].op).values.values; };
  const auto size = static_cast<size_t>(element_count(node.type.shape));
  const auto channels = static_cast<size_t>(node.type.shape.back());
  std::vector<double> y(size, 0.0);
  const auto& layer = std::get<Layer>(node.op);
  if (std::holds_alternative<Flatten>(layer)) return in;
  if (std::holds_alternative<BatchNorm>(layer)) {
    for (size_t i = 0; i < size; ++i) y[i] = in[i] * values(1)[i % channels] + values(2)[i % channels];
  } else if (std::holds_alternative<Dense>(layer)) {
    for (size_t o = 0; o < size; ++o) {
      y[o] = node.inputs.size() > 2 ? values(2)[o] : 0.0;
      for (size_t i = 0; i < in.size(); ++i) y[o] += in[i] * values(1)[i * size + o];
    }
  } else {
    const Conv2D& conv = std::get<Conv2D>(layer);
    const Shape from = graph[node.inputs[0]].type.shape, w = graph[node.inputs[1]].type.shape;
    const std::vector<float> weight = values(1);
    for (int r = 0; r < node.type.shape[0]; ++r) {
      for (int c = 0; c < node.type.shape[1]; ++c) {
        for (int o = 0; o < w[3]; ++o) {
          double sum = node.inputs.size() > 2 ? values(2)[static_cast<size_t>(o)] : 0.0;
          for (int i = 0; i < w[0]; ++i) {
            for (int j = 0; j < w[1]; ++j) {
              for (int k = 0; k < w[2]; ++k) {
                const int at = ((r * conv.stride_h + i) * from[1] + c * conv.stride_w + j) * from[2] + k;
                sum += in[static_cast<size_t>(at)] *
                       weight[static_cast<size_t>(((i * w[1] + j) * w[2] + k) * w[3] + o)];
              }
            }
          }
          y[static_cast<size_t>((r * node.type.shape[1] + c) * w[3] + o)] = sum;
        }
      }
    }
  }
  return y;
}

class Network {
 public:
  explicit Network(std::uint64_t seed) : random(seed) {}
  NodeId constant(const std::string& name, Shape shape) {
    return b.constant(name, testing::random_values(random, std::move(shape)));
  }
  NodeId conv(const std::string& name, NodeId x, int outputs, bool bias) {
    const int in = b.type(x).shape[2];
    std::vector<NodeId> from{x, constant(name + ".weight", {2, 2, in, outputs})};
    if (bias) from.push_back(constant(name + ".bias", {outputs}));
    return b.layer(name, Conv2D{}, from);
  }
  NodeId norm(const std::string& name, NodeId x) {
    const int channels = b.type(x).shape.back();
    const NodeId scale = constant(name + ".scale", {channels});
    return b.layer(name, BatchNorm{}, {x, scale, constant(name + ".bias", {channels})});
  }

  Random random;
  GraphBuilder b;
};

std::vector<std::string> layer_names(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<Layer>(node.op)) names.push_back(node.name);
  }
  return names;
}

TEST(FoldBatchNorm, ConvolutionAndDenseKeepTheirMathematics) {
  for (const bool bias : {false, true}) {
    Network n(7);
    const NodeId x = n.b.input("x", {4, 5, 2});
    const NodeId norm1 = n.norm("norm1", n.conv("conv1", x, 3, bias));
    const NodeId flatten1 = n.b.layer("flatten1", Flatten{}, {norm1});
    std::vector<NodeId> from{flatten1, n.constant("dense1.weight", {36, 4})};
    if (bias) from.push_back(n.constant("dense1.bias", {4}));
    n.b.output(n.norm("norm2", n.b.layer("dense1", Dense{}, from)));
    const Graph before = n.b.build().value();
    const Graph after = fold_batch_norm.run(before, {}).value();

    EXPECT_EQ(layer_names(after), (std::vector<std::string>{"conv1", "flatten1", "dense1"}));
    EXPECT_GE(after.find("conv1.weight"), 0);
    EXPECT_GE(after.find("conv1.bias"), 0);
    std::vector<double> in(40);
    for (double& value : in) value = n.random.unit() * 2 - 1;
    const auto wanted = real_answer(before, before.outputs()[0], in);
    const auto got = real_answer(after, after.outputs()[0], in);
    ASSERT_EQ(wanted.size(), got.size());
    // Real numbers: the joint weights are rounded to float once, and the sums of 36 go up to about 100.
    for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(wanted[i], got[i], 1e-4);
  }
}

TEST(FoldBatchNorm, LeavesOthersAlone) {
  Network n(8);
  const NodeId x = n.b.input("x", {4, 5, 2});
  const NodeId norm1 = n.norm("norm1", x);                // behind no layer
  const NodeId conv1 = n.conv("conv1", norm1, 3, false);  // read twice
  const NodeId norm2 = n.norm("norm2", conv1);
  n.b.output(n.b.layer("relu1", Relu{}, {conv1}));
  const NodeId w = n.constant("conv2.weight", {2, 2, 3, 3});
  const Quantizer q{{8, 4, true}, Rounding::Trn, Overflow::Wrap};
  const NodeId conv2 = n.b.layer("conv2", Conv2D{.out = q}, {norm2, w});  // rounds by itself
  n.b.output(n.norm("norm3", conv2));
  const Graph before = n.b.build().value();
  const Graph after = fold_batch_norm.run(before, {}).value();
  EXPECT_EQ(layer_names(after), layer_names(before));
}

TEST(FoldBatchNorm, SharedWeightsAreScaledForEachLayer) {
  Network n(9);
  const NodeId x = n.b.input("x", {3});
  const NodeId w = n.constant("w", {3, 3});
  const NodeId norm1 = n.norm("norm1", n.b.layer("dense1", Dense{}, {x, w}));
  n.b.output(n.norm("norm2", n.b.layer("dense2", Dense{}, {norm1, w})));
  const Graph before = n.b.build().value();
  const Graph after = fold_batch_norm.run(before, {}).value();
  EXPECT_EQ(layer_names(after), (std::vector<std::string>{"dense1", "dense2"}));
  const std::vector<double> in{0.5, -1.0, 0.25};
  const auto wanted = real_answer(before, before.outputs()[0], in);
  const auto got = real_answer(after, after.outputs()[0], in);
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(wanted[i], got[i], 1e-4);
}

// As hls4ml: weights are quantised after joining, and a result type that is given rounds in between.
TEST(FoldBatchNorm, AResultTypeStandsInBetween) {
  const std::string network =
      "x: input 2 float\n"
      "w: constant 2x1 float [1, 0.5]\n"
      "d1: dense(x, w)\n"
      "s: constant 1 float [2]\n"
      "t: constant 1 float [0.25]\n"
      "n1: batch_norm(d1, s, t)\n"
      "output n1\n";
  const std::string joined =
      "x: input 2 float\n"
      "w: constant 2x1 float [2, 1]\n"
      "d1.bias: constant 1 float [0.25]\n"
      "d1: dense(x, w, d1.bias) -> 1 float\n"
      "output d1\n";
  const Quantizer type{{8, 4, true}};
  const auto is_joined = [&](const Config& config) {
    const std::string text = testing::after(fold_batch_norm, network, config);
    return text == joined;
  };
  Config config;
  EXPECT_TRUE(is_joined(config));
  config.precision.by_name["d1"]["weight"] = type;
  EXPECT_TRUE(is_joined(config));
  config.precision.model["default"] = type;
  EXPECT_FALSE(is_joined(config)) << "the default is the type of the dense layer's result";
  config.whole.fold_batch_norm = true;
  EXPECT_TRUE(is_joined(config));
  config.precision.by_name["n1"]["result"] = type;
  EXPECT_FALSE(is_joined(config)) << "the batch norm has a type of its own";
  config = {};
  config.precision.model["default"] = type;
  config.precision.by_name["d1"]["result"] = std::nullopt;
  EXPECT_TRUE(is_joined(config));
  config.whole.fold_batch_norm = false;
  EXPECT_FALSE(is_joined(config));
}

TEST(FoldBatchNorm, QuantisedWeightsStay) {
  const std::string network =
      "x: input 2 float\n"
      "w: constant 2x1 ap_fixed<4,2> [1, 0.5]\n"
      "d1: dense(x, w) -> 1 float\n"
      "s: constant 1 float [2]\n"
      "t: constant 1 float [0.25]\n"
      "n1: batch_norm(d1, s, t) -> 1 float\n"
      "output n1\n";
  EXPECT_EQ(testing::after(fold_batch_norm, network), network);
}

TEST(FoldBatchNorm, InARow) {
  EXPECT_EQ(testing::after(fold_batch_norm,
                           "x: input 1 float\n"
                           "s1: constant 1 float [2]\n"
                           "t1: constant 1 float [0.25]\n"
                           "n1: batch_norm(x, s1, t1)\n"
                           "s2: constant 1 float [3]\n"
                           "t2: constant 1 float [1]\n"
                           "n2: batch_norm(n1, s2, t2)\n"
                           "output n2\n"),
            "x: input 1 float\n"
            "s2: constant 1 float [6]\n"
            "t2: constant 1 float [1.75]\n"
            "n2: batch_norm(x, s2, t2) -> 1 float\n"
            "output n2\n");
}

// y = w (s x + t) + b, with groups: outputs 0 and 1 see channel 0, outputs 2 and 3 channel 1.
TEST(FoldBatchNorm, BeforeAConvolutionThatDoesNotPad) {
  Config all;
  all.whole.fold_batch_norm = true;
  const std::string network =
      "x: input 1x1x2 float\n"
      "s: constant 2 float [2, 3]\n"
      "t: constant 2 float [1, 10]\n"
      "n1: batch_norm(x, s, t) -> 1x1x2 float\n"
      "w: constant 1x1x1x4 float [1, 2, 3, 4]\n";
  EXPECT_EQ(testing::after(fold_batch_norm, network + "c1: conv2d(n1, w) {groups: 2}\noutput c1\n", all),
            "x: input 1x1x2 float\n"
            "w: constant 1x1x1x4 float [2, 4, 9, 12]\n"
            "c1.bias: constant 4 float [1, 2, 30, 40]\n"
            "c1: conv2d(x, w, c1.bias) {groups: 2} -> 1x1x4 float\n"
            "output c1\n");
  const std::string padded =
      network + "c1: conv2d(n1, w) {groups: 2, pad_top: 1} -> 2x1x4 float\noutput c1\n";
  EXPECT_EQ(testing::after(fold_batch_norm, padded, all), padded);
  const std::string unasked = network + "c1: conv2d(n1, w) {groups: 2} -> 1x1x4 float\noutput c1\n";
  EXPECT_EQ(testing::after(fold_batch_norm, unasked), unasked);
}

}  // namespace
}  // namespace gw
