// Claim: real files of other people read, and what is computed from them is what they say: the answers of
// PyTorch and of the files' own test data, as far as types with many bits come close to them, and the weights
// of hls4ml, bit for bit.

#include <algorithm>
#include <cmath>
#include <fstream>

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include "common/layout.h"
#include "common/shared.h"
#include "data/npz.h"
#include "formats/onnx/onnx.h"
#include "graph/evaluate.h"
#include "passes/pass.h"

namespace gw {
namespace {

Quantizer rounded(int width, int integer) { return {{width, integer, true}, Rounding::Rnd, Overflow::Sat}; }

std::string text_of(const Diagnostics& errors) {
  std::string out;
  for (const Diagnostic& error : errors) out += to_string(error) + "\n";
  return out;
}

FileModel loaded(const std::filesystem::path& path) {
  auto model = load_onnx(path);
  EXPECT_TRUE(model) << text_of(model.errors());
  return *std::move(model);
}

/// Types with room for every value and some twenty bits below the point.
Graph with_wide_types(const FileModel& model, Quantizer values, Quantizer weights) {
  Config config;
  config.precision.model = {{"default", values}, {"accum", std::nullopt}, {"weight", weights},
                            {"bias", weights},   {"scale", weights},      {"param", weights}};
  auto graph = compile(model.graph, config);
  EXPECT_TRUE(graph) << text_of(graph.errors());
  return *std::move(graph);
}

std::vector<double> answers(const Graph& graph, const FilePort& in, const FilePort& out,
                            const std::vector<double>& samples) {
  const std::vector<FloatTensor> inputs{testing::to_ours(in, samples)};
  return testing::to_file(out, evaluate(graph, inputs)[0]);
}

TEST(OnnxModels, EveryFileReads) {
  for (const char* folder : {"models", "reference"}) {
    const auto top = testing::shared(folder);
    if (top.empty()) return;
    int read = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top)) {
      if (entry.path().extension() != ".onnx") continue;
      const auto model = load_onnx(entry.path());
      EXPECT_TRUE(model) << text_of(model.errors());
      ++read;
    }
    EXPECT_GE(read, 5) << folder;
  }
}

// The last four samples are scaled up so that hls4ml's types overflow.
TEST(OnnxModels, PyTorchGivesTheseAnswers) {
  constexpr size_t sane = 60;
  for (const char* name : {"act_leaky_16_6", "act_relu_16_6", "bn1d_dense_model_16_6", "conv1d_model_16_6",
                           "conv2d_bn_fused_auto", "conv2d_pad1_stride2", "conv2d_valid_model_16_6",
                           "maxpool2d_avgpool2d", "mlp_q_trn_wrap", "resconv_auto", "avgpool2d_mixed"}) {
    const auto folder = testing::shared(std::string("reference/") + name);
    if (folder.empty()) return;
    const FileModel model = loaded(folder / "model.onnx");
    const Graph graph = with_wide_types(model, rounded(28, 10), rounded(24, 4));
    const auto x = load_npy(folder / "x.npy"), y = load_npy(folder / "y_float.npy");
    ASSERT_TRUE(x && y);
    const size_t samples = static_cast<size_t>(x->shape[0]), size = y->values.size() / samples;
    const auto ours = answers(graph, model.inputs[0], model.outputs[0], x->values);
    ASSERT_EQ(ours.size(), y->values.size()) << name;
    for (size_t i = 0; i < sane * size; ++i)
      ASSERT_NEAR(ours[i], y->values[i], 1e-3) << name << ", value " << i;
  }
}

std::vector<double> tensor_in(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  onnx::TensorProto tensor;
  EXPECT_TRUE(tensor.ParseFromIstream(&in));
  std::vector<double> values(tensor.float_data().begin(), tensor.float_data().end());
  for (size_t at = 0; at + 4 <= tensor.raw_data().size(); at += 4) {
    float value = 0;
    std::memcpy(&value, tensor.raw_data().data() + at, 4);
    values.push_back(value);
  }
  return values;
}

TEST(OnnxModels, TheOnnxProjectsDigitReader) {
  const auto folder = testing::shared("models/onnx/mnist");
  if (folder.empty()) return;
  const FileModel model = loaded(folder / "model.onnx");
  const Graph graph = with_wide_types(model, rounded(32, 16), rounded(20, 3));
  const auto x = tensor_in(folder / "test_data_set_0/input_0.pb"),
             y = tensor_in(folder / "test_data_set_0/output_0.pb");
  const auto ours = answers(graph, model.inputs[0], model.outputs[0], x);
  ASSERT_EQ(ours.size(), y.size());
  const double largest = std::fabs(*std::max_element(y.begin(), y.end()));
  for (size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(ours[i], y[i], 1e-4 * largest);
}

TEST(OnnxModels, BrevitasTellsTheDigits) {
  const auto folder = testing::shared("models/qonnx/tfc");
  if (folder.empty()) return;
  const FileModel model = loaded(folder / "TFC_2W2A.onnx");
  const Graph graph = with_wide_types(model, rounded(28, 12), rounded(24, 8));
  const auto x = load_npy(folder / "input.npy"), y = load_npy(folder / "expected_output.npy");
  ASSERT_TRUE(x && y);
  const auto ours = answers(graph, model.inputs[0], model.outputs[0], x->values);
  std::vector<double> classes;
  for (size_t at = 0; at < ours.size(); at += 10) {
    const auto first = ours.begin() + static_cast<std::ptrdiff_t>(at);
    classes.push_back(static_cast<double>(std::max_element(first, first + 10) - first));
  }
  EXPECT_EQ(classes, y->values);
}

/// The values of a constant of ours against hls4ml's, float by float.
void expect_weights(const Graph& graph, const std::string& node, const NpyArray& theirs) {
  const NodeId id = graph.find(node);
  ASSERT_GE(id, 0) << node;
  const auto& ours = std::get<Constant>(graph[id].op).values.values;
  ASSERT_EQ(ours.size(), theirs.values.size()) << node;
  for (size_t i = 0; i < ours.size(); ++i) EXPECT_EQ(ours[i], theirs.values[i]) << node << ", value " << i;
}

TEST(OnnxModels, BatchNormHasTheBitsOfHls4ml) {
  const auto folder = testing::shared("reference/bn1d_dense_model_16_6");
  if (folder.empty()) return;
  const FileModel model = loaded(folder / "model.onnx");
  const auto theirs = load_npz(folder / "hls_weights_io_parallel.npz");
  ASSERT_TRUE(theirs);
  expect_weights(model.graph, "bn.weight", theirs->at("bn__scale"));
  expect_weights(model.graph, "bn.bias", theirs->at("bn__bias"));
  expect_weights(model.graph, "d0.weight", theirs->at("d0__weight"));
}

TEST(OnnxModels, BatchNormFoldsToTheBitsOfHls4ml) {
  const auto folder = testing::shared("reference/conv2d_bn_fused_auto");
  if (folder.empty()) return;
  const FileModel model = loaded(folder / "model.onnx");
  const auto folded = fold_batch_norm.run(model.graph, {});
  ASSERT_TRUE(folded);
  const auto theirs = load_npz(folder / "hls_weights_io_parallel.npz");
  ASSERT_TRUE(theirs);
  expect_weights(*folded, "c0.weight", theirs->at("c0__weight"));
  expect_weights(*folded, "c0.bias", theirs->at("c0__bias"));
}

}  // namespace
}  // namespace gw
