// Other programs: what they print, how they end, and what is said if they cannot be started.
#include "support/process.h"

#include <gtest/gtest.h>

#include "support/files.h"

namespace gw {
namespace {

TEST(RunProcess, CapturesBothStreamsAndTheCode) {
  const auto result = run_process({"sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(result->output, "out\nerr\n");
}

TEST(RunProcess, ArgumentsAreNotSeenByAShell) {
  const auto result = run_process({"printf", "%s|", "a b", "$HOME", "'"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "a b|$HOME|'|");
}

TEST(RunProcess, FolderEnvironmentAndEmptyInput) {
  const auto result = run_process({"sh", "-c", "pwd; echo $COLOUR; cat"},
                                  {.folder = "/", .environment = {{"COLOUR", "red"}}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "/\nred\n");
}

TEST(RunProcess, LogTakesTheOutput) {
  const fs::path log = fs::temp_directory_path() / ("gatewright-log-" + std::to_string(::getpid()));
  const auto result = run_process({"sh", "-c", "echo out; echo err >&2"}, {.log = log});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "");
  EXPECT_EQ(*read_file(log), "out\nerr\n");
  fs::remove(log);
}

TEST(RunProcess, SignalIsTold) {
  const auto result = run_process({"sh", "-c", "kill -9 $$"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_code, 128 + 9);
}

TEST(RunProcess, MissingProgramIsAMessage) {
  const auto result = run_process({"no-such-program"});
  ASSERT_FALSE(result);
  EXPECT_EQ(to_string(result.errors()[0]),
            "no-such-program: error: cannot be started: it is not on PATH [program-not-started]");
}

TEST(RunProcess, ManyBytesDoNotBlock) {
  const auto result =
      run_process({"sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output.size(), 20000u * 11);
}

TEST(FindProgram, LooksOnPath) {
  EXPECT_TRUE(find_program("sh").ends_with("/sh"));
  EXPECT_EQ(find_program("no-such-program"), "");
  EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
}

}  // namespace
}  // namespace gw
