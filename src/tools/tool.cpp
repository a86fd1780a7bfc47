// The external programs, as rows of data.
//
// A tool that is missing is found before any work starts rather than after an hour of training, and all that
// are missing are told together with the package that brings each.

#include "tools/tool.h"

#include <algorithm>
#include <array>

#include "support/messages.h"
#include "support/process.h"

namespace gw {
namespace {

constexpr std::array tools{
    Tool{"yosys", "synthesise the generated Verilog", "yosys"},
    Tool{"berkeley-abc", "let Yosys map logic to look-up tables", "berkeley-abc"},
    Tool{"verilator", "check and simulate the generated Verilog", "verilator"},
    Tool{"make", "build what Verilator writes", "make"},
    Tool{"g++", "compile simulations", "g++"},
    Tool{"nextpnr-ice40", "place and route designs for iCE40 parts", "nextpnr-ice40"},
    Tool{"icepack", "make the file that an iCE40 part is loaded with", "fpga-icestorm"},
    Tool{"icetime", "time the nets of a placed design", "fpga-icestorm fpga-icestorm-chipdb"},
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

}  // namespace gw
