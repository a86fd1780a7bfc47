// The two programs of Project IceStorm: icepack makes the file that is loaded into the part, icetime follows
// the nets through the part's real wires.

#include "tools/icestorm.h"

#include <regex>

#include "support/messages.h"
#include "tools/step.h"

namespace gw {

Result<std::string> pack_bits(const std::string& top, const std::string& asc, const fs::path& cache_folder) {
  // icepack tells no version; what it makes of the same text has not changed in years.
  const Step step{"module '" + top + "'", top + "-pack", {}, {"icepack", "design.asc", "design.bin"},
                  {{"design.asc", asc}},  {"design.bin"}};
  auto made = run_step(step, cache_folder);
  if (!made) return made.errors();
  return std::move((*made)[0].second);
}

Result<double> time_nets(const std::string& top, const std::string& asc, const Part& part,
                         const fs::path& cache_folder) {
  const Step step{
      "module '" + top + "'",
      top + "-time",
      {},
      {"icetime", "-d", std::string(part.device), "-P", std::string(part.package), "-t", "design.asc"},
      {{"design.asc", asc}},
      {}};
  const auto made = run_step(step, cache_folder);
  if (!made) return made.errors();
  const std::string& log = made->back().second;
  static const std::regex estimate(R"(Total path delay: [0-9.]+ ns \(([0-9.]+) MHz\))");
  std::smatch match;
  if (!std::regex_search(log, match, estimate))
    return diagnose(messages::tool_output, {{}, 0, step.item}, "icetime", "it names no path delay");
  return std::stod(match[1]);
}

}  // namespace gw
