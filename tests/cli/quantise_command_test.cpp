// gatewright quantise, and the targets of gatewright train: what they refuse before they look at any data.

#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/answer.h"
#include "graph/model_file.h"
#include "support/files.h"

namespace gw::cli::testing {
namespace {

class QuantiseCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    folder = fs::path(::testing::TempDir()) / ("gatewright_quantise_" + std::to_string(getpid()));
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }
  std::string file(const char* name) const { return (folder / name).string(); }

  fs::path folder;
};

TEST_F(QuantiseCommand, AModelOfFixedPointTypesIsRefused) {
  GraphBuilder b;
  const Quantizer type{{8, 1, true}};
  const NodeId x = b.input("x", {2}, type);
  const NodeId w = b.constant("w", {{2, 1}, 1, {0.5f, 0.25f}}, type);
  b.output(b.layer("dense1", Dense{}, {x, w}));
  ASSERT_TRUE(save_model(file("typed.gw"), b.build().value(), {}));
  const Answer typed = answer("quantise", {file("typed.gw"), "-o", file("out.gw")});
  EXPECT_EQ(typed.code, ExitCode::UserError);
  EXPECT_EQ(typed.err,
            file("typed.gw") +
                ": error: has fixed-point types already; quantise the network in floating point that it was "
                "made from [already-quantised]\n");

  // Nor is anything that a network file cannot say.
  GraphBuilder two;
  const NodeId y = two.input("y", {2}), z = two.input("z", {2});
  two.output(two.layer("sum", Add{}, {y, z}));
  ASSERT_TRUE(save_model(file("two.gw"), two.build().value(), {}));
  const Answer refused = answer("quantise", {file("two.gw"), "-o", file("out.gw")});
  EXPECT_EQ(refused.code, ExitCode::UserError);
  EXPECT_EQ(refused.err,
            file("two.gw") +
                ": node 'y': error: is not computed in floating point, which takes layers of a network "
                "file: the network must have one input, at most (height, width, channels) "
                "[not-trainable]\n");
  EXPECT_FALSE(fs::exists(file("out.gw")));
}

TEST_F(QuantiseCommand, ATargetIsForNetworksThatLearnTheirWidths) {
  ASSERT_TRUE(write_file(
      file("n.yml"),
      "input: {shape: [2, 2, 1]}\nlayers: [{name: f, type: flatten}, {name: d, type: dense, units: "
      "2}, {name: s, type: softmax}]\n"));
  for (const std::string option : {"--target-lut", "--target-accuracy"}) {
    const Answer refused =
        answer("train", {file("n.yml"), option, option == "--target-lut" ? "8000" : "0.9"});
    EXPECT_EQ(refused.code, ExitCode::UserError);
    EXPECT_EQ(refused.err, file("n.yml") + ": " + option +
                               ": error: prices widths, but no quantizer learns any; give some of them "
                               "learned_bits=weight, channel or tensor [no-learned-bits]\n");
  }
}

}  // namespace
}  // namespace gw::cli::testing
