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

TEST(RunProcess, AWatchedProgramIsHeardAsItSpeaks) {
  const fs::path log = fs::temp_directory_path() / ("gatewright-watch-" + std::to_string(::getpid()));
  std::string heard;
  const auto result = run_process({"sh", "-c", "echo one; echo two >&2; exit 4"},
                                  {.log = log, .watch = [&](std::string_view said) {
                                     heard += said;
                                     return true;
                                   }});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_code, 4);
  EXPECT_FALSE(result->stopped);
  EXPECT_EQ(heard, "one\ntwo\n");
  EXPECT_EQ(*read_file(log), heard);
  fs::remove(log);
  EXPECT_EQ(run_process({"echo", "x"}, {.watch = [](std::string_view) { return true; }})->output, "x\n");
}

TEST(RunProcess, AWatchEndsAProgramWithAllItStarted) {
  // The shell's child holds the pipe; were it left alone, it would sleep on.
  const auto result = run_process({"sh", "-c", "echo begun; sleep 100 & sleep 100"},
                                  {.watch = [](std::string_view said) { return said.empty(); }});
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->stopped);
  EXPECT_EQ(result->exit_code, 128 + 15);
  EXPECT_LT(result->seconds, 30);
}

TEST(RunProcess, AHelperLeftBehindIsNotWaitedFor) {
  const auto result =
      run_process({"sh", "-c", "sleep 20 & echo done"}, {.watch = [](std::string_view) { return true; }});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "done\n");
  EXPECT_LT(result->seconds, 10);
}

TEST(FindProgram, LooksOnPath) {
  EXPECT_TRUE(find_program("sh").ends_with("/sh"));
  EXPECT_EQ(find_program("no-such-program"), "");
  EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
}

}  // namespace
}  // namespace gw
