// Claim: work in a process of its own gives its answer, and no crash, endless loop or greed of it reaches us.

#include "support/isolated.h"

#include <atomic>
#include <csignal>
#include <functional>
#include <stdexcept>

#include <gtest/gtest.h>

namespace gw {
namespace {

constexpr std::size_t some_memory = std::size_t{1} << 28;

TEST(Isolated, AnswersOfAnySize) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{10'000'000}}) {
    const auto answer = run_isolated([&] { return std::string(size, 'x'); }, 10000, some_memory);
    EXPECT_EQ(answer.why, "");
    EXPECT_EQ(answer.bytes, std::string(size, 'x'));
  }
}

TEST(Isolated, WhatGoesWrongStaysThere) {
  const auto why = [](const std::function<std::string()>& work) {
    return run_isolated(work, 100, some_memory).why;
  };
  EXPECT_EQ(why([]() -> std::string {
              std::raise(SIGSEGV);
              return "";
            }),
            "it crashed (signal 11)");
  EXPECT_EQ(why([]() -> std::string {
              for (std::atomic<unsigned> i = 0;; ++i) {
              }
            }),
            "it takes too long");
  EXPECT_EQ(why([]() -> std::string { throw std::runtime_error("no"); }), "it takes too much memory");
  EXPECT_EQ(why([] { return std::string(some_memory * 2, 'x'); }), "it takes too much memory");
}

}  // namespace
}  // namespace gw
