#include "tools/yosys.h"

#include <iterator>

#include "backends/verilog/verilog.h"
#include "tools/tool_fixture.h"

namespace gw {
namespace {

using YosysTest = ToolTest;

Part u250() { return *find_part("xcu250-figd2104-2L-e"); }

std::string text_of(const Diagnostics& errors) {
  std::string text;
  for (const auto& error : errors) text += to_string(error) + "\n";
  return text;
}

// One adder y = a + b of signed operands in front of a register.
SynthesisJob adder(int width) {
  return {"adder",
          {{"adder.v",
            fmt::format("module adder(input clk, input signed [{0}:0] a, b, output reg signed [{1}:0] y);\n"
                        "  always @(posedge clk) y <= a + b;\nendmodule\n",
                        width - 1, width)}}};
}

TEST_F(YosysTest, AnAdderCostsWhatTheFormulaSays) {
  // a +- (b << s): max(wa, wb + s) - s LUT, whatever the sign.
  const SynthesisJob job{"adders", {{"adders.v", R"(module adders(input clk, input signed [10:0] a, c,
              input signed [8:0] b, d, output reg signed [12:0] sum, difference);
  always @(posedge clk) begin
    sum <= a + (b <<< 3);         // max(11, 12) - 3 = 9 LUT, 10 carries
    difference <= c - (d <<< 1);  // max(11, 10) - 1 = 10 LUT, 11 carries
  end
endmodule
)"}}};
  const auto used = synthesise(job, u250(), {.cache_folder = cache()});
  ASSERT_TRUE(used) << text_of(used.errors());
  EXPECT_EQ(used->lut, 19);
  EXPECT_EQ(used->ff, 13 + 12);  // the topmost bit of the difference repeats the one below
  EXPECT_EQ(used->dsp, 0);
  EXPECT_EQ(used->carry8, 3);  // 3 + 3 CARRY4
  EXPECT_FALSE(used->cached);
  EXPECT_GT(used->seconds, 0);
  EXPECT_EQ(left_in_work(), 0);
}

TEST_F(YosysTest, AShiftAddTreeIsTheSumOfItsAdders) {
  // 11 a + 7 b + 5 c with a, b, c of 8 bits, by signed digits, every width exact.
  const SynthesisJob job{"tree", {{"tree.v", R"(module tree(input clk, input signed [7:0] a, b, c,
            output reg signed [12:0] y);
  wire signed [10:0] a5 = a + (a <<< 2);     // 10 - 2 = 8 LUT
  wire signed [11:0] a11 = a + (a5 <<< 1);   // 12 - 1 = 11
  wire signed [10:0] b7 = (b <<< 3) - b;     // 11
  wire signed [10:0] c5 = c + (c <<< 2);     // 8
  wire signed [11:0] bc = b7 + c5;           // 11
  always @(posedge clk) y <= a11 + bc;       // 12
endmodule
)"}}};
  // Both ways through the flow: with and without DSP blocks, whole and fast.
  for (const bool fast : {false, true}) {
    const auto used = synthesise(job, u250(), {.cache_folder = cache(), .use_dsp = fast, .fast = fast});
    ASSERT_TRUE(used) << text_of(used.errors());
    EXPECT_LE(used->lut, 61);
    EXPECT_GE(used->lut, 55);
    EXPECT_EQ(used->ff, 13);
    EXPECT_EQ(used->dsp, 0);
  }
}

TEST_F(YosysTest, RegisteredProductsBecomeOneDspEachAndConstantOnesNone) {
  // Three ranks of registers around each product: the block holds them all.
  const SynthesisJob job{"products", {{"products.v", R"(module products(input clk, input signed [15:0] a, b,
                input signed [26:0] c, input signed [17:0] d,
                output reg signed [31:0] p, output reg signed [44:0] q, output reg signed [23:0] k);
  reg signed [15:0] ra, rb; reg signed [31:0] rp;
  always @(posedge clk) begin
    ra <= a; rb <= b; rp <= ra * rb; p <= rp;
    q <= c * d;
    k <= a * 8'sd93;
  end
endmodule
)"}}};
  const auto used = synthesise(job, u250(), {.cache_folder = cache()});
  ASSERT_TRUE(used) << text_of(used.errors());
  EXPECT_EQ(used->dsp, 2);
  EXPECT_EQ(used->cells.at("DSP48E1"), 1);
  EXPECT_EQ(used->cells.at("DSP48E2"), 1);  // 27x18 bits are too wide for the other
  EXPECT_GT(used->lut, 20);                 // the constant product
  EXPECT_LT(used->lut, 128);                // 8 partial products of 16 bits would be that
  EXPECT_EQ(used->ff, 24 + 45);             // k and q: only the first product has its registers packed
}

TEST_F(YosysTest, WithoutDspsProductsAreLuts) {
  const SynthesisJob job{"product", {{"product.v", R"(module product(input clk, input signed [7:0] a, b,
               output reg signed [15:0] p);
  always @(posedge clk) p <= a * b;
endmodule
)"}}};
  const auto not_wanted = synthesise(job, u250(), {.cache_folder = cache(), .use_dsp = false});
  const auto not_there = synthesise(job, without_multipliers(u250()), {.cache_folder = cache()});
  for (const auto& used : {not_wanted, not_there}) {
    ASSERT_TRUE(used) << text_of(used.errors());
    EXPECT_EQ(used->dsp, 0);
    EXPECT_GT(used->lut, 60);
    EXPECT_EQ(used->ff, 16);
  }
}

TEST_F(YosysTest, MemoriesAndShiftRegistersAreCountedAsTheVendorDoesThroughInstances) {
  const SynthesisJob job{
      "memories",
      {{"memories.v", R"(module leaf #(parameter W = 4)(input clk, input [W-1:0] d, output reg [W-1:0] q);
  always @(posedge clk) q <= d;
endmodule
module memories(input clk, input we, input [5:0] w, r,
      input [10:0] address, input [13:0] d, output [13:0] small, output [6:0] deep, output shifted,
      output reg [35:0] whole, output reg [17:0] half, output [8:0] q);
  leaf #(.W(4)) low(.clk(clk), .d(d[3:0]), .q(q[3:0]));
  leaf #(.W(5)) high(.clk(clk), .d(d[8:4]), .q(q[8:4]));
  reg [13:0] m32 [0:31];
  always @(posedge clk) if (we) m32[w[4:0]] <= d;
  assign small = m32[r[4:0]];
  reg [6:0] m64 [0:63];
  always @(posedge clk) if (we) m64[w] <= d[6:0];
  assign deep = m64[r];
  reg [19:0] s;
  always @(posedge clk) s <= {s[18:0], d[0]};
  assign shifted = s[19];
  reg [35:0] m36 [0:1023];
  always @(posedge clk) begin if (we) m36[address[9:0]] <= {d, d, d[7:0]}; whole <= m36[{r, w[3:0]}]; end
  reg [17:0] m18 [0:1023];
  always @(posedge clk) begin if (we) m18[address[9:0]] <= {d, d[3:0]}; half <= m18[{r, w[3:0]}]; end
endmodule
)"}}};
  const auto used = synthesise(job, u250(), {.cache_folder = cache()});
  ASSERT_TRUE(used) << text_of(used.errors());
  EXPECT_EQ(used->lut_memory, 16);  // one RAM32M16 and one RAM64M8, 8 LUT each
  EXPECT_EQ(used->shift_lut, 1);
  EXPECT_EQ(used->bram36, 1);
  EXPECT_EQ(used->bram18, 1);
  EXPECT_EQ(used->bram(), 1.5);
  EXPECT_EQ(used->lut, used->logic_lut + 17);
  EXPECT_EQ(used->ff, 9);  // in two instances with parameters
}

TEST_F(YosysTest, WithoutBlockMemoryMemoriesAreLuts) {
  const SynthesisJob job{"deep", {{"deep.v", R"(module deep(input clk, input we, input [8:0] w, r,
      input [7:0] d, output reg [7:0] q);
  reg [7:0] m [0:511];
  always @(posedge clk) begin if (we) m[w] <= d; q <= m[r]; end
endmodule
)"}}};
  const auto in_blocks = synthesise(job, u250(), {.cache_folder = cache()});
  ASSERT_TRUE(in_blocks) << text_of(in_blocks.errors());
  EXPECT_EQ(in_blocks->bram(), 0.5);
  const auto without = synthesise(job, without_block_memory(u250()), {.cache_folder = cache()});
  ASSERT_TRUE(without) << text_of(without.errors());
  EXPECT_EQ(without->bram(), 0);
  EXPECT_GT(without->lut, in_blocks->lut + 32);
  for (const char* name : {"xc7a35tcpg236-1", "lfe5u-85f-6bg381c", "ice40hx8k-ct256"}) {
    const Part part = *find_part(name);
    EXPECT_EQ(synthesis_script(job, part, {}).find("-nobram"), std::string::npos) << name;
    EXPECT_NE(synthesis_script(job, without_block_memory(part), {}).find("-nobram"), std::string::npos)
        << name;
  }
}

// A Yosys that counts its runs and finds as many FDRE as the source has letters; `version` is what it calls
// itself.
std::string counting_yosys(const fs::path& runs, const std::string& version) {
  return "if [ \"$1\" = -V ]; then echo '" + version + "'; exit 0; fi\necho run >> " + runs.string() +
         "\necho \"{\\\"design\\\": {\\\"num_cells_by_type\\\": {\\\"FDRE\\\": $(cat *.v | wc -c)}}}\" > "
         "stat.json";
}

TEST_F(YosysTest, AnUnchangedModuleIsNotSynthesisedAgain) {
  const fs::path runs = folder / "runs";
  const auto count = [&] { return std::ssize(*read_file(runs)) / 4; };
  fake("yosys", counting_yosys(runs, "Yosys 1"));
  const auto first = synthesise(adder(8), u250(), {.cache_folder = cache()});
  ASSERT_TRUE(first) << text_of(first.errors());
  EXPECT_EQ(first->ff, std::ssize(adder(8).files[0].second));
  EXPECT_EQ(count(), 1);

  const auto second = synthesise(adder(8), u250(), {.cache_folder = cache()});
  ASSERT_TRUE(second);
  EXPECT_EQ(count(), 1);
  EXPECT_TRUE(second->cached);
  EXPECT_EQ(second->seconds, 0);
  EXPECT_EQ(second->cells, first->cells);
  EXPECT_EQ(second->ff, first->ff);

  // Whatever may change the count is a part of the key.
  EXPECT_FALSE(synthesise(adder(9), u250(), {.cache_folder = cache()})->cached);
  EXPECT_FALSE(synthesise(adder(8), u250(), {.cache_folder = cache(), .use_dsp = false})->cached);
  EXPECT_FALSE(synthesise(adder(8), u250(), {.cache_folder = cache(), .fast = true})->cached);
  EXPECT_FALSE(synthesise(adder(8), *find_part("xc7z020clg400-1"), {.cache_folder = cache()})->cached);
  fake("yosys", counting_yosys(runs, "Yosys 2"));
  EXPECT_FALSE(synthesise(adder(8), u250(), {.cache_folder = cache()})->cached);
  EXPECT_EQ(count(), 6);
  EXPECT_EQ(left_in_work(), 0);
}

TEST_F(YosysTest, ADamagedCacheEntryIsReplaced) {
  fake("yosys", counting_yosys(folder / "runs", "Yosys 1"));
  const auto first = synthesise(adder(8), u250(), {.cache_folder = cache()});
  ASSERT_TRUE(first);
  for (const auto& entry : fs::directory_iterator(cache())) {
    if (!entry.is_regular_file()) continue;
    ASSERT_TRUE(write_file(entry.path(), "{\"design\": {"));
  }
  const auto second = synthesise(adder(8), u250(), {.cache_folder = cache()});
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->cached);
  EXPECT_EQ(second->cells, first->cells);
}

// What Yosys only warns of, or not even that: it ends with exit code 0 on all of this.
TEST_F(YosysTest, DefectsOfADesignAreErrors) {
  const SynthesisJob job{"bad", {{"bad.v", R"(module leaf(input [3:0] d, output [3:0] q);
  assign q = ~d;
endmodule
module bad(input clk, a, b, e, input [4:0] d, output reg twice, output open, output reg latch, output [3:0] q);
  always @(posedge clk) twice <= a;
  always @(posedge clk) twice <= b;
  wire floating;
  assign open = a & floating;
  always @* if (e) latch = a;
  leaf inner(.d(d), .q(q));
endmodule
)"}}};
  const auto used = synthesise(job, u250(), {.cache_folder = cache()});
  ASSERT_FALSE(used);
  EXPECT_EQ(used.errors()[0].id, "tool-warned");
  EXPECT_TRUE(fs::exists(used.errors()[0].place.file));
  const std::string text = used.errors()[0].text;
  EXPECT_NE(text.find("multiple conflicting drivers for bad.\\twice"), std::string::npos) << text;
  EXPECT_NE(text.find("Wire bad.\\floating is used but has no driver"), std::string::npos) << text;
  EXPECT_NE(text.find("Latch inferred for signal `\\bad.\\latch'"), std::string::npos) << text;
  EXPECT_NE(text.find("Resizing cell port bad.inner.d from 5 bits to 4 bits"), std::string::npos) << text;
}

TEST_F(YosysTest, AMissingModuleIsAnError) {
  const SynthesisJob job{"half",
                         {{"half.v", "module half(input a, output q); other o(.a(a), .q(q)); endmodule\n"}}};
  const auto used = synthesise(job, u250(), {.cache_folder = cache()});
  ASSERT_FALSE(used);
  EXPECT_EQ(used.errors()[0].id, "tool-failed");
  EXPECT_NE(used.errors()[0].text.find("\\other"), std::string::npos) << used.errors()[0].text;
}

TEST_F(YosysTest, ErrorsNameTheModuleTheLogAndTheLastWords) {
  fake("yosys", "if [ \"$1\" = -V ]; then echo fake; exit 0; fi; echo 'ERROR: no such thing'; exit 3");
  const auto used = synthesise(adder(4), u250(), {.cache_folder = cache()});
  ASSERT_FALSE(used);
  const std::string log = used.errors()[0].place.file;
  EXPECT_TRUE(log.starts_with((cache() / "jobs" / "adder-").string()));
  EXPECT_EQ(to_string(used.errors()[0]), log +
                                             ": module 'adder': error: yosys ended with exit code 3; its "
                                             "last words, of which the whole is in this "
                                             "file:\nERROR: no such thing [tool-failed]");
}

TEST_F(YosysTest, AResolvedConflictIsAnErrorAlthoughTheExitCodeIsZero) {
  fake("yosys",
       "if [ \"$1\" = -V ]; then echo fake; exit 0; fi\n"
       "echo 'Warning: Driver-driver conflict for \\p [0] between cell a.O and constant 0'\n"
       "echo 'Warning: Replacing memory \\m with list of registers.'\n"
       "echo '{\"design\": {\"num_cells_by_type\": {\"FDRE\": 2}}}' > stat.json");
  const auto used = synthesise(adder(4), u250(), {.cache_folder = cache()});
  ASSERT_FALSE(used);
  EXPECT_EQ(
      to_string(used.errors()[0]),
      used.errors()[0].place.file +
          ": module 'adder': error: yosys has doubts about this design, which is therefore refused; the "
          "whole log "
          "is in this file:\n  Warning: Driver-driver conflict for \\p [0] between cell a.O and constant 0 "
          "[tool-warned]");
}

TEST_F(YosysTest, AKilledRunLeavesNoResultAndTheNextOneWorks) {
  fake("yosys",
       "if [ \"$1\" = -V ]; then echo 'Yosys 1'; exit 0; fi\n"
       "echo '{\"design\": {\"num_cells_by_type\": {\"FD' > stat.json; kill -9 $$");
  const auto killed = synthesise(adder(4), u250(), {.cache_folder = cache()});
  ASSERT_FALSE(killed);
  EXPECT_NE(killed.errors()[0].text.find("exit code 137"), std::string::npos) << killed.errors()[0].text;
  fake("yosys", counting_yosys(folder / "runs", "Yosys 1"));
  const auto used = synthesise(adder(4), u250(), {.cache_folder = cache()});
  ASSERT_TRUE(used);
  EXPECT_FALSE(used->cached);
  EXPECT_EQ(left_in_work(), 0);
}

TEST_F(YosysTest, AResultThatIsNoneIsAnError) {
  fake("yosys", "if [ \"$1\" = -V ]; then echo fake; exit 0; fi; exit 0");
  const auto used = synthesise(adder(4), u250(), {.cache_folder = cache()});
  ASSERT_FALSE(used);
  EXPECT_EQ(to_string(used.errors()[0]),
            used.errors()[0].place.file +
                ": module 'adder': error: yosys left no readable result: no stat.json "
                "[tool-output]");
}

TEST_F(YosysTest, TheFamiliesOfFourInputTablesAreCountedToo) {
  for (const auto& [name, lut, carry] :
       {std::tuple{"ice40hx8k-ct256", 9, 8}, {"lfe5u-25f-6bg381c", 10, 10}}) {
    SCOPED_TRACE(name);
    const auto used = synthesise(adder(8), *find_part(name), {.cache_folder = cache()});
    ASSERT_TRUE(used) << text_of(used.errors());
    EXPECT_EQ(used->lut, lut);
    EXPECT_EQ(used->ff, 9);
    EXPECT_EQ(used->carry_bits, carry);
  }
}

TEST_F(YosysTest, AFamilyThatIsNotServedIsAnError) {
  Part part = *find_part("ice40hx8k-ct256");
  part.name = "machxo2-7000";
  part.family = "machxo2";
  const auto used = synthesise(adder(4), part, {.cache_folder = cache()});
  ASSERT_FALSE(used);
  EXPECT_EQ(
      to_string(used.errors()[0]),
      "module 'adder': error: part machxo2-7000 is of family 'machxo2', which is not synthesised yet; families "
      "that are: xcup, xcu, xc7, ecp5, ice40 [synthesis-unserved]");
}

TEST(CountCells, UnknownCellsAndLatchesAreAllTold) {
  const auto used = count_cells("m", {{"FDRE", 3}, {"$_DLATCH_P_", 2}, {"LDCE", 1}});
  ASSERT_FALSE(used);
  EXPECT_EQ(
      text_of(used.errors()),
      "module 'm': error: '$_DLATCH_P_' (2 of them) is left in the netlist and is no resource of the part "
      "[unmapped-cell]\n"
      "module 'm': error: 'LDCE' (1 of them) is a latch; every register has to be clocked "
      "[latch-in-netlist]\n");
}

TEST(CountCells, InvertersAreFreeAndCarriesPairUp) {
  const auto used =
      count_cells("m", {{"INV", 7}, {"LUT2", 2}, {"CARRY4", 5}, {"RAM32M16", 2}, {"SRL16E", 3}});
  ASSERT_TRUE(used);
  EXPECT_EQ(used->logic_lut, 2);
  EXPECT_EQ(used->lut, 2 + 16 + 3);
  EXPECT_EQ(used->carry8, 3);
  EXPECT_EQ(used->cells.at("INV"), 7);
  Utilisation sum = *used;
  sum += *used;
  EXPECT_EQ(sum.lut, 42);
  EXPECT_EQ(sum.cells.at("INV"), 14);
}

class Recorder : public SilentProgress {
 public:
  void update(std::int64_t done, std::string_view) override { last = done; }
  bool stop_requested() const override { return stop; }
  std::int64_t last = 0;
  bool stop = false;
};

TEST_F(YosysTest, FifosSideBySideCountAsEachAlone) {
  const std::vector<FifoShape> shapes{{1, 9}, {2, 12}, {40, 33}, {2, 12}};
  std::vector<SynthesisJob> jobs{{"fifos", verilog_fifo_files("fifos", shapes)}};
  for (const FifoShape& shape : shapes)
    jobs.push_back({"alone", verilog_fifo_files("alone", std::span(&shape, 1))});
  SilentProgress silent;
  const auto used = synthesise_all(jobs, u250(), {.cache_folder = cache()}, 0, silent);
  ASSERT_TRUE(used) << text_of(used.errors());
  Utilisation each;
  for (size_t n = 1; n < used->size(); ++n) each += (*used)[n];
  // How gates are mapped depends on what stands beside them.
  EXPECT_NEAR(static_cast<double>(used->front().lut), static_cast<double>(each.lut),
              0.1 * static_cast<double>(each.lut));
  EXPECT_EQ(used->front().lut_memory, each.lut_memory);
  EXPECT_EQ(used->front().ff, each.ff);
  EXPECT_GT(each.lut_memory, 0);
}

TEST_F(YosysTest, AllJobsComeBackInOrder) {
  fake("yosys", counting_yosys(folder / "runs", "Yosys 1"));
  std::vector<SynthesisJob> jobs;
  for (const int padding : {30, 10, 90, 20}) {
    jobs.push_back({"adder", {{"adder.v", std::string(static_cast<size_t>(padding), ' ')}}});
  }
  Recorder progress;
  const auto used = synthesise_all(jobs, u250(), {.cache_folder = cache()}, 2, progress);
  ASSERT_TRUE(used) << text_of(used.errors());
  ASSERT_EQ(used->size(), 4u);
  EXPECT_EQ((*used)[0].ff, 30);
  EXPECT_EQ((*used)[1].ff, 10);
  EXPECT_EQ((*used)[2].ff, 90);
  EXPECT_EQ((*used)[3].ff, 20);
  EXPECT_EQ(progress.last, 4);
}

TEST_F(YosysTest, ErrorsOfAllJobsAreTold) {
  fake("yosys", "if [ \"$1\" = -V ]; then echo fake; exit 0; fi; exit 1");
  std::vector<SynthesisJob> jobs{adder(4), {"other", {{"other.v", ""}}}};
  Recorder progress;
  const auto used = synthesise_all(jobs, u250(), {.cache_folder = cache()}, 2, progress);
  ASSERT_FALSE(used);
  ASSERT_EQ(used.errors().size(), 2u);
  EXPECT_EQ(used.errors()[0].place.item, "module 'adder'");
  EXPECT_EQ(used.errors()[1].place.item, "module 'other'");
}

TEST_F(YosysTest, AStopIsToldAndKeepsWhatIsDone) {
  std::vector<SynthesisJob> jobs{adder(4)};
  Recorder progress;
  progress.stop = true;
  const auto used = synthesise_all(jobs, u250(), {.cache_folder = cache()}, 1, progress);
  ASSERT_FALSE(used);
  EXPECT_EQ(
      to_string(used.errors()[0]),
      "error: stopped when 0 of 1 were done; those are kept, and the next run goes on from them [stopped]");
}

TEST_F(YosysTest, WithoutYosysTheErrorSaysSo) {
  ::setenv("PATH", folder.c_str(), 1);
  const auto used = synthesise(adder(4), u250(), {.cache_folder = cache()});
  ASSERT_FALSE(used);
  EXPECT_EQ(used.errors()[0].id, "program-not-started");
}

}  // namespace
}  // namespace gw
