// Claim: operators on whole numbers, and those of QONNX that random networks (onnx_scales_test) do not hold,
// answer what their specifications say, every value at once; what has no fixed-point counterpart is refused.

#include <algorithm>
#include <cmath>
#include <numeric>

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

void take_whole_input(OnnxBuilder& b, int type) {
  auto* input = b.model().mutable_graph()->mutable_input(0);
  input->mutable_type()->mutable_tensor_type()->set_elem_type(type);
}

/// The file's answer for x against the oracle's; false if a rounding is too near to call.
bool agrees(OnnxBuilder& b, const OnnxTensorValue& x, const std::string& output) {
  double nearest = 1;
  const OnnxTensorValue expected = testing::run_onnx(b.model(), {{"x", x}}, output, &nearest);
  Config config;
  const auto model = b.read();
  EXPECT_TRUE(model) << to_string(model.errors()[0]);
  if (!model) return true;
  const bool is_real = !std::get<Input>(model->graph[model->graph.inputs()[0]].op).quantizer;
  if (is_real) config.precision.by_kind["input"] = {{"result", Quantizer{{12, 6, true}}}};
  const auto graph = compile(model->graph, config);
  EXPECT_TRUE(graph) << to_string(graph.errors()[0]);
  if (!graph) return true;
  if (nearest < 1e-4) return false;
  const std::vector<FloatTensor> inputs{testing::to_ours(model->inputs[0], x.values)};
  EXPECT_EQ(testing::to_file(model->outputs[0], evaluate(*graph, inputs)[0]), expected.values);
  return true;
}

std::vector<std::int64_t> numbers(Random& random, std::int64_t count, std::int64_t least, std::int64_t most) {
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(random.between(least, most));
  return values;
}

/// The scale and the zero point of a tensor, which are then called NAME_s and NAME_z.
void add_linear(OnnxBuilder& b, const std::string& name, const std::vector<float>& scales,
                const std::vector<std::int64_t>& zeros, int type) {
  const auto list = [](size_t size) { return size == 1 ? Dims{} : Dims{static_cast<std::int64_t>(size)}; };
  b.weights(name + "_s", list(scales.size()), scales).whole(name + "_z", list(zeros.size()), zeros, type);
}

TEST(OnnxLinear, ConvolutionsAndMatricesOnWholeNumbers) {
  using onnx::TensorProto;
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed);
    const bool is_conv = random.below(2) == 0, is_requantised = random.below(2) == 0;
    const Dims shape = is_conv ? Dims{1, 2, 4, 3} : Dims{1, 5};
    const Dims kernel = is_conv ? Dims{3, 2, 2, 2} : Dims{5, 3};
    OnnxTensorValue x{shape, {}};
    for (const auto v : numbers(random, is_conv ? 24 : 5, 0, 255)) x.values.push_back(static_cast<double>(v));
    OnnxBuilder b;
    b.input("x", shape).output("y");
    take_whole_input(b, TensorProto::UINT8);
    b.whole("w", kernel, numbers(random, is_conv ? 24 : 15, -128, 127), TensorProto::INT8);
    const bool is_each = random.below(2) == 0;
    std::vector<float> scales(is_each ? 3 : 1);
    for (float& scale : scales) scale = 0.001F * static_cast<float>(random.between(1, 30));
    std::vector<std::int64_t> zeros = numbers(random, static_cast<std::int64_t>(scales.size()), -3, 3);
    if (is_requantised) {
      add_linear(b, "x", {0.013F}, {random.between(0, 200)}, TensorProto::UINT8);
      add_linear(b, "w", scales, zeros, TensorProto::INT8);
      add_linear(b, "y", {0.17F}, {random.between(-100, 100)}, TensorProto::INT8);
      std::vector<std::string> inputs{"x", "x_s", "x_z", "w", "w_s", "w_z", "y_s", "y_z"};
      if (is_conv && random.below(2) == 0) {
        b.whole("b", {3}, numbers(random, 3, -20000, 20000), TensorProto::INT32);
        inputs.emplace_back("b");
      }
      b.node(is_conv ? "QLinearConv" : "QLinearMatMul", inputs, {"y"}, "n");
    } else {
      b.whole("x_z", {}, {random.between(0, 200)}, TensorProto::UINT8);
      b.whole("w_z", {}, {zeros[0]}, TensorProto::INT8);
      b.node(is_conv ? "ConvInteger" : "MatMulInteger", {"x", "w", "x_z", "w_z"}, {"y"}, "n");
    }
    if (is_conv) b.integers("pads", {1, 0, 1, 1}).integers("strides", {1, 2});
    SCOPED_TRACE(seed);
    compared += agrees(b, x, "y") ? 1 : 0;
    if (HasFailure()) break;
  }
  EXPECT_GE(compared, 50);
}

TEST(OnnxLinear, TruncationsThresholdsAndSigns) {
  const auto quantised = [](OnnxBuilder& b, const std::string& domain) {
    b.input("x", {1, 2, 3}).output("y").weights("s", {}, {0.3F}).weights("z", {}, {0});
    b.weights("b8", {}, {8}).weights("b5", {}, {5});
    b.node("Quant", {"x", "s", "z", "b8"}, {"q"}, "q", domain);
    b.integer("signed", 1).integer("narrow", 0).text("rounding_mode", "ROUND");
  };
  const OnnxTensorValue x{{1, 2, 3}, {-31.5, -4.25, -0.125, 0.75, 7.5, 30.25}};
  for (const char* mode : {"FLOOR", "ROUND", "CEIL"}) {
    OnnxBuilder b;
    quantised(b, "qonnx.custom_op.general");
    b.node("Trunc", {"q", "s", "z", "b8", "b5"}, {"y"}, "t", "onnx.brevitas").text("rounding_mode", mode);
    const auto model = b.read();
    ASSERT_TRUE(model) << to_string(model.errors()[0]);
    Config config;
    config.precision.by_kind["input"] = {{"result", Quantizer{{12, 6, true}}}};
    const auto graph = compile(model->graph, config);
    ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
    const auto expected = testing::run_onnx(b.model(), {{"x", x}}, "y");
    const std::vector<FloatTensor> inputs{testing::to_ours(model->inputs[0], x.values)};
    const auto y = testing::to_file(model->outputs[0], evaluate(*graph, inputs)[0]);
    for (size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], expected.values[i], 1e-6) << mode;
  }
  OnnxBuilder levels;
  levels.input("x", {1, 2, 3}).output("y").weights("t", {2, 3}, {-4, 0, 7.5F, -30, 1, 30.25F});
  levels.node("MultiThreshold", {"x", "t"}, {"y"}, "n", "finn.custom_op.general");
  levels.number("out_scale", 0.5F).number("out_bias", -1);
  EXPECT_TRUE(agrees(levels, x, "y"));
  OnnxBuilder sign;
  sign.input("x", {1, 2, 3}).output("y").weights("s", {2, 1}, {0.375F, 1.5F});
  sign.node("BipolarQuant", {"x", "s"}, {"y"}, "n", "onnx.brevitas");
  EXPECT_TRUE(agrees(sign, x, "y"));
}

// What no quantizer has made and no cast has turned into real numbers is computed with as ONNX does it, in
// its type.
TEST(OnnxLinear, WholeNumbersWrapInTheirType) {
  const std::vector<double> values{0, 1, 100, 128, 200, 255};
  for (const char* op : {"Add", "Sub", "Mul"}) {
    OnnxBuilder b;
    b.input("x", {1, 6}).output("y").whole("c", {6}, {1, 2, 200, 128, 99, 3}, onnx::TensorProto::UINT8);
    take_whole_input(b, onnx::TensorProto::UINT8);
    b.node("Flatten", {"x"}, {"f"}, "f").node(op, {"f", "x"}, {"a"}, "a").node(op, {"c", "a"}, {"y"}, "n");
    const auto model = b.read();
    ASSERT_TRUE(model) << to_string(model.errors()[0]);
    const auto graph = compile(model->graph, {});
    ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
    const std::vector<FloatTensor> inputs{testing::to_ours(model->inputs[0], values)};
    std::vector<double> expected;
    const auto apply = [&](int a, int c) { return (*op == 'A' ? a + c : *op == 'S' ? a - c : a * c) & 255; };
    const std::vector<int> c{1, 2, 200, 128, 99, 3};
    for (size_t i = 0; i < 6; ++i) {
      const int x = static_cast<int>(values[i]);
      expected.push_back(apply(c[i], apply(x, x)));
    }
    EXPECT_EQ(testing::to_file(model->outputs[0], evaluate(*graph, inputs)[0]), expected) << op;
  }
  OnnxBuilder divides;
  divides.input("x", {1, 6}).output("y").whole("c", {}, {3}, onnx::TensorProto::UINT8);
  take_whole_input(divides, onnx::TensorProto::UINT8);
  divides.node("Div", {"x", "c"}, {"y"}, "n");
  EXPECT_EQ(refusal(divides.read()),
            "m.onnx: node 'n': error: the shapes do not fit: whole numbers are divided [onnx-shape]\n");
}

// Files that say their batch say it in their shapes, too.
TEST(OnnxLinear, BatchesThatAreFixed) {
  OnnxBuilder b;
  b.input("x", {16, 2, 3}).output("y").numbers("s", {16, 6}).node("Reshape", {"x", "s"}, {"r"}, "r");
  b.node("Relu", {"r"}, {"y"}, "n");
  const auto model = b.read();
  ASSERT_TRUE(model) << to_string(model.errors()[0]);
  EXPECT_EQ(model->outputs[0].shape, Dims{6});
  OnnxBuilder all;
  all.input("x", {16, 2, 3}).output("y").node("Flatten", {"x"}, {"r"}, "f").integer("axis", 0);
  all.node("Relu", {"r"}, {"y"}, "n");
  EXPECT_EQ(refusal(all.read()),
            "m.onnx: node 'f': error: 'axis' is 0, but must be 1 [onnx-attribute-value]\n");
}

TEST(OnnxLinear, ReductionsOverSpaceAreGlobalPools) {
  const OnnxTensorValue x{{1, 2, 2, 2}, {1, 2, 3, 4, -8, 0, 5, 6.5}};
  for (const bool keeps : {true, false}) {
    OnnxBuilder means, largest;
    for (OnnxBuilder* b : {&means, &largest}) b->input("x", {1, 2, 2, 2}).output("y");
    means.node("GlobalMaxPool", {"x"}, {"unused"}, "g");  // so that the file is channels first
    largest.node("GlobalMaxPool", {"x"}, {"unused"}, "g");
    means.node("ReduceMean", {"x"}, {"y"}, "n").integers("axes", {2, 3}).integer("keepdims", keeps);
    largest.node("ReduceMax", {"x"}, {"y"}, "n").integers("axes", {-1, -2}).integer("keepdims", keeps);
    Config config;
    config.precision.by_kind["input"] = {{"result", Quantizer{{12, 6, true}}}};
    const std::vector<std::vector<double>> expected{{2.5, 0.875}, {4, 6.5}};
    for (const OnnxBuilder* b : {&means, &largest}) {
      const auto model = b->read();
      ASSERT_TRUE(model) << to_string(model.errors()[0]);
      EXPECT_EQ(model->outputs[0].shape, keeps ? (Dims{2, 1, 1}) : Dims{2});
      const auto graph = compile(model->graph, config);
      ASSERT_TRUE(graph) << to_string(graph.errors()[0]);
      const std::vector<FloatTensor> inputs{testing::to_ours(model->inputs[0], x.values)};
      EXPECT_EQ(testing::to_file(model->outputs[0], evaluate(*graph, inputs)[0]), expected[b == &largest]);
    }
  }
  OnnxBuilder b;
  b.input("x", {-1, 2, 3, 3}).output("y");
  b.node("ReduceMean", {"x"}, {"y"}, "n").integers("axes", {0, 1});
  b.node("ReduceMax", {"x"}, {"z"}, "m");
  EXPECT_EQ(refusal(b.read()),
            "m.onnx: node 'n': error: 'axis' is 0, but must be 1 to 3 [onnx-attribute-value]\n"
            "m.onnx: node 'm': error: 'axes' is left out, but must be given: the batch would be one of them "
            "[onnx-attribute-value]\n");
}

// Over other axes, and the places of extremes, in fixed point: nothing is rounded, and of equals the first
// counts.
TEST(OnnxLinear, ReductionsOverAnyAxisAreExact) {
  const OnnxTensorValue x{{1, 3, 4}, {1.5, -2, 3, 4, 1.5, 7.25, -31.5, 4, -32, 7.25, 0.25, 31.75}};
  const auto at = [&](int row, int column) { return x.values[static_cast<size_t>(row * 4 + column)]; };
  struct Kind {
    const char* op;
    int axis;
    std::vector<double> expected;
  };
  std::vector<Kind> kinds{{"ReduceSum", 1, {}}, {"ReduceMean", 2, {}}, {"ReduceMin", 1, {}},
                          {"ReduceMax", 2, {}}, {"ArgMax", 1, {}},     {"ArgMin", 1, {}},
                          {"ArgMax", 2, {}},    {"ArgMin", 2, {}}};
  for (Kind& kind : kinds) {
    const std::string op = kind.op;
    const int places = kind.axis == 1 ? 4 : 3, count = kind.axis == 1 ? 3 : 4;
    for (int place = 0; place < places; ++place) {
      std::vector<double> line;
      for (int i = 0; i < count; ++i) line.push_back(kind.axis == 1 ? at(i, place) : at(place, i));
      const auto most = std::max_element(line.begin(), line.end()),
                 least = std::min_element(line.begin(), line.end());
      const double sum = std::accumulate(line.begin(), line.end(), 0.0);
      kind.expected.push_back(op == "ReduceSum"    ? sum
                              : op == "ReduceMean" ? sum / count
                              : op == "ReduceMin"  ? *least
                              : op == "ReduceMax"  ? *most
                              : op == "ArgMax"     ? static_cast<double>(most - line.begin())
                                                   : static_cast<double>(least - line.begin()));
    }
    OnnxBuilder b(11);
    b.input("x", x.shape).output("y").node(op, {"x"}, {"y"}, "n").integer("keepdims", 0);
    if (op.starts_with("Arg")) {
      b.integer("axis", kind.axis);
    } else {
      b.integers("axes", {kind.axis});
    }
    const auto model = b.read();
    ASSERT_TRUE(model) << refusal(model);
    Config config;
    config.precision.by_kind["input"] = {{"result", Quantizer{{8, 6, true}}}};
    const auto graph = compile(model->graph, config);
    ASSERT_TRUE(graph) << refusal(graph);
    const std::vector<FloatTensor> inputs{testing::to_ours(model->inputs[0], x.values)};
    EXPECT_EQ(testing::to_file(model->outputs[0], evaluate(*graph, inputs)[0]), kind.expected)
        << op << " over " << kind.axis;
  }
}

TEST(OnnxLinear, WhatHasNoFixedPointCounterpart) {
  using onnx::TensorProto;
  OnnxBuilder b;
  b.input("x", {1, 2}).output("y").weights("s", {}, {0}).weights("s2", {2}, {1, 2});
  b.whole("z2", {2}, {1, 2}, TensorProto::UINT8).weights("one", {}, {1});
  b.node("QuantizeLinear", {"x", "s"}, {"a"}, "n1");
  b.node("QuantizeLinear", {"x", "s2", "z2"}, {"b"}, "n2");
  b.node("QuantizeLinear", {"x", "one"}, {"c"}, "n3").integer("output_dtype", 17).integer("block_size", 2);
  b.node("DynamicQuantizeLinear", {"x"}, {"d", "e", "f"}, "n4");
  b.node("QuantizeLinear", {"x", "s2", "one"}, {"g"}, "n5").integer("axis", 3);
  b.node("Relu", {"x"}, {"y"}, "n6");
  EXPECT_EQ(
      refusal(b.read()),
      "m.onnx: node 'n1': error: is no fixed-point type: scale 's' is 0, but must be above 0 "
      "[onnx-quantizer]\n"
      "m.onnx: node 'n2': error: is no fixed-point type: zero point 'z2' has several values "
      "[onnx-quantizer]\n"
      "m.onnx: node 'n3': error: 'block_size' is 2, but must be 0 [onnx-attribute-value]\n"
      "m.onnx: node 'n3': error: 'output_dtype' is 17, but must be a whole number of 4, 8, 16 or 32 bits (2 "
      "to 6, 21, 22) [onnx-attribute-value]\n"
      "m.onnx: node 'n4': error: operator 'DynamicQuantizeLinear' is not understood; the nearest that is: "
      "'QuantizeLinear' [onnx-operator]\n"
      "m.onnx: node 'n5': error: the shapes do not fit: 's2' of shape 2 is not one value for each place along "
      "an axis of 2 [onnx-shape]\n");
}

}  // namespace
}  // namespace gw
