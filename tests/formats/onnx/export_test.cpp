// Claim: a network that is written as ONNX and read back answers the same bits, whatever its types round and
// however they overflow; written in real numbers it computes, by an interpreter of ONNX that is not ours to
// run networks with, what the file that it came from does.

#include "formats/onnx/export.h"

#include <cstring>

#include <gtest/gtest.h>

#include "formats/onnx/builder.h"
#include "formats/onnx/onnx.h"
#include "formats/onnx/oracle.h"
#include "formats/onnx/print.h"
#include "graph/evaluate.h"
#include "graph/expect.h"
#include "graph/random_graph.h"
#include "passes/pass.h"

namespace gw {
namespace {

using testing::GraphMaker;
using testing::pick;
using testing::random_quantizer;
using testing::random_values;
using testing::refusal;

// A file read back, and how it sees the ends of what it became.
struct ReadBack {
  Graph graph;
  std::vector<FilePort> outputs;
};

// Types are what the file says, and exact elsewhere; inputs come as they are.
Result<ReadBack> read_back(const OnnxFile& file, const Quantizer& input) {
  const auto model = read_onnx(print_onnx(file), "back.onnx");
  if (!model) return model.errors();
  Config config;
  config.precision.by_kind["input"] = {{"result", input}};
  auto graph = compile(model->graph, config);
  if (!graph) return graph.errors();
  return ReadBack{*std::move(graph), model->outputs};
}

// Values of the input's type: its ends, zero, and some at random.
std::vector<FloatTensor> samples(Random& random, const Graph& graph) {
  std::vector<FloatTensor> inputs;
  for (const NodeId id : graph.inputs()) {
    const FixedType& type = *graph[id].type.fixed;
    FloatTensor x{graph[id].type.shape, 6, {}};
    for (int sample = 0; sample < x.batch; ++sample) {
      for (std::int64_t i = 0; i < element_count(x.shape); ++i) {
        const std::int64_t raw = sample == 0   ? type.lowest()
                                 : sample == 1 ? type.highest()
                                               : random.between(type.lowest(), type.highest());
        x.values.push_back(static_cast<float>(to_double(raw, type.fraction())));
      }
    }
    inputs.push_back(std::move(x));
  }
  return inputs;
}

// The element of ours that the file has at place `index` of its own, row-major.
std::int64_t place_of_ours(const FilePort& port, std::int64_t index) {
  std::vector<std::int64_t> in_file(port.shape.size());
  for (size_t axis = in_file.size(); axis-- > 0; index /= port.shape[axis])
    in_file[axis] = index % port.shape[axis];
  std::int64_t ours = 0;
  for (const int axis : port.axes)
    ours = ours * port.shape[static_cast<size_t>(axis)] + in_file[static_cast<size_t>(axis)];
  return ours;
}

void expect_same_bits(const Graph& graph, const ReadBack& back, Random& random, const std::string& what) {
  const auto x = samples(random, graph);
  const auto wanted = evaluate(graph, x), found = evaluate(back.graph, x);
  ASSERT_EQ(wanted.size(), found.size());
  for (size_t n = 0; n < wanted.size(); ++n) {
    const Shape& shape = wanted[n].shape();
    const FilePort& port = back.outputs[n];
    ASSERT_EQ(port.shape, std::vector<std::int64_t>(shape.begin(), shape.end())) << what;
    for (std::int64_t i = 0; i < wanted[n].size() * wanted[n].batch(); ++i) {
      const std::int64_t sample = i / wanted[n].size() * wanted[n].size();
      ASSERT_EQ(to_double(wanted[n].at(i), wanted[n].type().fraction()),
                to_double(found[n].at(sample + place_of_ours(port, i - sample)), found[n].type().fraction()))
          << what << ", output " << n << ", element " << i;
    }
  }
}

// The steps of a wrap may outgrow 63 bits, and a product with zeros has no type of its own.
bool is_degenerate(const Diagnostics& errors) {
  return errors[0].id == "type-too-wide" || errors[0].id == "type-zero-width";
}

TEST(OnnxExport, RandomNetworksKeepTheirBits) {
  int kept = 0, refused = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    Random random(seed);
    const auto graph = GraphMaker(random, true).network();
    if (!graph) continue;
    const auto written = export_onnx(*graph);
    if (!written) {
      for (const Diagnostic& error : written.errors())
        ASSERT_EQ(error.id, "export-unsayable") << to_string(error);
      ++refused;
      continue;
    }
    // What is looked up in tables comes back with other tables.
    if (!written->notes.empty() && written->notes.back().text.find("Softmax") != std::string::npos) continue;
    const Quantizer input{*(*graph)[graph->inputs()[0]].type.fixed};
    const auto back = read_back(written->file, input);
    if (!back && is_degenerate(back.errors())) continue;
    ASSERT_TRUE(back) << seed << ": " << refusal(back);
    expect_same_bits(*graph, *back, random, "seed " + std::to_string(seed));
    ++kept;
  }
  EXPECT_GT(kept, 60);
  EXPECT_GT(refused, 60);
}

// Every rounding and overflow, on every cast of one type to another that 300 draws give.
TEST(OnnxExport, CastsKeepTheirBits) {
  int kept = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Random random(seed);
    GraphBuilder b;
    const Quantizer input = random_quantizer(random);
    const NodeId x = b.input("x", {40}, input);
    const NodeId w = b.constant("w", random_values(random, {40}), random_quantizer(random));
    const NodeId y = b.layer("y", Multiply{{random_quantizer(random)}}, {x, w});
    b.output(b.layer("z", Quantize{random_quantizer(random)}, {y}));
    const auto graph = b.build();
    if (!graph) continue;
    const auto written = export_onnx(*graph);
    if (!written) continue;
    const auto back = read_back(written->file, Quantizer{input.to});
    if (!back && is_degenerate(back.errors())) continue;
    ASSERT_TRUE(back) << seed << ": " << refusal(back);
    expect_same_bits(*graph, *back, random, "seed " + std::to_string(seed));
    ++kept;
  }
  EXPECT_GT(kept, 150);
}

// Every layer once, in the shapes and with the attributes in which ONNX has its own ideas.
Graph every_layer(bool typed) {
  Random random(7);
  GraphBuilder b;
  const auto type = [&](int width, int integer) {
    return typed ? std::optional(Quantizer{{width, integer, true}, Rounding::Rnd, Overflow::Sat})
                 : std::nullopt;
  };
  const auto constant = [&](const char* name, Shape shape) {
    return b.constant(name, random_values(random, std::move(shape)), type(6, 2));
  };
  const NodeId x = b.input("x", {8, 6, 2}, type(7, 3));
  Conv2D same{.stride_h = 2, .padding = Padding::Same, .out = type(10, 5)};
  const NodeId c1 = b.layer("c1", same, {x, constant("w1", {3, 3, 2, 4}), constant("b1", {4})});
  Conv2D depthwise{.dilation_w = 2, .groups = 4, .pad_top = 1, .pad_left = 2, .out = type(9, 5)};
  NodeId y = b.layer("c2", depthwise, {c1, constant("w2", {2, 2, 1, 4})});
  y = b.layer("leaky", LeakyRelu{.alpha = 0.25, .out = type(9, 5)}, {y});
  y = b.layer("prelu", PRelu{type(9, 5)}, {y, constant("slopes", {4})});
  y = b.layer("norm", BatchNorm{type(9, 5)}, {y, constant("scale", {4}), constant("shift", {4})});
  y = b.layer("up", UpSample{{2, 1}}, {y});
  y = b.layer("pad", Pad{{1, 0, 0}, {0, 2, 0}, 0.5}, {y});
  y = b.layer("crop", Crop{{1, 0, 0}, {0, 1, 0}}, {y});
  y = b.layer("pool", MaxPool2D{.padding = Padding::SameLower, .out = type(9, 5)}, {y});
  const NodeId mean =
      b.layer("mean", AveragePool2D{.stride_h = 1, .stride_w = 1, .padding = Padding::Same}, {y});
  const NodeId both = b.layer("both", Concatenate{.axis = 0}, {y, mean});
  NodeId z = b.layer("turned", Permute{{1, 0, 2}}, {both});
  z = b.layer("third", Slice{{0, 0, 0}, {b.type(z).shape[0], b.type(z).shape[1], 4}, {1, 2, 1}}, {z});
  b.output(b.layer("peak", GlobalMaxPool{.keep_dims = true}, {z}));
  z = b.layer("clipped", ClippedRelu{3, type(9, 5)}, {z});
  z = b.layer("flat", Flatten{}, {z});
  z = b.layer("thresholded", ThresholdedRelu{0.5, {{16, 6, true}}, type(9, 5)}, {z});
  const int width = b.type(z).shape[0];
  z = b.layer("dense", Dense{type(9, 6)}, {z, constant("w3", {width, 12}), constant("b3", {12})});
  NodeId ramp = b.layer("ramp", HardSigmoid{.out = type(9, 2)}, {z});
  ramp = b.layer("tanh", HardTanh{.out = type(9, 2)}, {ramp});
  const NodeId sign = b.layer("sign", BinaryTanh{}, {z});
  const NodeId three = b.layer("three", TernaryTanh{0.5, {}}, {z});
  NodeId sum = b.layer("sum", Add{}, {ramp, sign, three});
  sum = b.layer("most", Maximum{}, {sum, constant("floor", {12}), ramp});
  sum = b.layer("least", Minimum{}, {sum, z});
  const NodeId less = b.layer("less", Subtract{}, {sum, ramp});
  const NodeId halves = b.layer("halves", Average{}, {less, sum});
  b.output(b.layer("dot", Dot{}, {halves, ramp}));
  NodeId rows = b.layer("rows", Reshape{{4, 3}}, {halves});
  Conv1D causal{.padding = Padding::Causal, .out = type(9, 6)};
  rows = b.layer("c3", causal, {rows, constant("w4", {3, 3, 2})});
  rows = b.layer("p3", MaxPool1D{}, {rows});
  rows = b.layer("p4", AveragePool1D{.pool = 2, .stride = 1}, {rows});
  rows = b.layer("wide", Dense{type(9, 6)}, {rows, constant("w5", {2, 3}), constant("b5", {3})});
  b.output(b.layer("last", GlobalAveragePool{}, {rows}));
  auto graph = b.build();
  EXPECT_TRUE(graph) << refusal(graph);
  return *std::move(graph);
}

TEST(OnnxExport, EveryLayerKeepsItsBits) {
  const Graph graph = every_layer(true);
  const auto written = export_onnx(graph);
  ASSERT_TRUE(written) << refusal(written);
  const auto back = read_back(written->file, Quantizer{{7, 3, true}});
  ASSERT_TRUE(back) << refusal(back);
  Random random(3);
  expect_same_bits(graph, *back, random, "every layer");
}

TEST(OnnxExport, SameNetworkSameBytesAndNothingIsLost) {
  const Graph graph = every_layer(true);
  const std::string bytes = print_onnx(export_onnx(graph)->file);
  EXPECT_EQ(bytes, print_onnx(export_onnx(graph)->file));
  const auto file = parse_onnx(bytes, "");
  ASSERT_TRUE(file) << refusal(file);
  EXPECT_EQ(print_onnx(*file), bytes);
}

TEST(OnnxExport, RealNetworksComputeWhatTheirFileDid) {
  using testing::OnnxBuilder;
  Random random(9);
  const auto values = [&](int count) {
    std::vector<float> drawn;
    while (static_cast<int>(drawn.size()) < count) drawn.push_back(static_cast<float>(random.unit() * 2 - 1));
    return drawn;
  };
  OnnxBuilder b;
  b.input("x", {1, 2, 6, 5}).output("y");
  b.weights("w", {4, 2, 3, 3}, values(72)).weights("b", {4}, values(4));
  b.node("Conv", {"x", "w", "b"}, {"c"}, "conv").integers("pads", {1, 1, 1, 1}).integers("strides", {2, 1});
  b.node("Relu", {"c"}, {"r"}, "relu");
  b.node("MaxPool", {"r"}, {"p"}, "pool").integers("kernel_shape", {2, 2});
  b.node("Flatten", {"p"}, {"f"}, "flat");
  b.weights("v", {32, 3}, values(96)).weights("u", {3}, values(3));
  b.node("Gemm", {"f", "v", "u"}, {"y"}, "dense");
  const auto model = b.read();
  ASSERT_TRUE(model) << refusal(model);
  const auto written = export_onnx(model->graph, {.is_float = true});
  ASSERT_TRUE(written) << refusal(written);
  EXPECT_TRUE(written->notes.empty());
  onnx::ModelProto made;
  ASSERT_TRUE(made.ParseFromString(print_onnx(written->file)));
  for (auto& tensor :
       *made.mutable_graph()->mutable_initializer()) {  // where the interpreter looks for values
    std::vector<float> raw(tensor.raw_data().size() / sizeof(float));
    std::memcpy(raw.data(), tensor.raw_data().data(), raw.size() * sizeof(float));
    if (tensor.data_type() == onnx::TensorProto::FLOAT)
      tensor.mutable_float_data()->Assign(raw.begin(), raw.end());
  }

  // The file that came has channels first, the one that is written has them last.
  testing::OnnxTensorValue x{{1, 2, 6, 5}, {}}, turned{{1, 6, 5, 2}, std::vector<double>(60)};
  for (int i = 0; i < 60; ++i) {
    x.values.push_back(values(1)[0]);
    turned.values[static_cast<size_t>(i % 30 * 2 + i / 30)] = x.values.back();
  }
  const auto wanted = testing::run_onnx(b.model(), {{"x", x}}, "y");
  const auto found = testing::run_onnx(made, {{"x", turned}}, written->file.outputs[0].name);
  ASSERT_EQ(found.shape, wanted.shape);
  for (size_t i = 0; i < wanted.values.size(); ++i) EXPECT_NEAR(found.values[i], wanted.values[i], 1e-12);
}

TEST(OnnxExport, RealNetworksOfEveryLayerAreReadBack) {
  const auto written = export_onnx(every_layer(false), {.is_float = true});
  ASSERT_TRUE(written) << refusal(written);
  EXPECT_EQ(written->file.opsets.size(), 1u);
  const std::string bytes = print_onnx(written->file);
  const auto back = read_onnx(bytes, "m.onnx");
  EXPECT_TRUE(back) << refusal(back);
}

std::string refusal_of(Layer layer, const Quantizer& input = {{8, 4, true}}, int inputs = 1) {
  GraphBuilder b;
  std::vector<NodeId> operands{b.input("x", {4}, input)};
  if (inputs > 1)
    operands.push_back(b.constant("w", {{4, 2}, 1, {1, 2, 3, 4, 5, 6, 7, 8}}, Quantizer{{8, 5, true}}));
  b.output(b.layer("y", std::move(layer), operands));
  const auto graph = b.build();
  if (!graph) return refusal(graph);
  return refusal(export_onnx(*graph));
}

TEST(OnnxExport, WhatCannotBeSaid) {
  const std::string end =
      "; --float writes the network in real numbers, a file .txt keeps it as it is [export-unsayable]\n";
  const std::string start = "node 'y': error: cannot be written as ONNX without changing an answer: ";
  Dense dense;
  dense.accumulator = Quantizer{{8, 4, true}};
  EXPECT_EQ(
      refusal_of(dense, {{8, 4, true}}, 2),
      start + "its accumulator rounds or overflows at every step, which no operator of ONNX does" + end);
  EXPECT_EQ(refusal_of(Relu{Quantizer{{4, 2, true}, Rounding::Trn, Overflow::SatZero}}),
            start + "no quantizer of QONNX overflows as ap_fixed<4,2,AP_TRN,AP_SAT_ZERO> does" + end);
  EXPECT_EQ(refusal_of(ClippedRelu{0.1, {}}), start + "0.1 is no single-precision number" + end);
  Quantize single{{{8, 4, true}}, std::vector<Quantizer>(4, Quantizer{{6, 4, true}})};
  EXPECT_EQ(
      refusal_of(single),
      start + "its elements have types of their own, and a quantizer of QONNX has one number of bits" + end);
  EXPECT_EQ(refusal_of(ThresholdedRelu{0x1p-12, {{16, 2, true}}, {}}),
            start + "its threshold 0.000244140625 does not fit ap_fixed<16,6>" + end);
}

TEST(OnnxExport, WhatOtherEnginesMayComputeOtherwise) {
  GraphBuilder b;
  const NodeId x = b.input("x", {3, 4}, Quantizer{{8, 4, true}});
  const NodeId y = b.layer("s", Sigmoid{}, {x});
  b.output(b.layer("m", GlobalAveragePool{}, {y}));
  const auto graph = b.build();
  ASSERT_TRUE(graph);
  const auto written = export_onnx(*graph);
  ASSERT_TRUE(written) << refusal(written);
  ASSERT_EQ(written->notes.size(), 3u);
  EXPECT_EQ(
      to_string(written->notes[0]),
      "node 'x': warning: the file says an input that is held at the ends of ap_fixed<8,4>, where it wraps here; "
      "another engine may compute other bits [export-inexact]");
  EXPECT_EQ(
      to_string(written->notes[1]),
      "node 's': warning: the file says Sigmoid, which is looked up in tables here; another engine may compute "
      "other bits [export-inexact]");
  EXPECT_EQ(
      to_string(written->notes[2]),
      "node 'm': warning: the file says a mean, whose quotient is cut off here behind so many bits; another "
      "engine may compute other bits [export-inexact]");
}

// A list of answers is gathered from; nothing reads it back, so that its steps are looked at.
TEST(OnnxExport, LookupsAreGathered) {
  GraphBuilder b;
  const NodeId x = b.input("x", {3});
  const NodeId values = b.constant("values", {{4}, 1, {0.5F, -1, 2, 3}});
  b.output(b.layer("y", Lookup{-2, 1, {}}, {x, values}));
  const auto made = export_onnx(b.build().value(), {.is_float = true});
  ASSERT_TRUE(made) << refusal(made);
  std::vector<std::string> steps;
  for (const OnnxNode& node : made->file.nodes) steps.push_back(node.op);
  EXPECT_EQ(steps, (std::vector<std::string>{"Mul", "Floor", "Sub", "Clip", "Cast", "Gather", "Identity"}));
  EXPECT_EQ(std::get<std::int64_t>(made->file.nodes[4].attributes.at("to")), onnx::TensorProto::INT64);
}

}  // namespace
}  // namespace gw
