// Claim: every number of a report for people is one of the JSON's; what is no report is refused by name; and
// a difference names what differs and nothing else.

#include "report/report_document.h"

#include <gtest/gtest.h>

namespace gw {
namespace {

constexpr const char* build = R"({"format": "gatewright-build-1", "name": "net", "model": "m.gw", "part": "p",
  "clock_ns": 5.0, "seed": 1, "latency_clocks": 120, "interval_clocks": 7,
  "layers": [{"name": "d", "kind": "dense", "shape": [2, 3], "type": "ap_fixed<16,6>", "weights": "ap_fixed<8,2>",
              "parameters": 12345, "factors": 4, "zeros": 3, "multiplications": 98765}],
  "estimated": {"lut": 1234.4, "ff": 77.6, "dsp": 0.0, "bram36": 1.5},
  "stages": [{"name": "d", "style": "adders", "clocks_per_window": 1, "fifo_depth": 2, "latency_clocks": 9,
              "slowest_path_ns": 3.456, "estimated": {"lut": 1234.4, "ff": 77.6, "dsp": 0.0, "bram36": 1.5}}],
  "simulation": {"frames": 2000, "data": "mnist:test", "differing_values": 0, "latency_clocks": 121,
                 "interval_clocks": 8, "accuracy": 0.9775},
  "seconds": {"compile": 1.25}, "rebuild": "gatewright build m.gw"})";

TEST(ReportDocument, SaysTheNumbersOfTheJson) {
  const auto document = report_document(build, "report.json");
  ASSERT_TRUE(document) << to_string(document.errors().front());
  const std::string text = print_text(*document);
  for (const char* number : {"12,345", "98,765", "1,234", "78", "1.5", "3.46", "2,000", "97.75 %", "120",
                             "121", "2x3", "ap_fixed<8,2>", "1.25", "gatewright build m.gw"})
    EXPECT_NE(text.find(number), std::string::npos) << number << "\n" << text;
}

std::string refusal(const std::string& json) {
  const auto document = report_document(json, "r.json");
  return document ? "" : to_string(document.errors().front());
}

TEST(ReportDocument, WhatIsNoReportIsRefused) {
  const std::string end = "; build, profile, compare and study write one [no-report]";
  EXPECT_EQ(refusal("{"), "r.json: error: is no report of Gatewright: it is no JSON object" + end);
  EXPECT_EQ(refusal(std::string(100'000, '[')),
            "r.json: error: is no report of Gatewright: its JSON is nested too deeply" + end);
  EXPECT_EQ(refusal("{}"), "r.json: error: is no report of Gatewright: it has no 'format'" + end);
  EXPECT_EQ(refusal(R"({"format": "x"})"),
            "r.json: error: is no report of Gatewright: its format is 'x'" + end);
  EXPECT_TRUE(
      refusal(R"({"format": "gatewright-build-1"})").find("its 'gatewright-build-1' is not whole: ") !=
      std::string::npos);
}

TEST(ReportDifference, NamesWhatDiffersAndNothingElse) {
  std::string other = build;
  other.replace(other.find("ap_fixed<8,2>"), 13, "ap_fixed<6,2>");
  other.replace(other.find("\"lut\": 1234.4"), 13, "\"lut\": 617.2 ");
  other.replace(other.find("1.25}"), 4, "9.99");
  const auto difference = report_difference(build, "a.json", other, "b.json");
  ASSERT_TRUE(difference);
  EXPECT_EQ(
      print_text(*difference),
      "A: a.json\nB: b.json\n\n2 entries differ, 35 are equal; times, versions and hashes of files are not "
      "compared.\n\n"
      "layers                   A              B  change\n-------------------------------------------------\n"
      "d / weights  ap_fixed<8,2>  ap_fixed<6,2>\n\n"
      "estimated       A      B   change\n---------------------------------\n"
      "lut        1234.4  617.2  -50.0 %\n");
  const auto same = report_difference(build, "a.json", build, "b.json");
  ASSERT_TRUE(same);
  EXPECT_TRUE(same->sections.front().tables.empty());
}

TEST(ReportDifference, OfTwoKindsIsRefused) {
  const auto difference = report_difference(build, "a.json", R"({"format": "gatewright-study-1"})", "b.json");
  ASSERT_FALSE(difference);
  EXPECT_EQ(
      to_string(difference.errors().front()),
      "a.json: error: is a report of 'gatewright-build-1', but the other one is of 'gatewright-study-1'; compare "
      "like with like [reports-of-two-kinds]");
}

}  // namespace
}  // namespace gw
