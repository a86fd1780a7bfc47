// Claim: files that are made to take all memory, all time or the whole stack are refused at once, each with a
// message that says what in it is so.

#include <limits>

#include <gtest/gtest.h>

#include "formats/keras/builder.h"
#include "formats/keras/hdf5.h"
#include "formats/onnx/builder.h"
#include "formats/tflite/builder.h"
#include "formats/tflite/flatbuffer.h"
#include "graph/expect.h"
#include "graph/model_file.h"
#include "graph/safetensors.h"

namespace gw {
namespace {

using testing::FlatWriter;
using testing::Json;
using testing::KerasNet;
using testing::OnnxBuilder;
using testing::refusal;
using testing::TfliteBuilder;

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

constexpr int deep = 100'000;

TEST(Hostile, TextsNestedDeeply) {
  const std::string nest = repeated("[", deep) + repeated("]", deep);
  const std::string config = "{\"class_name\": \"Sequential\", \"config\": " + nest + "}";
  testing::Hdf5Builder file;
  file.text("/", "model_config", config);
  EXPECT_EQ(refusal(read_keras(file.bytes(), "m.h5")),
            "m.h5: error: is no Keras model that can be read: its description is nested too deeply "
            "[keras-unreadable]\n");
  const auto model = [](const std::string& header) {
    const std::uint64_t length = header.size();
    std::string bytes(sizeof length, '\0');
    std::memcpy(bytes.data(), &length, sizeof length);
    return bytes + header;
  };
  EXPECT_EQ(refusal(read_model(model("{\"w\": {\"dtype\": " + nest + "}}"), "m.gw")),
            "m.gw: error: is not a safetensors file: its header is nested too deeply [safetensors-header]\n");
  const Json said{{"__metadata__", {{graph_metadata_key, "{\"nodes\": " + nest + "}"}}}};
  EXPECT_EQ(refusal(read_model(model(said.dump()), "m.gw")),
            "m.gw: gatewright.graph: error: is not JSON, or is nested too deeply [model-not-json]\n");
}

TEST(Hostile, ModelsInModels) {
  KerasNet net;
  net.add(testing::keras_input("in", {2})).add(testing::keras_dense("d", 2, 2));
  Json inner = net.architecture();
  for (int depth = 0; depth < 20; ++depth) {
    inner["name"] = "m" + std::to_string(depth);
    inner = {{"class_name", "Sequential"},
             {"config", {{"name", "net"}, {"layers", {net.layers[0].layer, inner}}}}};
  }
  testing::Hdf5Builder file;
  file.text("/", "model_config", inner.dump());
  EXPECT_EQ(
      refusal(read_keras(file.bytes(), "m.h5")),
      "m.h5: error: is no Keras model that can be read: models are nested too deeply [keras-unreadable]\n");
}

TEST(Hostile, ArchivesThatUnpackToMoreThanTheyAre) {
  const std::string bomb =
      write_zip({{"config.json", std::string(std::size_t{36} << 20, ' ')}}, ZipPacking::Deflate);
  EXPECT_LT(bomb.size(), 100'000U);
  EXPECT_EQ(
      refusal(read_keras(bomb, "m.keras")),
      "m.keras/config.json: error: is no Keras model that can be read: its zip archive is damaged: it is too "
      "large [keras-unreadable]\n");
  // A size that is a lie: the directory says ten bytes.
  std::string liar = write_zip({{"config.json", std::string(100'000, ' ')}}, ZipPacking::Deflate);
  const std::size_t entry = liar.find("PK\1\2");
  const std::uint32_t ten = 10;
  std::memcpy(liar.data() + entry + 24, &ten, sizeof ten);
  EXPECT_EQ(
      refusal(read_keras(liar, "m.keras")),
      "m.keras/config.json: error: is no Keras model that can be read: its zip archive is damaged: its size is not "
      "the one that the archive says [keras-unreadable]\n");

  testing::Hdf5Builder file;
  const hid_t packed = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t chunk = 1 << 20, count = 5 << 20;
  H5Pset_chunk(packed, 1, &chunk);
  H5Pset_deflate(packed, 9);
  file.values("/a", {count}, std::vector<float>(count, 0), H5T_IEEE_F32LE, packed);
  H5Pclose(packed);
  EXPECT_EQ(
      refusal(read_hdf5(file.bytes(), "m.h5")),
      "m.h5: error: is no Keras model that can be read: its HDF5 is damaged: /a: its values are packed tighter "
      "than weights are [keras-unreadable]\n");
}

TEST(Hostile, OnnxGraphsInCircles) {
  OnnxBuilder b;
  b.input("x", {1, 4}).output("y");
  b.node("Add", {"x", "c"}, {"a"}, "n1").node("Relu", {"a"}, {"c"}, "n2").node("Relu", {"c"}, {"y"}, "n3");
  EXPECT_EQ(refusal(b.read()),
            "m.onnx: node 'n1': error: names tensor 'c', which no input, initializer or node before it gives "
            "[onnx-tensor-missing]\n");
}

TEST(Hostile, OnnxTensorsWithoutEnd) {
  OnnxBuilder b;
  constexpr std::int64_t half = std::int64_t{1} << 30;
  b.input("x", {1, half, half}).input("i", {1, 4096, 4096, 4}).output("y");
  b.weights("w", {half, half}, {1}).weights("o", {0, half, half}, {});
  b.node("Relu", {"x"}, {"y"}, "n1");
  EXPECT_EQ(
      refusal(b.read()),
      "m.onnx: initializer 'w': error: cannot be used: its shape is 1073741824x1073741824 [onnx-tensor]\n"
      "m.onnx: initializer 'o': error: cannot be used: its shape is 0x1073741824x1073741824 [onnx-tensor]\n");
  OnnxBuilder inputs;
  inputs.input("x", {1, half, half}).input("i", {1, 4096, 4096, 4}).output("y");
  inputs.node("Relu", {"x"}, {"y"}, "n1");
  EXPECT_EQ(
      refusal(inputs.read()),
      "m.onnx: node 'x': error: has the shape 1x1073741824x1073741824, but a tensor has at most 16777216 "
      "elements [tensor-too-large]\n"
      "m.onnx: node 'i': error: has the shape 4096x4096x4, but a tensor has at most 16777216 elements "
      "[tensor-too-large]\n");
  OnnxBuilder grows;
  grows.input("x", {1, 64, 64, 64}).output("y");
  grows.node("Pad", {"x"}, {"y"}, "n1").integers("pads", {0, 0, 0, 0, 0, 1 << 20, 1 << 20, 0});
  EXPECT_EQ(
      refusal(grows.read()),
      "m.onnx: node 'n1': error: has the shape 1048640x1048640x64, but a tensor has at most 16777216 elements "
      "[tensor-too-large]\n");
}

// Forty joins of a constant with itself are a tensor of 2^60 numbers; so are two long ones laid across.
TEST(Hostile, OnnxConstantsThatGrow) {
  OnnxBuilder joins;
  joins.input("x", {1, 4}).output("y").weights("c0", {1 << 12}, std::vector<float>(1 << 12, 1));
  for (int i = 0; i < 40; ++i) {
    const std::string from = "c" + std::to_string(i);
    joins.node("Concat", {from, from}, {"c" + std::to_string(i + 1)}, "n" + std::to_string(i))
        .integer("axis", 0);
  }
  joins.node("Add", {"x", "c40"}, {"y"}, "last");
  EXPECT_EQ(
      refusal(joins.read()),
      "m.onnx: node 'n9': error: cannot be used: what the file computes of constants is too much for its size "
      "[onnx-tensor]\n");
  OnnxBuilder across;
  const std::vector<float> ones(1 << 15, 1);
  across.input("x", {1, 4}).output("y").weights("a", {1 << 15, 1}, ones).weights("b", {1 << 15}, ones);
  across.node("Add", {"a", "b"}, {"c"}, "n1").node("Add", {"x", "c"}, {"y"}, "n2");
  EXPECT_EQ(
      refusal(across.read()),
      "m.onnx: node 'n1': error: cannot be used: what the file computes of constants is too much for its size "
      "[onnx-tensor]\n");
}

/// An If in an If in an If.
void nest(onnx::NodeProto* node, int depth) {
  node->set_op_type("If");
  node->set_name("n" + std::to_string(depth));
  node->add_input("c");
  node->add_output("y");
  auto* attribute = node->add_attribute();
  attribute->set_name("then_branch");
  attribute->set_type(onnx::AttributeProto::GRAPH);
  if (depth > 0) nest(attribute->mutable_g()->add_node(), depth - 1);
}

TEST(Hostile, OnnxGraphsInGraphs) {
  for (const int depth : {10, 200}) {
    OnnxBuilder b;
    b.input("x", {1, 4}).input("c", {1, 1}).output("y");
    nest(b.model().mutable_graph()->add_node(), depth);
    EXPECT_EQ(refusal(b.read()),
              depth == 10
                  ? "m.onnx: node 'n10': error: operator 'If' is not understood; the nearest that is: 'Or' "
                    "[onnx-operator]\n"
                  : "m.onnx: error: is no ONNX model: its bytes are no protobuf message of that kind; is it "
                    "cut short? [onnx-unreadable]\n");
  }
}

TEST(Hostile, TfliteTensorsWithoutEnd) {
  TfliteBuilder b;
  const int most = std::numeric_limits<std::int32_t>::max();
  const int x = b.tensor("x", {1, most, most, most}, TfliteBuilder::real),
            i = b.tensor("i", {1, 8192, 8192}, TfliteBuilder::real),
            y = b.tensor("y", {1, 4}, TfliteBuilder::real);
  b.op(22, {x}, y);
  EXPECT_EQ(
      refusal(read_tflite(b.bytes({x, i}, {y}), "m.tflite")),
      "m.tflite: input that gives 'x': error: cannot be read: its shape must be a batch and at least one more "
      "extent, all but the batch fixed [tflite-refused]\n"
      "m.tflite: node 'i': error: has the shape 8192x8192, but a tensor has at most 16777216 elements "
      "[tensor-too-large]\n");
}

// Every operator's inputs may be the same list, so that a small file says much.
TEST(Hostile, TfliteListsReadAgainAndAgain) {
  TfliteBuilder b;
  const int x = b.tensor("x", {1, 4}, TfliteBuilder::real), y = b.tensor("y", {1, 4}, TfliteBuilder::real);
  b.op(0, std::vector<std::int32_t>(100'000, x), y);
  std::string bytes = b.bytes({x}, {y});
  EXPECT_EQ(refusal(read_tflite(bytes, "m")),
            "m: ADD that gives 'y': error: cannot be read: it has 100000 inputs [tflite-refused]\n");
  // The one operator is listed a thousand times.
  FlatReading reading(bytes);
  EXPECT_TRUE(FlatTable::root(reading).is_there());
  for (int i = 0; i < 1000 && !reading.is_damaged; ++i)
    (void)FlatTable::root(reading).tables(2)[0].tables(3)[0].numbers<std::int32_t>(1);
  EXPECT_TRUE(reading.is_damaged);
}

}  // namespace
}  // namespace gw
