// The versions of the programs that a report depends on, as they name themselves.

#include "tools/version.h"

#include "support/process.h"

namespace gw {

std::map<std::string, std::string> versions_of(std::span<const std::string_view> programs) {
  std::map<std::string, std::string> versions;
  for (const std::string_view program : programs) {
    if (find_program(std::string(program)).empty()) continue;
    const std::string flag = program == "yosys" || program == "dot" ? "-V" : "--version";
    const auto ran = run_process({std::string(program), flag});
    if (!ran || ran->exit_code != 0) continue;
    const std::string line = ran->output.substr(0, ran->output.find('\n'));
    if (!line.empty()) versions.emplace(program, line);
  }
  return versions;
}

}  // namespace gw
