// gatewright predict: what it prints, and that its warning and errors reach the user.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/overflowing_model.h"

namespace gw::cli {
namespace {

class PredictCommand : public testing::OverflowingModel {
 protected:
  testing::Answer predict(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), path("model.gw"));
    return testing::answer("predict", arguments);
  }
};

TEST_F(PredictCommand, AnswersAndWarns) {
  const testing::Answer shown =
      predict({"--input", path("x.npy"), "--output", path("y.npy"), "--labels", path("labels.npy"), "--json",
               path("report.json"), "--threads", "1"});
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
  const testing::Answer shown = predict({"--input", "x=" + path("x.npy"), "--overflow"});
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
  const testing::Answer shown = predict({"--input", path("z.npy")});
  EXPECT_EQ(shown.code, ExitCode::UserError);
  EXPECT_EQ(shown.out, "");
  EXPECT_EQ(shown.err,
            path("z.npy") + ": error: cannot be read: No such file or directory [file-unreadable]\n");
}

}  // namespace
}  // namespace gw::cli
