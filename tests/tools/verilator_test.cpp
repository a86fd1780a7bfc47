#include "tools/verilator.h"

#include "tools/tool_fixture.h"

namespace gw {
namespace {

using VerilatorTest = ToolTest;

const char* const counter = R"(module counter(input wire clk, input wire [7:0] step, output reg [7:0] q);
  initial q = 8'd0;
  always @(posedge clk) q <= q + step;
endmodule
)";

// Runs five clocks and prints its arguments.
const char* const bench = R"(#include "Vcounter.h"
#include <cstdio>
int main(int count, char** arguments) {
  Vcounter model;
  for (int i = 0; i < 5; ++i) {
    model.step = 3;
    model.clk = 0;
    model.eval();
    model.clk = 1;
    model.eval();
  }
  for (int i = 1; i < count; ++i) std::printf("%s ", arguments[i]);
  std::printf("q %d\n", model.q);
  return model.q == 15 ? 0 : 1;
}
)";

TEST_F(VerilatorTest, LintPassesACleanModule) {
  const auto status = lint({{"counter.v", counter}}, "counter", cache());
  EXPECT_TRUE(status) << to_string(status.errors()[0]);
  EXPECT_EQ(left_in_work(), 0);
}

TEST_F(VerilatorTest, LintFailsOnAnyWarningWithItsText) {
  const auto status = lint({{"wide.v",
                             "module wide(input wire [3:0] a, output wire [4:0] q);\n"
                             "  assign q = a;\nendmodule\n"}},
                           "wide", cache());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.errors()[0].id, "tool-warned");
  EXPECT_NE(status.errors()[0].text.find("%Warning-WIDTH: wide.v:2:12"), std::string::npos)
      << status.errors()[0].text;
  EXPECT_TRUE(fs::exists(status.errors()[0].place.file));
}

TEST_F(VerilatorTest, LintFailsOnASyntaxError) {
  const auto status = lint({{"broken.v", "module broken(;\n"}}, "broken", cache());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.errors()[0].id, "tool-failed");
  EXPECT_NE(status.errors()[0].text.find("broken.v:1:15: syntax error"), std::string::npos)
      << status.errors()[0].text;
}

TEST_F(VerilatorTest, ABenchIsBuiltOnceAndRuns) {
  const BenchJob job{"counter", {{"counter.v", counter}}, bench};
  const auto program = build_bench(job, cache());
  ASSERT_TRUE(program) << to_string(program.errors()[0]);
  EXPECT_EQ(left_in_work(), 0);

  const BenchRun run{.inputs = "in",
                     .outputs = "out",
                     .report = "report",
                     .stall_in = 0.25,
                     .stall_out = 0.5,
                     .seed = 7,
                     .images = 3};
  const auto ran = run_bench(*program, run);
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->exit_code, 0);
  EXPECT_EQ(ran->output, "in out report --stall-in 0.25 --stall-out 0.5 --seed 7 --images 3 q 15\n");
  EXPECT_EQ(run_bench(*program, {.inputs = "in", .outputs = "out", .report = "r"})->output,
            "in out r q 15\n");

  // A second build of the same bytes compiles nothing: without a compiler's make it would fail.
  fake("make", "exit 1");
  const auto again = build_bench(job, cache());
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *program);
  const auto changed = build_bench({"counter", {{"counter.v", counter}}, std::string(bench) + "\n"}, cache());
  EXPECT_FALSE(changed);
}

TEST_F(VerilatorTest, ABenchThatDoesNotCompileIsAnErrorWithTheCompilersWords) {
  const auto program =
      build_bench({"counter", {{"counter.v", counter}}, "int main() { return nothing; }\n"}, cache());
  ASSERT_FALSE(program);
  EXPECT_EQ(program.errors()[0].id, "tool-failed");
  EXPECT_NE(program.errors()[0].text.find("nothing"), std::string::npos) << program.errors()[0].text;
  for (const auto& entry : fs::directory_iterator(cache())) EXPECT_TRUE(entry.is_directory()) << entry.path();
}

TEST_F(VerilatorTest, AWarningOfTheModelStopsTheBuild) {
  const auto program = build_bench({"wide",
                                    {{"wide.v",
                                      "module wide(input wire [3:0] a, output wire [4:0] q);\n"
                                      "  assign q = a;\nendmodule\n"}},
                                    "int main() {}\n"},
                                   cache());
  ASSERT_FALSE(program);
  EXPECT_NE(program.errors()[0].text.find("wide.v"), std::string::npos) << program.errors()[0].text;
}

TEST_F(VerilatorTest, ABenchThatFailsGivesItsExitCodeAndText) {
  fake("bench", "echo mismatch at image 3; exit 4");
  const auto ran = run_bench(folder / "bin" / "bench", {.inputs = "a", .outputs = "b", .report = "c"});
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->exit_code, 4);
  EXPECT_EQ(ran->output, "mismatch at image 3\n");
  EXPECT_FALSE(run_bench(folder / "none", {}));
}

}  // namespace
}  // namespace gw
