// Networks that are small and have as many different things in them as fit.

#include "formats/sample_files.h"

#include "formats/keras/builder.h"
#include "formats/onnx/builder.h"
#include "formats/pt2/builder.h"
#include "formats/tflite/builder.h"
#include "graph/model_file.h"
#include "graph/text.h"

namespace gw::testing {

namespace {

std::vector<float> weights(std::size_t count) { return small_numbers(count, 2); }

/// Conv, batch norm, pool, and the arithmetic on shapes that exporters leave in front of a reshape.
OnnxBuilder plain_onnx() {
  OnnxBuilder b;
  b.input("x", {-1, 2, 6, 6}).output("y");
  b.weights("w", {3, 2, 3, 3}, weights(54)).weights("one", {3}, {1, 2, 1}).weights("zero", {3}, {0, 1, 0});
  b.weights("d", {27, 4}, weights(108)).weights("c", {4}, weights(4));
  b.numbers("none", {0}).numbers("rest", {-1});
  b.node("Conv", {"x", "w"}, {"a"}, "/c/Conv")
      .integers("pads", {1, 1, 1, 1})
      .integers("kernel_shape", {3, 3});
  b.node("BatchNormalization", {"a", "one", "zero", "zero", "one"}, {"n"}, "/n/BatchNormalization");
  b.node("LeakyRelu", {"n"}, {"r"}, "/r/LeakyRelu").number("alpha", 0.125F);
  b.node("MaxPool", {"r"}, {"p"}, "/p/MaxPool").integers("kernel_shape", {2, 2}).integers("strides", {2, 2});
  b.node("Shape", {"p"}, {"s"}, "s");
  b.node("Gather", {"s", "none"}, {"g"}, "g").integer("axis", 0);
  b.node("Concat", {"g", "rest"}, {"k"}, "k").integer("axis", 0);
  b.node("Reshape", {"p", "k"}, {"f"}, "f");
  b.node("Gemm", {"f", "d", "c"}, {"h"}, "/d/Gemm");
  b.node("Softmax", {"h"}, {"y"}, "/o/Softmax").integer("axis", 1);
  return b;
}

OnnxBuilder qonnx() {
  const std::string domain = "qonnx.custom_op.general";
  OnnxBuilder b(9);
  b.add_opset(domain, 1).input("x", {1, 8}).output("y");
  b.weights("w", {8, 4}, weights(32)).weights("s", {}, {0.3F}).weights("z", {}, {0}).weights("b", {}, {4});
  b.weights("each", {1, 4}, {0.1F, 0.25F, 0.3F, 0.7F});
  b.node("Quant", {"x", "s", "z", "b"}, {"q"}, "q", domain).integer("signed", 1).integer("narrow", 0);
  b.text("rounding_mode", "ROUND");
  b.node("Quant", {"w", "each", "z", "b"}, {"v"}, "v", domain).integer("signed", 1).integer("narrow", 1);
  b.node("MatMul", {"q", "v"}, {"m"}, "m");
  b.node("BipolarQuant", {"m", "s"}, {"y"}, "p", domain);
  return b;
}

OnnxBuilder pairs() {
  OnnxBuilder b;
  b.input("x", {1, 1, 4, 4}).output("y").weights("s", {}, {0.05F}).weights("t", {}, {0.02F});
  b.whole("z", {}, {3}, onnx::TensorProto::UINT8).whole("o", {}, {0}, onnx::TensorProto::INT8);
  b.whole("w", {2, 1, 2, 2}, {1, -2, 3, 4, 5, -6, 7, 8}, onnx::TensorProto::INT8);
  b.node("QuantizeLinear", {"x", "s", "z"}, {"q"}, "q");
  b.node("QLinearConv", {"q", "s", "z", "w", "t", "o", "s", "z"}, {"c"}, "c");
  b.node("DequantizeLinear", {"c", "s", "z"}, {"d"}, "d");
  b.node("Relu", {"d"}, {"y"}, "r");
  return b;
}

/// What picks elements, repeats them, reduces them and finds their places, and constants on their way to it.
OnnxBuilder moves() {
  OnnxBuilder b(18);
  b.input("x", {1, 4, 4, 4}).output("y").weights("w", {3, 2}, weights(6)).weights("u", {2, 12}, weights(24));
  b.numbers("k", {3, 0, 1, 2})
      .numbers("r", {1, 1, 2, 1})
      .numbers("a", {1})
      .numbers("b", {3, 0})
      .numbers("e", {-9, 2});
  b.numbers("t", {-1, 1})
      .numbers("p", {1, -1})
      .numbers("n", {2, 6})
      .numbers("one", {1})
      .numbers("two", {2})
      .numbers("axes", {1, 2});
  b.node("Gather", {"x", "k"}, {"g"}, "g").integer("axis", 1);
  b.node("DepthToSpace", {"g"}, {"d"}, "d").integer("blocksize", 2);
  b.node("SpaceToDepth", {"d"}, {"s"}, "s").integer("blocksize", 2);
  b.node("Tile", {"s", "r"}, {"l"}, "l");
  b.node("Slice", {"l", "b", "e", "axes", "t"}, {"c"}, "c");
  b.node("Pad", {"c", "p", "", "a"}, {"q"}, "q");
  b.node("MatMul", {"w", "q"}, {"m"}, "m");
  b.node("ReduceSum", {"m", "a"}, {"h"}, "h").integer("keepdims", 0);
  b.node("Abs", {"h"}, {"i"}, "i").node("Neg", {"i"}, {"j"}, "j");
  b.node("ReduceMin", {"j", "a"}, {"v"}, "v").integer("keepdims", 0);
  b.node("ConstantOfShape", {"n"}, {"zeros"}, "z").node("Expand", {"zeros", "n"}, {"wide"}, "wide");
  b.node("Slice", {"u", "a", "two"}, {"part"}, "part").node("Range", {"one", "one", "one"}, {"none"}, "none");
  b.node("ReduceMax", {"u", "a"}, {"most"}, "most")
      .node("Where", {"zeros", "wide", "zeros"}, {"either"}, "either");
  b.node("TopK", {"v", "one"}, {"unused", "y"}, "y");
  return b;
}

std::string whole_merges() {
  TfliteBuilder b;
  const auto tensor = [&](const std::string& name, const std::vector<double>& values = {}) {
    return b.tensor(name, {1, 2, 2, 2}, TfliteBuilder::int8, {0.5F}, {-3}, values);
  };
  const int x = tensor("x"), c = tensor("c", {1, 2, 3, 4, 5, 6, 7, 8}), s = tensor("s"), m = tensor("m"),
            l = tensor("l"), y = tensor("y"), h = b.tensor("h", {4}, TfliteBuilder::int32);
  b.op(41, {x, c}, s).op(18, {s, x}, m).op(98, {m}, l, {FlatWriter::number(0, 0.3F)});
  b.op(77, {l}, h).op(22, {l, h}, y);
  return b.bytes({x}, {y});
}

std::string tflite(bool is_whole) {
  TfliteBuilder b;
  const int type = is_whole ? TfliteBuilder::int8 : TfliteBuilder::real;
  const auto scale = [&](float s) { return is_whole ? std::vector<float>{s} : std::vector<float>{}; };
  const auto values = [](std::size_t count) {
    const auto made = weights(count);
    return std::vector<double>(made.begin(), made.end());
  };
  const auto byte = [](int field, int value) {
    return FlatWriter::number(field, static_cast<std::int8_t>(value));
  };
  const int x = b.tensor("x", {1, 4, 4, 2}, type, scale(0.5F), {-3}),
            w = b.tensor("w", {3, 3, 3, 2}, type, scale(0.1F), {0}, values(54)),
            c = b.tensor("c;one", {1, 4, 4, 3}, type, scale(0.4F), {-5}),
            v = b.tensor("v", {1, 2, 2, 3}, type, scale(0.2F), {0}, values(12), 3),
            e = b.tensor("e", {1, 2, 2, 3}, type, scale(0.3F), {1}),
            p = b.tensor("p", {1, 1, 1, 3}, type, scale(0.3F), {1}),
            f = b.tensor("f", {1, 3}, type, scale(0.3F), {1}),
            u = b.tensor("u", {2, 3}, type, scale(0.3F), {0}, values(6)),
            a = b.tensor("a", {2}, is_whole ? TfliteBuilder::int32 : type, scale(1), {0}, values(2)),
            y = b.tensor("y", {1, 2}, type, scale(0.7F), {2});
  b.op(3, {x, w}, c, {byte(0, 0), FlatWriter::number(1, 1), FlatWriter::number(2, 1), byte(3, 1)});
  b.op(4, {c, v}, e, {byte(0, 1), FlatWriter::number(1, 2), FlatWriter::number(2, 2), byte(4, 3)});
  b.op(1, {e}, p,
       {byte(0, 1), FlatWriter::number(1, 1), FlatWriter::number(2, 1), FlatWriter::number(3, 2),
        FlatWriter::number(4, 2)});
  b.op(22, {p}, f).op(9, {f, u, a}, y);
  return b.bytes({x}, {y});
}

std::string pt2() {
  Pt2Builder b;
  b.weight("conv.weight", {2, 1, 3, 3}, weights(18)).weight("fc.weight", {3, 8}, weights(24));
  b.input("x", {-1, 1, 4, 4});
  b.node("aten.conv2d.default",
         {{"input", Pt2Builder::tensor("x")},
          {"weight", Pt2Builder::tensor("p_conv_weight")},
          {"padding", Pt2Builder::integers({1, 1})}},
         "conv2d", {-1, 2, 4, 4}, "conv");
  b.node("aten.relu_.default", {{"self", Pt2Builder::tensor("conv2d")}}, "relu_", {-1, 2, 4, 4}, "act");
  b.node("aten.max_pool2d.default",
         {{"self", Pt2Builder::tensor("relu_")}, {"kernel_size", Pt2Builder::integers({2, 2})}}, "pool",
         {-1, 2, 2, 2});
  b.node("aten.view.default", {{"self", Pt2Builder::tensor("pool")}}, "view", {-1, 8});
  b.node("aten.linear.default",
         {{"input", Pt2Builder::tensor("view")}, {"weight", Pt2Builder::tensor("p_fc_weight")}}, "linear",
         {-1, 3}, "fc");
  return b.bytes("linear");
}

KerasNet keras(bool is_quantised) {
  const std::string q = is_quantised ? "Q" : "";
  const auto quantizer = [](const char* name, Json fields) {
    return Json{{"class_name", name}, {"config", std::move(fields)}};
  };
  KerasNet net;
  net.add(keras_input("in", {6, 6, 1}));
  Json conv{{"filters", 2}, {"kernel_size", {3, 3}}, {"padding", "same"}, {"use_bias", true}};
  if (is_quantised)
    conv["kernel_quantizer"] = quantizer("quantized_bits", {{"bits", 4}, {"integer", 1}, {"alpha", 1}});
  net.add(keras_layer(q + "Conv2D", "c", conv,
                      {{"kernel", {3, 3, 1, 2}, weights(18)}, {"bias", {2}, weights(2)}}));
  net.add(keras_layer("BatchNormalization", "n", {{"axis", Json::array({3})}, {"epsilon", 0.001}},
                      {{"gamma", {2}, {1, 2}},
                       {"beta", {2}, {0, 1}},
                       {"moving_mean", {2}, {0.5, 0}},
                       {"moving_variance", {2}, {1, 4}}}));
  net.add(is_quantised ? keras_layer("QActivation", "r", {{"activation", "quantized_relu(6,2)"}})
                       : keras_layer("LeakyReLU", "r", {{"alpha", 0.25}}));
  net.add(keras_layer("MaxPooling2D", "p", {{"pool_size", {2, 2}}, {"strides", {2, 2}}}));
  net.add(keras_layer("Flatten", "f"));
  net.add(keras_dense("d", 18, 3, {{"activation", "softmax"}}));
  return net;
}

Graph graph() {
  GraphBuilder b;
  const NodeId x = b.input("x", {4, 4, 1}, Quantizer{{6, 3, true}});
  const NodeId w = b.constant("w", {{2, 2, 1, 2}, 1, weights(8)}, Quantizer{{4, 3, true}});
  Conv2D conv;
  conv.out = Quantizer{{8, 4, true}, Rounding::Rnd, Overflow::Sat};
  b.output(b.layer("r", Relu(), {b.layer("c", conv, {x, w})}));
  return b.build().value();
}

}  // namespace

std::vector<SampleFile> sample_files() {
  return {{"onnx", plain_onnx().bytes()},
          {"qonnx", qonnx().bytes()},
          {"pairs.onnx", pairs().bytes()},
          {"moves.onnx", moves().bytes()},
          {"merges.tflite", whole_merges()},
          {"pt2", pt2()},
          {"tflite", tflite(true)},
          {"real.tflite", tflite(false)},
          {"h5", keras(false).h5()},
          {"qkeras.h5", keras(true).h5()},
          {"keras", keras(false).keras()},
          {"packed.keras", keras(false).keras(ZipPacking::Deflate)},
          {"json", keras(true).architecture().dump()},
          {"gw", print_model(graph())},
          {"txt", print_graph(graph())}};
}

}  // namespace gw::testing
