// Reports of vendors' tools, in the shapes of several versions: what is read, and what is told of texts that
// are none.
#include "tools/read_report.h"
#include "tools/report_table.h"

namespace gw {
namespace {

using testing::read_report;

std::string refusal(std::string_view text) {
  const auto report = read_design_report(text, "a.rpt");
  return report ? "read" : to_string(report.errors().front());
}

constexpr std::string_view vivado_hls_2018 = R"(

================================================================
== Vivado HLS Report for 'classify'
================================================================
* Date:           Mon Jan  7 10:00:00 2019

* Version:        2018.3 (Build 2405991 on Thu Dec 06 23:56:15 MST 2018)
* Project:        classify_prj
* Solution:       solution1
* Target device:  xcku115-flvb2104-2-i

================================================================
== Performance Estimates
================================================================
+ Timing (ns):
    * Summary:
    +--------+-------+----------+------------+
    |  Clock | Target| Estimated| Uncertainty|
    +--------+-------+----------+------------+
    |ap_clk  |   5.00|     4.321|        0.62|
    +--------+-------+----------+------------+

+ Latency (clock cycles):
    * Summary:
    +-----+-----+-----+-----+----------+
    |  Latency  |  Interval | Pipeline |
    | min | max | min | max |   Type   |
    +-----+-----+-----+-----+----------+
    |   11|   12|    3|    4| function |
    +-----+-----+-----+-----+----------+

    + Detail:
        * Instance:
        +--------------+---------+-----+-----+-----+-----+----------+
        |              |         |  Latency  |  Interval | Pipeline |
        |   Instance   |  Module | min | max | min | max |   Type   |
        +--------------+---------+-----+-----+-----+-----+----------+
        |grp_dense_fu  |dense    |    5|    5|    1|    1| function |
        +--------------+---------+-----+-----+-----+-----+----------+

        * Loop:
        N/A

================================================================
== Utilization Estimates
================================================================
* Summary:
+-----------------+---------+-------+--------+--------+
|       Name      | BRAM_18K| DSP48E|   FF   |   LUT  |
+-----------------+---------+-------+--------+--------+
|DSP              |        -|      -|       -|       -|
|Instance         |        3|     61|    2000|    7000|
|Register         |        -|      -|     345|       -|
+-----------------+---------+-------+--------+--------+
|Total            |        3|     61|    2345|    7000|
+-----------------+---------+-------+--------+--------+
|Available SLR    |     2160|   2760|  663360|  331680|
+-----------------+---------+-------+--------+--------+
|Available        |     4320|   5520| 1326720|  663360|
+-----------------+---------+-------+--------+--------+
|Utilization (%)  |    ~0   |      1|    ~0  |       1|
+-----------------+---------+-------+--------+--------+

+ Detail:
    * Instance:
    +--------------+---------+---------+-------+------+------+
    |   Instance   |  Module | BRAM_18K| DSP48E|  FF  |  LUT |
    +--------------+---------+---------+-------+------+------+
    |grp_dense_fu  |dense    |        3|     61|  2000|  7000|
    +--------------+---------+---------+-------+------+------+
    |Total         |         |        3|     61|  2000|  7000|
    +--------------+---------+---------+-------+------+------+
)";

TEST(VendorReport, VivadoHls) {
  const DesignReport report = read_report(vivado_hls_2018);
  EXPECT_EQ(report.tool, "Vivado HLS 2018.3");
  EXPECT_EQ(report.top, "classify");
  EXPECT_EQ(report.part, "xcku115-flvb2104-2-i");
  EXPECT_EQ(report.target_ns, 5);
  EXPECT_EQ(report.reached_ns, 4.321);
  EXPECT_EQ(report.latency->least, 11);
  EXPECT_EQ(report.latency->most, 12);
  EXPECT_EQ(report.interval->least, 3);
  EXPECT_EQ(report.interval->most, 4);
  EXPECT_EQ(report.used->bram18, 3);
  EXPECT_EQ(report.used->dsp, 61);
  EXPECT_EQ(report.used->ff, 2345);
  EXPECT_EQ(report.used->lut, 7000);
  EXPECT_EQ(report.available->dsp, 5520);
  EXPECT_EQ(report.available->lut, 663360);
  EXPECT_NEAR(*report.fmax_mhz(), 1000 / 4.321, 1e-9);
}

TEST(VendorReport, VitisHlsWithUnitsUramAndQuestions) {
  const DesignReport report = read_report(R"(
== Vitis HLS Report for 'net'
* Version:        2022.2 (Build 3670227 on Oct 13 2022)
* Target device:  xcu250-figd2104-2L-e
+ Timing:
    * Summary:
    +--------+---------+----------+------------+
    |  Clock |  Target | Estimated| Uncertainty|
    +--------+---------+----------+------------+
    |ap_clk  |  5.00 ns|  3.650 ns|     1.35 ns|
    +--------+---------+----------+------------+
+ Latency:
    * Summary:
    +---------+---------+-----------+-----------+-----+------+----------+
    |  Latency (cycles) |   Latency (absolute)  |  Interval  | Pipeline |
    |   min   |   max   |    min    |    max    | min |  max |   Type   |
    +---------+---------+-----------+-----------+-----+------+----------+
    |        ?|        ?|          ?|          ?|  784|   900| dataflow |
    +---------+---------+-----------+-----------+-----+------+----------+
== Utilization Estimates
* Summary:
+-----------------+---------+------+---------+---------+-----+
|       Name      | BRAM_18K|  DSP |    FF   |   LUT   | URAM|
+-----------------+---------+------+---------+---------+-----+
|Expression       |        -|     -|        0|       20|    -|
|Total            |       10|  2850|    31765|   141367|    2|
|Available        |     5376| 12288|  3456000|  1728000| 1280|
|Utilization (%)  |       ~0|    23|       ~0|        8|   ~0|
+-----------------+---------+------+---------+---------+-----+
)");
  EXPECT_EQ(report.tool, "Vitis HLS 2022.2");
  EXPECT_EQ(report.target_ns, 5);
  EXPECT_FALSE(report.latency->least);
  EXPECT_FALSE(report.latency->most);
  EXPECT_EQ(report.interval->least, 784);
  EXPECT_EQ(report.interval->most, 900);
  EXPECT_EQ(report.used->lut, 141367);
  EXPECT_EQ(report.used->dsp, 2850);
  EXPECT_EQ(report.used->uram, 2);
  EXPECT_EQ(report.used->bram(), 5);
  EXPECT_EQ(report.available->uram, 1280);
}

TEST(VendorReport, TheTableOfModulesAndLoops) {
  const DesignReport report = read_report(R"(
== Synthesis Summary Report of 'net'
+ General Information:
    * Version:        2023.1 (Build 3854077 on May  4 2023)
    * Target device:  xc7z020-clg400-1
+ Performance & Resource Estimates:
    PS: '+' for module; 'o' for loop; '*' for dataflow
    +----------------+------+------+---------+----------+----------+---------+------+----------+---------+---------+-------------+-------------+-----+
    |     Modules    | Issue|      | Latency |  Latency | Iteration|         | Trip |          |         |         |             |             |     |
    |     & Loops    | Type | Slack| (cycles)|   (ns)   |  Latency | Interval| Count| Pipelined|  BRAM   |   DSP   |      FF     |     LUT     | URAM|
    +----------------+------+------+---------+----------+----------+---------+------+----------+---------+---------+-------------+-------------+-----+
    |+ net*          |     -|  0.02|     1313| 6.565e+03|         -|      784|     -|  dataflow|  12 (4%)|  86 (39%)|  24467 (22%)| 42025 (~78%)|    -|
    | + dense        |     -|  0.02|      100|   500.000|         -|      100|     -|        no|        -|   10 (4%)|    467 (~0%)|     25 (~0%)|    -|
    +----------------+------+------+---------+----------+----------+---------+------+----------+---------+---------+-------------+-------------+-----+
)");
  EXPECT_EQ(report.top, "net");
  EXPECT_EQ(report.tool, "Vitis HLS 2023.1");
  EXPECT_EQ(report.latency->most, 1313);
  EXPECT_EQ(report.interval->most, 784);
  EXPECT_EQ(report.used->bram18, 12);
  EXPECT_EQ(report.used->dsp, 86);
  EXPECT_EQ(report.used->ff, 24467);
  EXPECT_EQ(report.used->lut, 42025);
  EXPECT_EQ(report.used->uram, 0);
}

TEST(VendorReport, Xml) {
  const DesignReport report = read_report(R"(<?xml version="1.0" encoding="UTF-8"?>
<profile>
<ReportVersion><Version>2019.2</Version></ReportVersion>
<UserAssignments><unit>ns</unit><Part>xcku115-flva1517-2-e</Part><TopModelName>net</TopModelName>
<TargetClockPeriod>5.00</TargetClockPeriod><ClockUncertainty>0.62</ClockUncertainty></UserAssignments>
<PerformanceEstimates><PipelineType>dataflow</PipelineType>
<SummaryOfTimingAnalysis><unit>ns</unit><EstimatedClockPeriod>4.353</EstimatedClockPeriod></SummaryOfTimingAnalysis>
<SummaryOfOverallLatency><Best-caseLatency>20</Best-caseLatency><Worst-caseLatency>undef</Worst-caseLatency>
<Interval-min>16</Interval-min><Interval-max>16</Interval-max></SummaryOfOverallLatency></PerformanceEstimates>
<AreaEstimates><Resources><BRAM_18K>7</BRAM_18K><DSP48E>42</DSP48E><FF>100</FF><LUT>2000</LUT></Resources>
<AvailableResources><BRAM_18K>4320</BRAM_18K><DSP48E>5520</DSP48E><FF>1326720</FF><LUT>663360</LUT></AvailableResources>
</AreaEstimates></profile>
)");
  EXPECT_EQ(report.tool, "Vivado HLS 2019.2");
  EXPECT_EQ(report.top, "net");
  EXPECT_EQ(report.part, "xcku115-flva1517-2-e");
  EXPECT_EQ(report.latency->least, 20);
  EXPECT_FALSE(report.latency->most);
  EXPECT_EQ(report.used->dsp, 42);
  EXPECT_EQ(report.available->dsp, 5520);
  EXPECT_EQ(report.reached_ns, 4.353);
}

TEST(VendorReport, Cosimulation) {
  const DesignReport report = read_report(R"(
== Vivado HLS Report for 'net'
Simulation tool   : xsim.
+----------+----------+-----------------------------------------------+-----------------------------------------------+----------------------+
|          |          |                    Latency                    |                    Interval                   | Total Execution Time |
+   RTL    +  Status  +-----------------------------------------------+-----------------------------------------------+    (Clock Cycles)    +
|          |          |      min      |      avg      |      max      |      min      |      avg      |      max      |                      |
+----------+----------+-----------------------------------------------+-----------------------------------------------+----------------------+
|      VHDL|        NA|             NA|             NA|             NA|             NA|             NA|             NA|                    NA|
|   Verilog|      Pass|            248|            251|            278|            100|            101|            105|                  2510|
+----------+----------+-----------------------------------------------+-----------------------------------------------+----------------------+
)");
  ASSERT_EQ(report.cosim.size(), 1u);
  EXPECT_EQ(report.top, "net");
  EXPECT_EQ(report.cosim[0].language, "Verilog");
  EXPECT_TRUE(report.cosim[0].passed);
  EXPECT_EQ(report.cosim[0].latency.least, 248);
  EXPECT_EQ(report.cosim[0].latency.most, 278);
  EXPECT_EQ(report.cosim[0].interval.least, 100);
  EXPECT_EQ(report.cosim[0].interval.most, 105);
}

TEST(VendorReport, UtilisationOfUltraScale) {
  const DesignReport report = read_report(R"(
| Tool Version : Vivado v.2022.2 (lin64) Build 3671981 Fri Oct 14 04:59:54 MDT 2022
| Design       : net
| Device       : xcu250-figd2104-2L-e
1. CLB Logic
------------
+----------------------------+-------+-------+------------+-----------+-------+
|          Site Type         |  Used | Fixed | Prohibited | Available | Util% |
+----------------------------+-------+-------+------------+-----------+-------+
| CLB LUTs*                  | 62025 |     0 |          0 |   1728000 |  3.59 |
|   LUT as Logic             | 61000 |     0 |          0 |   1728000 |  3.53 |
|   LUT as Memory            |  1025 |     0 |          0 |    791040 |  0.13 |
|     LUT as Distributed RAM |  1000 |     0 |            |           |       |
|     LUT as Shift Register  |    25 |     0 |            |           |       |
| CLB Registers              | 24467 |     0 |          0 |   3456000 |  0.71 |
|   Register as Flip Flop    | 24467 |     0 |          0 |   3456000 |  0.71 |
| CARRY8                     |   812 |     0 |          0 |    216000 |  0.38 |
| F7 Muxes                   |     9 |     0 |          0 |    864000 | <0.01 |
+----------------------------+-------+-------+------------+-----------+-------+
* Warning! The Final LUT count, after physical optimizations and full implementation, is typically lower.

2. CLB Logic Distribution
+-------------+------+-------+-----------+-------+
|  Site Type  | Used | Fixed | Available | Util% |
+-------------+------+-------+-----------+-------+
| CLB         | 9000 |     0 |    216000 |  4.17 |
| LUT as Logic | 61000 |    0 |   1728000 |  3.53 |
+-------------+------+-------+-----------+-------+

3. BLOCKRAM
+-------------------+------+-------+------------+-----------+-------+
|     Site Type     | Used | Fixed | Prohibited | Available | Util% |
+-------------------+------+-------+------------+-----------+-------+
| Block RAM Tile    |  5.5 |     0 |          0 |      2688 |  0.20 |
|   RAMB36/FIFO*    |    3 |     0 |          0 |      2688 |  0.11 |
|     RAMB36E2 only |    3 |       |            |           |       |
|   RAMB18          |    5 |     0 |          0 |      5376 |  0.09 |
| URAM              |    1 |     0 |          0 |      1280 |  0.08 |
+-------------------+------+-------+------------+-----------+-------+

4. ARITHMETIC
+----------------+------+-------+------------+-----------+-------+
|    Site Type   | Used | Fixed | Prohibited | Available | Util% |
+----------------+------+-------+------------+-----------+-------+
| DSPs           |   86 |     0 |          0 |     12288 |  0.70 |
|   DSP48E2 only |   86 |       |            |           |       |
+----------------+------+-------+------------+-----------+-------+
)");
  EXPECT_EQ(report.tool, "Vivado 2022.2");
  EXPECT_EQ(report.top, "net");
  EXPECT_EQ(report.part, "xcu250-figd2104-2L-e");
  const Utilisation& used = *report.used;
  EXPECT_EQ(used.lut, 62025);
  EXPECT_EQ(used.logic_lut, 61000);
  EXPECT_EQ(used.lut_memory, 1000);
  EXPECT_EQ(used.shift_lut, 25);
  EXPECT_EQ(used.ff, 24467);
  EXPECT_EQ(used.carry8, 812);
  EXPECT_EQ(used.wide_mux, 9);
  EXPECT_EQ(used.bram36, 3);
  EXPECT_EQ(used.bram18, 5);
  EXPECT_EQ(used.bram(), 5.5);
  EXPECT_EQ(used.uram, 1);
  EXPECT_EQ(used.dsp, 86);
  EXPECT_EQ(report.available->lut, 1728000);
  EXPECT_EQ(report.available->bram(), 2688);
}

TEST(VendorReport, UtilisationOfTheSeven) {
  const DesignReport report = read_report(R"(| Tool Version : Vivado v.2019.1 (lin64) Build 2552052
1. Slice Logic
+-------------------------+------+-------+-----------+-------+
|        Site Type        | Used | Fixed | Available | Util% |
+-------------------------+------+-------+-----------+-------+
| Slice LUTs              | 5155 |     0 |     53200 |  9.69 |
| Slice Registers         | 7190 |     0 |    106400 |  6.76 |
+-------------------------+------+-------+-----------+-------+
2. Memory
| Block RAM Tile    |  2.5 |     0 |       140 |  1.79 |
3. DSP
| DSPs      |    4 |     0 |       220 |  1.82 |
)");
  EXPECT_EQ(report.used->lut, 5155);
  EXPECT_EQ(report.used->ff, 7190);
  EXPECT_EQ(report.used->bram(), 2.5);
  EXPECT_EQ(report.used->dsp, 4);
  EXPECT_EQ(report.available->bram(), 140);
  EXPECT_EQ(report.available->dsp, 220);
}

TEST(VendorReport, UtilisationByHierarchy) {
  const DesignReport report = read_report(R"(
+-------------+--------+------------+------------+---------+------+-------+--------+--------+------+------------+
|   Instance  | Module | Total LUTs | Logic LUTs | LUTRAMs | SRLs |  FFs  | RAMB36 | RAMB18 | URAM | DSP Blocks |
+-------------+--------+------------+------------+---------+------+-------+--------+--------+------+------------+
| net         |  (top) |       1234 |       1200 |      30 |    4 |  2345 |      2 |      1 |    0 |          7 |
|   dense     |  dense |        234 |        200 |      30 |    4 |   345 |      0 |      1 |    0 |          7 |
+-------------+--------+------------+------------+---------+------+-------+--------+--------+------+------------+
)");
  EXPECT_EQ(report.used->lut, 1234);
  EXPECT_EQ(report.used->lut_memory, 30);
  EXPECT_EQ(report.used->ff, 2345);
  EXPECT_EQ(report.used->bram(), 2.5);
  EXPECT_EQ(report.used->dsp, 7);
}

constexpr std::string_view timing = R"(
| Design            : net
| Device            : xcu250-figd2104
------------------------------------------------------------------------------------------------
| Design Timing Summary
| ---------------------
------------------------------------------------------------------------------------------------

    WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints      WHS(ns)      THS(ns)  THS Failing Endpoints  THS Total Endpoints     WPWS(ns)     TPWS(ns)  TPWS Failing Endpoints  TPWS Total Endpoints
    -------      -------  ---------------------  -------------------      -------      -------  ---------------------  -------------------     --------     --------  ----------------------  --------------------
     -0.250      -12.500                     61                 1696        0.057        0.000                      0                 1696        2.225        0.000                       0                  1077


| Clock Summary
| -------------
Clock  Waveform(ns)       Period(ns)      Frequency(MHz)
-----  ------------       ----------      --------------
aclk   {0.000 2.500}      5.000           200.000
slow   {0.000 10.000}     20.000          50.000

| Intra Clock Table
| -----------------
Clock             WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints      WHS(ns)
-----             -------      -------  ---------------------  -------------------      -------
slow                4.200        0.000                      0                    3        0.100
aclk               -0.250      -12.500                     61                 1693        0.057
)";

TEST(VendorReport, TimingSummary) {
  const DesignReport report = read_report(timing);
  EXPECT_EQ(report.slack->setup_ns, -0.25);
  EXPECT_EQ(report.slack->setup_total_ns, -12.5);
  EXPECT_EQ(report.slack->failing_ends, 61);
  EXPECT_EQ(report.slack->hold_ns, 0.057);
  EXPECT_EQ(report.slack->pulse_ns, 2.225);
  EXPECT_EQ(report.target_ns, 5);
  EXPECT_EQ(report.reached_ns, 5.25);
  EXPECT_NEAR(*report.fmax_mhz(), 1000 / 5.25, 1e-9);
}

TEST(VendorReport, Power) {
  const DesignReport report = read_report(R"(
+--------------------------+----------------------------+
| Total On-Chip Power (W)  | 3.500                      |
| Design Power Budget (W)  | Unspecified*               |
| Dynamic (W)              | 1.250 (at 25 C)            |
| Device Static (W)        | 2.250                      |
| Confidence Level         | Low                        |
+--------------------------+----------------------------+
)");
  EXPECT_EQ(report.power->total, 3.5);
  EXPECT_EQ(report.power->dynamic, 1.25);
  EXPECT_EQ(report.power->fixed, 2.25);
}

TEST(VendorReport, LaterReportsReplaceWhatTheyTell) {
  DesignReport all = read_report(vivado_hls_2018);
  merge(all, read_report(timing));
  EXPECT_EQ(all.used->dsp, 61);
  EXPECT_EQ(all.reached_ns, 5.25);
  EXPECT_EQ(all.part, "xcu250-figd2104");
}

TEST(VendorReport, WhatIsNoReport) {
  EXPECT_EQ(
      refusal("hello\n| a | b |\n"),
      "a.rpt: error: holds no report that is known: csynth (.rpt, .xml) or cosim of Vivado HLS and Vitis "
      "HLS, utilisation, timing summary or power of Vivado [report-unknown]");
  EXPECT_EQ(refusal(""), refusal("hello"));
  EXPECT_EQ(refusal("| Site Type | Used | Available |\n|---|---|---|\n| CLB LUTs | many | 5 |\n"),
            "a.rpt:3: row 'CLB LUTs', column 'Used': error: 'many' is no number [report-cell]");
  EXPECT_EQ(
      refusal("    WNS(ns)      TNS(ns)  \n    -------      -------  \n         NA           NA  \n"),
      "a.rpt:3: column 'WNS(ns)': error: the worst slack is 'NA': no clock was given to the design that "
      "this report is of [report-no-slack]");
}

TEST(ReportTable, CellsSayNumbersInManyWays) {
  const auto number = [](std::string_view cell) {
    const auto read = cell_number(cell);
    return read && *read ? **read : -1;
  };
  EXPECT_EQ(number("1,234"), 1234);
  EXPECT_EQ(number("12 (4%)"), 12);
  EXPECT_EQ(number("4.168 ns"), 4.168);
  EXPECT_EQ(number("5.00ns"), 5);
  EXPECT_EQ(number("~0"), 0);
  EXPECT_EQ(number("<0.01"), 0.01);
  EXPECT_EQ(number("7*"), 7);
  EXPECT_EQ(number("9.5%"), 9.5);
  for (const auto* nothing : {"-", "?", "NA", "", " undef "}) {
    const auto read = cell_number(nothing);
    ASSERT_TRUE(read) << nothing;
    EXPECT_FALSE(*read) << nothing;
  }
  for (const auto* wrong : {"many", "1.2.3", "1-2", "ns"}) EXPECT_FALSE(cell_number(wrong)) << wrong;
}

}  // namespace
}  // namespace gw
