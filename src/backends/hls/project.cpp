// What stands around the C++ of a project: the scripts that build it, by a plain compiler anywhere and by the
// tool that it is written for. All of them work on the folder that they stand in, wherever that is moved.
//
// The tool's scripts take the options that hls4ml's take and leave their results where those leave them, so
// that whoever has programs around such projects can go on using them.

#include "backends/hls/text.h"
#include "backends/hls/top.h"

namespace gw {

namespace hls {

namespace {

constexpr std::string_view build_script =
    R"TCL(# {start} "reset=0 csim=1 synth=1 cosim=0 validation=0 export=0 vsynth=0"
# Options that are not given are as below. The results stand in {top}_prj/solution1.
array set opt {{
    reset      0
    csim       1
    synth      1
    cosim      0
    validation 0
    export     0
    vsynth     0
}}
foreach argument $::argv {{
    foreach name [array names opt] {{
        regexp "$name=+(\\w+)" $argument whole opt($name)
    }}
}}
source project.tcl

if {{$opt(reset)}} {{
    open_project -reset ${{project_name}}_prj
}} else {{
    open_project ${{project_name}}_prj
}}
set_top $top
add_files firmware/$top.cpp -cflags "-std=c++0x"
add_files -tb ${{top}}_test.cpp -cflags "-std=c++0x"
add_files -tb tb_data
if {{$opt(reset)}} {{
    open_solution -reset {solution}
}} else {{
    open_solution {solution}
}}
{settings}set_part $part
create_clock -period $clock_period -name default
set_clock_uncertainty $clock_uncertainty default

if {{$opt(csim)}} {{
    csim_design
}}
if {{$opt(synth)}} {{
    csynth_design
}}
if {{$opt(cosim)}} {{
    add_files -tb ${{top}}_test.cpp -cflags "-std=c++0x -DRTL_SIM"
    cosim_design -trace_level all
}}
if {{$opt(validation)}} {{
    # Both runs of the test bench compared every answer; here they are compared with each other.
    set csim [open ${{project_name}}_prj/solution1/csim/build/tb_data/csim_results.log]
    set cosim [open ${{project_name}}_prj/solution1/sim/wrapc_pc/tb_data/rtl_cosim_results.log]
    if {{[read $csim] eq [read $cosim]}} {{
        puts "C simulation and co-simulation gave the same bits"
    }} else {{
        puts "ERROR: C simulation and co-simulation differ"
        exit 1
    }}
}}
if {{$opt(export)}} {{
    export_design -format ip_catalog
}}
if {{$opt(vsynth)}} {{
    exec vivado -mode batch -source vivado_synth.tcl >@ stdout
}}
exit
)TCL";

constexpr std::string_view synthesis_script =
    R"TCL(# vivado -mode batch -source vivado_synth.tcl: what the synthesised Verilog takes, in vivado_synth.rpt.
source project.tcl
add_files [glob ${project_name}_prj/solution1/syn/verilog/*.v]
foreach data [glob -nocomplain ${project_name}_prj/solution1/syn/verilog/*.dat] { add_files $data }
read_xdc constraints.xdc
synth_design -top $top -part $part -mode out_of_context
opt_design -retarget -propconst -sweep -bram_power_opt -shift_register_opt
report_utilization -file vivado_synth.rpt
report_timing_summary -file vivado_timing.rpt
)TCL";

constexpr std::string_view compile_script = R"SH(#!/bin/sh
# Builds the test bench with a plain compiler, or with the word "bridge" the shared library firmware/NAME.so:
# CXX (g++), CXXFLAGS (-O2), and AP_TYPES, the folder of ap_fixed.h and hls_stream.h, which is the project's own or a
# tool's "include".
cd "$(dirname "$0")" || exit 1
if [ "$1" = bridge ]; then
    set -- -fPIC -shared -o firmware/NAME.so NAME_bridge.cpp
else
    set -- -DGW_TRACE -o NAME_test NAME_test.cpp
fi
exec "${CXX:-g++}" -std=c++11 ${CXXFLAGS:--O2} -Wno-unknown-pragmas -I"${AP_TYPES:-firmware/ap_types}" \
    "$@" firmware/NAME.cpp
)SH";

constexpr std::string_view makefile =
    R"MAKE(# make: builds the test bench; make csim: runs it, too; make bridge: builds a library with a C interface.
# CXX, CXXFLAGS and AP_TYPES as in build_lib.sh.
export CXX CXXFLAGS AP_TYPES
firmware := $(wildcard firmware/*.cpp firmware/*.h firmware/*/*.h)

NAME_test: NAME_test.cpp $(firmware)
	sh build_lib.sh

firmware/NAME.so: NAME_bridge.cpp $(firmware)
	sh build_lib.sh bridge

.PHONY: csim bridge clean
csim: NAME_test
	./NAME_test

bridge: firmware/NAME.so

clean:
	rm -f NAME_test firmware/NAME.so tb_data/csim_results.log
)MAKE";

std::string named(std::string_view text, const std::string& name) {
  std::string all(text);
  for (size_t at = 0; (at = all.find("NAME", at)) != all.npos; at += name.size()) all.replace(at, 4, name);
  return all;
}

}  // namespace

Files scripts(const Firmware& firmware, const Design& design, const HlsOptions& options) {
  const HlsDialect& dialect = *options.dialect;
  const double uncertainty = options.clock_uncertainty.value_or(dialect.clock_uncertainty);
  const std::string project = fmt::format(
      "# The project's settings, which the other scripts read. Written for {}.\n"
      "set project_name \"{}\"\nset top \"{}\"\nset backend \"{}\"\nset io_type \"{}\"\nset part \"{}\"\n"
      "set clock_period {}\nset clock_uncertainty {:g}%\n",
      dialect.title, firmware.top, firmware.top, dialect.name,
      options.io == HlsIo::Stream ? "io_stream" : "io_parallel", options.part, design.clock_ns,
      100 * uncertainty);
  return {{"project.tcl", project},
          {"build_prj.tcl", fmt::format(fmt::runtime(build_script), fmt::arg("start", dialect.start),
                                        fmt::arg("top", firmware.top), fmt::arg("solution", dialect.solution),
                                        fmt::arg("settings", dialect.settings))},
          {"vivado_synth.tcl", std::string(synthesis_script)},
          {"constraints.xdc",
           fmt::format("create_clock -name ap_clk -period {} [get_ports ap_clk]\n", design.clock_ns)},
          {"build_lib.sh", named(compile_script, firmware.top)},
          {"Makefile", named(makefile, firmware.top)}};
}

}  // namespace hls

Files hls_project(const Design& design, const Pipeline& stages, const HlsOptions& options) {
  hls::Firmware firmware = hls::firmware(design, stages, options);
  Files files = firmware.files;
  files.emplace_back(firmware.top + "_test.cpp", hls::test_bench(firmware, options.io));
  files.emplace_back(firmware.top + "_bridge.cpp", hls::bridge(firmware, options));
  for (auto& file : hls::scripts(firmware, design, options)) files.push_back(std::move(file));
  return files;
}

std::string hls_top(const Design& design) { return hls::Names().take(design.name); }

}  // namespace gw
