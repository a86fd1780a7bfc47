// The two commands of the root, with compilers and tests that only pretend.
#include <regex>

#include <gtest/gtest.h>

#include "scripts/sandbox.h"

namespace gw::scripts {
namespace {

class Program : public testing::Test {
 protected:
  Program() {
    box.write("tree/src/a.cpp", "1");
    for (const auto* file : {"tree/cmake/x.cmake", "tree/CMakeLists.txt", "tree/CMakePresets.json"})
      box.write(file, "");
    box.program("setup", "echo \"setup $*\" >>\"$HERE/calls\"");
    box.run({"rm", "tree/scripts/setup"});
    std::filesystem::create_symlink(box.folder() / "bin/setup", box.folder() / "tree/scripts/setup");
    // "Building" writes a program that shows its arguments.
    box.program("cmake",
                "echo \"cmake $*\" >>\"$HERE/calls\"\n"
                "case $* in --build*)\n"
                "  [ ! -e \"$HERE/broken\" ] || { echo 'a.cpp: error'; exit 1; }\n"
                "  mkdir -p build/release/src/cli; program=build/release/src/cli/gatewright\n"
                "  printf '#!/usr/bin/env bash\\necho \"$PWD:\" \"${@/#/<}\"; exit 7\\n' >$program\n"
                "  /bin/chmod +x $program ;;\n"
                "esac\n");
  }
  std::string calls() const {
    std::string made = box.read("calls");
    box.run({"rm", "-f", "calls"});
    return made;
  }
  Sandbox box;
};

constexpr const char* a_build =
    "setup build run data\ncmake --preset release\ncmake --build --preset release --target gatewright\n";

TEST_F(Program, FirstCallBuildsAndLaterOnesOnlyRun) {
  const auto first = box.run({"tree/gatewright", "two words", "x"});
  EXPECT_EQ(first.code, 7);
  EXPECT_EQ(first.output,
            "Building Gatewright (build/release)\n" + box.folder().string() + ": <two words <x\n");
  EXPECT_EQ(calls(), a_build);
  const auto second = box.run({"tree/gatewright"});
  EXPECT_EQ(second.code, 7);
  EXPECT_EQ(calls(), "");
}

TEST_F(Program, NewerSourceIsBuilt) {
  box.run({"tree/gatewright"});
  calls();
  box.run({"touch", "-d", "+1 minute", "tree/src/a.cpp"});
  box.run({"tree/gatewright"});
  EXPECT_EQ(calls(), a_build);
}

TEST_F(Program, FailedBuildIsShownAndTriedAgain) {
  box.write("broken", "");
  const auto o = box.run({"tree/gatewright"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.output,
            "Building Gatewright (build/release)\na.cpp: error\ngatewright: could not be built, see above\n");
  calls();
  box.run({"rm", "broken"});
  EXPECT_EQ(box.run({"tree/gatewright"}).code, 7);
  EXPECT_EQ(calls(), a_build);
}

TEST_F(Program, WorksFromElsewhereAndThroughALink) {
  std::filesystem::create_symlink("../tree/gatewright", box.folder() / "bin/gatewright");
  const auto o = box.run({"gatewright", "x"}, {}, "bin");
  EXPECT_EQ(o.code, 7);
  EXPECT_NE(o.output.find(box.folder().string() + "/bin: <x\n"), std::string::npos) << o.output;
}

class Tests : public testing::Test {
 protected:
  Tests() {
    box.program("setup", "");
    box.run({"rm", "tree/scripts/setup"});
    std::filesystem::create_symlink(box.folder() / "bin/setup", box.folder() / "tree/scripts/setup");
    box.program("cmake", "echo \"cmake $*\" >>\"$HERE/calls\"");
  }
  // A ctest that leaves these results and ends so.
  void results(const std::string& cases, int code) const {
    box.program("ctest",
                "echo \"ctest $*\" >>\"$HERE/calls\"\n"
                "while [ $# -gt 0 ]; do [ \"$1\" != --output-junit ] || file=$2; shift; done\n"
                "printf '<testsuite>\\n" +
                    cases + "</testsuite>\\n' >$file\nexit " + std::to_string(code));
  }
  Sandbox::Outcome test(const std::vector<std::pair<std::string, std::string>>& environment = {}) const {
    auto all = environment;
    if (all.empty()) all.emplace_back("CI", "");
    return box.run({"tree/test"}, all);
  }
  Sandbox box;
};

const std::string passed = "<testcase name=\"a\" status=\"run\">\\n</testcase>\\n";
const std::string failed = "<testcase name=\"b\" status=\"fail\">\\n<failure message=\"\"/>\\n</testcase>\\n";
const std::string skipped =
    "<testcase name=\"c\" status=\"notrun\">\\n<skipped "
    "message=\"SKIP_REGULAR_EXPRESSION_MATCHED\"/>\\n</testcase>\\n";
const std::string absent =
    "<testcase name=\"d\" status=\"notrun\">\\n<skipped message=\"Unable to find "
    "executable\"/>\\n</testcase>\\n";

TEST_F(Tests, LastLineCountsCases) {
  results(passed + passed, 0);
  EXPECT_EQ(test().output, "2 passed, 0 failed\n");
  EXPECT_EQ(test().code, 0);
  results(passed + skipped, 0);
  EXPECT_EQ(test().output, "1 passed, 0 failed, 1 skipped\n");
  EXPECT_EQ(test().code, 0);
  results(passed + failed + failed + skipped, 8);
  EXPECT_EQ(test().output, "1 passed, 2 failed, 1 skipped\n");
  EXPECT_EQ(test().code, 1);
}

TEST_F(Tests, WhatDidNotRunIsAFailure) {
  results(passed + absent, 8);
  EXPECT_EQ(test().output, "1 passed, 1 failed\n");
  EXPECT_EQ(test().code, 1);
  results("", 0);
  EXPECT_EQ(test().output, "0 passed, 1 failed\n");
  results(passed, 8);  // ctest knows of something that the file does not
  EXPECT_EQ(test().output, "1 passed, 1 failed\n");
}

TEST_F(Tests, BrokenBuildIsAFailure) {
  box.program("cmake", "case $* in --build*) exit 1 ;; esac");
  const auto o = test();
  EXPECT_EQ(o.output, "test: the build failed\n0 passed, 1 failed\n");
  EXPECT_EQ(o.code, 1);
}

TEST_F(Tests, ContinuousIntegrationUsesItsOwnPreset) {
  results(passed, 0);
  test();
  test({{"CI", "true"}});
  const std::string calls = box.read("calls");
  EXPECT_TRUE(std::regex_search(
      calls, std::regex("^cmake --preset dev\ncmake --build --preset dev\nctest --preset dev ")))
      << calls;
  EXPECT_TRUE(std::regex_search(
      calls, std::regex("\ncmake --preset ci\ncmake --build --preset ci\nctest --preset ci ")))
      << calls;
}

}  // namespace
}  // namespace gw::scripts
