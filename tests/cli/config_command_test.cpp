// gatewright config: what it writes, where, and what it does not accept.
#include <gtest/gtest.h>

#include "cli/answer.h"
#include "formats/config/config_file.h"
#include "graph/model_file.h"
#include "graph/temporary_folder.h"

namespace gw::cli {
namespace {

using Answer = testing::Answer;

Answer config(const std::vector<std::string>& arguments) { return testing::answer("config", arguments); }

class ConfigCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    graph = testing::small_network();
    ASSERT_TRUE(save_model(model, graph));
  }
  Graph graph;
  gw::testing::TemporaryFolder folder;
  std::string model = (folder.path() / "model.gw").string(), file = (folder.path() / "c.yml").string();
};

TEST_F(ConfigCommand, WritesWhatWasAskedFor) {
  const Answer answer = config({model, "--granularity", "type", "--precision", "fixed<12,4,RND,SAT>",
                                "--reuse-factor", "3", "--strategy", "resource", "--backend", "vitis"});
  EXPECT_EQ(answer.code, ExitCode::Success) << answer.err;
  EXPECT_EQ(answer.err, "");
  const auto read = parse_config(answer.out, "c.yml", graph);
  ASSERT_TRUE(read) << answer.out;
  EXPECT_EQ(read->project.backend, "Vitis");
  EXPECT_EQ(read->model.reuse_factor, 3);
  EXPECT_EQ(read->reuse_factor("dense", "dense1"), 2);
  EXPECT_EQ(read->strategy("dense", "dense1"), Strategy::Resource);
  EXPECT_EQ(read->precision.lookup("dense", "dense1", "weight"),
            (Quantizer{{12, 4, true}, Rounding::Rnd, Overflow::Sat}));
  EXPECT_EQ(read->precision.lookup("dense", "dense1", "result"), std::nullopt);
}

TEST_F(ConfigCommand, WritesToAFile) {
  const Answer answer = config({model, "-o", file});
  EXPECT_EQ(answer.code, ExitCode::Success) << answer.err;
  EXPECT_EQ(answer.out, "");
  EXPECT_TRUE(load_config(file, graph));
}

TEST_F(ConfigCommand, WrongOptionsAreRefused) {
  EXPECT_EQ(config({model, "--precision", "float"}).code, ExitCode::Usage);
  EXPECT_EQ(config({model, "--precision", "fixed<64,6>"}).code, ExitCode::Usage);
  EXPECT_EQ(config({model, "--granularity", "layer"}).code, ExitCode::Usage);
  EXPECT_EQ(config({model, "--strategy", "Unrolled"}).code, ExitCode::Usage);
  EXPECT_EQ(config({model, "--reuse-factor", "0"}).code, ExitCode::Usage);
  EXPECT_EQ(config({model + "x"}).code, ExitCode::UserError);
}

}  // namespace
}  // namespace gw::cli
