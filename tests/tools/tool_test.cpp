#include "tools/tool.h"

#include "tools/tool_fixture.h"

namespace gw {
namespace {

TEST_F(ToolTest, AllMissingProgramsAreToldAtOnce) {
  ::setenv("PATH", folder.c_str(), 1);
  const auto status = require_tools({"yosys", "verilator"});
  ASSERT_FALSE(status);
  ASSERT_EQ(status.errors().size(), 2u);
  EXPECT_EQ(to_string(status.errors()[0]),
            "error: yosys is not on PATH; it is needed to synthesise the generated Verilog; 'apt-get install "
            "yosys' "
            "gets it [tool-missing]");
  EXPECT_EQ(
      to_string(status.errors()[1]),
      "error: verilator is not on PATH; it is needed to check and simulate the generated Verilog; 'apt-get "
      "install verilator' gets it [tool-missing]");
}

TEST_F(ToolTest, OnlyTheMissingOnesAreTold) {
  fake("yosys", "exit 0");
  ::setenv("PATH", (folder / "bin").c_str(), 1);
  const auto status = require_tools({"yosys", "make"});
  ASSERT_FALSE(status);
  ASSERT_EQ(status.errors().size(), 1u);
  EXPECT_TRUE(status.errors()[0].text.starts_with("make is not on PATH"));
}

TEST_F(ToolTest, NothingIsStarted) {
  fake("yosys", "touch " + (folder / "started").string());
  EXPECT_TRUE(require_tools({"yosys"}));
  EXPECT_FALSE(fs::exists(folder / "started"));
}

TEST_F(ToolTest, EveryRowSaysWhatAndWhence) {
  for (const Tool& tool : all_tools()) {
    EXPECT_FALSE(tool.purpose.empty()) << tool.program;
    EXPECT_FALSE(tool.package.empty()) << tool.program;
  }
}

}  // namespace
}  // namespace gw
