// gatewright profile, compare, trace, plot, report and diff: what they print and leave, and what they refuse.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/overflowing_model.h"
#include "support/files.h"

namespace gw::cli {
namespace {

class LookCommands : public testing::OverflowingModel {
 protected:
  testing::Answer ask(const std::string& command, std::vector<std::string> arguments) {
    return testing::answer(command, arguments, {folder_.path().string(), {}});
  }
};

TEST_F(LookCommands, ProfileCountsAndItsSuggestionFits) {
  const auto shown = ask("profile", {path("model.gw"), "--data", path("x.npy"), "-o", path("p"), "--suggest",
                                     path("better.yml"), "--quiet"});
  ASSERT_EQ(shown.code, ExitCode::Success) << shown.err;
  EXPECT_EQ(shown.err, "");
  for (const char* file : {"weights_before", "weights_after", "activations_before", "activations_after"}) {
    EXPECT_TRUE(fs::exists(path("p/" + std::string(file) + ".svg"))) << file;
    EXPECT_TRUE(fs::exists(path("p/" + std::string(file) + ".csv"))) << file;
  }
  const auto json = nlohmann::json::parse(read_file(path("p/report.json")).value());
  const auto& dense = json["activations"][1];
  EXPECT_EQ(dense["layer"], "dense1");
  EXPECT_EQ(dense["values"], 6);
  EXPECT_GE(dense["overflows"], 1);
  EXPECT_EQ(dense["wasted_integer_bits"], -2);  // 69.5 needs 8
  EXPECT_EQ(dense["before"]["highest"], 69.5);
  EXPECT_EQ(dense["before"]["median"], (1.5 + 4.25) / 2);
  const auto again =
      ask("predict", {path("model.gw"), "-c", path("better.yml"), "--input", path("x.npy"), "--overflow"});
  EXPECT_EQ(again.code, ExitCode::Success) << again.err;
  EXPECT_NE(again.out.find("On these samples every value fitted its type"), std::string::npos) << again.out;
}

TEST_F(LookCommands, ProfileOfWeightsAlone) {
  const auto shown = ask("profile", {path("model.gw"), "-o", path("p")});
  EXPECT_EQ(shown.code, ExitCode::Success) << shown.err;
  EXPECT_NE(shown.out.find("Weights only: no samples were given (--data, --dataset)."), std::string::npos);
  EXPECT_FALSE(fs::exists(path("p/activations_after.svg")));
}

// 1e30 has 101 bits before the point.
TEST_F(LookCommands, ProfileNamesWhatNoTypeHelps) {
  ASSERT_TRUE(write_file(path("huge.txt"), "x: input 2 float\nr: relu(x) -> 2 float\noutput r\n"));
  ASSERT_TRUE(save_npy(path("huge.npy"), {npy_f8, {1, 2}, {1e30, 1}}));
  const auto shown =
      ask("profile", {path("huge.txt"), "--data", path("huge.npy"), "-o", path("p"), "--quiet"});
  EXPECT_EQ(shown.code, ExitCode::Success) << shown.err;
  EXPECT_EQ(shown.err, path("huge.txt") +
                           ": warning: values do not fit, and no wider type of a result or a constant helps: "
                           "x; give that layer a type by hand [still-overflows]\n");
}

TEST_F(LookCommands, CompareNamesTheFirstLayerThatGoesWrong) {
  const auto shown = ask("compare", {path("model.gw"), "--data", path("x.npy"), "--labels",
                                     path("labels.npy"), "--json", path("c.json"), "-o", path("c")});
  ASSERT_EQ(shown.code, ExitCode::Success) << shown.err;
  EXPECT_NE(shown.out.find("The first layer that goes wrong is dense1"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("Right answers: 66.67 % in real numbers, 66.67 % in fixed-point numbers."),
            std::string::npos)
      << shown.out;
  const auto json = nlohmann::json::parse(read_file(path("c.json")).value());
  EXPECT_EQ(json["layers"][0]["relative_error"], 0);
  EXPECT_EQ(json["layers"][1]["largest_difference"], 5.5 - 69.5);
  EXPECT_EQ(json["confusion"], (std::vector<std::vector<int>>{{0, 1}, {0, 2}}));
  EXPECT_EQ(read_file(path("c.json")).value(), read_file(path("c/report.json")).value());
  EXPECT_TRUE(fs::exists(path("c/roc.svg")));
}

TEST_F(LookCommands, TraceWritesEveryLayer) {
  const auto shown =
      ask("trace", {path("model.gw"), "--data", path("x.npy"), "--samples", "2", "-o", path("t")});
  EXPECT_EQ(shown.code, ExitCode::Success) << shown.err;
  EXPECT_EQ(shown.out, path("t") + ": every layer's answers to 2 samples\n");
  EXPECT_EQ(load_npy(path("t/dense1.npy")).value().values, (std::vector<double>{-1.5, 4.25, -16, 5.5}));
  EXPECT_FALSE(fs::exists(path("t/dense1.float.npy")));
  const auto both =
      ask("trace", {path("model.gw"), "--data", path("x.npy"), "--samples", "2", "-o", path("t"), "--float"});
  EXPECT_EQ(both.code, ExitCode::Success) << both.err;
  EXPECT_EQ(both.out,
            path("t") + ": every layer's answers to 2 samples, in fixed-point and in real numbers\n");
  EXPECT_EQ(load_npy(path("t/dense1.npy")).value().values, (std::vector<double>{-1.5, 4.25, -16, 5.5}));
  const NpyArray real = load_npy(path("t/dense1.float.npy")).value();
  EXPECT_EQ(real.shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(real.values, (std::vector<double>{-1.5, 4.25, -16, 69.5}));
  const auto none = ask("trace", {path("model.gw")});
  EXPECT_EQ(none.code, ExitCode::UserError);
  EXPECT_EQ(
      none.err,
      "error: nothing is given to answer for: name an array (--input FILE) or a data set (--dataset mnist:test) "
      "[nothing-to-predict]\n");
}

TEST_F(LookCommands, PlotDrawsNetworksAndStreams) {
  for (const auto& more : {std::vector<std::string>{},
                           {"--after", "assign_types"},
                           {"--before", "assign_types"},
                           {"--streaming"}}) {
    std::vector<std::string> arguments{path("model.gw"), "-o", path("n.svg"), "--csv", path("n.csv")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto shown = ask("plot", arguments);
    EXPECT_EQ(shown.code, ExitCode::Success) << shown.err;
    EXPECT_NE(read_file(path("n.svg")).value().find("dense1"), std::string::npos);
    EXPECT_NE(read_file(path("n.csv")).value().find("dense1"), std::string::npos);
  }
  EXPECT_EQ(ask("plot", {path("model.gw"), "-o", path("n.gif")}).code, ExitCode::UserError);
  EXPECT_EQ(ask("plot", {path("model.gw"), "--after", "assign_typs"}).err,
            "--after: error: unknown value 'assign_typs'; did you mean 'assign_types'? [unknown-value]\n");
}

TEST_F(LookCommands, BuildsLeaveReportsThatArePrintedAndCompared) {
  ASSERT_EQ(ask("build", {path("model.gw"), "-o", path("a")}).code, ExitCode::Success);
  ASSERT_TRUE(write_file(path("narrow.yml"), "Model:\n  Precision: ap_fixed<8,4>\n"));
  ASSERT_EQ(ask("build", {path("model.gw"), "-c", path("narrow.yml"), "-o", path("b")}).code,
            ExitCode::Success);
  const auto json = nlohmann::json::parse(read_file(path("a/report.json")).value());
  EXPECT_EQ(json["model_sha256"], sha256(read_file(path("model.gw")).value()));
  EXPECT_EQ(json["rebuild"], "gatewright build " + path("model.gw") + " -o " + path("a"));
  EXPECT_EQ(json["files"]["bench.cpp"], sha256(read_file(path("a/bench.cpp")).value()));
  EXPECT_LT(read_file(path("a/report.html")).value().size(), 3u << 20);
  EXPECT_EQ(ask("report", {path("a"), "--json"}).out, read_file(path("a/report.json")).value());
  for (const char* form : {"--csv", "--latex", "--markdown"})
    EXPECT_NE(ask("report", {path("a"), form}).out.find("dense1"), std::string::npos) << form;
  EXPECT_NE(ask("report", {path("a")}).out.find("To make it again, from the same files:"), std::string::npos);
  const auto difference = ask("diff", {path("a"), path("b")});
  EXPECT_EQ(difference.code, ExitCode::Success) << difference.err;
  EXPECT_NE(difference.out.find("dense1 / weights  ap_fixed<16,6>  ap_fixed<8,4>"), std::string::npos)
      << difference.out;
}

TEST_F(LookCommands, EventsAreALineEach) {
  ASSERT_EQ(ask("predict", {path("model.gw"), "--input", path("x.npy"), "--events", path("events")}).code,
            ExitCode::Success);
  std::istringstream lines(read_file(path("events")).value());
  std::vector<std::string> events;
  for (std::string line; std::getline(lines, line);) events.push_back(nlohmann::json::parse(line)["event"]);
  EXPECT_EQ(events, (std::vector<std::string>{"begin", "end", "warning", "exit"}));
  EXPECT_EQ(ask("predict", {path("model.gw"), "--events", path("no/folder")}).code, ExitCode::UserError);
}

}  // namespace
}  // namespace gw::cli
