// Claim: a network and a configuration from hls4ml give hls4ml's bits. Small networks, exported by PyTorch or
// as QONNX, went through hls4ml's compiled emulation with the configuration that lies beside each; its
// answers and the answers of its layers are compared with ours, every value, without a tolerance.

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "common/layout.h"
#include "common/shared.h"
#include "data/npz.h"
#include "formats/config/config_file.h"
#include "formats/onnx/onnx.h"
#include "graph/evaluate.h"
#include "passes/pass.h"
#include "support/files.h"

namespace gw {
namespace {

template <class T>
std::string text_of(const Result<T>& result) {
  if (result) return "success";
  std::string out;
  for (const Diagnostic& error : result.errors()) out += to_string(error) + "\n";
  return out;
}

/// The samples for one input: x.npy, or the file named after it where there are several.
FloatTensor samples_for(const fs::path& folder, const FilePort& port, bool is_only) {
  const auto array = load_npy(folder / ((is_only ? "x" : port.name) + ".npy"));
  EXPECT_TRUE(array) << text_of(array);
  return testing::to_ours(port, array->values);
}

/// What differs in the samples that are not in `spared`; "" if nothing does.
std::string differences(const Tensor& ours, const NpyArray& theirs,
                        const std::set<std::int64_t>& spared = {}) {
  if (static_cast<size_t>(ours.batch() * ours.size()) != theirs.values.size()) {
    return fmt::format("{} values, not {}", ours.batch() * ours.size(), theirs.values.size());
  }
  std::int64_t count = 0, first = -1;
  for (std::int64_t i = 0; i < ours.batch() * ours.size(); ++i) {
    if (spared.contains(i / ours.size())) continue;
    if (to_double(ours.at(i), ours.type().fraction()) == theirs.values[static_cast<size_t>(i)]) continue;
    if (count++ == 0) first = i;
  }
  if (count == 0) return "";
  return fmt::format("{} values differ, first in sample {}, element {}: ours {}, theirs {}", count,
                     first / ours.size(), first % ours.size(),
                     to_double(ours.at(first), ours.type().fraction()),
                     theirs.values[static_cast<size_t>(first)]);
}

/// Samples in which hls4ml's softmax is wrong. It takes max(x) - x[i] in a type with the bits of x without
/// its sign, which wraps: with ap_fixed<16,6> a logit 32 or more below the largest counts as one near it, and
/// gets a large probability. Ours saturates there, and its probability is 0.
std::set<std::int64_t> wrapped_samples(const NpyArray& logits) {
  constexpr double range = 32;
  const auto classes = static_cast<std::ptrdiff_t>(logits.shape.back());
  std::set<std::int64_t> found;
  for (std::int64_t sample = 0; sample < logits.shape[0]; ++sample) {
    const auto x = logits.values.begin() + sample * classes;
    const auto [least, most] = std::minmax_element(x, x + classes);
    if (*most - *least >= range) found.insert(sample);
  }
  return found;
}

/// The one node that reads this one, or -1.
NodeId only_reader(const Graph& graph, NodeId id) {
  NodeId found = -1;
  for (NodeId reader = 0; reader < static_cast<NodeId>(graph.nodes().size()); ++reader) {
    for (const NodeId input : graph[reader].inputs) {
      if (input != id) continue;
      if (found >= 0) return -1;
      found = reader;
    }
  }
  return found;
}

/// The node of ours that gives what hls4ml traced under this name. Its ONNX converter prefixes what it has
/// made of a node, and of the quantizer or the bias behind a node it has made that node's own.
std::string traced_node(const FileModel& model, const Graph& graph, std::string name) {
  if (const NodeId id = graph.find(name); id >= 0) {
    const NodeId reader = only_reader(graph, id);
    return kind(graph[id]) == "relu" && reader >= 0 && kind(graph[reader]) == "quantize" ? graph[reader].name
                                                                                         : name;
  }
  bool has_bias = false;
  for (const std::string prefix : {"Dense_", "Conv2D_", "Conv1D_"}) {
    if (!name.starts_with(prefix)) continue;
    name = name.substr(prefix.size());
    has_bias = true;
  }
  if (name.ends_with("_act")) name.resize(name.size() - 4);
  const auto alias = model.aliases.find(name);
  if (graph.find(name) < 0 && alias != model.aliases.end()) name = alias->second;
  const NodeId id = graph.find(name), reader = id < 0 ? -1 : only_reader(graph, id);
  return has_bias && reader >= 0 && kind(graph[reader]) == "add" ? graph[reader].name : name;
}

class Reference : public ::testing::TestWithParam<std::string> {};

TEST_P(Reference, Hls4mlGivesTheSameBits) {
  const fs::path folder = testing::shared("reference/" + GetParam());
  if (folder.empty()) return;
  const auto model = load_onnx(folder / "model.onnx");
  ASSERT_TRUE(model) << text_of(model);
  for (const std::string io : {"io_parallel", "io_stream"}) {
    SCOPED_TRACE(io);
    ASSERT_TRUE(fs::exists(folder / ("y_" + io + ".npy")));
    const auto config = load_config(folder / ("hls_config_" + io + ".json"), model->graph, model->aliases);
    ASSERT_TRUE(config) << text_of(config);
    const auto graph = compile(model->graph, *config);
    ASSERT_TRUE(graph) << text_of(graph);
    std::vector<FloatTensor> inputs;
    for (const FilePort& port : model->inputs) {
      inputs.push_back(samples_for(folder, port, model->inputs.size() == 1));
    }
    const auto traces = load_npz(folder / ("trace_" + io + ".npz"));
    ASSERT_TRUE(traces) << text_of(traces);
    std::map<std::string, std::vector<std::string>> wanted;  // names of traces by node
    for (const auto& [name, array] : *traces) wanted[traced_node(*model, *graph, name)].push_back(name);

    int compared = 0;
    std::map<std::string, std::vector<Tensor>> parts;  // the batch comes in blocks
    EvaluateOptions options;
    options.observer = [&](const Node& node, const Tensor& y) {
      if (wanted.contains(node.name)) parts[node.name].push_back(y);
    };
    const auto answers = evaluate(*graph, inputs, options);
    ASSERT_EQ(answers.size(), 1u);
    const auto theirs = load_npy(folder / ("y_" + io + ".npy"));
    ASSERT_TRUE(theirs) << text_of(theirs);
    std::set<std::int64_t> spared;
    if (traces->contains("sm")) spared = wrapped_samples(traces->at("d2"));
    constexpr size_t scaled_up = 4;  // the last samples, so that types overflow
    EXPECT_LE(spared.size(), scaled_up);
    EXPECT_EQ(differences(answers[0], *theirs, spared), "");
    for (const auto& [node, blocks] : parts) {
      Tensor joined(blocks[0].shape(), blocks[0].type(), inputs[0].batch);
      std::int64_t next = 0;
      for (const Tensor& block : blocks) {
        for (std::int64_t i = 0; i < block.batch() * block.size(); ++i) joined.set(next++, block.at(i));
      }
      for (const std::string& name : wanted.at(node)) {
        const auto& trace = traces->at(name);
        if (trace.values.size() != static_cast<size_t>(next)) continue;
        EXPECT_EQ(differences(joined, trace, name == "sm" ? spared : std::set<std::int64_t>()), "")
            << "layer " << name;
        ++compared;
      }
    }
    EXPECT_GT(compared, 0);
  }
}

const std::vector<std::string> cases = {"act_leaky_16_6",
                                        "act_relu_16_6",
                                        "act_sigmoid_16_6",
                                        "avgpool2d_mixed",
                                        "bn1d_dense_model_16_6",
                                        "conv1d_model_16_6",
                                        "conv2d_bn_fused_auto",
                                        "conv2d_pad1_stride2",
                                        "conv2d_valid_model_16_6",
                                        "maxpool2d_avgpool2d",
                                        "merge_add_mixed_auto",
                                        "merge_cat_mixed_auto",
                                        "mlp_accum_narrow",
                                        "mlp_auto",
                                        "mlp_model_16_6",
                                        "mlp_q_rnd_conv_sat_sym",
                                        "mlp_q_trn_wrap",
                                        "mlp_resource_rf4",
                                        "onnx_qonnx_jet_w6a6",
                                        "onnx_torch_conv2d",
                                        "resconv_auto",
                                        "softmax_stable"};

INSTANTIATE_TEST_SUITE_P(Hls4ml, Reference, ::testing::ValuesIn(cases),
                         [](const auto& tested) { return tested.param; });

TEST(References, AllOfThemAreCompared) {
  const fs::path folder = testing::shared("reference");
  if (folder.empty()) return;
  std::set<std::string> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory()) found.insert(entry.path().filename().string());
  }
  EXPECT_EQ(found, std::set<std::string>(cases.begin(), cases.end()));
}

}  // namespace
}  // namespace gw
