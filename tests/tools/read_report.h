#pragma once

#include <gtest/gtest.h>

#include "tools/design_report.h"

namespace gw::testing {

/// What a report says; empty, and a failure of the test, where it is not understood.
inline DesignReport read_report(std::string_view text) {
  const auto report = read_design_report(text, "a.rpt");
  EXPECT_TRUE(report) << to_string(report.errors().front());
  return report ? *report : DesignReport{};
}

}  // namespace gw::testing
