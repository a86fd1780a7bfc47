// The external programs, as rows of data.
//
// A tool that is missing is found before any work starts rather than after an hour of training, and all that
// are missing are told together with the package that brings each.

#include "tools/tool.h"

#include <algorithm>
#include <array>
#include <regex>

#include "support/messages.h"
#include "support/process.h"

namespace gw {
namespace {

constexpr std::array tools{
    Tool{"yosys", "synthesise the generated Verilog", "yosys", "-V"},
    Tool{"berkeley-abc", "let Yosys map logic to look-up tables", "berkeley-abc", ""},
    Tool{"verilator", "check and simulate the generated Verilog", "verilator", "--version"},
    Tool{"make", "build what Verilator writes", "make", "--version"},
    Tool{"g++", "compile simulations", "g++", "--version"},
    Tool{"clang++", "compile HLS C++ where --csim asks for it", "clang", "--version"},
    Tool{"nextpnr-ice40", "place and route designs for iCE40 parts", "nextpnr-ice40", "--version"},
    Tool{"icepack", "make the file that an iCE40 part is loaded with", "fpga-icestorm", ""},
    Tool{"icetime", "time the nets of a placed design", "fpga-icestorm fpga-icestorm-chipdb", ""},
    Tool{"gnuplot", "draw plots", "gnuplot-nox", "--version"},
    Tool{"dot", "draw networks as graphs", "graphviz", "-V"},
};

}  // namespace

std::span<const Tool> all_tools() { return tools; }

Status require_tools(std::initializer_list<std::string_view> programs) {
  Diagnostics missing;
  for (const std::string_view program : programs) {
    const auto* const tool = std::find_if(
        tools.begin(), tools.end(), [&](const Tool& candidate) { return candidate.program == program; });
    GW_CHECK(tool != tools.end());
    if (!find_program(std::string(program)).empty()) continue;
    missing.push_back(diagnose(messages::tool_missing, {}, std::string(tool->program),
                               std::string(tool->purpose), std::string(tool->package)));
  }
  if (!missing.empty()) return missing;
  return Done{};
}

ToolState tool_state(const Tool& tool) {
  ToolState state{find_program(std::string(tool.program)), ""};
  if (state.path.empty() || tool.ask.empty()) return state;
  const auto ran = run_process({state.path, std::string(tool.ask)});
  static const std::regex number("[0-9]+([.][0-9]+)+");
  std::smatch match;
  if (ran && ran->exit_code == 0 && std::regex_search(ran->output, match, number)) state.version = match[0];
  return state;
}

}  // namespace gw
