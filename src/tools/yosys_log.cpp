// What Yosys says while it works.
//
// Yosys goes on after defects that change what a circuit computes (two drivers on a wire, a latch, a wire
// that nobody drives) and tells of them in a warning; here all warnings are errors but those known to be
// harmless.

#include "tools/yosys_log.h"

#include <algorithm>
#include <array>
#include <set>

#include "support/messages.h"
#include "support/process.h"
#include "tools/workshop.h"

namespace gw {
namespace {

struct HarmlessWarning {
  std::string_view text;
  std::string_view why;
};

constexpr std::array harmless_warnings{
    HarmlessWarning{"Replacing memory ",
                    "an array that is read or written all at once becomes registers, as meant"},
};

// "Warning: ..." or "file.v:12: Warning: ..."; ABC's own lines speak of its internal networks.
bool is_warning(std::string_view line) {
  const size_t at = line.find("Warning: ");
  if (at == std::string_view::npos || line.starts_with("ABC:")) return false;
  return at == 0 || (at >= 2 && line.substr(at - 2, 2) == ": ");
}

// What in a log makes the netlist untrustworthy, each thing once.
std::vector<std::string> doubts(std::string_view log) {
  std::vector<std::string> found;
  std::set<std::string_view> seen;
  while (!log.empty()) {
    const size_t end = log.find('\n');
    const std::string_view line = log.substr(0, end);
    log.remove_prefix(end == std::string_view::npos ? log.size() : end + 1);
    if (!is_warning(line) && !line.starts_with("Latch inferred for signal")) continue;
    const bool harmless = std::any_of(
        harmless_warnings.begin(), harmless_warnings.end(),
        [&](const HarmlessWarning& known) { return line.find(known.text) != std::string_view::npos; });
    if (!harmless && seen.insert(line).second) found.emplace_back(line);
  }
  return found;
}

std::string first_lines(const std::vector<std::string>& lines, size_t count) {
  std::string text;
  for (size_t i = 0; i < std::min(count, lines.size()); ++i) text += (i == 0 ? "  " : "\n  ") + lines[i];
  if (lines.size() > count) text += fmt::format("\n  and {} more", lines.size() - count);
  return text;
}

}  // namespace

Status judge_yosys_log(const Place& place, std::string_view log) {
  const auto found = doubts(log);
  if (found.empty()) return Done{};
  return diagnose(messages::tool_warned, place, "yosys", first_lines(found, 10));
}

Result<std::string> yosys_version() {
  const auto ran = run_process({"yosys", "-V"});
  if (!ran) return ran.errors();
  if (ran->exit_code != 0) {
    return diagnose(messages::tool_failed, {}, "yosys -V", ran->exit_code, last_lines(ran->output, 5));
  }
  return last_lines(ran->output, 1);
}

}  // namespace gw
