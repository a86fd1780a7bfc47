// Calls as QKeras writes them, and texts that are none.

#include "support/call_text.h"

#include <gtest/gtest.h>

namespace gw {
namespace {

std::string shown(std::string_view text) {
  const auto call = parse_call(text);
  if (!call) return "none";
  std::string out = call->name;
  for (const CallText::Argument& argument : call->arguments) out += "|" + argument.key + "=" + argument.value;
  return out;
}

TEST(CallText, IsReadWithItsArguments) {
  EXPECT_EQ(shown("binary"), "binary");
  EXPECT_EQ(shown("binary()"), "binary");
  EXPECT_EQ(shown(" f ( 1 , -2.5e3,a = True, b='x, (y' , c=\"\") "), "f|=1|=-2.5e3|a=True|b='x, (y'|c=\"\"");
  EXPECT_EQ(shown("f(1,)"), "f|=1");
}

TEST(CallText, WhatIsNoCallIsTold) {
  for (const char* text : {"", "(1)", "f(1", "f(1))", "f(1) x", "f(,)", "f(1 2)", "f(a=)", "f('x)", "f 1"})
    EXPECT_EQ(shown(text), "none") << text;
}

}  // namespace
}  // namespace gw
