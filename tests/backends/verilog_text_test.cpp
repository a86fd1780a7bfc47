// What the generated text promises, whatever the tools say.

#include <algorithm>
#include <bit>

#include <gtest/gtest.h>

#include "backends/verilog/choice.h"
#include "backends/verilog/table.h"
#include "backends/verilog/verilog.h"
#include "common/chain.h"
#include "common/random_stage.h"
#include "schedule/schedule.h"

namespace gw {
namespace {

TEST(Verilog, IsTheSameForTheSameDesign) {
  const auto text = [] {
    Random random(3);
    const Stage stage = random_matrix_stage(random, {5, 5, 2}, {6, 3, true});
    return verilog(*schedule("top", chain_of(std::span(&stage, 1), {{5, 5, 2}, FixedType{6, 3, true}}),
                             *find_part("xcu250-figd2104-2L-e"), {}));
  };
  EXPECT_EQ(text(), text());
}

TEST(Verilog, SaysWhatOfATableIsToBeKept) {
  text::TablePrinter printer;
  std::vector<std::int64_t> words(66, 1);
  words[0] = 2;
  words[65] = 0;
  EXPECT_EQ(printer.print("n7", "whole", 7, words, 2),
            "  wire [63:0] n7_1_0_words = 64'h1;\n"
            "  (* keep *) wire n7_1_0 = n7_1_0_words[whole[5:0]];\n"
            "  wire [1:0] n7_1 = {1'b0, n7_1_0};\n"
            "  wire [1:0] n7_0_1_words = 2'h1;\n"
            "  wire n7_0_1 = n7_0_1_words[whole[0:0]];\n"
            "  wire [63:0] n7_0_0_words = 64'hfffffffffffffffe;\n"
            "  (* keep *) wire n7_0_0 = n7_0_0_words[whole[5:0]];\n"
            "  wire [1:0] n7_0 = {n7_0_1, n7_0_0};\n"
            "  wire [1:0] n7 = {n7_1[whole[6:6]], n7_0[whole[6:6]]};\n");
  // Equal pieces are one wire.
  EXPECT_EQ(printer.print("n8", "whole", 7, std::vector<std::int64_t>{words.begin(), words.begin() + 64}, 1),
            "  wire [0:0] n8 = {n7_0_0};\n");
}

// Equal functions are one wire, and what no word depends on is not read.
TEST(Verilog, PrintsATruthTableInGates) {
  const std::vector<std::int64_t> words{0, 3, 2, 3, 0, 3, 2, 3};
  EXPECT_EQ(text::truth_table("n5", {"a", "b", ""}, words, 2),
            "  wire n5_0 = a;\n"
            "  wire n5_1 = b | n5_0;\n"
            "  wire [1:0] n5 = {n5_1, n5_0};\n");
  // Of seven address bits, what the lower six choose is one table of six inputs.
  std::vector<std::int64_t> parity;
  for (unsigned address = 0; address < 128; ++address) parity.push_back(std::popcount(address) & 1);
  const std::string text = text::truth_table("n6", {"a", "b", "c", "d", "e", "f", "g"}, parity, 1);
  EXPECT_EQ(std::ranges::count(text, '*'), 4) << text;  // of two attributes
  EXPECT_NE(text.find("  wire [0:0] n6 = {n6_12};\n"), std::string::npos) << text;
}

// Each choice from four is a wire that is kept, but the last; what is left over is not.
TEST(Verilog, ChoosesFromManyByFours) {
  const std::vector<std::string> options{"a", "b", "c", "d", "e", "f"};
  EXPECT_EQ(text::choice("y", "s", options, 8),
            "  (* keep *) wire [7:0] y_0_0 = s[1] ? (s[0] ? d : c) : (s[0] ? b : a);\n"
            "  wire [7:0] y_0_1 = s[0] ? f : e;\n"
            "  wire [7:0] y = s[2] ? y_0_1 : y_0_0;\n");
  EXPECT_EQ(text::choice("y", "s", std::span(options).first(3), 1),
            "  wire [0:0] y = s[1] ? c : s[0] ? b : a;\n");
}

}  // namespace
}  // namespace gw
