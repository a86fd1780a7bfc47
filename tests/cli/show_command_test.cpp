// gatewright show: the table it prints, and that what is wrong with its files reaches the user.
#include <gtest/gtest.h>

#include "cli/answer.h"
#include "graph/model_file.h"
#include "graph/temporary_folder.h"

namespace gw::cli {
namespace {

using Shown = testing::Answer;

Shown show(const std::vector<std::string>& arguments) { return testing::answer("show", arguments); }

class ShowCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(save_model(model, testing::small_network()));
    ASSERT_TRUE(write_file(config, "Model: {Precision: 'ap_fixed<16,6>'}\n"));
  }
  gw::testing::TemporaryFolder folder;
  std::string model = (folder.path() / "model.gw").string(), config = (folder.path() / "c.yml").string();
};

TEST_F(ShowCommand, PrintsTheNetwork) {
  const Shown shown = show({model});
  EXPECT_EQ(shown.code, ExitCode::Success);
  EXPECT_EQ(shown.out,
            "name    kind   shape  type   weights  parameters  zeros  multiplications\n"
            "x       input  2      float  -                 -      -                -\n"
            "dense1  dense  1      float  float             2  0.0 %                2\n"
            "total                                          2  0.0 %                2\n");
  EXPECT_EQ(shown.err, "");
}

TEST_F(ShowCommand, PrintsWhatAConfigurationMakesOfIt) {
  const Shown shown = show({model, "--config", config});
  EXPECT_EQ(shown.out,
            "name    kind   shape  type            weights         parameters  zeros  multiplications\n"
            "x       input  2      ap_fixed<16,6>  -                        -      -                -\n"
            "dense1  dense  1      ap_fixed<16,6>  ap_fixed<16,6>           2  0.0 %                2\n"
            "total                                                          2  0.0 %                2\n");
}

TEST_F(ShowCommand, PrintsTextAndJson) {
  const std::string text =
      "x: input 2 float\n"
      "w: constant 2x1 float [0.5, 0.25]\n"
      "dense1: dense(x, w) -> 1 float\n"
      "output dense1\n";
  EXPECT_EQ(show({model, "--text"}).out, text);
  ASSERT_TRUE(write_file(model + ".txt", text));
  EXPECT_EQ(show({model + ".txt", "--text"}).out, text) << "the text is a model, too";
  EXPECT_NE(show({model, "--json"}).out.find("\"factors\": 2,\n      \"zeros\": 0,"), std::string::npos);
}

TEST_F(ShowCommand, ShowsWhatPassesDo) {
  const Shown shown = show({model, "-c", config, "--passes", "--check", "--dump-after", "fold_batch_norm",
                            "--stop-after", "4", "--text"});
  EXPECT_EQ(shown.err, "");
  EXPECT_EQ(shown.out,
            "# after fold_batch_norm\n"
            "x: input 2 float\n"
            "w: constant 2x1 float [0.5, 0.25]\n"
            "dense1: dense(x, w) -> 1 float\n"
            "output dense1\n\n"
            "pass              nodes  after  parameters  after\n"
            "------------------------------------------------------------\n"
            "fold_constants        3      3           2      2\n"
            "fold_batch_norm       3      3           2      2\n"
            "assign_types          3      3           2      2\n"
            "merge_duplicates      3      3           2      2  bits kept\n"
            "\n"
            "x: input 2 ap_fixed<16,6>\n"
            "w: constant 2x1 ap_fixed<16,6> [0.5, 0.25]\n"
            "dense1: dense(x, w) {out: ap_fixed<16,6>, accumulator: ap_fixed<16,6>} -> 1 ap_fixed<16,6>\n"
            "output dense1\n");
  EXPECT_NE(show({model, "--dump-after", "all"}).out.find("# after drop_identities\n"), std::string::npos);
}

TEST_F(ShowCommand, KnowsThePasses) {
  EXPECT_EQ(show({model, "--stop-after", "fold"}).err,
            "--stop-after: error: unknown value 'fold'; did you mean 'fold_constants'? [unknown-value]\n");
  EXPECT_EQ(
      show({model, "--dump-after", "drop_identity"}).err,
      "--dump-after: error: unknown value 'drop_identity'; did you mean 'drop_identities'? [unknown-value]\n");
}

TEST_F(ShowCommand, WhatAConfigurationSaysInVainIsTold) {
  ASSERT_TRUE(write_file(config, "Model: {Precision: 'ap_fixed<16,6>', BramFactor: 10}\n"));
  const Shown shown = show({model, "--config", config});
  EXPECT_EQ(shown.code, ExitCode::Success);
  EXPECT_EQ(shown.err,
            config +
                ":1: Model.BramFactor: note: 'BramFactor' has no effect here: Weights of more elements "
                "than this would lie outside the design; here they never do [config-unused]\n");
}

TEST_F(ShowCommand, ErrorsReachTheUser) {
  const Shown shown = show({model + "x"});
  EXPECT_EQ(shown.code, ExitCode::UserError);
  EXPECT_EQ(shown.out, "");
  EXPECT_EQ(shown.err, model + "x: error: cannot be read: No such file or directory [file-unreadable]\n");
}

}  // namespace
}  // namespace gw::cli
