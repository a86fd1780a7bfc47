// Claim: layers go by the names that hls4ml's users know: PyTorch's modules and functions, or those that
// qonnx's clean-up gives.

#include "formats/onnx/names.h"

#include <gtest/gtest.h>

namespace gw {
namespace {

using Names = std::vector<std::string>;

OnnxNode node(const std::string& op, const std::string& name, Names inputs = {"x"},
              const std::string& output = "y", const std::string& domain = "") {
  return {op, domain, name, std::move(inputs), {output}, {}};
}

Names names_of(std::vector<OnnxNode> nodes) {
  OnnxFile file;
  file.nodes = std::move(nodes);
  return onnx_layer_names(file);
}

TEST(OnnxNames, ModulesOfPyTorch) {
  EXPECT_EQ(names_of({node("Gemm", "/d0/Gemm"), node("Relu", "/a0/Relu")}), (Names{"d0", "a0"}));
  EXPECT_EQ(names_of({node("Conv", "/features/features.0/Conv"), node("Relu", "/features/features.1/Relu")}),
            (Names{"features_0", "features_1"}));
  EXPECT_EQ(names_of({node("Conv", "/layer1/layer1.0/conv1/Conv"), node("Conv", "/block/0/Conv")}),
            (Names{"layer1_0_conv1", "block_0"}));
  EXPECT_EQ(names_of({node("Conv", "/a/a.0/a.0.1/Conv")}), (Names{"a_0_1"}));
}

TEST(OnnxNames, AModuleOfSeveralOperators) {
  // An average pool brings its pad; the pool is the module.
  EXPECT_EQ(names_of({node("Constant", "/p1/Constant"), node("Pad", "/p1/Pad"),
                      node("AveragePool", "/p1/AveragePool")}),
            (Names{"p1_constant", "p1_pad", "p1"}));
  // A linear layer on more than two axes is a product and a sum; the weights are the module.
  EXPECT_EQ(names_of({node("MatMul", "/d/MatMul"), node("Add", "/d/Add")}), (Names{"d", "d_add"}));
}

TEST(OnnxNames, FunctionsAsTorchFxCallsThem) {
  EXPECT_EQ(names_of({node("Add", "/Add"), node("Add", "/Add_1"), node("Concat", "/Concat"),
                      node("MaxPool", "/MaxPool"), node("Flatten", "/Flatten"), node("Sub", "/Sub")}),
            (Names{"add", "add_1", "cat", "max_pool2d", "flatten", "sub"}));
  // A function called in the code of a module that holds others is named as if it stood outside.
  EXPECT_EQ(names_of({node("Conv", "/block/conv/Conv"), node("Relu", "/block/Relu"), node("Relu", "/Relu")}),
            (Names{"block_conv", "relu", "relu_1"}));
}

TEST(OnnxNames, OthersStayAndAreUnique) {
  EXPECT_EQ(names_of({node("Conv", "Conv2D_1"), node("Relu", "model.act"), node("Relu", "model/act:0"),
                      node("Gemm", "12")}),
            (Names{"Conv2D_1", "model_act", "model_act_0", "gemm12"}));
  EXPECT_EQ(names_of({node("Gemm", ""), node("Relu", ""), node("Gemm", "")}),
            (Names{"Gemm_0", "Relu_0", "Gemm_1"}));
  EXPECT_EQ(names_of({node("Relu", "a.b"), node("Relu", "a_b")}), (Names{"a_b", "a_b_1"}));
  OnnxFile file;
  file.inputs.push_back({"x", {1, 2}});
  file.initializers["w"] = {};
  file.nodes = {node("Relu", "x"), node("Relu", "w")};
  EXPECT_EQ(onnx_layer_names(file), (Names{"x_1", "w_1"}));
}

TEST(OnnxNames, OfTensors) {
  EXPECT_EQ(onnx_tensor_name("d0.weight", "constant"), "d0.weight");
  EXPECT_EQ(onnx_tensor_name("", "constant"), "constant");
  EXPECT_EQ(onnx_tensor_name("global.in", "input"), "global_in");
  EXPECT_EQ(onnx_tensor_name("0", "input"), "input0");
}

TEST(OnnxNames, OfQonnxAfterItsCleanUp) {
  OnnxFile file;
  file.inputs.push_back({"x", {1, 2}});
  for (const char* name : {"w", "ws", "z", "b", "as", "bias", "c"}) file.initializers[name].name = name;
  const std::string quantizers = "qonnx.custom_op.general";
  file.nodes = {node("Quant", "Quant_4", {"x", "as", "z", "b"}, "q", quantizers),
                node("MatMul", "MatMul_10", {"q", "wq"}, "m"),
                node("Quant", "Quant_9", {"w", "ws", "z", "b"}, "wq", quantizers),
                node("Neg", "", {"c"}, "n"),
                node("Add", "Add_16", {"m", "n"}, "a"),
                node("Gemm", "", {"a", "w", "bias"}, "y")};
  // The second Quant reads nothing computed, so it is of the first generation and comes before the product.
  std::swap(file.nodes[1], file.nodes[2]);
  const QonnxNames names = qonnx_names(file, {true});
  EXPECT_EQ(names.nodes, (Names{"Quant_0", "Quant_1", "MatMul_0", "", "Add_0", "MatMul_1"}));
  EXPECT_EQ(names.second, (std::map<std::string, size_t>{{"Add_1", 5}}));
  EXPECT_EQ(names.others, Names{"Transpose_0"});
  const std::map<std::string, std::string> tensors = {
      {"global_in", "x"},      {"Quant_0_param0", "as"}, {"Quant_0_param1", "z"}, {"Quant_0_param2", "b"},
      {"Quant_1_param0", "w"}, {"Quant_1_param1", "ws"}, {"Quant_1_param2", "z"}, {"Quant_1_param3", "b"},
      {"Add_0_param0", "c"},   {"MatMul_1_param0", "w"}, {"Add_1_param0", "bias"}};
  EXPECT_EQ(names.tensors, tensors);
}

}  // namespace
}  // namespace gw
