// Claim: whatever an ONNX file says that is not understood is told by node, operator, attribute and value,
// all of it in one run, and no bytes at all make the reader fail in another way.

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "formats/onnx/builder.h"
#include "graph/expect.h"

namespace gw {
namespace {

using testing::OnnxBuilder;
using testing::refusal;

/// A network around one node: x of shape 1 x 2 x 4 x 4 goes in, y comes out.
OnnxBuilder around(std::int64_t opset = 13) {
  OnnxBuilder b(opset);
  b.input("x", {1, 2, 4, 4}).output("y");
  return b;
}

OnnxBuilder perceptron() {
  OnnxBuilder b;
  b.input("x", {1, 2}).output("y").weights("w", {3, 2}, {1, 2, 3, 4, 5, 6}).weights("b", {3}, {1, 0, -1});
  b.node("Gemm", {"x", "w", "b"}, {"h"}, "/d/Gemm").integer("transB", 1);
  b.node("Relu", {"h"}, {"y"}, "/a/Relu");
  return b;
}

TEST(OnnxRefusal, BytesThatAreNoModel) {
  EXPECT_EQ(refusal(read_onnx("", "f")),
            "f: error: is no ONNX model: it holds no network [onnx-unreadable]\n");
  EXPECT_EQ(refusal(read_onnx("PK\3\4", "f")),
            "f: error: is no ONNX model: its bytes are no protobuf message of that kind; is it cut short? "
            "[onnx-unreadable]\n");
  EXPECT_EQ(refusal(load_onnx("/no/such/file")),
            "/no/such/file: error: cannot be read: No such file or directory [file-unreadable]\n");
  OnnxBuilder old(5);
  old.input("x", {1, 2}).output("y").node("Relu", {"x"}, {"y"}, "r");
  EXPECT_EQ(
      refusal(old.read()),
      "m.onnx: error: uses version 5 of ONNX's operators, and 6 to 25 are understood; export it with one of "
      "those [onnx-opset]\n");
}

// Every prefix of a file is refused or, by chance of protobuf, a smaller file; every single byte that is
// changed gives a network or a message. None gives a crash.
TEST(OnnxRefusal, NoDamagedBytesMakeItFail) {
  const std::string good = perceptron().bytes();
  ASSERT_TRUE(read_onnx(good, "f")) << refusal(read_onnx(good, "f"));
  int refused = 0;
  for (size_t size = 0; size < good.size(); ++size) {
    const auto read = read_onnx(good.substr(0, size), "f");
    EXPECT_FALSE(read) << size;
  }
  for (size_t at = 0; at < good.size(); ++at) {
    for (const int change : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ change);
      refused += read_onnx(bad, "f") ? 0 : 1;
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(OnnxRefusal, TensorsThatAreWrongInThemselves) {
  OnnxBuilder b = perceptron();
  auto* graph = b.model().mutable_graph();
  graph->mutable_initializer(0)->add_float_data(7);
  graph->mutable_initializer(1)->set_data_type(onnx::TensorProto::STRING);
  b.weights("c", {-1}, {}).weights("d", {1}, {1}).weights("d", {1}, {1}).weights("e", {1}, {1});
  graph->mutable_initializer(5)->set_data_location(onnx::TensorProto::EXTERNAL);
  b.weights("g", {1}, {1});
  graph->mutable_initializer(6)->mutable_segment();
  graph->add_sparse_initializer()->mutable_values()->set_name("s");
  EXPECT_EQ(
      refusal(b.read()),
      "m.onnx: initializer 'w': error: cannot be used: it holds 7 values, but its shape is 3x2 [onnx-tensor]\n"
      "m.onnx: initializer 'b': error: cannot be used: its elements are of type 8, which is no plain number "
      "[onnx-tensor]\n"
      "m.onnx: initializer 'c': error: cannot be used: its shape is -1 [onnx-tensor]\n"
      "m.onnx: initializer 'd': error: cannot be used: it stands there twice [onnx-tensor]\n"
      "m.onnx: initializer 'e': error: cannot be used: its values are in another file; save the model with its "
      "weights inside [onnx-tensor]\n"
      "m.onnx: initializer 'g': error: cannot be used: it is cut into segments [onnx-tensor]\n"
      "m.onnx: initializer 's': error: cannot be used: it is sparse [onnx-tensor]\n");
}

TEST(OnnxRefusal, OperatorsAndAttributesAllAtOnce) {
  OnnxBuilder b = around();
  b.node("Rellu", {"x"}, {"a"}, "n1");
  b.node("Relu", {"a"}, {"c"}, "n2")
      .number("slope", 1)
      .number("alpha", 2);  // a is told already, these are not
  b.node("FloatQuant", {"x"}, {"d"}, "n3", "qonnx.custom_op.general");
  b.node("Relu", {"x"}, {"e"}, "n4", "com.microsoft");
  b.node("MaxPool", {"x"}, {"f"}, "n5").integers("kernel_shape", {2, 2}).integers("strides", {2});
  b.node("Relu", {"c"}, {"y"}, "n6");
  EXPECT_EQ(
      refusal(b.read()),
      "m.onnx: node 'n1': error: operator 'Rellu' is not understood; the nearest that is: 'Relu' "
      "[onnx-operator]\n"
      "m.onnx: node 'n2': error: attribute 'alpha' of operator Relu is not understood [onnx-attribute]\n"
      "m.onnx: node 'n2': error: attribute 'slope' of operator Relu is not understood [onnx-attribute]\n"
      "m.onnx: node 'n3': error: operator 'qonnx.custom_op.general.FloatQuant' is not understood; the nearest that "
      "is: 'qonnx.custom_op.general.IntQuant' [onnx-operator]\n"
      "m.onnx: node 'n4': error: operator 'com.microsoft.Relu' is not understood; the nearest that is: "
      "'com.microsoft.Gelu' [onnx-operator]\n"
      "m.onnx: node 'n5': error: 'strides' is 2, but must be 2 numbers from 1 to 1048576 "
      "[onnx-attribute-value]\n");
}

TEST(OnnxRefusal, TensorsThatNobodyGivesOrSeveral) {
  OnnxBuilder b = around();
  b.node("Add", {"x", "u"}, {"a"}, "n1");
  b.node("Add", {"a", "u"}, {"c"}, "n2");
  b.node("Relu", {"x"}, {"x"}, "n3");
  b.node("Add", {"x"}, {"d"}, "n4");
  EXPECT_EQ(refusal(b.read()),
            "m.onnx: node 'n1': error: names tensor 'u', which no input, initializer or node before it gives "
            "[onnx-tensor-missing]\n"
            "m.onnx: node 'n3': error: gives tensor 'x', which is there already [onnx-tensor-twice]\n"
            "m.onnx: node 'n4': error: operator Add does not take 1 inputs and give what is named "
            "[onnx-input-count]\n"
            "m.onnx: outputs: error: names tensor 'y', which no input, initializer or node before it gives "
            "[onnx-tensor-missing]\n");
}

TEST(OnnxRefusal, InputsWithoutFixedShape) {
  OnnxBuilder b;
  b.input("x", {1, -1}).input("z", {4}).input("n", {-1, 3}).output("y");
  b.node("Add", {"x", "z"}, {"y"}, "n1");
  EXPECT_EQ(
      refusal(b.read()),
      "m.onnx: node 'x': error: is an input of shape 1x?; it takes a batch and at least one more extent, all "
      "but the batch fixed [onnx-input-shape]\n"
      "m.onnx: node 'z': error: is an input of shape 4; it takes a batch and at least one more extent, all "
      "but the batch fixed [onnx-input-shape]\n");
}

TEST(OnnxRefusal, OutputsThatNoLayerComputes) {
  OnnxBuilder b = around();
  b.output("z");
  b.node("MaxPool", {"x"}, {"y", "z"}, "n1").integers("kernel_shape", {2, 2});
  b.node("Dropout", {"x"}, {"a", "m"}, "n2").node("Relu", {"m"}, {"c"}, "n3");
  b.node("MaxPool", {"x"}, {"d", "unread"}, "n4").integers("kernel_shape", {2, 2});
  EXPECT_EQ(refusal(b.read()),
            "m.onnx: node 'n1': error: cannot be used: no layer computes its output 'z' [onnx-tensor]\n"
            "m.onnx: node 'n2': error: cannot be used: no layer computes its output 'm' [onnx-tensor]\n");
}

TEST(OnnxRefusal, InputsOfOtherBatchesOrTypes) {
  OnnxBuilder b;
  b.input("x", {3, 2}).input("z", {1, 2}).input("i", {3, 2}).output("y");
  b.model().mutable_graph()->mutable_input(2)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::INT64);
  b.node("Add", {"x", "z"}, {"y"}, "n1");
  EXPECT_EQ(
      refusal(b.read()),
      "m.onnx: node 'i': error: cannot be used: its elements are of type 7, which is no number of up to 32 "
      "bits [onnx-tensor]\n"
      "m.onnx: node 'z': error: the shapes do not fit: its batch is 1, and that of 'x' is 3 [onnx-shape]\n");
}

// Without axes a batch of one goes as well, so that what follows would count its axes anew.
TEST(OnnxRefusal, ASqueezeOfTheBatch) {
  OnnxBuilder b;
  b.input("x", {1, 3, 1}).output("y").node("Squeeze", {"x"}, {"a"}, "n1").node("Relu", {"a"}, {"y"}, "n2");
  EXPECT_EQ(
      refusal(b.read()),
      "m.onnx: node 'n1': error: 'axes' is missing, but must be given: a batch of 1 goes as well, and axes "
      "are counted anew [onnx-attribute-value]\n");
}

TEST(OnnxRefusal, ConstantsAndStreamsInEachOthersPlace) {
  OnnxBuilder b = around();
  b.weights("w", {2, 2, 1, 1}, {1, 2, 3, 4});
  b.node("Conv", {"w", "x"}, {"a"}, "n1");
  b.node("Sqrt", {"x"}, {"c"}, "n2");
  b.node("Relu", {"w"}, {"d"}, "n3");
  b.node("Identity", {"w"}, {"y"}, "n4");
  EXPECT_EQ(
      refusal(b.read()),
      "m.onnx: node 'n1': error: input 0 of operator Conv is a constant, but must be computed from the "
      "network's input [onnx-wants-stream]\n"
      "m.onnx: node 'n1': error: input 1 of operator Conv is computed from the network's input, but must be a "
      "constant [onnx-wants-constant]\n"
      "m.onnx: node 'n2': error: input 0 of operator Sqrt is computed from the network's input, but must be "
      "a constant [onnx-wants-constant]\n"
      "m.onnx: node 'n3': error: has only constant inputs, so that its answer never depends on the network's "
      "input [only-constants]\n"
      "m.onnx: node 'y': error: is an output of the network, but no layer computes it [output-not-computed]\n");
}

TEST(OnnxRefusal, ShapesThatDoNotFit) {
  OnnxBuilder b = around();
  b.weights("w", {3, 2}, {1, 2, 3, 4, 5, 6}).weights("b", {5}, {1, 2, 3, 4, 5}).numbers("s", {1, 3, -1});
  b.node("MatMul", {"x", "w"}, {"a"}, "n1");
  b.node("Add", {"x", "b"}, {"c"}, "n2");
  b.node("Reshape", {"x", "s"}, {"d"}, "n3");
  b.node("Gemm", {"x", "w"}, {"e"}, "n4");
  b.node("Conv", {"x", "w"}, {"f"}, "n5");
  b.node("BatchNormalization", {"x", "b", "b", "b", "b"}, {"g"}, "n6");
  b.node("Relu", {"x"}, {"y"}, "n7");
  EXPECT_EQ(
      refusal(b.read()),
      "m.onnx: node 'n1': error: the shapes do not fit: weights 'w' of shape 3x2 on a tensor of shape 2x4x4 "
      "without the batch [onnx-shape]\n"
      "m.onnx: node 'n2': error: the shapes do not fit: 'b' of shape 5 is not broadcast to 2x4x4 without the "
      "batch [onnx-shape]\n"
      "m.onnx: node 'n3': error: the shapes do not fit: 2x4x4 without the batch is not reshaped to 1x3x10 with "
      "it [onnx-shape]\n"
      "m.onnx: node 'n4': error: the shapes do not fit: Gemm takes two matrices, not shapes 2x4x4 without the "
      "batch and 3x2 [onnx-shape]\n"
      "m.onnx: node 'n5': error: the shapes do not fit: convolutions are 1-D or 2-D, not weights 3x2 on 2x4x4 "
      "without the batch [onnx-shape]\n"
      "m.onnx: node 'n6': error: the shapes do not fit: 'b' of shape 5 is not one value for each of 2 channels "
      "[onnx-shape]\n");
}

TEST(OnnxRefusal, WeightsThatAreNotFinite) {
  OnnxBuilder b;
  b.input("x", {1, 2}).output("y");
  b.weights("w", {3, 2}, {1, 2, 3, std::nanf(""), 5, std::numeric_limits<float>::infinity()});
  b.node("Gemm", {"x", "w"}, {"y"}, "d").integer("transB", 1);
  EXPECT_EQ(
      refusal(b.read()),
      "m.onnx: node 'd': error: value (1, 1) of 'w' is nan, but must be a finite number; was the training "
      "stable? [onnx-not-finite]\n");
}

TEST(OnnxRefusal, ValuesOfAttributes) {
  OnnxBuilder b = around();
  b.weights("w", {2, 2, 3, 3}, std::vector<float>(36, 1))
      .weights("z", {1}, {0})
      .numbers("p", {1, 1, 0, 0, 0, 0, 0, -1});
  b.node("Conv", {"x", "w"}, {"a"}, "n1").text("auto_pad", "SAME").integers("kernel_shape", {3, 2});
  b.node("AveragePool", {"x"}, {"c"}, "n2")
      .integers("kernel_shape", {3, 3})
      .integers("strides", {2, 2})
      .integer("count_include_pad", 1)
      .integer("ceil_mode", 1);
  b.node("Softmax", {"x"}, {"d"}, "n3").integer("axis", 0);
  b.node("Transpose", {"x"}, {"e"}, "n4").integers("perm", {1, 0, 2, 3});
  b.node("Pad", {"x", "p"}, {"f"}, "n5").text("mode", "reflect");
  b.node("Pad", {"x", "p"}, {"g"}, "n6");
  b.node("Concat", {"x", "x"}, {"h"}, "n7").integer("axis", 4);
  b.node("Cast", {"x"}, {"i"}, "n8").integer("to", 7);
  b.node("LeakyRelu", {"x"}, {"j"}, "n9").integer("alpha", 1);
  b.node("Relu", {"x"}, {"y"}, "n10");
  EXPECT_EQ(
      refusal(b.read()),
      "m.onnx: node 'n1': error: 'auto_pad' is SAME, but must be NOTSET, VALID, SAME_UPPER or SAME_LOWER "
      "[onnx-attribute-value]\n"
      "m.onnx: node 'n1': error: 'kernel_shape' is another, but must be that of the weights, 3, 3 "
      "[onnx-attribute-value]\n"
      "m.onnx: node 'n2': error: 'ceil_mode' is 1, but must be 0 where padding counts in means "
      "[onnx-attribute-value]\n"
      "m.onnx: node 'n3': error: 'axis' is 0, but must be 1 to 3 [onnx-attribute-value]\n"
      "m.onnx: node 'n4': error: 'perm' is 1, 0, 2, 3, but must be an order of 0 to 3 that leaves the batch "
      "first [onnx-attribute-value]\n"
      "m.onnx: node 'n5': error: 'mode' is reflect, but must be constant [onnx-attribute-value]\n"
      "m.onnx: node 'n6': error: 'pads' is 1, 1, 0, 0, 0, 0, 0, -1, but must be 8 numbers, 0 for the batch "
      "[onnx-attribute-value]\n"
      "m.onnx: node 'n7': error: 'axis' is 4, but must be 1 to 3 [onnx-attribute-value]\n"
      "m.onnx: node 'n8': error: 'to' is 7, but must be a floating-point type (1, 10, 11, 16) "
      "[onnx-attribute-value]\n"
      "m.onnx: node 'n9': error: 'alpha' is of another kind, but must be a number [onnx-attribute-value]\n");
}

TEST(OnnxRefusal, QuantizersThatAreNoFixedPointType) {
  const auto quantized = [](float scale, float zero, float bits, const std::string& mode, int sign,
                            int narrow) {
    OnnxBuilder b;
    b.add_opset("qonnx.custom_op.general", 1).input("x", {1, 2}).output("y");
    b.weights("s", {}, {scale}).weights("z", {}, {zero}).weights("b", {}, {bits});
    b.node("Quant", {"x", "s", "z", "b"}, {"y"}, "q", "qonnx.custom_op.general");
    b.text("rounding_mode", mode).integer("signed", sign).integer("narrow", narrow);
    return refusal(b.read());
  };
  EXPECT_EQ(
      quantized(-0.5F, 1, 2.5F, "ODD", 1, 0),
      "m.onnx: node 'q': error: is no fixed-point type: scale 's' is -0.5, but must be above 0 "
      "[onnx-quantizer]\n"
      "m.onnx: node 'q': error: is no fixed-point type: bit width 'b' is 2.5, but must be one whole number from "
      "1 to 63 [onnx-quantizer]\n"
      "m.onnx: node 'q': error: 'rounding_mode' is ODD, but must be ROUND, HALF_EVEN, HALF_UP, HALF_DOWN, "
      "FLOOR, CEIL, UP or DOWN [onnx-attribute-value]\n");
  EXPECT_EQ(
      quantized(1, 0, 1, "ROUND", 0, 1),
      "m.onnx: node 'q': error: is no fixed-point type: it is narrow, unsigned and of one bit: always 0 "
      "[onnx-quantizer]\n");
  EXPECT_EQ(
      quantized(1, INFINITY, 4, "ROUND", 1, 0),
      "m.onnx: node 'q': error: is no fixed-point type: zero point 'z' is no number [onnx-quantizer]\n");
  EXPECT_EQ(
      quantized(1, 0x1p40F, 4, "ROUND", 1, 0),
      "m.onnx: node 'q': error: is no fixed-point type: zero point 'z' is 1099511627776 [onnx-quantizer]\n");
}

}  // namespace
}  // namespace gw
