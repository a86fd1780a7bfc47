// gatewright predict: what it prints, and that its warning and errors reach the user.
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "data/npy.h"
#include "graph/model_file.h"
#include "graph/temporary_folder.h"

namespace gw::cli {
namespace {

struct Shown {
  ExitCode code;
  std::string out, err;
};

class PredictCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    GraphBuilder b;
    const NodeId x = b.input("x", {2});
    const NodeId w = b.constant("w", {{2, 2}, 1, {0.5f, 0.25f, -1.0f, 2.0f}});
    b.output(b.layer("dense1", Dense{}, {x, w}));
    ASSERT_TRUE(save_model(path("model.gw"), b.build().value()));
    ASSERT_TRUE(save_npy(path("x.npy"), {npy_f4, {3, 2}, {1, 2, 30, 31, -1, 0.5}}));
    ASSERT_TRUE(save_npy(path("labels.npy"), {npy_i8, {3}, {1, 1, 0}}));
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  Shown predict(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"predict", path("model.gw")});
    std::ostringstream out, err;
    ExitCode code;
    {
      Terminal terminal(out, err, 0);
      code = run(all_commands(), arguments, terminal, {});
    }
    return {code, out.str(), err.str()};
  }
  testing::TemporaryFolder folder_;
};

TEST_F(PredictCommand, AnswersAndWarns) {
  const Shown shown = predict({"--input", path("x.npy"), "--output", path("y.npy"), "--labels",
                               path("labels.npy"), "--json", path("report.json"), "--threads", "1"});
  EXPECT_EQ(shown.code, ExitCode::Success) << shown.err;
  EXPECT_NE(shown.out.find("3 samples in "), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("Accuracy 66.67 %\n" + path("y.npy") + ": 'dense1', 3x2, ap_fixed<16,6>\n"),
            std::string::npos)
      << shown.out;
  EXPECT_NE(
      shown.err.find(
          path("model.gw") +
          ": warning: types that some input may overflow: 1, accum of dense1; --overflow lists them and "
          "counts what happens [may-overflow]\n"),
      std::string::npos)
      << shown.err;
  // 30 * 0.25 + 31 * 2 = 69.5 wraps to 5.5.
  EXPECT_EQ(load_npy(path("y.npy")).value().values, (std::vector<double>{-1.5, 4.25, -16, 5.5, -1, 0.75}));
  const auto json = nlohmann::json::parse(read_file(path("report.json")).value());
  EXPECT_EQ(json["images"], 3);
  EXPECT_FALSE(json.contains("overflows"));
}

TEST_F(PredictCommand, ListsWhatOverflows) {
  const Shown shown = predict({"--input", "x=" + path("x.npy"), "--overflow"});
  EXPECT_EQ(shown.code, ExitCode::Success) << shown.err;
  EXPECT_EQ(shown.out.substr(shown.out.find('\n') + 1),
            "\ncan overflow  tensor            type  values\n"
            "--------------------------------------------\n"
            "dense1         accum  ap_fixed<16,6>       2\n"
            "\ndid overflow  values\n"
            "--------------------\n"
            "dense1             1\n");
  EXPECT_EQ(shown.err.find("warning"), std::string::npos) << shown.err;
}

TEST_F(PredictCommand, ErrorsReachTheUser) {
  const Shown shown = predict({"--input", path("z.npy")});
  EXPECT_EQ(shown.code, ExitCode::UserError);
  EXPECT_EQ(shown.out, "");
  EXPECT_EQ(shown.err,
            path("z.npy") + ": error: cannot be read: No such file or directory [file-unreadable]\n");
}

}  // namespace
}  // namespace gw::cli
