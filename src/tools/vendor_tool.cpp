// Vivado and the HLS compilers, as rows of data.
//
// They are installed by hand, several versions beside each other, and are "sourced" into a shell: PATH then
// leads to them and a variable names the folder. Both ways are looked at. A version outside of the row is
// refused before hours are spent: older ones lack commands of the scripts, and Vivado HLS ended with 2020.1.

#include "tools/vendor_tool.h"

#include <algorithm>
#include <array>
#include <regex>

#include "support/messages.h"
#include "support/process.h"
#include "tools/workshop.h"

namespace gw {
namespace {

constexpr std::array tools{
    VendorTool{"vivado", "Vivado", "synthesise, place and route for AMD parts", "XILINX_VIVADO", "-version",
               "2018.2", ""},
    VendorTool{"vivado_hls", "Vivado 2018.2 to 2020.1", "compile the HLS C++ of a Vivado project",
               "XILINX_HLS XILINX_VIVADO", "-version", "2018.2", "2020.1"},
    VendorTool{"vitis_hls", "Vitis HLS 2020.2 or later", "compile the HLS C++ of a Vitis project",
               "XILINX_HLS XILINX_VITIS", "-version", "2020.2", ""},
    VendorTool{"vitis-run", "Vitis 2024.1 or later",
               "compile the HLS C++ of a Vitis project, where vitis_hls is no longer", "XILINX_VITIS",
               "--version", "2024.1", ""},
};

constexpr std::array<std::string_view, 3> variables{"XILINX_VIVADO", "XILINX_HLS", "XILINX_VITIS"};

std::string served(const VendorTool& tool) {
  return std::string(tool.oldest) + (tool.newest.empty() ? " or later" : " to " + std::string(tool.newest));
}

}  // namespace

std::span<const VendorTool> all_vendor_tools() { return tools; }

std::span<const std::string_view> installation_variables() { return variables; }

std::string find_vendor_tool(const VendorTool& tool, const Installations& installations) {
  if (std::string path = find_program(std::string(tool.program)); !path.empty()) return path;
  for (const std::string_view variable : variables) {
    if (tool.variables.find(variable) == std::string_view::npos) continue;
    const auto folder = installations.find(variable);
    if (folder == installations.end() || folder->second.empty()) continue;
    if (std::string path = find_program(folder->second + "/bin/" + std::string(tool.program)); !path.empty())
      return path;
  }
  return "";
}

Result<std::string> vendor_tool_version(const VendorTool& tool, const std::string& path) {
  const auto ran = run_process({path, std::string(tool.ask)});
  if (!ran) return ran.errors();
  static const std::regex number(R"(v(20[0-9][0-9]\.[0-9]))");
  std::smatch match;
  if (ran->exit_code == 0 && std::regex_search(ran->output, match, number)) return match[1].str();
  return diagnose(messages::vendor_tool_unasked, {path}, std::string(tool.program),
                  last_lines(ran->output, 3));
}

Result<FoundTool> require_vendor_tool(std::string_view program, const Installations& installations) {
  const auto* const tool =
      std::find_if(tools.begin(), tools.end(), [&](const VendorTool& row) { return row.program == program; });
  GW_CHECK(tool != tools.end());
  const std::string path = find_vendor_tool(*tool, installations);
  if (path.empty()) {
    std::string named(tool->variables);
    if (const size_t blank = named.find(' '); blank != std::string::npos) named.replace(blank, 1, " and ");
    return diagnose(messages::vendor_tool_missing, {}, std::string(program), named,
                    std::string(tool->purpose), std::string(tool->product));
  }
  auto version = vendor_tool_version(*tool, path);
  if (!version) return version.errors();
  // Years and quarters compare as text.
  if (*version < tool->oldest || (!tool->newest.empty() && *version > tool->newest)) {
    return diagnose(messages::vendor_tool_version, {path}, std::string(program), *version, served(*tool));
  }
  return FoundTool{path, std::move(*version)};
}

}  // namespace gw
