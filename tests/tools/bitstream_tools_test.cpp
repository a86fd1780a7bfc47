// From Verilog to the bits of an iCE40 part: the real tools where they are installed, made ones for what goes
// wrong.
#include <gtest/gtest.h>

#include "support/process.h"
#include "tools/icestorm.h"
#include "tools/nextpnr.h"
#include "tools/step.h"
#include "tools/tool_fixture.h"
#include "tools/yosys_netlist.h"

namespace gw {
namespace {

using BitstreamTools = ToolTest;

Part hx1k() { return *find_part("ice40hx1k-tq144"); }

SynthesisJob blinker(const std::string& extra = "") {
  return {"blinker",
          {{"blinker.v",
            "module blinker(input clk, input [7:0] a, output reg [7:0] sum, output reg [15:0] word);\n"
            "  (* rom_style = \"block\" *) reg [15:0] words [0:255];\n"
            "  integer i;\n"
            "  initial for (i = 0; i < 256; i = i + 1) words[i] = i * 257;\n"
            "  always @(posedge clk) begin sum <= sum + a; word <= words[a]; end\n" +
                extra + "endmodule\n"}}};
}

TEST_F(BitstreamTools, MakeTheBitsOfASmallDesign) {
  if (find_program("nextpnr-ice40").empty() || find_program("icepack").empty())
    GTEST_SKIP() << "nextpnr-ice40 and icepack are not installed: scripts/setup bitstream";
  const auto netlist = ice40_netlist(blinker(), hx1k(), {.cache_folder = cache()});
  ASSERT_TRUE(netlist) << to_string(netlist.errors().front());
  EXPECT_EQ(netlist->cells.at("SB_RAM40_4K"), 1);
  EXPECT_EQ(netlist->cells.at("SB_DFF"), 8);
  EXPECT_EQ(netlist->cells.at("SB_LUT4"), 8);
  EXPECT_NE(netlist->models.find("module SB_RAM40_4K"), std::string::npos);

  const auto placed = place_and_route("blinker", netlist->json, hx1k(), 50, 1, cache());
  ASSERT_TRUE(placed) << to_string(placed.errors().front());
  EXPECT_GT(placed->fmax_mhz, 50);
  EXPECT_EQ(placed->use.at("ICESTORM_RAM").used, 1);
  EXPECT_EQ(placed->use.at("ICESTORM_RAM").available, 16);
  EXPECT_EQ(placed->use.at("ICESTORM_LC").available, 1280);

  const auto bits = pack_bits("blinker", placed->asc, cache());
  ASSERT_TRUE(bits) << to_string(bits.errors().front());
  EXPECT_EQ(bits->size(), 32220u);  // what an HX1K is loaded with
  const auto mhz = time_nets("blinker", placed->asc, hx1k(), cache());
  ASSERT_TRUE(mhz) << to_string(mhz.errors().front());
  EXPECT_GT(*mhz, 50);
  EXPECT_EQ(left_in_work(), 0);

  // All of it is kept: with tools that fail, the answers are the same.
  fake("icepack", "exit 1");
  EXPECT_EQ(*pack_bits("blinker", placed->asc, cache()), *bits);
}

TEST_F(BitstreamTools, RefuseANetlistWithTwoDrivers) {
  const auto netlist =
      ice40_netlist(blinker("  always @(posedge clk) sum <= a;\n"), hx1k(), {.cache_folder = cache()});
  ASSERT_FALSE(netlist);
  EXPECT_EQ(netlist.errors().front().id, "tool-warned");
}

TEST_F(BitstreamTools, TellWhatNextpnrSays) {
  fake("nextpnr-ice40", "case $1 in --version) echo 1;; *) echo 'ERROR: no place for LCs'; exit 255;; esac");
  const auto placed = place_and_route("top", "{}", hx1k(), 50, 1, cache());
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.errors().front().text,
            "nextpnr-ice40 ended with exit code 255; its last words, of which the whole is in this file:\n"
            "ERROR: no place for LCs");
}

TEST_F(BitstreamTools, TellOfReportsThatAreNone) {
  fake("nextpnr-ice40",
       "case $1 in --version) echo 1;; *) echo x >design.asc; echo '[]' >report.json;; esac");
  const auto placed = place_and_route("top", "{}", hx1k(), 50, 1, cache());
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.errors().front().text,
            "nextpnr-ice40 left no readable result: report.json is not what it writes");
  fake("icetime", "echo nothing to time");
  const auto mhz = time_nets("top", "asc", hx1k(), cache());
  ASSERT_FALSE(mhz);
  EXPECT_EQ(mhz.errors().front().text, "icetime left no readable result: it names no path delay");
}

TEST_F(BitstreamTools, AStepIsRunAgainWhenAFileOfItIsGone) {
  fake("copy", "cp from to; echo said");
  const Step step{"file", "copy", "1", {"copy"}, {{"from", "text"}}, {"to"}};
  const auto made = run_step(step, cache());
  ASSERT_TRUE(made);
  EXPECT_EQ(*made, (Files{{"to", "text"}, {"log", "said\n"}}));
  for (const auto& entry : fs::directory_iterator(cache())) {
    if (entry.path().extension() == ".to") fs::remove(entry.path());
  }
  EXPECT_EQ(*run_step(step, cache()), *made);
  Step lazy = step;
  lazy.makes = {"never"};
  const auto refused = run_step(lazy, cache());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.errors().front().text, "copy left no readable result: no never");
}

}  // namespace
}  // namespace gw
