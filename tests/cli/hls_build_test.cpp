// gatewright build with a backend of HLS C++: the project's own test bench by plain compilers, and the stages
// of the vendor's tools, played by scripts.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/answer.h"
#include "graph/model_file.h"
#include "support/process.h"
#include "tools/tool_fixture.h"

namespace gw::cli {
namespace {

// Notes how it is called and leaves what each stage leaves; "$said" are the words for the script.
constexpr std::string_view compiler = R"sh(
case "$*" in *version) echo "HLS v$version (64-bit)"; exit 0;; esac
said="$*"
[ "$1" = --mode ] && said=$(cat "$4")
echo "$said" >> calls
name=$(sed -n 's/set project_name "\(.*\)"/\1/p' project.tcl)
s=${name}_prj/solution1
echo "INFO: [HLS 200-10] -- Working"
case "$said" in *csim=1*) mkdir -p $s/csim;; esac
case "$said" in *" synth=1"*) mkdir -p $s/syn/report
  printf '|Clock|Target|Estimated|Uncertainty|\n|---|---|---|---|\n|ap_clk|5.00|4.5|0.6|\n' \
    >$s/syn/report/${name}_csynth.rpt;; esac
case "$said" in *cosim=1*) mkdir -p $s/sim/report
  printf '|a|\n|---|\n|Verilog|Pass|11|12|13|4|4|4|\n' >$s/sim/report/${name}_cosim.rpt;; esac
case "$said" in *export=1*) mkdir -p $s/impl;; esac
exit 0
)sh";

class HlsBuild : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    model = (folder / "m.gw").string();
    project = (folder / "project").string();
    ASSERT_TRUE(save_model(model, testing::small_network()));
  }
  testing::Answer build(std::vector<std::string> more) {
    more.insert(more.begin(), {model, "-o", project, "--name", "tiny"});
    return testing::answer("build", more, {folder.string(), "", {}});
  }
  nlohmann::json report() { return nlohmann::json::parse(read_file(project + "/report.json").value()); }
  std::string calls() { return read_file(project + "/calls").value(); }
  void fake_compiler(const char* name, const char* version) {
    fake(name, fmt::format("version={}\n", version) + std::string(compiler));
  }

  std::string model, project;
};

TEST_F(HlsBuild, PlainCompilersRunTheTestBench) {
  const auto built = build({"--backend", "vitis", "--csim"});
  ASSERT_EQ(built.code, ExitCode::Success) << built.err;
  EXPECT_NE(built.out.find(": 10 frames, 0 differing values\n"), std::string::npos) << built.out;
  EXPECT_EQ(report()["csim"]["frames"], 10);
  EXPECT_EQ(report()["csim"]["differing_values"], 0);
  EXPECT_EQ(report()["csim"]["compiler"].get<std::string>().substr(0, 4), "g++ ");
  EXPECT_EQ(report()["backend"], "vitis");
  const std::string text = testing::answer("report", {project}).out;
  EXPECT_NE(text.find(": 10 frames, 0 output values differ.\n"), std::string::npos) << text;
  // The same again is not done again, other frames are.
  EXPECT_NE(build({"--backend", "vitis", "--csim"}).out.find("csim_g++: finished earlier and kept, "),
            std::string::npos);
  EXPECT_EQ(build({"--backend", "vitis", "--csim", "--seed", "2"}).out.find("finished earlier"),
            std::string::npos);
  if (!find_program("clang++").empty()) {
    const auto other = build({"--backend", "vitis", "--csim", "clang++"});
    EXPECT_EQ(other.code, ExitCode::Success) << other.err;
    EXPECT_EQ(report()["csim"]["compiler"].get<std::string>().substr(0, 8), "clang++ ");
  }
  // It is whole, and works elsewhere.
  fs::rename(project, folder / "elsewhere");
  const auto moved = run_process({"make", "-s", "-B", "csim"}, {.folder = folder / "elsewhere"});
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->output, "10 frames, 0 differing values\n");
}

TEST_F(HlsBuild, ADifferenceIsToldWithItsLine) {
  fake("make", R"sh(
case "$1" in --version) echo "GNU Make 4.3"; exit 0;; esac
echo "first difference: frame 0, output, element 0: is 1, but must be 2 (raw)"
exit 2
)sh");
  const auto built = build({"--backend", "vivado", "--csim", "--quiet"});
  EXPECT_EQ(built.code, ExitCode::UserError);
  EXPECT_EQ(
      built.err,
      project +
          "/logs/csim_g++.log:1: csim of 'tiny': error: make ended with exit code 2; its first error: first "
          "difference: frame 0, output, element 0: is 1, but must be 2 (raw); nothing was finished before it "
          "[stage-failed]\n");
}

TEST_F(HlsBuild, GoesThroughTheVendorsTools) {
  fake_compiler("vitis_hls", "2022.2");
  fake("vivado", R"sh(
case "$1" in -version) echo "Vivado v2022.2 (64-bit)"; exit 0;; esac
printf '| Site Type | Used | Available |\n|---|---|---|\n| CLB LUTs | 12 | 100 |\n' >vivado_synth.rpt
)sh");
  const auto built = build({"--backend", "vitis", "--cosim", "--export", "--vsynth", "--tool-hours", "1"});
  ASSERT_EQ(built.code, ExitCode::Success) << built.err;
  // Each stage by itself, what it builds on first.
  EXPECT_EQ(calls(),
            "-f build_prj.tcl reset=0 csim=0 synth=1 cosim=0 validation=0 export=0 vsynth=0 fifo_opt=0\n"
            "-f build_prj.tcl reset=0 csim=0 synth=0 cosim=1 validation=0 export=0 vsynth=0 fifo_opt=0\n"
            "-f build_prj.tcl reset=0 csim=0 synth=0 cosim=0 validation=0 export=1 vsynth=0 fifo_opt=0\n");
  EXPECT_NE(built.out.find("cosim: Verilog simulation passed, latency 11-13, interval 4 clocks\n"),
            std::string::npos)
      << built.out;
  const auto json = report();
  ASSERT_EQ(json["vendor"].size(), 3u);
  EXPECT_EQ(json["vendor"][0]["reached_ns"], 4.5);
  EXPECT_EQ(json["vendor"][2]["report"], "vsynth");
  EXPECT_EQ(json["vendor"][2]["used"]["lut"], 12);
  EXPECT_TRUE(json["seconds"].contains("cosim"));
  const std::string text = testing::answer("report", {project}).out;
  EXPECT_NE(text.find("cosim: Verilog simulation passed, latency 11-13, interval 4 clocks."),
            std::string::npos);
  EXPECT_NE(text.find("12 (12.0 %)"), std::string::npos) << text;

  // Other frames cost a co-simulation, but no synthesis; --reset keeps nothing.
  const std::string before = calls();
  const auto again = build({"--backend", "vitis", "--cosim", "--seed", "2"});
  ASSERT_EQ(again.code, ExitCode::Success) << again.err;
  EXPECT_EQ(calls(), before +
                         "-f build_prj.tcl reset=0 csim=0 synth=0 cosim=1 validation=0 export=0 vsynth=0 "
                         "fifo_opt=0\n");
  EXPECT_NE(again.out.find("synth: finished earlier and kept, "), std::string::npos) << again.out;
  EXPECT_EQ(report()["vendor"].size(),
            2u);  // those of stages that were not asked for may be of other sources
  ASSERT_EQ(build({"--backend", "vitis", "--synth", "--reset"}).code, ExitCode::Success);
  EXPECT_NE(calls().find("reset=1 csim=0 synth=1"), std::string::npos);
}

TEST_F(HlsBuild, ValidationRunsBothSimulations) {
  fake_compiler("vivado_hls", "2019.2");
  ASSERT_EQ(build({"--backend", "vivado", "--validation"}).code, ExitCode::Success);
  std::string stages;
  for (size_t at = 0; (at = calls().find("=1", at + 1)) != std::string::npos;)
    stages += calls().substr(calls().rfind(' ', at), at - calls().rfind(' ', at));
  EXPECT_EQ(stages, " csim synth cosim validation");
}

TEST_F(HlsBuild, MissingToolsAreToldBeforeAnyWork) {
  ::setenv("PATH", "/bin:/usr/bin", 1);
  const auto built = build({"--backend", "vitis", "--synth", "--vsynth"});
  EXPECT_EQ(built.code, ExitCode::UserError);
  EXPECT_EQ(
      built.err,
      "error: vitis_hls is neither on PATH nor in the folders that XILINX_HLS and XILINX_VITIS name; it is needed to "
      "compile the HLS C++ of a Vitis project; install Vitis HLS 2020.2 or later and source its settings64.sh "
      "[vendor-tool-missing]\n"
      "error: vivado is neither on PATH nor in the folders that XILINX_VIVADO name; it is needed to synthesise, place "
      "and route for AMD parts; install Vivado and source its settings64.sh [vendor-tool-missing]\n");
  EXPECT_FALSE(fs::exists(project));
}

TEST_F(HlsBuild, AFailingStageLeavesWhatIsFinished) {
  fake("vitis_hls",
       "version=2022.2\ncase \"$*\" in *cosim=1*) echo 'ERROR: [COSIM 212-4] FAIL'; exit 1;; esac\n" +
           std::string(compiler));
  const auto built = build({"--backend", "vitis", "--cosim", "--quiet"});
  EXPECT_EQ(built.code, ExitCode::UserError);
  EXPECT_EQ(built.err,
            project +
                "/logs/cosim.log:1: cosim of 'tiny': error: vitis_hls ended with exit code 1; its first "
                "error: ERROR: [COSIM 212-4] FAIL; synth is finished and kept [stage-failed]\n");
}

}  // namespace
}  // namespace gw::cli
