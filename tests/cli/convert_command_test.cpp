// gatewright convert: what is written by which ending, and what is refused before anything is written.
#include <gtest/gtest.h>

#include "cli/answer.h"
#include "formats/file_model.h"
#include "graph/model_file.h"
#include "graph/temporary_folder.h"
#include "graph/text.h"
#include "support/files.h"

namespace gw::cli {
namespace {

class ConvertCommand : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(save_model(at("m.gw"), testing::small_network())); }
  std::string at(const std::string& name) const { return (folder.path() / name).string(); }
  testing::Answer convert(const std::string& output, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {at("m.gw"), at(output)});
    return testing::answer("convert", more);
  }

  gw::testing::TemporaryFolder folder;
};

TEST_F(ConvertCommand, WritesWhatTheEndingSays) {
  const auto onnx = convert("m.onnx");
  EXPECT_EQ(onnx.code, ExitCode::Success) << onnx.err;
  EXPECT_TRUE(onnx.out.starts_with(at("m.onnx") + ": 3 nodes, ")) << onnx.out;
  const auto back = load_file_model(at("m.onnx"));
  ASSERT_TRUE(back) << to_string(back.errors()[0]);
  EXPECT_GE(back->graph.find("dense1"), 0);
  EXPECT_EQ(convert("m.txt").code, ExitCode::Success);
  EXPECT_EQ(*read_file(at("m.txt")), print_graph(testing::small_network()));
  EXPECT_EQ(convert("again.gw").code, ExitCode::Success);
  EXPECT_EQ(*read_file(at("again.gw")), *read_file(at("m.gw")));
}

TEST_F(ConvertCommand, GivesTypesFirstWhereAConfigurationIsNamed) {
  ASSERT_TRUE(write_file(at("c.yml"), "Model: {Precision: 'ap_fixed<8,4>', ReuseFactor: 1}\n"));
  EXPECT_EQ(convert("typed.txt", {"-c", at("c.yml")}).code, ExitCode::Success);
  EXPECT_NE(read_file(at("typed.txt"))->find("input 2 ap_fixed<8,4>"), std::string::npos);
  // The configuration's accumulator rounds, which ONNX cannot say.
  const auto refused = convert("typed.onnx", {"-c", at("c.yml")});
  EXPECT_EQ(refused.code, ExitCode::UserError);
  EXPECT_NE(refused.err.find("[export-unsayable]"), std::string::npos) << refused.err;
  EXPECT_FALSE(fs::exists(at("typed.onnx")));
  EXPECT_EQ(convert("real.onnx", {"-c", at("c.yml"), "--float"}).code, ExitCode::Success);
}

TEST_F(ConvertCommand, RefusesOtherEndingsAndWideValues) {
  EXPECT_EQ(convert("m.h5").err,
            at("m.h5") +
                ": error: '.h5' is no ending of a file that is written: .onnx, .gw or .txt [export-kind]\n");
  ASSERT_TRUE(write_file(at("wide.txt"),
                         "x: input 1 ap_fixed<8,4>\nw: constant 1 ap_fixed<40,2> [268435457p-38]\n"
                         "y: multiply(x, w)\noutput y\n"));
  const auto answer = testing::answer("convert", {at("wide.txt"), at("wide.gw")});
  EXPECT_EQ(answer.code, ExitCode::UserError);
  EXPECT_NE(answer.err.find(
                "node 'w': error: holds 0.0009765625036379788, and a model file keeps 24 significant bits "
                "of a value; a file .txt keeps it [export-wide]"),
            std::string::npos)
      << answer.err;
}

}  // namespace
}  // namespace gw::cli
