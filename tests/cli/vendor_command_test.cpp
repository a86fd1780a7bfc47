// Commands on vendors' tools: what is listed, what reports become, and Vivado behind build, played by a
// script.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/answer.h"
#include "graph/model_file.h"
#include "support/files.h"
#include "tools/tool_fixture.h"

namespace gw::cli {
namespace {

class VendorCommand : public ToolTest {};

TEST_F(VendorCommand, ToolsAreListed) {
  ::setenv("PATH", (folder / "bin").c_str(), 1);
  fake("yosys", "echo 'Yosys 0.23 (git sha1 7ce5011c24b)'");
  fake("vivado", "echo 'Vivado v2022.2 (64-bit)'");
  ::setenv("PATH", (folder / "bin").c_str(), 1);
  fs::create_directories(folder / "hls/bin");
  fs::copy_file(folder / "bin/vivado", folder / "hls/bin/vitis_hls");
  const auto answer =
      testing::answer("tools", {"--json"}, {"", "", {{"XILINX_HLS", (folder / "hls").string()}}});
  EXPECT_EQ(answer.code, ExitCode::Success) << answer.err;
  nlohmann::json found;
  for (const auto& row : nlohmann::json::parse(answer.out)) found[std::string(row["program"])] = row;
  EXPECT_EQ(found["yosys"]["version"], "0.23");
  EXPECT_EQ(found["yosys"]["path"], (folder / "bin/yosys").string());
  EXPECT_EQ(found["vivado"]["version"], "2022.2");
  EXPECT_EQ(found["vitis_hls"]["path"], (folder / "hls/bin/vitis_hls").string());
  EXPECT_EQ(found["verilator"]["path"], "");
  EXPECT_EQ(found["verilator"]["from"], "apt-get install verilator");
  const std::string text = testing::answer("tools", {}).out;
  EXPECT_NE(text.find("yosys          0.23      " + (folder / "bin/yosys").string() +
                      "\n                         needed to synthesise the generated Verilog\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("verilator      -         not found: apt-get install verilator\n"), std::string::npos);
}

constexpr std::string_view utilisation =
    "| Tool Version : Vivado v.2022.2 (lin64)\n| Site Type | Used | Available | Util% |\n|---|---|---|---|\n"
    "| CLB LUTs* | 1728 | 172800 | 1.00 |\n| CLB Registers | 20 | 345600 | 0.01 |\n";

TEST_F(VendorCommand, ReportsStandSideBySide) {
  ASSERT_TRUE(write_files(folder, {{"a.rpt", std::string(utilisation)},
                                   {"b.rpt", "no report"},
                                   {"prj/project.tcl", "set project_name \"net\"\n"},
                                   {"prj/net_prj/solution1/sim/report/net_cosim.rpt",
                                    "|a|\n|---|\n|Verilog|Pass|7|8|9|4|4|4|\n"}}));
  const auto at = [&](const char* name) { return (folder / name).string(); };
  const auto answer = testing::answer("vendor-report", {at("a.rpt"), at("b.rpt"), at("prj"), at("none.rpt")});
  EXPECT_EQ(answer.code, ExitCode::UserError);
  EXPECT_NE(answer.out.find("a.rpt   Vivado 2022.2"), std::string::npos) << answer.out;
  EXPECT_NE(answer.out.find("1,728 (1.0 %)"), std::string::npos) << answer.out;
  EXPECT_NE(answer.out.find("cosim: Verilog simulation passed, latency 7-9, interval 4 clocks\n"),
            std::string::npos)
      << answer.out;
  EXPECT_NE(answer.err.find("b.rpt: error: holds no report that is known"), std::string::npos) << answer.err;
  EXPECT_NE(answer.err.find("none.rpt: error: cannot be read"), std::string::npos) << answer.err;

  const auto json =
      nlohmann::json::parse(testing::answer("vendor-report", {at("a.rpt"), at("prj"), "--json"}).out);
  EXPECT_EQ(json[0]["used"]["lut"], 1728);
  EXPECT_EQ(json[0]["available"]["ff"], 345600);
  EXPECT_TRUE(json[0]["clock_ns"].is_null());
  EXPECT_EQ(json[1]["report"], "cosim");
  EXPECT_EQ(json[1]["cosim"][0]["latency_clocks"]["max"], 9);

  ASSERT_TRUE(write_file(folder / "new/project.tcl", "set project_name \"net\"\n"));
  EXPECT_EQ(testing::answer("vendor-report", {at("new")}).err,
            at("new") +
                ": error: is the folder of an HLS project in which there is no report yet; build it first "
                "[reports-missing]\n");
}

TEST_F(VendorCommand, BuildRunsVivado) {
  fake("vivado", R"sh(
case "$1" in -version) echo "Vivado v2022.2 (64-bit)"; exit 0;; esac
for word; do script=$word; done
stage=$(basename $script .tcl)
printf '| Site Type | Used | Available |\n|---|---|---|\n| CLB LUTs | 31 | 100 |\n' >${stage}_utilisation.rpt
printf '    WNS(ns)      TNS(ns)  \n      1.000        0.000  \nClock  Waveform(ns)  Period(ns)\naclk   {0 2}  5.000\n' \
  >${stage}_timing.rpt
printf '| Total On-Chip Power (W) | 0.5 |\n' >${stage}_power.rpt
touch $stage.dcp firm_bytes.bit
)sh");
  const std::string model = (folder / "m.gw").string(), firmware = (folder / "firmware").string();
  ASSERT_TRUE(save_model(model, testing::small_network()));
  const auto build = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {model, "-o", firmware, "--name", "firm"});
    return testing::answer("build", more, {folder.string(), "", {}});
  };
  const auto placed = build({"--synth", "vivado", "--implement"});
  EXPECT_EQ(placed.code, ExitCode::Success) << placed.err;
  EXPECT_NE(placed.out.find("synthesised"), std::string::npos) << placed.out;
  EXPECT_NE(placed.out.find("31 (31.0 %)"), std::string::npos) << placed.out;
  EXPECT_NE(placed.out.find("250.0"), std::string::npos) << placed.out;
  EXPECT_NE(read_file(firmware + "/vivado/synth.tcl")->find("synth_design -top firm -part "),
            std::string::npos);
  EXPECT_TRUE(fs::exists(firmware + "/vivado/rtl/firm.v"));
  const auto bits = build({"--synth", "vivado", "--bitstream", "--tool-hours", "2"});
  EXPECT_EQ(bits.code, ExitCode::Success) << bits.err;
  EXPECT_NE(bits.out.find("Bitstream: " + firmware + "/vivado/firm_bytes.bit\n"), std::string::npos)
      << bits.out;

  // What the tools reported is part of the build's report.
  const auto json = nlohmann::json::parse(read_file(firmware + "/report.json").value());
  EXPECT_EQ(json["vendor"][0]["report"], "synthesised");
  EXPECT_EQ(json["vendor"][0]["used"]["lut"], 31);
  EXPECT_NE(testing::answer("report", {firmware}).out.find("What the vendor's tools report"),
            std::string::npos);

  EXPECT_EQ(build({"--synth", "vivado", "--part", "ice40hx8k-ct256"}).code, ExitCode::UserError);
  EXPECT_EQ(
      build({"--synth", "yosys", "--implement"}).err,
      "--implement: error: goes with --synth vivado; give that as well, or leave it out [option-alone]\n");
  ::setenv("PATH", "/bin:/usr/bin", 1);
  EXPECT_NE(build({"--synth", "vivado"}).err.find("[vendor-tool-missing]"), std::string::npos);
}

}  // namespace
}  // namespace gw::cli
