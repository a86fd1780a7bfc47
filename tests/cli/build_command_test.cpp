// gatewright build: what it says of a design that is too large or too slow for its part, and of parts that no
// bitstream can be made for.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/answer.h"
#include "graph/model_file.h"
#include "graph/temporary_folder.h"
#include "support/files.h"

namespace gw::cli {
namespace {

class BuildCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    // 40 inputs, 24 outputs: 960 products at a clock.
    GraphBuilder b;
    const NodeId x = b.input("x", {40});
    FloatTensor w{{40, 24}, 1, {}};
    for (int i = 0; i < 40 * 24; ++i) w.values.push_back(static_cast<float>(i * 37 % 255 - 127) / 128);
    b.output(b.layer("dense1", Dense{}, {x, b.constant("w", w)}));
    ASSERT_TRUE(save_model(large, b.build().value()));
    ASSERT_TRUE(save_model(small, testing::small_network()));
  }
  testing::Answer build(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", (folder.path() / "firmware").string()});
    return testing::answer("build", arguments, {folder.path().string(), {}});
  }
  gw::testing::TemporaryFolder folder;
  std::string small = (folder.path() / "small.gw").string(), large = (folder.path() / "large.gw").string();
};

TEST_F(BuildCommand, WarnsOfADesignThatIsTooLarge) {
  const auto answer = build({large, "--part", "ice40hx1k-tq144", "--clock-ns", "1000"});
  EXPECT_EQ(answer.code, ExitCode::Success);
  const std::string start =
      "ice40hx1k-tq144: warning: the design is estimated to need more than the part has: logic cells, ";
  EXPECT_EQ(answer.err.substr(0, start.size()), start);
  const std::string end =
      " %); ask for more clocks a frame (--interval), for narrower types or for a larger part [part-exceeded]\n";
  EXPECT_NE(answer.err.find(" of 1280 ("), std::string::npos) << answer.err;
  EXPECT_NE(answer.err.find(end), std::string::npos) << answer.err;
}

TEST_F(BuildCommand, WarnsOfAClockThatAStageCannotKeep) {
  const auto answer = build({small, "--part", "xc7z020clg400-1", "--clock-ns", "1.5"});
  EXPECT_EQ(answer.code, ExitCode::Success);
  EXPECT_EQ(
      answer.err,
      "dense1: warning: the clock of 1.5 ns is missed: 2.73 ns, by the delay model, is its slowest operation "
      "between two registers [clock-missed]\n");
  EXPECT_EQ(build({small, "--part", "xc7z020clg400-1", "--clock-ns", "5"}).err, "");
}

TEST_F(BuildCommand, KeepsABudgetAsFastAsItAllows) {
  const std::string file = (folder.path() / "estimate.json").string();
  const auto estimate = [&](const std::string& budget) {
    const auto answer = testing::answer("estimate", {large, "--budget", budget, "--json", file});
    EXPECT_EQ(answer.code, ExitCode::Success) << answer.err;
    return nlohmann::json::parse(read_file(file).value());
  };
  const auto free = estimate("dsp=0,bram=0"), tight = estimate("lut=4000,dsp=0,bram=0");
  EXPECT_EQ(free["interval_clocks"], 1);
  EXPECT_GT(free["total"]["lut"], 4000);
  EXPECT_GT(tight["interval_clocks"], 1);
  EXPECT_LE(tight["total"]["lut"], 4000);
  for (const auto& json : {free, tight}) {
    EXPECT_EQ(json["total"]["dsp"], 0);
    EXPECT_EQ(json["total"]["bram"], 0);
  }
}

TEST_F(BuildCommand, TakesWhatTheConfigurationSaysOfTheDesign) {
  const std::string config = (folder.path() / "c.yml").string(), json = (folder.path() / "e.json").string();
  ASSERT_TRUE(write_file(config,
                         "Part: xc7z020clg400-1\nClockPeriod: 8\n"
                         "Model: {Precision: 'ap_fixed<8,4>', Strategy: Resource, ReuseFactor: 40}\n"));
  const auto estimate = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {large, "-c", config, "--json", json});
    const auto answer = testing::answer("estimate", more);
    EXPECT_EQ(answer.code, ExitCode::Success) << answer.err;
    return nlohmann::json::parse(read_file(json).value());
  };
  const auto said = estimate({});
  EXPECT_EQ(said["part"], "xc7z020clg400-1");
  EXPECT_EQ(said["clock_ns"], 8);
  EXPECT_EQ(said["interval_clocks"], 40);
  EXPECT_EQ(said["stages"][0]["style"], "folded");
  EXPECT_EQ(said["stages"][0]["clocks_a_window"], 40);
  EXPECT_EQ(estimate({"--part", "xc7a100tcsg324-1"})["part"], "xc7a100tcsg324-1");
  EXPECT_EQ(estimate({"--clock-ns", "4"})["clock_ns"], 4);
  const auto refused = build({large, "-c", config, "--interval", "30"});
  EXPECT_EQ(refused.code, ExitCode::UserError);
  EXPECT_EQ(
      refused.err,
      "dense1: error: a reuse factor of 40 takes 40 clocks a frame, but the interval is 30: at most 30 is "
      "possible there [layout-too-slow]\n");
}

TEST_F(BuildCommand, NamesWhatABudgetFailsBy) {
  const auto answer = build({large, "--budget", "lut=30,dsp=0", "--interval", "1"});
  EXPECT_EQ(answer.code, ExitCode::UserError);
  EXPECT_EQ(answer.out, "");
  const std::string start =
      "--budget lut: error: is 30, but with the other limits kept and 1 clocks a frame it takes at least ";
  const std::string end = "); grant that much, or ask for more clocks (--interval) [budget-too-small]\n";
  EXPECT_EQ(answer.err.substr(0, start.size()), start);
  EXPECT_NE(answer.err.find(", most of it in stage 'dense1' ("), std::string::npos) << answer.err;
  EXPECT_EQ(answer.err.substr(answer.err.size() - end.size()), end);
  EXPECT_FALSE(fs::exists(folder.path() / "firmware"));
  EXPECT_EQ(build({small, "--budget", "luts=3"}).code, ExitCode::Usage);
  EXPECT_NE(build({small, "--budget", "luts=3"}).err.find("'luts' is no resource: lut, ff, dsp, bram"),
            std::string::npos);
  EXPECT_NE(build({small, "--budget", "lut=-3"}).err.find("'lut=-3' has no amount: write lut=NUMBER"),
            std::string::npos);
}

TEST_F(BuildCommand, RefusesABitstreamBeforeAnyWork) {
  const auto answer = build({large, "--bitstream"});
  EXPECT_EQ(answer.code, ExitCode::UserError);
  EXPECT_EQ(answer.out, "");
  EXPECT_EQ(
      answer.err,
      "error: no bitstream can be made for part xcu250-figd2104-2L-e: there are no open tools for Alveo U250; without --bitstream the design is "
      "written as Verilog, which the vendor's tools take [bitstream-unserved]\n");
  EXPECT_FALSE(fs::exists(folder.path() / "firmware"));
}

// A project of HLS C++: its C++ is built by g++ and gives the emulation's bits.
TEST_F(BuildCommand, WritesHlsAndHoldsItToTheEmulation) {
  for (const char* io : {"stream", "parallel"}) {
    const auto answer = build({small, "--backend", "vitis", "--io", io, "--simulate", "5", "--name", "tiny"});
    EXPECT_EQ(answer.code, ExitCode::Success) << answer.err;
    const std::string end =
        "Simulated 5 random frames: 0 differing values\nProject for Vitis HLS 2020.2 and later, test bench, report.html, report.json: " +
        (folder.path() / "firmware").string() + "\n";
    ASSERT_GE(answer.out.size(), end.size());
    EXPECT_EQ(answer.out.substr(answer.out.size() - end.size()), end);
    for (const char* file : {"firmware/tiny.cpp", "firmware/ap_types/ap_fixed.h", "tiny_test.cpp",
                             "tb_data/tb_input_features.dat", "build_prj.tcl", "build_lib.sh"})
      EXPECT_TRUE(fs::exists(folder.path() / "firmware" / file)) << file;
    const std::string settings = read_file(folder.path() / "firmware/project.tcl").value();
    EXPECT_NE(settings.find(fmt::format("set io_type \"io_{}\"\n", io)), std::string::npos) << settings;
    EXPECT_NE(
        settings.find("set part \"xcu250-figd2104-2L-e\"\nset clock_period 5\nset clock_uncertainty 27%\n"),
        std::string::npos)
        << settings;
  }
}

TEST_F(BuildCommand, TakesIoAndUncertaintyOfTheConfiguration) {
  const std::string config = (folder.path() / "c.yml").string();
  ASSERT_TRUE(write_file(
      config, "IOType: io_parallel\nClockUncertainty: 10%\nModel: {Precision: 'ap_fixed<8,4>'}\n"));
  EXPECT_EQ(build({small, "-c", config, "--backend", "vivado"}).code, ExitCode::Success);
  const std::string settings = read_file(folder.path() / "firmware/project.tcl").value();
  EXPECT_NE(settings.find("set io_type \"io_parallel\"\n"), std::string::npos) << settings;
  EXPECT_NE(settings.find("set clock_uncertainty 10%\n"), std::string::npos) << settings;
}

TEST_F(BuildCommand, RefusesOptionsOfTheOtherBackend) {
  const auto refusal = [](const std::string& option, const std::string& backends,
                          const std::string& backend) {
    return option + ": error: goes with --backend " + backends + ", but the backend is " + backend +
           "; leave one of the two out [backend-other]\n";
  };
  const auto verilog = build({small, "--io", "parallel", "--csim", "--synth", "--cosim", "--validation",
                              "--export", "--vsynth", "--reset"});
  EXPECT_EQ(verilog.code, ExitCode::UserError);
  std::string all;
  for (const char* option : {"--io", "--csim", "--synth without a tool", "--cosim", "--validation",
                             "--export", "--vsynth", "--reset"})
    all += refusal(option, "vivado or vitis", "verilog");
  EXPECT_EQ(verilog.err, all);
  const auto hls = build(
      {small, "--backend", "vivado", "--synthesise", "--synth", "yosys", "--implement", "--plain-ports"});
  EXPECT_EQ(hls.code, ExitCode::UserError);
  all.clear();
  for (const char* option : {"--synthesise", "--synth with a tool", "--implement", "--plain-ports"})
    all += refusal(option, "verilog", "vivado");
  EXPECT_EQ(hls.err, all);
  EXPECT_FALSE(fs::exists(folder.path() / "firmware"));
}

TEST_F(BuildCommand, RefusesOptionsThatSayNothingAlone) {
  EXPECT_EQ(
      build({small, "--tool-hours", "2"}).err,
      "--tool-hours: error: goes with --synth vivado; give that as well, or leave it out [option-alone]\n");
  const std::string stage =
      "goes with --csim vendor, --synth, --cosim, --validation, --export or --vsynth; give that as well, or leave it "
      "out [option-alone]\n";
  EXPECT_EQ(build({small, "--backend", "vitis", "--csim", "--tool-hours", "2", "--reset"}).err,
            "--tool-hours: error: " + stage + "--reset: error: " + stage);
}

TEST_F(BuildCommand, RefusesPartsThatNoHlsCompilerServes) {
  const auto answer = build({small, "--backend", "vitis", "--part", "ice40hx8k-ct256"});
  EXPECT_EQ(answer.code, ExitCode::UserError);
  EXPECT_EQ(
      answer.err,
      "error: part ice40hx8k-ct256 is of family 'ice40', and the compilers of HLS C++ serve those of AMD (xc7, xcu, "
      "xcup) only; name such a part (--part), or write Verilog (without --backend vitis) [hls-part-unserved]\n");
  EXPECT_FALSE(fs::exists(folder.path() / "firmware"));
}

TEST_F(BuildCommand, LeavesAFolderOfOthersAlone) {
  ASSERT_TRUE(write_file(folder.path() / "firmware/mine.txt", "mine"));
  EXPECT_EQ(build({small}).code, ExitCode::UserError);
  EXPECT_NE(build({small}).err.find("[folder-occupied]"), std::string::npos);
  EXPECT_EQ(build({small, "--backend", "vitis"}).code, ExitCode::UserError);
  EXPECT_EQ(build({small, "--force"}).code, ExitCode::Success);
  EXPECT_EQ(read_file(folder.path() / "firmware/mine.txt").value(), "mine");
}

}  // namespace
}  // namespace gw::cli
