// Claim: a program that torch.export has saved answers what its operators say, layers named after modules,
// and what is not understood is refused by node and operator.

#include "formats/pt2/pt2.h"

#include <gtest/gtest.h>

#include "common/layout.h"
#include "formats/keras/builder.h"
#include "formats/pt2/builder.h"
#include "graph/evaluate.h"
#include "graph/expect.h"
#include "passes/pass.h"

namespace gw {
namespace {

using testing::Json;
using testing::Pt2Builder;
using testing::refusal;
using testing::small_numbers;

std::vector<double> answer(const std::string& bytes, const std::vector<double>& x) {
  const auto model = read_file_model(bytes, "m.pt2");
  EXPECT_TRUE(model) << refusal(model);
  if (!model) return {};
  Config config;
  config.precision.model = {{"default", Quantizer{{24, 12, true}, Rounding::Rnd, Overflow::Sat}}};
  const auto graph = compile(model->graph, config);
  EXPECT_TRUE(graph) << refusal(graph);
  if (!graph) return {};
  const std::vector<FloatTensor> inputs{testing::to_ours(model->inputs[0], x)};
  return testing::to_file(model->outputs[0], evaluate(*graph, inputs)[0]);
}

/// A convolution with padding, a norm, a pool, a residual sum in place, and two matrices, one of them
/// transposed.
Pt2Builder small_network() {
  Pt2Builder b;
  b.weight("conv.weight", {2, 1, 3, 3}, small_numbers(18))
      .weight("bn.weight", {2}, {1, 2})
      .weight("bn.bias", {2}, {0, 1});
  b.weight("bn.running_mean", {2}, {1, -1}, {}, "buffer")
      .weight("bn.running_var", {2}, {0.75F, 3.75F}, {}, "buffer");
  b.weight("fc.weight", {3, 8}, small_numbers(24, 2)).weight("fc.bias", {3}, {1, 0, -1});
  b.weight("out.weight", {3, 2}, {1, 2, 3, -1, -2, -3}, {1, 3});  // as a transposed matrix lies in memory
  b.input("x", {-1, 1, 4, 4});
  b.node("aten.conv2d.default",
         {{"input", Pt2Builder::tensor("x")},
          {"weight", Pt2Builder::tensor("p_conv_weight")},
          {"bias", {{"as_none", true}}},
          {"padding", Pt2Builder::integers({1, 1})}},
         "conv2d", {-1, 2, 4, 4}, "features.0");
  b.node("aten.batch_norm.default",
         {{"input", Pt2Builder::tensor("conv2d")},
          {"weight", Pt2Builder::tensor("p_bn_weight")},
          {"bias", Pt2Builder::tensor("p_bn_bias")},
          {"running_mean", Pt2Builder::tensor("p_bn_running_mean")},
          {"running_var", Pt2Builder::tensor("p_bn_running_var")},
          {"training", {{"as_bool", false}}},
          {"eps", {{"as_float", 0.25}}}},
         "batch_norm", {-1, 2, 4, 4}, "bn");
  b.node("aten.add_.Tensor",
         {{"self", Pt2Builder::tensor("batch_norm")}, {"other", Pt2Builder::tensor("conv2d")}}, "add_",
         {-1, 2, 4, 4});
  b.node("aten.relu.default", {{"self", Pt2Builder::tensor("batch_norm")}}, "relu", {-1, 2, 4, 4}, "act");
  b.node("aten.max_pool2d.default",
         {{"self", Pt2Builder::tensor("relu")}, {"kernel_size", Pt2Builder::integers({2, 2})}}, "pool",
         {-1, 2, 2, 2});
  b.node("aten.view.default", {{"self", Pt2Builder::tensor("pool")}, {"size", Pt2Builder::integers({-1, 8})}},
         "view", {-1, 8});
  b.node("aten.linear.default",
         {{"input", Pt2Builder::tensor("view")},
          {"weight", Pt2Builder::tensor("p_fc_weight")},
          {"bias", Pt2Builder::tensor("p_fc_bias")}},
         "linear", {-1, 3}, "fc");
  b.node("aten.mul.Tensor", {{"self", Pt2Builder::tensor("linear")}, {"other", {{"as_float", 0.5}}}}, "mul",
         {-1, 3});
  b.node("aten.mm.default",
         {{"self", Pt2Builder::tensor("mul")}, {"mat2", Pt2Builder::tensor("p_out_weight")}}, "mm", {-1, 2});
  return b;
}

TEST(Pt2, AnswersWhatItsOperatorsSay) {
  const auto conv = small_numbers(18), dense = small_numbers(24, 2);
  std::vector<double> x, pooled, sums;
  for (int i = 0; i < 16; ++i) x.push_back(i * 7 % 11 - 5);
  for (int o = 0; o < 2; ++o) {
    std::vector<double> plane;
    for (int r = 0; r < 4; ++r)
      for (int c = 0; c < 4; ++c) {
        double sum = 0;
        for (int i = 0; i < 3; ++i)
          for (int j = 0; j < 3; ++j) {
            const int row = r + i - 1, column = c + j - 1;
            if (row < 0 || row > 3 || column < 0 || column > 3) continue;
            sum += x[static_cast<size_t>(row * 4 + column)] *
                   static_cast<double>(conv[static_cast<size_t>(o * 9 + i * 3 + j)]);
          }
        const double normed = o == 0 ? sum - 1 : 2 * (sum + 1) / 2 + 1;
        plane.push_back(std::max(normed + sum, 0.0));
      }
    for (size_t r = 0; r < 4; r += 2)
      for (size_t c = 0; c < 4; c += 2)
        pooled.push_back(
            std::max({plane[r * 4 + c], plane[r * 4 + c + 1], plane[r * 4 + c + 4], plane[r * 4 + c + 5]}));
  }
  for (size_t o = 0; o < 3; ++o) {
    double sum = o == 0 ? 1 : o == 1 ? 0 : -1;
    for (size_t i = 0; i < 8; ++i) sum += pooled[i] * static_cast<double>(dense[o * 8 + i]);
    sums.push_back(sum / 2);
  }
  const std::vector<double> expected{sums[0] + 2 * sums[1] + 3 * sums[2],
                                     -sums[0] - 2 * sums[1] - 3 * sums[2]};
  EXPECT_EQ(answer(small_network().bytes("mm"), x), expected);
}

TEST(Pt2, LayersAreNamedAfterModules) {
  const auto model = read_pt2(small_network().bytes("mm"), "m.pt2");
  ASSERT_TRUE(model) << refusal(model);
  for (const char* name : {"features_0", "bn", "act", "fc", "fc.weight"})
    EXPECT_GE(model->graph.find(name), 0) << name;
  const auto found = inspect_pt2(small_network().bytes("mm"), "m.pt2");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->format, "PyTorch program of torch.export, as operators of ONNX");
  EXPECT_EQ(found->parameters, 18 + 8 + 24 + 3 + 6);
}

TEST(Pt2, WhatIsNotUnderstood) {
  Pt2Builder b;
  b.input("x", {1, 4});
  b.node("aten.sinh.default", {{"self", Pt2Builder::tensor("x")}}, "s", {1, 4});
  b.node("aten.dropout.default",
         {{"input", Pt2Builder::tensor("x")}, {"p", {{"as_float", 0.5}}}, {"train", {{"as_bool", true}}}},
         "d", {1, 4});
  b.node("aten.add.Tensor", {{"self", Pt2Builder::tensor("x")}, {"other", {{"as_string", "no"}}}}, "a",
         {1, 4});
  EXPECT_EQ(refusal(read_pt2(b.bytes("s"), "m.pt2")),
            "m.pt2: node 's': error: operator 'aten.sinh.default' is not understood; the nearest that is: "
            "'aten.silu.default' [onnx-operator]\n"
            "m.pt2: node 'd': error: 'train' is true, but must be false; export after model.eval() "
            "[onnx-attribute-value]\n"
            "m.pt2: node 'a': error: 'other' is {\"as_string\":\"no\"}, but must be a tensor or a number "
            "[onnx-attribute-value]\n");
  const std::string old = write_zip(
      {{"serialized_exported_program.json", "{}"}, {"serialized_state_dict.pt", "PK"}}, ZipPacking::Store);
  const std::string start = "m.pt2: error: cannot be read: as an archive of torch.export: ";
  EXPECT_EQ(
      refusal(read_file_model(old, "m.pt2")),
      start +
          "PyTorch before 2.8 has written it, with its weights as pickles; save it again with a newer one, or as "
          "ONNX: torch.onnx.export(model, example_input, \"model.onnx\") [file-unreadable]\n");
  const std::string empty = write_zip({{"net/archive_format", "pt2"}}, ZipPacking::Store);
  EXPECT_EQ(refusal(read_file_model(empty, "m.pt2")), start + "it has no program [file-unreadable]\n");
  const std::string damaged =
      write_zip({{"net/archive_format", "pt2"}, {"net/models/model.json", "{"}}, ZipPacking::Store);
  EXPECT_EQ(refusal(read_file_model(damaged, "m.pt2")), start + "its program is damaged [file-unreadable]\n");
  Pt2Builder missing;
  missing.weight("w", {4, 4}, {1, 2, 3}).input("x", {1, 4});
  missing.node("aten.mm.default", {{"self", Pt2Builder::tensor("x")}, {"mat2", Pt2Builder::tensor("p_w")}},
               "y", {1, 4});
  EXPECT_EQ(
      refusal(read_pt2(missing.bytes("y"), "m.pt2")),
      "m.pt2: parameter 'w': error: cannot be used: its values are not all in the archive [onnx-tensor]\n");
}

}  // namespace
}  // namespace gw
