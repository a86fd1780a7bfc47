// What differs between versions, families and places where reports are quoted: shapes as they are published,
// with numbers of our own.
#include "tools/read_report.h"

namespace gw {
namespace {

using testing::read_report;

TEST(VendorReportVersions, VivadoHls2019WithUnitsQuestionsAndSuperLogicRegions) {
  const DesignReport report = read_report(R"(
================================================================
== Vivado HLS Report for 'search'
================================================================
* Date:           Mon Dec 11 17:13:59 2023

* Version:        2019.2.1 (Build 2724168 on Thu Dec 05 05:19:09 MST 2019)
* Project:        search
* Solution:       solution
* Product family: virtexuplus
* Target device:  xcu280-fsvh2892-2L-e

================================================================
== Performance Estimates
================================================================
+ Timing:
    * Summary:
    +--------+---------+----------+------------+
    |  Clock |  Target | Estimated| Uncertainty|
    +--------+---------+----------+------------+
    |ap_clk  | 3.33 ns | 2.433 ns |   0.90 ns  |
    +--------+---------+----------+------------+

+ Latency:
    * Summary:
    +---------+---------+----------+----------+-----+-----+---------+
    |  Latency (cycles) |  Latency (absolute) |  Interval | Pipeline|
    |   min   |   max   |    min   |    max   | min | max |   Type  |
    +---------+---------+----------+----------+-----+-----+---------+
    |       17|        ?| 56.610 ns|         ?|    ?|    ?|   none  |
    +---------+---------+----------+----------+-----+-----+---------+

    + Detail:
        * Loop:
        +-------------+-----+-----+----------+-----------+-----------+------+----------+
        |             |  Latency (cycles)  | Iteration|  Initiation Interval  | Trip |          |
        |  Loop Name  | min | max |  Latency |  achieved |   target  | Count| Pipelined|
        +-------------+-----+-----+----------+-----------+-----------+------+----------+
        |- Loop 1     |   80|   80|        20|          -|          -|     4|    no    |
        +-------------+-----+-----+----------+-----------+-----------+------+----------+

================================================================
== Utilization Estimates
================================================================
* Summary:
+---------------------+---------+-------+---------+---------+-----+
|         Name        | BRAM_18K| DSP48E|    FF   |   LUT   | URAM|
+---------------------+---------+-------+---------+---------+-----+
|Instance             |        8|      -|     3207|     3837|    3|
|Register             |        0|      -|      307|        5|    -|
+---------------------+---------+-------+---------+---------+-----+
|Total                |        8|      0|     3514|     3842|    3|
+---------------------+---------+-------+---------+---------+-----+
|Available SLR        |     1344|   3008|   869120|   434560|  320|
+---------------------+---------+-------+---------+---------+-----+
|Utilization SLR (%)  |    ~0   |      0|    ~0   |    ~0   |   ~0|
+---------------------+---------+-------+---------+---------+-----+
|Available            |     4032|   9024|  2607360|  1303680|  960|
+---------------------+---------+-------+---------+---------+-----+
|Utilization (%)      |    ~0   |      0|    ~0   |    ~0   |   ~0|
+---------------------+---------+-------+---------+---------+-----+
)");
  EXPECT_EQ(report.tool, "Vivado HLS 2019.2");
  EXPECT_EQ(report.top, "search");
  EXPECT_EQ(report.part, "xcu280-fsvh2892-2L-e");
  EXPECT_EQ(report.target_ns, 3.33);
  EXPECT_EQ(report.reached_ns, 2.433);
  EXPECT_EQ(report.latency->least, 17);
  EXPECT_FALSE(report.latency->most);
  EXPECT_FALSE(report.interval->least || report.interval->most);
  EXPECT_EQ(report.used->lut, 3842);
  EXPECT_EQ(report.used->ff, 3514);
  EXPECT_EQ(report.used->dsp, 0);
  EXPECT_EQ(report.used->uram, 3);
  EXPECT_EQ(report.available->lut, 1303680);
  EXPECT_EQ(report.available->bram18, 4032);
}

TEST(VendorReportVersions, VitisHlsQuotedInAPage) {
  const DesignReport report = read_report(
      "### **top_csynth.rpt**\n\n"
      "\t\t\t#### == Vitis HLS Report for 'edges'\n"
      "\t\t\t* Date:           Sat Apr 25 21:03:30 2026\n\n"
      "\t\t\t* Version:        2025.2 (Build 6295257 on Nov 12 2025)\n"
      "\t\t\t* Solution:       hls (Vivado IP Flow Target)\n"
      "\t\t\t* Target device:  xc7z020-clg400-1\n"
      "\t\t\t#### == Performance Estimates\n"
      "\t\t\t+ Timing: \n\t\t\t    * Summary: \n"
      "\t\t\t    +--------+----------+----------+------------+\n"
      "\t\t\t    |  Clock |  Target  | Estimated| Uncertainty|\n"
      "\t\t\t    +--------+----------+----------+------------+\n"
      "\t\t\t    |ap_clk  |  10.00 ns|  5.799 ns|     2.70 ns|\n"
      "\t\t\t    +--------+----------+----------+------------+\n\n"
      "\t\t\t+ Latency: \n\t\t\t    * Summary: \n"
      "\t\t\t    +---------+---------+-----------+-----------+-----+---------+---------+\n"
      "\t\t\t    |  Latency (cycles) |   Latency (absolute)  |    Interval   | Pipeline|\n"
      "\t\t\t    |   min   |   max   |    min    |    max    | min |   max   |   Type  |\n"
      "\t\t\t    +---------+---------+-----------+-----------+-----+---------+---------+\n"
      "\t\t\t    |        4|  3688337|  40.000 ns|  36.883 ms|    5|  3688338|       no|\n"
      "\t\t\t    +---------+---------+-----------+-----------+-----+---------+---------+\n");
  EXPECT_EQ(report.tool, "Vitis HLS 2025.2");
  EXPECT_EQ(report.top, "edges");
  EXPECT_EQ(report.target_ns, 10);
  EXPECT_EQ(report.latency->most, 3688337);
  EXPECT_EQ(report.interval->least, 5);
  EXPECT_EQ(report.interval->most, 3688338);
  EXPECT_FALSE(report.used);  // that section is missing
}

TEST(VendorReportVersions, TheTableOfModulesWithIssuesAndNoLatency) {
  const DesignReport report = read_report(R"(
== Synthesis Summary Report of 'fold_top'
+ General Information:
    * Version:        2022.1.2 (Build 3605665 on Fri Aug  5 22:52:02 MDT 2022)
    * Target device:  xc7z020-clg400-1
+ Performance & Resource Estimates:

    PS: '+' for module; 'o' for loop; '*' for dataflow
    +--------------------+--------+-------+---------+-----------+----------+---------+------+----------+-----------+----------+-------------+-------------+-----+
    |       Modules      |  Issue |       | Latency |  Latency  | Iteration|         | Trip |          |           |          |             |             |     |
    |       & Loops      |  Type  | Slack | (cycles)|    (ns)   |  Latency | Interval| Count| Pipelined|   BRAM    |    DSP   |      FF     |     LUT     | URAM|
    +--------------------+--------+-------+---------+-----------+----------+---------+------+----------+-----------+----------+-------------+-------------+-----+
    |+ fold_top          |  Timing|  -0.32|        -|          -|         -|        -|     -|        no|  131 (46%)|  45 (20%)|  24012 (22%)|  27485 (51%)|    -|
    | o outer            |      II|   7.30|     8843|  8.843e+04|        15|        3|  2944|       yes|          -|         -|            -|            -|    -|
    +--------------------+--------+-------+---------+-----------+----------+---------+------+----------+-----------+----------+-------------+-------------+-----+

* M_AXI
+-----------+------------+---------+
| Interface | Data Width | Latency |
+-----------+------------+---------+
| m_axi_a   | 32 -> 32   | 0       |
+-----------+------------+---------+
)");
  EXPECT_EQ(report.top, "fold_top");
  EXPECT_EQ(report.tool, "Vitis HLS 2022.1");
  ASSERT_TRUE(report.latency && report.interval);
  EXPECT_FALSE(report.latency->most || report.interval->most);
  EXPECT_EQ(report.used->bram18, 131);
  EXPECT_EQ(report.used->lut, 27485);
}

TEST(VendorReportVersions, XmlTellsOfTheTopBeforeItsModules) {
  const DesignReport report = read_report(R"(<profile>
    <ReportVersion>
        <Version>2021.1</Version>
    </ReportVersion>
    <UserAssignments>
        <unit>ns</unit>
        <ProductFamily>kintexu</ProductFamily>
        <Part>xcku035-sfva784-1-i</Part>
        <TopModelName>product</TopModelName>
        <TargetClockPeriod>13.33</TargetClockPeriod>
    </UserAssignments>
    <PerformanceEstimates>
        <SummaryOfTimingAnalysis>
            <EstimatedClockPeriod>5.865</EstimatedClockPeriod>
        </SummaryOfTimingAnalysis>
        <SummaryOfOverallLatency>
            <unit>clock cycles</unit>
            <Best-caseLatency>undef</Best-caseLatency>
            <Average-caseLatency>?</Average-caseLatency>
            <Worst-caseLatency>undef</Worst-caseLatency>
            <Best-caseRealTimeLatency>0.467 us</Best-caseRealTimeLatency>
            <Interval-min>36</Interval-min>
            <Interval-max>undef</Interval-max>
        </SummaryOfOverallLatency>
    </PerformanceEstimates>
    <AreaEstimates>
        <Resources>
            <DSP>3</DSP>
            <FF>79</FF>
            <LUT>506</LUT>
            <BRAM_18K>0</BRAM_18K>
            <URAM>1</URAM>
        </Resources>
        <AvailableResources>
            <BRAM_18K>1080</BRAM_18K>
            <DSP>1700</DSP>
            <FF>406256</FF>
            <LUT>203128</LUT>
            <URAM>0</URAM>
        </AvailableResources>
    </AreaEstimates>
    <ModuleInformation>
        <Module>
            <PerformanceEstimates>
                <SummaryOfTimingAnalysis>
                    <TargetClockPeriod>99</TargetClockPeriod>
                    <EstimatedClockPeriod>99</EstimatedClockPeriod>
                </SummaryOfTimingAnalysis>
            </PerformanceEstimates>
            <AreaEstimates>
                <Resources>
                    <DSP>2</DSP>
                    <UTIL_DSP>~0</UTIL_DSP>
                    <LUT>304</LUT>
                </Resources>
            </AreaEstimates>
        </Module>
    </ModuleInformation>
</profile>
)");
  EXPECT_EQ(report.tool, "Vitis HLS 2021.1");
  EXPECT_EQ(report.top, "product");
  EXPECT_EQ(report.target_ns, 13.33);
  EXPECT_EQ(report.reached_ns, 5.865);
  EXPECT_FALSE(report.latency->least || report.latency->most || report.interval->most);
  EXPECT_EQ(report.interval->least, 36);
  EXPECT_EQ(report.used->dsp, 3);
  EXPECT_EQ(report.used->lut, 506);
  EXPECT_EQ(report.used->uram, 1);
  EXPECT_EQ(report.available->dsp, 1700);
}

TEST(VendorReportVersions, CosimulationOfOneFrameAndOfNone) {
  const DesignReport one = read_report(R"(
+----------+----------+-----------------------------------------------+----------------------------------------------+----------------------+
|          |          |             Latency(Clock Cycles)             |              Interval(Clock Cycles)           | Total Execution Time |
+   RTL    +  Status  +-----------------------------------------------+-----------------------------------------------+    (Clock Cycles)    +
|          |          |      min      |      avg      |      max      |      min      |      avg      |      max      |                      |
+----------+----------+-----------------------------------------------+-----------------------------------------------+----------------------+
|      VHDL|        NA|             NA|             NA|             NA|             NA|             NA|             NA|                    NA|
|   Verilog|      Pass|           3519|           3519|           3519|             NA|             NA|             NA|                  3519|
+----------+----------+-----------------------------------------------+-----------------------------------------------+----------------------+
)");
  ASSERT_EQ(one.cosim.size(), 1u);
  EXPECT_TRUE(one.cosim[0].passed);
  EXPECT_EQ(one.cosim[0].latency.most, 3519);
  EXPECT_FALSE(one.cosim[0].interval.least || one.cosim[0].interval.most);

  const DesignReport none = read_report(R"(
+----------+----------+
|       RTL|    Status|
+----------+----------+
|      VHDL|      Fail|
+----------+----------+
)");
  ASSERT_EQ(none.cosim.size(), 1u);
  EXPECT_EQ(none.cosim[0].language, "VHDL");
  EXPECT_FALSE(none.cosim[0].passed);
  EXPECT_FALSE(none.cosim[0].latency.most);
}

TEST(VendorReportVersions, UtilisationCountsNeitherRegionsNorCells) {
  const DesignReport report = read_report(R"(Copyright 1986-2019 Xilinx, Inc. All Rights Reserved.
| Tool Version : Vivado v.2019.2 (lin64) Build 2708876 Wed Nov  6 21:39:14 MST 2019
| Command      : report_utilization -file vivado_synth.rpt
| Design       : network
| Device       : xcu50fsvh2104-2L
| Design State : Synthesized
1. CLB Logic
+----------------------------+--------+-------+-----------+-------+
|          Site Type         |  Used  | Fixed | Available | Util% |
+----------------------------+--------+-------+-----------+-------+
| CLB LUTs*                  |  26410 |     0 |    871680 |  3.03 |
|   LUT as Logic             |  23759 |     0 |    871680 |  2.73 |
|   LUT as Memory            |   2651 |     0 |    403200 |  0.66 |
|     LUT as Distributed RAM |    205 |     0 |           |       |
|     LUT as Shift Register  |   2446 |     0 |           |       |
| CLB Registers              |  29853 |     0 |   1743360 |  1.71 |
| CARRY8                     |   1129 |     0 |    108960 |  1.04 |
+----------------------------+--------+-------+-----------+-------+
* Warning! The Final LUT count, after physical optimizations and full implementation, is typically lower.

1.1 Summary of Registers by Type
+--------+--------------+-------------+--------------+
|  Total | Clock Enable | Synchronous | Asynchronous |
+--------+--------------+-------------+--------------+
| 0      |            _ |           - |            - |
| 691    |          Yes |         Set |            - |
+--------+--------------+-------------+--------------+

2. BLOCKRAM
+-------------------+------+-------+-----------+-------+
|     Site Type     | Used | Fixed | Available | Util% |
+-------------------+------+-------+-----------+-------+
| Block RAM Tile    |  377 |     0 |      1344 | 28.05 |
|   RAMB36/FIFO*    |  160 |     0 |      1344 | 11.90 |
|     RAMB36E2 only |  160 |       |           |       |
|   RAMB18          |  434 |     0 |      2688 | 16.15 |
| URAM              |  115 |     0 |       640 | 17.97 |
+-------------------+------+-------+-----------+-------+

8. Primitives
+----------+-------+---------------------+
| Ref Name |  Used | Functional Category |
+----------+-------+---------------------+
| FDRE     | 29162 |            Register |
| CARRY8   |  9999 |                 CLB |
| DSP58    |  9999 |          Arithmetic |
+----------+-------+---------------------+

13. SLR CLB Logic and Dedicated Block Utilization
+----------------------------+------+------+--------+--------+
|          Site Type         | SLR0 | SLR1 | SLR0 % | SLR1 % |
+----------------------------+------+------+--------+--------+
| CLB LUTs                   |    7 |    0 |   0.00 |   0.00 |
| DSPs                       |    7 |    0 |   0.00 |   0.00 |
+----------------------------+------+------+--------+--------+
)");
  EXPECT_EQ(report.part, "xcu50fsvh2104-2L");
  EXPECT_EQ(report.used->lut, 26410);
  EXPECT_EQ(report.used->shift_lut, 2446);
  EXPECT_EQ(report.used->ff, 29853);
  EXPECT_EQ(report.used->carry8, 1129);
  EXPECT_EQ(report.used->bram(), 377);
  EXPECT_EQ(report.used->uram, 115);
  EXPECT_EQ(report.used->dsp, 0);  // that section is missing
  EXPECT_EQ(report.available->lut, 871680);
  EXPECT_EQ(report.available->bram(), 1344);
}

TEST(VendorReportVersions, UtilisationOfVersal) {
  const DesignReport report = read_report(R"(
| Tool Version : Vivado v.2023.2 (lin64) Build 4029153 Fri Oct 13 20:13:54 MDT 2023
| Design       : network
| Device       : xcvc1902-vsva2197-2MP-e-S

+----------------------------+-------+-------+------------+-----------+-------+
|          Site Type         |  Used | Fixed | Prohibited | Available | Util% |
+----------------------------+-------+-------+------------+-----------+-------+
| Registers                  | 60653 |    16 |          0 |   1799680 |  3.37 |
|   Register as Flip Flop    | 60653 |    16 |          0 |   1799680 |  3.37 |
| CLB LUTs                   | 17535 |     0 |          0 |    899840 |  1.95 |
| LOOKAHEAD8                 |   142 |     0 |          0 |    112480 |  0.13 |
+----------------------------+-------+-------+------------+-----------+-------+
+---------------------+------+-------+------------+-----------+-------+
|      Site Type      | Used | Fixed | Prohibited | Available | Util% |
+---------------------+------+-------+------------+-----------+-------+
| Block RAM Tile      | 12.5 |     0 |          0 |       967 |  1.29 |
| URAM                |    3 |     0 |          0 |       463 |  0.65 |
+---------------------+------+-------+------------+-----------+-------+
+---------------------+------+-------+------------+-----------+-------+
|      Site Type      | Used | Fixed | Prohibited | Available | Util% |
+---------------------+------+-------+------------+-----------+-------+
| DSP Slices          |  130 |     0 |          0 |      1968 |  6.61 |
|   DSP58             |  128 |     0 |            |           |       |
+---------------------+------+-------+------------+-----------+-------+
)");
  EXPECT_EQ(report.used->lut, 17535);
  EXPECT_EQ(report.used->ff, 60653);
  EXPECT_EQ(report.used->bram(), 12.5);
  EXPECT_EQ(report.used->uram, 3);
  EXPECT_EQ(report.used->dsp, 130);
  EXPECT_EQ(report.available->dsp, 1968);
  // As it is quoted: blocks by their names.
  const DesignReport quoted = read_report(R"(
|          Site Type         |  Used | Fixed | Prohibited | Available | Util% |
|----------------------------|-------|-------|------------|-----------|-------|
| Registers                  | 71160 |     9 |          0 |   1799680 |  4.15 |
| CLB LUTs                   | 17283 |     0 |          0 |    899840 |  2.31 |
| RAMB36E5                   |    64 |     0 |          0 |       967 |  6.62 |
| DSP58                      |  1024 |  1024 |          0 |      1968 | 52.03 |
)");
  EXPECT_EQ(quoted.used->bram(), 64);
  EXPECT_EQ(quoted.used->dsp, 1024);
  EXPECT_EQ(quoted.available->bram(), 967);
}

TEST(VendorReportVersions, HierarchyWithColumnsThatCame) {
  const DesignReport report = read_report(R"(
|   Instance    | Module | Total PPLOCs | Total LUTs | Logic LUTs | LUTRAMs | SRLs | FFs | RAMB36 | RAMB18 | URAM | DSP Slices |
|---------------|--------|--------------|------------|------------|---------|------|-----|--------|--------|------|------------|
| network       |  (top) |          150 |        300 |        290 |       8 |    2 | 404 |      1 |      3 |    2 |         12 |
|   (network)   |  (top) |            0 |          0 |          0 |       0 |    0 |   7 |      0 |      0 |    0 |          0 |
)");
  EXPECT_EQ(report.used->lut, 300);
  EXPECT_EQ(report.used->shift_lut, 2);
  EXPECT_EQ(report.used->bram(), 2.5);
  EXPECT_EQ(report.used->uram, 2);
  EXPECT_EQ(report.used->dsp, 12);
}

std::string clocks_report(const char* worst) {
  return std::string(R"(
| Design Timing Summary
| ---------------------

    WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints      WHS(ns)      THS(ns)
    -------      -------  ---------------------  -------------------      -------      -------
)") + worst +
         R"(        0.000                      0                31351        0.021        0.000


All user specified timing constraints are met.


| Clock Summary
| -------------

Clock                 Waveform(ns)       Period(ns)      Frequency(MHz)
-----                 ------------       ----------      --------------
sys_clk_pin           {0.000 5.000}      10.000          100.000
  clk_out1_clk_wiz_0  {0.000 2.000}      4.000           250.000
  clkfbout_clk_wiz_0  {0.000 5.000}      10.000          100.000

| Intra Clock Table
| -----------------

Clock                     WNS(ns)      TNS(ns)  TNS Failing Endpoints     WPWS(ns)     TPWS(ns)
-----                     -------      -------  ---------------------     --------     --------
sys_clk_pin                                                                   3.000        0.000
  clk_out1_clk_wiz_0        0.481        0.000                      0        1.750        0.000
  clkfbout_clk_wiz_0                                                          0.300        0.000

| Inter Clock Table
| -----------------

From Clock          To Clock              WNS(ns)      TNS(ns)
----------          --------              -------      -------
sys_clk_pin         clk_out1_clk_wiz_0      0.300        0.000
)";
}

TEST(VendorReportVersions, TheClockOfTheWorstSlack) {
  const DesignReport within = read_report(clocks_report("      0.481"));
  EXPECT_EQ(within.slack->setup_ns, 0.481);
  EXPECT_EQ(within.target_ns, 4);
  EXPECT_NEAR(*within.reached_ns, 3.519, 1e-9);
  // Between two clocks no period can be told.
  const DesignReport between = read_report(clocks_report("      0.300"));
  EXPECT_EQ(between.slack->setup_ns, 0.3);
  EXPECT_FALSE(between.target_ns || between.reached_ns || between.fmax_mhz());
}

TEST(VendorReportVersions, NoSlackBesideOtherReports) {
  const DesignReport report = read_report(R"(
| Slice LUTs | 7326 | 0 | 53200 | 13.77 |

    WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints
    -------      -------  ---------------------  -------------------
         NA           NA                     NA                   NA

There are no user specified timing constraints.
)");
  EXPECT_EQ(report.used->lut, 7326);
  EXPECT_FALSE(report.slack);
}

TEST(VendorReportVersions, PowerBeyondThePart) {
  const DesignReport report = read_report(R"(
| Total On-Chip Power (W)  | 132.391 (Junction temp exceeded!) |
| Power Budget Margin (W)  | NA           |
| Dynamic (W)              | 130.213      |
| Device Static (W)        | <0.001       |
)");
  EXPECT_EQ(report.power->total, 132.391);
  EXPECT_EQ(report.power->fixed, 0.001);
}

}  // namespace
}  // namespace gw
