// The rules of the house that a program can check: how files open, how long they are, which words do not
// stand in them, and that only the command line talks to the world.
#include <regex>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "house/tree.h"

namespace gw::house {
namespace {

const std::vector<std::string> code = {".cpp", ".h"};

TEST(Style, EverySourceOpensWithItsIdea) {
  for (const auto& top : {"src", "bench"}) {
    for (const auto& file : files(top, {".cpp"})) {
      ASSERT_FALSE(file.lines.empty()) << file.path << " is empty";
      EXPECT_TRUE(file.lines[0].starts_with("// "))
          << file.path << " does not say in its first line what it is";
    }
  }
}

// A file of loops that is compiled several times, once for each instruction set, is a *_body.h.
TEST(Style, EveryHeaderIsIncludedOnce) {
  for (const auto& top : {"src", "tests", "bench"}) {
    for (const auto& file : files(top, {".h"})) {
      ASSERT_FALSE(file.lines.empty()) << file.path << " is empty";
      if (file.path.ends_with("_body.h")) continue;
      EXPECT_EQ(file.lines[0], "#pragma once") << file.path;
    }
  }
}

TEST(Style, NoFileIsTooLongToRead) {
  for (const auto& file : files("src", code)) {
    EXPECT_LE(file.lines.size(), 600u) << file.path << ": think again above 600 lines";
  }
}

TEST(Style, NamesAreSnakeCase) {
  const std::regex name(R"([a-z0-9_]+(/[a-z0-9_]+)*\.(cpp|h))");
  for (const auto& top : {"src", "tests", "bench"}) {
    for (const auto& file : files(top, code)) EXPECT_TRUE(std::regex_match(file.path, name)) << file.path;
  }
}

// Spelt in halves, so that this file does not find itself.
TEST(Style, NothingIsLeftForLater) {
  const std::regex later(
      "\\b(TO"
      "DO|FIX"
      "ME|XX"
      "X|HA"
      "CK)\\b");
  for (const auto& top : {"src", "tests", "bench", "docs", "scripts", "cmake"}) {
    for (const auto& file : files(top, {""})) {
      for (size_t i = 0; i < file.lines.size(); ++i) {
        EXPECT_FALSE(std::regex_search(file.lines[i], later))
            << file.path << ":" << i + 1 << ": " << file.lines[i];
      }
    }
  }
}

// Looking a program up on PATH is part of starting it, so run_process reads that one variable itself.
TEST(Style, OnlyTheCommandLineTalksToTheWorld) {
  const std::regex talk(R"(std::(cout|cerr|clog|exit|getenv|abort|puts|printf)\b|\bf?printf\(|\bfmt::print)");
  for (const auto& file : files("src", code)) {
    if (file.folder == "cli" || file.path == "src/support/process.cpp") continue;
    const auto lines = file.code();
    for (size_t i = 0; i < lines.size(); ++i) {
      const std::string spoken = lines[i].substr(0, lines[i].find("//"));
      EXPECT_FALSE(std::regex_search(spoken, talk)) << file.path << ":" << i + 1 << ": " << lines[i];
    }
  }
}

}  // namespace
}  // namespace gw::house
