// How a finding reads, and which word was meant.
#include "support/diagnostic.h"

#include <stdexcept>

#include <gtest/gtest.h>

#include "support/messages.h"
#include "support/result.h"

namespace gw {
namespace {

TEST(Diagnostic, ReadsLikeACompilersMessage) {
  const Diagnostic d = diagnose(messages::unknown_key, {"net.yml", 14, "layers.fc1"}, "unit", "units");
  EXPECT_EQ(to_string(d),
            "net.yml:14: layers.fc1: error: unknown key 'unit'; did you mean 'units'? [unknown-key]");
}

TEST(Diagnostic, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(to_string({"odd", Severity::Warning, {}, "is odd"}), "warning: is odd [odd]");
  EXPECT_EQ(to_string({"odd", Severity::Note, {"a.yml"}, "is odd"}), "a.yml: note: is odd [odd]");
  EXPECT_EQ(to_string({"odd", Severity::Error, {.item = "key"}, "is odd"}), "key: error: is odd [odd]");
}

TEST(Nearest, FewestEditsWin) {
  EXPECT_EQ(nearest("unit", {"name", "units", "kind"}), "units");
  EXPECT_EQ(nearest("kernal", {"kernel", "channel"}), "kernel");
  EXPECT_EQ(nearest("x", {}), "");
  EXPECT_EQ(nearest("ab", {"ac", "ad"}), "ac");  // the first of equals
}

TEST(Result, KeepsTheValueOrTheErrors) {
  const Result<int> value = 3;
  EXPECT_TRUE(value);
  EXPECT_EQ(*value, 3);
  const Result<int> error = diagnose(messages::yaml_syntax, {"a.yml", 2}, "no");
  EXPECT_FALSE(error);
  EXPECT_EQ(error.errors().size(), 1u);
}

TEST(Result, WrongQuestionIsADefectOfTheCaller) {
  const Result<int> error = diagnose(messages::yaml_syntax, {}, "no");
  EXPECT_THROW((void)*error, std::logic_error);
  const Result<int> value = 3;
  EXPECT_THROW((void)value.errors(), std::logic_error);
  EXPECT_THROW((void)Result<int>(Diagnostics{}), std::logic_error);
}

}  // namespace
}  // namespace gw
