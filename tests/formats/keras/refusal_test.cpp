// Claim: whatever a Keras file says that is not understood is told by layer, class, attribute and value, all
// of it in one run.

#include <cmath>

#include <gtest/gtest.h>

#include "formats/keras/builder.h"
#include "graph/expect.h"

namespace gw {
namespace {

using testing::Json;
using testing::keras_layer;
using testing::KerasMade;
using testing::KerasNet;

std::string refusal(const KerasNet& net) { return testing::refusal(read_keras(net.h5(), "m")); }

/// What is told of a layer behind an input of shape 4x4x2.
std::string told(KerasMade layer, std::vector<int> shape = {4, 4, 2}) {
  KerasNet net;
  net.add(testing::keras_input("in", std::move(shape))).add(std::move(layer));
  return refusal(net);
}

TEST(KerasRefusal, ClassesAllAtOnce) {
  KerasNet net;
  net.add(testing::keras_input("in", {4}));
  net.add(keras_layer("Dens", "l1")).add(keras_layer("LSTM", "l2")).add(keras_layer("Rescaling", "l3"));
  net.add(keras_layer("hgq>QSoftmax", "l4")).add(keras_layer("ReLU", "l5"));
  KerasMade operation = keras_layer("Add", "l6");
  operation.layer["module"] = "keras.src.ops.numpy";
  net.add(operation);
  EXPECT_EQ(
      refusal(net),
      "m: node 'l1': error: layer class 'Dens' is not understood; the nearest that is: 'Dense' [keras-layer]\n"
      "m: node 'l2': error: layer class 'LSTM' is known, but there is no such layer here yet "
      "[keras-layer-absent]\n"
      "m: node 'l3': error: layer class 'Rescaling' is not understood; the nearest that is: 'Reshape' "
      "[keras-layer]\n"
      "m: node 'l4': error: layer class 'hgq>QSoftmax' is not understood; the nearest that is: 'Softmax' "
      "[keras-layer]\n"
      "m: node 'l6': error: layer class 'keras.ops.Add' is not understood; the nearest that is: 'Add' "
      "[keras-layer]\n");
}

TEST(KerasRefusal, AttributesThatNobodyKnows) {
  EXPECT_EQ(
      told(keras_layer("ReLU", "r", {{"max_value", 6.0}, {"kernel_initializer", "zeros"}, {"new", nullptr}})),
      "success");
  EXPECT_EQ(
      told(keras_layer("ReLU", "r", {{"sharpness", 2}, {"mode", {{"a", 1}}}})),
      "m: node 'r': error: attribute 'mode' of ReLU is not understood; it is {\"a\":1} [keras-attribute]\n"
      "m: node 'r': error: attribute 'sharpness' of ReLU is not understood; it is 2 [keras-attribute]\n");
}

TEST(KerasRefusal, ValuesOfAttributes) {
  const auto value = [](const std::string& class_name, Json config, std::vector<int> shape = {4, 4, 2}) {
    return told(keras_layer(class_name, "l", std::move(config)), std::move(shape));
  };
  const std::string start = "m: node 'l': error: ", end = " [keras-attribute-value]\n";
  EXPECT_EQ(
      value("Conv2D", {{"filters", 0},
                       {"kernel_size", {3, 3, 3}},
                       {"strides", "x"},
                       {"padding", "full"},
                       {"data_format", "channels_first"},
                       {"use_bias", "no"},
                       {"groups", 1.5}}),
      start + "'kernel_size' is [3,3,3], but must be 2 numbers from 1 to 1048576" + end + start +
          "'strides' is \"x\", but must be 2 numbers from 1 to 1048576" + end + start +
          "'padding' is full, but must be valid or same" + end + start +
          "'data_format' is channels_first, but must be channels_last; save the model with its channels last" +
          end + start + "'filters' is 0, but must be a whole number from 1 to 1073741824" + end + start +
          "'groups' is 1.5, but must be a whole number from 1 to 1073741824" + end);
  EXPECT_EQ(
      value("Activation", {{"activation", "mish"}}),
      start +
          "'activation' is mish, but must be one of linear, relu, relu6, leaky_relu, elu, selu, sigmoid, tanh, "
          "softplus, softsign, hard_sigmoid, hard_tanh, swish, silu, gelu, softmax" +
          end);
  EXPECT_EQ(value("ReLU", {{"negative_slope", -1.0}, {"threshold", "x"}, {"max_value", 0.0}}),
            start + "'threshold' is \"x\", but must be a finite number" + end + start +
                "'negative_slope' is -1, but must be 0 or more" + end + start +
                "'max_value' is 0, but must be above the threshold" + end);
  EXPECT_EQ(value("Softmax", {{"axis", 4}}),
            start + "'axis' is 4, but must be 1 to 3, or from -3 to -1" + end);
  EXPECT_EQ(
      value("Reshape", {{"target_shape", {5, -1}}}),
      start + "'target_shape' is [5,-1], but must be extents of 32 elements, one of them -1 at most" + end);
  EXPECT_EQ(value("Permute", {{"dims", {1, 1, 2}}}),
            start + "'dims' is [1,1,2], but must be each of 1 to 3 once" + end);
  EXPECT_EQ(value("UpSampling2D", {{"interpolation", "bilinear"}}),
            start + "'interpolation' is bilinear, but must be nearest" + end);
  EXPECT_EQ(value("ZeroPadding2D", {{"padding", {{1, 2, 3}, 1}}}),
            start +
                "'padding' is [[1,2,3],1], but must be numbers from 0 to 1048576, for each axis one or two" +
                end);
  EXPECT_EQ(value("GlobalMaxPooling2D", {{"keepdims", 3}}),
            start + "'keepdims' is 3, but must be true or false" + end);
  EXPECT_EQ(value("BatchNormalization", {{"axis", 1}, {"scale", false}, {"center", false}}),
            "m: node 'l': error: variable 'moving_mean' cannot be used: the file has no values at "
            "'/model_weights/l/moving_mean' [keras-variable]\n"
            "m: node 'l': error: variable 'moving_variance' cannot be used: the file has no values at "
            "'/model_weights/l/moving_variance' [keras-variable]\n");
}

TEST(KerasRefusal, VariablesAndShapes) {
  KerasMade missing = testing::keras_dense("fc", 32, 3), more = missing, wrong = missing;
  missing.variables.pop_back();
  EXPECT_EQ(
      told(missing, {32}),
      "m: node 'fc': error: variable 'bias' cannot be used: the file has no values at '/model_weights/fc/bias' "
      "[keras-variable]\n");
  more.variables.push_back({"sigma", {1}, {1}});
  EXPECT_EQ(
      told(more, {32}),
      "m: node 'fc': error: variable 'sigma' cannot be used: Dense has no such variable here [keras-variable]\n");
  EXPECT_EQ(
      told(wrong, {16}),
      "m: node 'fc': error: the shapes do not fit: variable 'kernel' is 32x3, but should be 16x3 [keras-shape]\n");
  EXPECT_EQ(
      told(keras_layer("MaxPooling2D", "p"), {8}),
      "m: node 'p': error: the shapes do not fit: MaxPooling2D does not take 8 without the batch [keras-shape]\n");
  KerasMade nan = testing::keras_dense("fc", 2, 1);
  nan.variables[0].values[1] = std::nanf("");
  EXPECT_EQ(
      told(nan, {2}),
      "m: node 'fc.weight': error: holds 1 values that are infinite or no number; was the training stable? "
      "[values-not-finite]\n");
}

TEST(KerasRefusal, InputsWithoutFixedShape) {
  KerasNet open, none;
  open.add(testing::keras_input("in", {4})).add(keras_layer("ReLU", "r"));
  open.layers[0].layer["config"]["batch_input_shape"] = {nullptr, nullptr, 3};
  EXPECT_EQ(
      refusal(open),
      "m: node 'in': error: is an input of shape ?x?x3; it takes a batch and at least one more extent, all but "
      "the batch fixed [keras-input-shape]\n");
  none.add(keras_layer("ReLU", "r"));
  EXPECT_EQ(
      refusal(none),
      "m: node 'r': error: is an input of shape ?; it takes a batch and at least one more extent, all but the "
      "batch fixed [keras-input-shape]\n");
}

TEST(KerasRefusal, Quantizers) {
  const auto of = [](const Json& quantizer) {
    KerasMade layer = testing::keras_dense("d", 2, 1, {{"kernel_quantizer", quantizer}}, "QDense");
    return told(std::move(layer), {2});
  };
  const auto on_stream = [](const Json& quantizer) {
    return told(keras_layer("QActivation", "a", {{"activation", quantizer}}), {2});
  };
  const std::string start = "m: node 'd': error: quantizer ", end = " [keras-quantizer]\n";
  EXPECT_EQ(
      of("quantized_bits(6,"),
      start +
          "quantized_bits(6, is not understood: as kernel_quantizer: it is not written as name(argument, "
          "key=argument)" +
          end);
  EXPECT_EQ(of({{"class_name", "my_bits"}, {"config", Json::object()}}),
            start + "my_bits is not understood: as kernel_quantizer: there is no such class here" + end);
  EXPECT_EQ(of({{"class_name", "bernoulli"}, {"config", Json::object()}}),
            start + "bernoulli is not understood: as kernel_quantizer: its answers are random" + end);
  EXPECT_EQ(
      of({{"class_name", "quantized_bits"}, {"config", {{"bits", 4}, {"newest", 1}}}}),
      start + "quantized_bits is not understood: as kernel_quantizer: it has no field 'newest' here" + end);
  EXPECT_EQ(
      of("quantized_bits(4, qnoise_factor=0.5)"),
      start +
          "quantized_bits(4, qnoise_factor=0.5) is not understood: as kernel_quantizer: qnoise_factor must "
          "be 1" +
          end);
  EXPECT_EQ(
      of("quantized_bits(400)"),
      start +
          "quantized_bits(bits=400) is not understood: as kernel_quantizer: bits must be a whole number "
          "from 1 to 24" +
          end);
  EXPECT_EQ(of("quantized_relu(4)"),
            start +
                "quantized_relu(bits=4) is not understood: as kernel_quantizer: it is for streams, not for "
                "weights" +
                end);
  const std::string other = "m: node 'a': error: quantizer ";
  EXPECT_EQ(on_stream("quantized_po2(4)"),
            other + "quantized_po2(bits=4) is not understood: it is for weights, not for streams" + end);
  EXPECT_EQ(
      on_stream("quantized_bits(4,0,alpha='auto')"),
      other +
          "quantized_bits(alpha=\"auto\", bits=4, integer=0) is not understood: an automatic alpha of a "
          "stream depends on the batch; give it a number" +
          end);
  EXPECT_EQ(on_stream("quantized_relu(4,0,1)"),
            other +
                "quantized_relu(bits=4, integer=0, use_sigmoid=1) is not understood: use_sigmoid must be 0" +
                end);
  EXPECT_EQ(
      on_stream("quantized_relu(4,0,negative_slope=0.3)"),
      other +
          "quantized_relu(bits=4, integer=0, negative_slope=0.3) is not understood: negative_slope must be 0 "
          "or a power of two up to 1" +
          end);
}

}  // namespace
}  // namespace gw
