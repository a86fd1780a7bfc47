// Vendors' tools, played by shell scripts: what they are told, what is read of what they leave, and what is
// said when they fail.
#include "support/messages.h"
#include "tools/hls_build.h"
#include "tools/tool_fixture.h"
#include "tools/vivado.h"

namespace gw {
namespace {

// The compiler's answer to a question for its version, and what it says in any case.
constexpr std::string_view opening = R"sh(
case "$*" in *version) echo "HLS $version (64-bit)"; exit 0;; esac
echo "$*" >> calls
said="$*"
[ "$1" = --mode ] && said=$(cat "$4")
echo "INFO: [HLS 200-10] -- Working"
)sh";

// What it leaves of each stage that it is asked for.
constexpr std::string_view stages = R"sh(
s=net_prj/solution1
case "$said" in *csim=1*) mkdir -p $s/csim;; esac
case "$said" in *synth=1*) mkdir -p $s/syn/report
  printf '|Clock|Target|Estimated|Uncertainty|\n|---|---|---|---|\n|ap_clk|5.00|4.5|0.6|\n' \
    >$s/syn/report/net_csynth.rpt;; esac
case "$said" in *cosim=1*) mkdir -p $s/sim/report
  printf '|a|\n|---|\n|Verilog|Pass|1|2|3|4|5|6|\n' >$s/sim/report/net_cosim.rpt;; esac
case "$said" in *export=1*) mkdir -p $s/impl;; esac
exit 0
)sh";

class Vendor : public ToolTest {
 protected:
  /// An HLS project of which only the names matter.
  fs::path project() {
    const fs::path at = folder / "project";
    EXPECT_TRUE(write_files(at, {{"build_prj.tcl", "# script\n"},
                                 {"project.tcl", "variable project_name\nset project_name \"net\"\n"},
                                 {"firmware/net.cpp", "void net() {}\n"}}));
    return at;
  }

  /// A compiler that notes how it is called and leaves what each stage leaves; `extra` runs first.
  void fake_hls(const std::string& name, const std::string& version, const std::string& extra = "") {
    fake(name, "version='" + version + "'\n" + std::string(opening) + extra + std::string(stages));
  }

  std::string calls() { return read_file(folder / "project" / "calls").value(); }

  /// The text of the only error of a build.
  std::string failure(const HlsBuildOptions& options, const Installations& installations = {}) {
    SilentProgress progress;
    const auto built = build_hls_project(project(), options, installations, progress);
    if (built) return "built";
    EXPECT_EQ(built.errors().size(), 1u);
    std::string text = to_string(built.errors()[0]);
    for (size_t at; (at = text.find(folder.string())) != std::string::npos;)
      text.erase(at, folder.string().size());
    return text;
  }

  /// Neither the machine's own tools nor anything else is on PATH but the shell's.
  void plain_path() { ::setenv("PATH", ((folder / "bin").string() + ":/bin:/usr/bin").c_str(), 1); }

  SilentProgress silent;
};

TEST_F(Vendor, StagesAreRunInOrderAndReportsRead) {
  fake_hls("vitis_hls", "v2022.2");
  const auto built = build_hls_project(
      project(), {.stages = {HlsStage::Cosim, HlsStage::Export, HlsStage::Csim, HlsStage::Synth}}, {},
      silent);
  ASSERT_TRUE(built) << to_string(built.errors()[0]);
  EXPECT_EQ(calls(),
            "-f build_prj.tcl reset=0 csim=1 synth=0 cosim=0 validation=0 export=0 vsynth=0 fifo_opt=0\n"
            "-f build_prj.tcl reset=0 csim=0 synth=1 cosim=0 validation=0 export=0 vsynth=0 fifo_opt=0\n"
            "-f build_prj.tcl reset=0 csim=0 synth=0 cosim=1 validation=0 export=0 vsynth=0 fifo_opt=0\n"
            "-f build_prj.tcl reset=0 csim=0 synth=0 cosim=0 validation=0 export=1 vsynth=0 fifo_opt=0\n");
  ASSERT_EQ(built->runs.size(), 4u);
  EXPECT_EQ(built->runs[1].name, "synth");
  EXPECT_FALSE(built->runs[1].kept);
  EXPECT_EQ(*read_file(built->runs[1].log), "INFO: [HLS 200-10] -- Working\n");
  ASSERT_EQ(built->reports.size(), 2u);
  EXPECT_EQ(built->reports[0].first, "csynth");
  EXPECT_EQ(built->reports[0].second.reached_ns, 4.5);
  EXPECT_TRUE(built->reports[1].second.cosim.at(0).passed);
}

TEST_F(Vendor, WhatIsFinishedIsKeptUntilSourcesChange) {
  fake_hls("vivado_hls", "v2019.2");
  const HlsBuildOptions options{.compiler = HlsCompiler::VivadoHls};
  ASSERT_TRUE(build_hls_project(project(), options, {}, silent));
  const std::string once = calls();
  const auto again = build_hls_project(project(), options, {}, silent);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->runs[0].kept && again->runs[1].kept);
  EXPECT_EQ(calls(), once);
  // A report that is gone is made again, and nothing else.
  fs::remove(folder / "project/net_prj/solution1/syn/report/net_csynth.rpt");
  const auto half = build_hls_project(project(), options, {}, silent);
  ASSERT_TRUE(half);
  EXPECT_TRUE(half->runs[0].kept);
  EXPECT_FALSE(half->runs[1].kept);
  const fs::path at = project();
  ASSERT_TRUE(write_file(at / "firmware/net.cpp", "void net() { }\n"));
  const auto changed = build_hls_project(at, options, {}, silent);
  ASSERT_TRUE(changed);
  EXPECT_FALSE(changed->runs[0].kept || changed->runs[1].kept);
  // And a reset keeps nothing.
  HlsBuildOptions reset = options;
  reset.reset = true;
  const auto fresh = build_hls_project(at, reset, {}, silent);
  ASSERT_TRUE(fresh);
  EXPECT_FALSE(fresh->runs[0].kept || fresh->runs[1].kept);
  EXPECT_NE(calls().find("reset=1 csim=1 synth=0"), std::string::npos);
  EXPECT_EQ(calls().find("reset=1 csim=0"), std::string::npos);
}

TEST_F(Vendor, VitisRunIsHandedItsWordsByAScript) {
  plain_path();
  fake_hls("vitis-run", "v2025.1");
  plain_path();
  const auto built = build_hls_project(project(), {.stages = {HlsStage::Csim}}, {}, silent);
  ASSERT_TRUE(built) << to_string(built.errors()[0]);
  EXPECT_EQ(calls(), "--mode hls --tcl logs/csim.tcl\n");
  EXPECT_EQ(*read_file(folder / "project/logs/csim.tcl"),
            "set ::argv [list \"reset=0 csim=1 synth=0 cosim=0 validation=0 export=0 vsynth=0 fifo_opt=0\"]\n"
            "source build_prj.tcl\n");
}

TEST_F(Vendor, VsynthIsVivadosOwn) {
  fake_hls("vitis_hls", "v2022.2");
  fake("vivado", R"sh(
case "$1" in -version) echo "Vivado v2022.2 (64-bit)"; exit 0;; esac
echo "vivado $*" >> calls
printf '| Site Type | Used | Available |\n|---|---|---|\n| CLB LUTs | 12 | 100 |\n' >vivado_synth.rpt
)sh");
  const auto built =
      build_hls_project(project(), {.stages = {HlsStage::Synth, HlsStage::Vsynth}}, {}, silent);
  ASSERT_TRUE(built) << to_string(built.errors()[0]);
  EXPECT_NE(calls().find("vivado -mode batch -nojournal -nolog -source vivado_synth.tcl\n"),
            std::string::npos);
  EXPECT_EQ(built->reports.back().first, "vsynth");
  EXPECT_EQ(built->reports.back().second.used->lut, 12);
}

TEST_F(Vendor, AToolInAnInstallationIsFound) {
  plain_path();
  fake_hls("vitis_hls", "v2023.2");
  fs::create_directories(folder / "xilinx/bin");
  fs::rename(folder / "bin/vitis_hls", folder / "xilinx/bin/vitis_hls");
  EXPECT_TRUE(build_hls_project(project(), {}, {{"XILINX_HLS", (folder / "xilinx").string()}}, silent));
  EXPECT_EQ(
      failure({}, {{"XILINX_VIVADO", (folder / "xilinx").string()}}),
      "error: vitis_hls is neither on PATH nor in the folders that XILINX_HLS and XILINX_VITIS name; it is "
      "needed to compile the HLS C++ of a Vitis project; install Vitis HLS 2020.2 or later and source its "
      "settings64.sh [vendor-tool-missing]");
}

TEST_F(Vendor, WrongVersionsAreRefused) {
  fake_hls("vivado_hls", "v2017.4");
  EXPECT_EQ(
      failure({.compiler = HlsCompiler::VivadoHls}),
      "/bin/vivado_hls: error: vivado_hls is of version 2017.4, but 2018.2 to 2020.1 is what is served; source "
      "the settings64.sh of such a one [vendor-tool-version]");
  fake_hls("vitis_hls", "v2020.1");
  EXPECT_EQ(
      failure({}),
      "/bin/vitis_hls: error: vitis_hls is of version 2020.1, but 2020.2 or later is what is served; source the "
      "settings64.sh of such a one [vendor-tool-version]");
  fake("vitis_hls", "echo 'no display'; exit 1");
  EXPECT_EQ(
      failure({}),
      "/bin/vitis_hls: error: vitis_hls does not tell its version; it says: no display [vendor-tool-unasked]");
}

TEST_F(Vendor, TheFirstErrorIsToldWithItsLine) {
  fake_hls(
      "vitis_hls", "v2022.2",
      "case \"$said\" in *\" synth=1\"*) echo 'WARNING: [HLS 1] x'; "
      "echo '  net.cpp:3:5: error: no member named foo'; echo 'ERROR: [HLS 200-70] failed'; exit 1;; esac");
  EXPECT_EQ(
      failure({}),
      "/project/logs/synth.log:3: synth of 'net': error: vitis_hls ended with exit code 1; its first error: "
      "net.cpp:3:5: error: no member named foo; csim is finished and kept [stage-failed]");
  // An error in the log counts even where the script swallowed it.
  fake_hls("vitis_hls", "v2022.2", "echo 'ERROR: [COSIM 212-4] FAIL'");
  EXPECT_EQ(
      failure({.stages = {HlsStage::Cosim}}),
      "/project/logs/cosim.log:2: cosim of 'net': error: vitis_hls ended with exit code 0; its first error: "
      "ERROR: [COSIM 212-4] FAIL; nothing was finished before it [stage-failed]");
  fake_hls("vitis_hls", "v2022.2", "exit 3");
  EXPECT_EQ(
      failure({.stages = {HlsStage::Export}}),
      "/project/logs/export.log: export of 'net': error: vitis_hls ended with exit code 3; its first error: "
      "it names none in its log; nothing was finished before it [stage-failed]");
}

TEST_F(Vendor, WhyItFailedIsToldApart) {
  fake_hls("vitis_hls", "v2022.2",
           "echo \"ERROR: [Common 17-345] A valid license was not found for feature 'Synthesis'\"; exit 1");
  EXPECT_EQ(
      failure({}),
      "/project/logs/csim.log:2: csim of 'net': error: vitis_hls found no licence: ERROR: [Common 17-345] A valid "
      "license was not found for feature 'Synthesis'; let XILINXD_LICENSE_FILE name one, or choose a part "
      "that needs none; nothing was finished before it [stage-no-license]");
  fake_hls("vitis_hls", "v2022.2", "kill -9 $$");
  EXPECT_EQ(
      failure({}),
      "/project/logs/csim.log: csim of 'net': error: vitis_hls ran out of memory: it was ended by signal 9, as "
      "the kernel does where memory runs out; give it more, or make the design smaller (a longer interval, "
      "fewer bits); nothing was finished before it [stage-out-of-memory]");
  fake_hls("vitis_hls", "v2022.2", "echo 'terminate called: std::bad_alloc'; exit 134");
  EXPECT_NE(failure({}).find("ran out of memory: terminate called: std::bad_alloc"), std::string::npos);
  fake_hls("vitis_hls", "v2022.2", "kill -15 $$");
  EXPECT_EQ(
      failure({}),
      "/project/logs/csim.log: csim of 'net': error: vitis_hls was ended from outside by signal 15; nothing was "
      "finished before it [stage-killed]");
  fake_hls("vitis_hls", "v2022.2", "sleep 60");
  EXPECT_EQ(
      failure({.limits = {.seconds = 1}}),
      "/project/logs/csim.log: csim of 'net': error: vitis_hls was not done after 1 s and was ended; allow more, "
      "or make the design smaller; nothing was finished before it [stage-too-long]");
  fake("vitis_hls", "case $1 in -version) echo v2022.2;; esac");
  EXPECT_EQ(failure({}),
            "/project/logs/csim.log: csim of 'net': error: vitis_hls ended without an error, but there is no "
            "net_prj/solution1/csim; nothing was finished before it [stage-incomplete]");
}

TEST_F(Vendor, TheUserMayStop) {
  class Impatient : public SilentProgress {
    bool stop_requested() const override { return true; }
  } impatient;
  fake_hls("vitis_hls", "v2022.2", "sleep 60");
  const auto built = build_hls_project(project(), {}, {}, impatient);
  ASSERT_FALSE(built);
  EXPECT_EQ(built.errors()[0].text,
            "vitis_hls was stopped; nothing was finished before it, and the next run goes on from there");
  EXPECT_EQ(built.errors()[0].id, messages::stage_stopped.id);
}

TEST_F(Vendor, AFolderWithoutAProject) {
  const auto built = build_hls_project(folder / "nowhere", {}, {}, silent);
  ASSERT_FALSE(built);
  EXPECT_EQ(
      built.errors()[0].text,
      "is no folder of an HLS project: it has no build_prj.tcl; it wants build_prj.tcl and project.tcl");
  EXPECT_EQ(built.errors()[0].id, messages::hls_project_unread.id);
}

TEST_F(Vendor, StepsOfALog) {
  EXPECT_EQ(step_of("INFO: [HLS 200-10] -- Generating RTL for module 'dense' "),
            "Generating RTL for module 'dense'");
  EXPECT_EQ(step_of("Phase 3.1 Commit Multi Column Macros"), "Phase 3.1 Commit Multi Column Macros");
  EXPECT_EQ(step_of("INFO: [COSIM 212-316] Starting C post checking ..."), "Starting C post checking ...");
  EXPECT_EQ(step_of("Phase 3 | Checksum: 12345"), "Phase 3");
  EXPECT_EQ(step_of("WARNING: [Synth 8-1] x"), "");
}

VivadoJob counter_job(VivadoGoal goal) {
  return {.top = "counter",
          .files = {{"counter.v", "module counter(input aclk);\nendmodule\n"}, {"words.mem", "00\n"}},
          .part = *find_part("xc7z020clg400-1"),
          .clock_ns = 4,
          .goal = goal};
}

TEST_F(Vendor, VivadosScripts) {
  EXPECT_EQ(vivado_scripts(counter_job(VivadoGoal::Implemented)),
            (Files{{"clock.xdc", "create_clock -name aclk -period 4.000 [get_ports aclk]\n"},
                   {"synth.tcl",
                    "# counter: Verilog to a netlist of xc7z020clg400-1.\n"
                    "read_verilog rtl/counter.v\n"
                    "read_xdc clock.xdc\n"
                    "synth_design -top counter -part xc7z020clg400-1 -mode out_of_context\n"
                    "report_utilization -file synth_utilisation.rpt\n"
                    "report_timing_summary -file synth_timing.rpt\n"
                    "write_checkpoint -force synth.dcp\n"},
                   {"implement.tcl",
                    "# counter: placed and routed.\n"
                    "open_checkpoint synth.dcp\n"
                    "opt_design\nplace_design\nphys_opt_design\nroute_design\n"
                    "report_utilization -file implement_utilisation.rpt\n"
                    "report_timing_summary -file implement_timing.rpt\n"
                    "report_power -file implement_power.rpt\n"
                    "write_checkpoint -force implement.dcp\n"}}));
  const Files bits = vivado_scripts(counter_job(VivadoGoal::Bitstream));
  ASSERT_EQ(bits.size(), 4u);
  EXPECT_EQ(bits[1].second.find("out_of_context"), std::string::npos);
  EXPECT_NE(bits[3].second.find("write_bitstream -force counter.bit"), std::string::npos);
}

// Leaves what the script that it is given asks for.
constexpr const char* vivado_script = R"sh(
case "$1" in -version) echo "Vivado v2023.1 (64-bit)"; exit 0;; esac
for word; do script=$word; done
echo "$script" >> calls
echo "Starting $script"
while read -r verb a b c; do
  case "$verb" in
    read_verilog) [ -f "$a" ] || { echo "ERROR: no $a"; exit 1; };;
    report_utilization)
      printf '| Site Type | Used | Available |\n|---|---|---|\n| Slice LUTs | 9 | 53200 |\n' >"$b";;
    report_timing_summary)
      printf '    WNS(ns)      TNS(ns)  \n      1.500        0.000  \n' >"$b"
      printf 'Clock  Waveform(ns)  Period(ns)\naclk   {0.000 2.000}  4.000\n' >>"$b";;
    report_power) printf '| Total On-Chip Power (W) | 0.5 |\n' >"$b";;
    write_checkpoint) echo dcp >"$b";;
    write_bitstream) echo bits >"$b";;
  esac
done <"$script"
)sh";

TEST_F(Vendor, VivadoGoesAsFarAsAsked) {
  fake("vivado", vivado_script);
  const auto vivado = require_vendor_tool("vivado", {});
  ASSERT_TRUE(vivado);
  const auto counted = run_vivado(counter_job(VivadoGoal::Synthesised), *vivado, cache(), {}, silent);
  ASSERT_TRUE(counted) << to_string(counted.errors()[0]);
  EXPECT_EQ(counted->synthesised.used->lut, 9);
  EXPECT_EQ(counted->synthesised.reached_ns, 2.5);
  EXPECT_FALSE(counted->implemented);
  const auto placed = run_vivado(counter_job(VivadoGoal::Implemented), *vivado, cache(), {}, silent);
  ASSERT_TRUE(placed) << to_string(placed.errors()[0]);
  EXPECT_TRUE(placed->runs[0].kept);
  EXPECT_EQ(placed->implemented->power->total, 0.5);
  EXPECT_NEAR(*placed->implemented->fmax_mhz(), 400, 1e-9);
  EXPECT_EQ(*read_file(cache() / "calls"), "synth.tcl\nimplement.tcl\n");
  const auto bits = run_vivado(counter_job(VivadoGoal::Bitstream), *vivado, cache(), {}, silent);
  ASSERT_TRUE(bits) << to_string(bits.errors()[0]);
  EXPECT_EQ(*read_file(bits->bits), "bits\n");
  EXPECT_EQ(*read_file(cache() / "calls"),
            "synth.tcl\nimplement.tcl\nsynth.tcl\nimplement.tcl\nbitstream.tcl\n");
}

TEST_F(Vendor, VivadosDoubts) {
  fake("vivado", std::string(vivado_script) + "echo 'CRITICAL WARNING: [Synth 8-6859] multi-driven net q'\n");
  const auto vivado = require_vendor_tool("vivado", {});
  const auto counted = run_vivado(counter_job(VivadoGoal::Synthesised), *vivado, cache(), {}, silent);
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.errors()[0].id, "tool-warned");
  fake("vivado", std::string(vivado_script) + "echo 'CRITICAL WARNING: [Timing 38-282] missed'\n");
  const auto late = run_vivado(counter_job(VivadoGoal::Synthesised), *vivado, folder / "other", {}, silent);
  ASSERT_TRUE(late);
  EXPECT_EQ(late->runs[0].doubts, (std::vector<std::string>{"CRITICAL WARNING: [Timing 38-282] missed"}));
  VivadoJob other = counter_job(VivadoGoal::Synthesised);
  other.part = *find_part("ice40hx8k-ct256");
  const auto refused = run_vivado(other, *vivado, cache(), {}, silent);
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      refused.errors()[0].text,
      "part ice40hx8k-ct256 is of family 'ice40', which is not synthesised yet; families that are: those of AMD "
      "(xc7, xcu, xcup)");
}

}  // namespace
}  // namespace gw
