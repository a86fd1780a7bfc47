// Claim: ONNX Runtime's own operators answer what the standard operators do of which they are made: each
// random file of one of them against the oracle's answer to the same steps written out.

#include <cmath>

#include <gtest/gtest.h>

#include "common/layout.h"
#include "formats/onnx/builder.h"
#include "formats/onnx/oracle.h"
#include "graph/evaluate.h"
#include "graph/expect.h"
#include "passes/pass.h"
#include "support/random.h"

namespace gw {
namespace {

using testing::OnnxBuilder;
using testing::OnnxTensorValue;
using testing::refusal;
using Dims = std::vector<std::int64_t>;

constexpr const char* domain = "com.microsoft";
constexpr int byte_type = onnx::TensorProto::UINT8;

/// x of bytes, and scales and zero points called a, b and y.
OnnxBuilder with_scales(Random& random, const Dims& shape) {
  OnnxBuilder b;
  b.input("x", shape).output("y");
  b.model().mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      byte_type);
  for (const std::string name : {"a", "b", "y"}) {
    const float size = name == "y" ? 0.05F : 0.01F;
    b.weights(name + "_s", {}, {size * static_cast<float>(1 + random.below(40))});
    b.whole(name + "_z", {}, {random.between(0, 255)}, byte_type);
  }
  return b;
}

/// (x - zero) * scale as a step of its own.
void dequantise(OnnxBuilder& b, const std::string& x, const std::string& scale, const std::string& gives) {
  b.node("DequantizeLinear", {x, scale + "_s", scale + "_z"}, {gives}, "d" + gives);
}

/// 1 if the file with the operator answers as the file of steps does, 0 if a rounding is too near to call.
int agrees(OnnxBuilder& made, OnnxBuilder& steps, const OnnxTensorValue& x) {
  double nearest = 1;
  const auto expected = testing::run_onnx(steps.model(), {{"x", x}}, "y", &nearest);
  const auto model = made.read();
  EXPECT_TRUE(model) << refusal(model);
  if (!model) return 1;
  const auto graph = compile(model->graph, {});
  EXPECT_TRUE(graph) << refusal(graph);
  if (!graph || nearest < 1e-4) return graph ? 0 : 1;
  const std::vector<FloatTensor> inputs{testing::to_ours(model->inputs[0], x.values)};
  EXPECT_EQ(testing::to_file(model->outputs[0], evaluate(*graph, inputs)[0]), expected.values);
  return 1;
}

OnnxTensorValue bytes(Random& random, const Dims& shape) {
  OnnxTensorValue x{shape, {}};
  std::int64_t count = 1;
  for (const auto extent : shape) count *= extent;
  for (std::int64_t i = 0; i < count; ++i) x.values.push_back(static_cast<double>(random.below(256)));
  return x;
}

TEST(OnnxRuntime, SumsProductsAndJoins) {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed);
    SCOPED_TRACE(seed);
    const Dims shape{1, 2, 3, 2};
    OnnxBuilder made = with_scales(random, shape), steps = made;
    const bool is_constant = random.below(2) == 0, is_sum = random.below(2) == 0;
    std::string other = "x";
    if (is_constant) {
      std::vector<std::int64_t> values;
      for (int i = 0; i < 2; ++i) values.push_back(random.between(0, 255));
      for (OnnxBuilder* b : {&made, &steps}) b->whole("c", {2, 1, 1}, values, byte_type);
      other = "c";
    }
    dequantise(steps, "x", "a", "xa");
    dequantise(steps, other, "b", "xb");
    if (seed % 3 == 0 && !is_constant) {
      made.node("QLinearConcat", {"y_s", "y_z", "x", "a_s", "a_z", "x", "b_s", "b_z"}, {"y"}, "n", domain);
      steps.node("Concat", {"xa", "xb"}, {"s"}, "s").integer("axis", 1);
      made.integer("axis", 1);
    } else {
      made.node(is_sum ? "QLinearAdd" : "QLinearMul", {"x", "a_s", "a_z", other, "b_s", "b_z", "y_s", "y_z"},
                {"y"}, "n", domain);
      steps.node(is_sum ? "Add" : "Mul", {"xa", "xb"}, {"s"}, "s");
    }
    steps.node("QuantizeLinear", {"s", "y_s", "y_z"}, {"y"}, "q");
    compared += agrees(made, steps, bytes(random, shape));
    if (HasFailure()) return;
  }
  EXPECT_GE(compared, 40);
}

TEST(OnnxRuntime, PoolsAndSlopes) {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed);
    SCOPED_TRACE(seed);
    const Dims shape{1, 2, 4, 3};
    OnnxBuilder made = with_scales(random, shape), steps = made;
    const std::vector<std::string> inputs{"x", "a_s", "a_z", "y_s", "y_z"};
    dequantise(steps, "x", "a", "xa");
    if (seed % 3 == 0) {
      made.node("QLinearAveragePool", inputs, {"y"}, "n", domain).integers("kernel_shape", {2, 3});
      steps.node("AveragePool", {"xa"}, {"s"}, "s").integers("kernel_shape", {2, 3});
    } else if (seed % 3 == 1) {
      made.node("QLinearGlobalAveragePool", inputs, {"y"}, "n", domain).integer("channels_last", 0);
      steps.node("GlobalAveragePool", {"xa"}, {"s"}, "s");
    } else {
      made.node("QLinearLeakyRelu", inputs, {"y"}, "n", domain).number("alpha", 0.1F);
      steps.node("LeakyRelu", {"xa"}, {"s"}, "s").number("alpha", 0.1F);
    }
    steps.node("QuantizeLinear", {"s", "y_s", "y_z"}, {"y"}, "q");
    compared += agrees(made, steps, bytes(random, shape));
    if (HasFailure()) return;
  }
  EXPECT_GE(compared, 40);
}

TEST(OnnxRuntime, MatricesAndWhatIsFusedToThem) {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed);
    SCOPED_TRACE(seed);
    const Dims shape{1, 4};
    OnnxBuilder made = with_scales(random, shape), steps = made;
    std::vector<std::int64_t> weights, bias;
    for (int i = 0; i < 12; ++i) weights.push_back(random.between(0, 255));
    for (int i = 0; i < 3; ++i) bias.push_back(random.between(-4000, 4000));
    const bool is_transposed = random.below(2) == 0;
    const float step =
        made.model().graph().initializer(0).float_data(0) * made.model().graph().initializer(2).float_data(0);
    for (OnnxBuilder* b : {&made, &steps}) {
      b->whole("w", is_transposed ? Dims{3, 4} : Dims{4, 3}, weights, byte_type);
      b->whole("c", {3}, bias, onnx::TensorProto::INT32).weights("c_s", {}, {step});
      b->whole("c_z", {}, {0}, onnx::TensorProto::INT32);
    }
    made.node("QGemm", {"x", "a_s", "a_z", "w", "b_s", "b_z", "c", "y_s", "y_z"}, {"y"}, "n", domain);
    made.integer("transB", is_transposed);
    dequantise(steps, "x", "a", "xa");
    dequantise(steps, "w", "b", "wb");
    dequantise(steps, "c", "c", "cc");
    steps.node("Gemm", {"xa", "wb", "cc"}, {"s"}, "s").integer("transB", is_transposed);
    steps.node("QuantizeLinear", {"s", "y_s", "y_z"}, {"y"}, "q");
    compared += agrees(made, steps, bytes(random, shape));
    if (HasFailure()) return;
  }
  EXPECT_GE(compared, 25);

  const std::vector<float> kernel{1, -2, 3, 1, 2, -1, 0, 1};
  OnnxBuilder fused, apart;
  for (OnnxBuilder* b : {&fused, &apart})
    b->input("x", {1, 2, 3, 3}).output("y").weights("w", {2, 2, 1, 2}, kernel);
  fused.node("FusedConv", {"x", "w"}, {"y"}, "n", domain).text("activation", "Relu");
  apart.node("Conv", {"x", "w"}, {"c"}, "c").node("Relu", {"c"}, {"y"}, "r");
  OnnxTensorValue x{{1, 2, 3, 3}, {}};
  for (int i = 0; i < 18; ++i) x.values.push_back(i * 5 % 9 - 4);
  const auto model = fused.read();
  ASSERT_TRUE(model) << refusal(model);
  EXPECT_GE(model->graph.find("n_relu"), 0);
  Config config;
  config.precision.model = {{"default", Quantizer{{12, 8, true}}}};
  const auto graph = compile(model->graph, config);
  ASSERT_TRUE(graph) << refusal(graph);
  const std::vector<FloatTensor> inputs{testing::to_ours(model->inputs[0], x.values)};
  EXPECT_EQ(testing::to_file(model->outputs[0], evaluate(*graph, inputs)[0]),
            testing::run_onnx(apart.model(), {{"x", x}}, "y").values);
}

TEST(OnnxRuntime, WhatIsNotUnderstood) {
  Random random(1);
  OnnxBuilder b = with_scales(random, {1, 2, 4, 3});
  b.node("QLinearSigmoid", {"x", "a_s", "a_z", "y_s", "y_z"}, {"p"}, "n1", domain);
  b.node("QLinearAdd", {"x", "a_s", "a_z", "x", "b_s", "b_z"}, {"q"}, "n2", domain);
  b.node("QLinearAveragePool", {"x", "a_s", "a_z", "y_s", "y_z"}, {"r"}, "n3", domain);
  b.integers("kernel_shape", {2, 2}).integers("pads", {1, 0, 0, 0}).integer("channels_last", 1);
  b.node("FusedConv", {"x", "a_s"}, {"s"}, "n4", domain).text("activation", "Swish");
  b.node("QLinearLeakyRelu", {"x", "a_s", "", "y_s", "y_z"}, {"y"}, "n5", domain).number("alpha", 2);
  EXPECT_EQ(
      refusal(b.read()),
      "m.onnx: node 'n1': error: operator 'com.microsoft.QLinearSigmoid' is not understood; the nearest that is: "
      "'com.microsoft.QLinearAdd' [onnx-operator]\n"
      "m.onnx: node 'n2': error: operator QLinearAdd does not take 6 inputs and give what is named "
      "[onnx-input-count]\n"
      "m.onnx: node 'n3': error: 'channels_last' is 1, but must be 0 [onnx-attribute-value]\n"
      "m.onnx: node 'n3': error: 'count_include_pad' is 0, but must be 1 where it pads "
      "[onnx-attribute-value]\n"
      "m.onnx: node 'n4': error: the shapes do not fit: convolutions are 1-D or 2-D, not weights scalar on 2x4x3 "
      "without the batch [onnx-shape]\n"
      "m.onnx: node 'n5': error: 'alpha' is 2, but must be from 0 to 1 [onnx-attribute-value]\n");
}

}  // namespace
}  // namespace gw
