// Reports of Vivado: what a synthesised or placed netlist takes of the part, whether its clock holds, and its
// power.
//
// The 7 series says "Slice LUTs" where UltraScale says "CLB LUTs" and Versal "Registers" and "DSP Slices" (an
// excerpt may name the blocks instead: "RAMB36E5", "DSP58"); a column "Prohibited" came in 2021. A LUT that
// is counted as two small ones stands once in "LUTs": that is the figure papers quote. Timing tables have no
// bars, and their heads have single blanks inside and two or more between columns. Sources: UG906 and UG907.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "support/messages.h"
#include "tools/report_readers.h"

namespace gw {
namespace {

using Count = std::int64_t Utilisation::*;

struct Site {
  std::string_view name;
  Count count;
};

constexpr std::array sites{
    Site{"Slice LUTs", &Utilisation::lut},
    Site{"CLB LUTs", &Utilisation::lut},
    Site{"LUT as Logic", &Utilisation::logic_lut},
    Site{"LUT as Distributed RAM", &Utilisation::lut_memory},
    Site{"LUT as Shift Register", &Utilisation::shift_lut},
    Site{"Slice Registers", &Utilisation::ff},
    Site{"CLB Registers", &Utilisation::ff},
    Site{"Registers", &Utilisation::ff},
    Site{"CARRY8", &Utilisation::carry8},
    Site{"F7 Muxes", &Utilisation::wide_mux},
    Site{"RAMB36/FIFO", &Utilisation::bram36},
    Site{"RAMB36E5", &Utilisation::bram36},
    Site{"RAMB18", &Utilisation::bram18},
    Site{"RAMB18E5", &Utilisation::bram18},
    Site{"URAM", &Utilisation::uram},
    Site{"DSPs", &Utilisation::dsp},
    Site{"DSP Slices", &Utilisation::dsp},
    Site{"DSP58", &Utilisation::dsp},
};

// Tokens with two or more blanks between them.
std::vector<std::string_view> wide_split(std::string_view line) {
  std::vector<std::string_view> words;
  line = trimmed(line);
  while (!line.empty()) {
    const size_t end = line.find("  ");
    words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) break;
    line = trimmed(line.substr(end));
  }
  return words;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (line = trimmed(line); !line.empty(); line = trimmed(line)) {
    const size_t end = line.find_first_of(" \t");
    words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) break;
    line.remove_prefix(end);
  }
  return words;
}

std::optional<double> number(std::string_view word) {
  double value = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), value);
  if (read.ec != std::errc() || read.ptr != word.data() + word.size()) return {};
  return value;
}

void read_head(const ReportText& report, DesignReport& result) {
  const std::string version = head_entry(report, "Tool Version");
  if (const size_t at = version.find("v."); at != std::string::npos)
    result.tool = "Vivado " + version.substr(at + 2, 6);
  if (std::string top = head_entry(report, "Design"); !top.empty()) result.top = std::move(top);
  if (std::string part = head_entry(report, "Device"); !part.empty()) result.part = std::move(part);
}

// The period of the clock that the worst slack belongs to: of the only one, or of that which has this slack
// in the table by clocks. A path from one clock to another belongs to neither.
std::optional<double> period_ns(const ReportText& report, double worst_slack) {
  std::vector<std::pair<std::string_view, double>> periods;
  std::string_view worst;
  size_t slack_end = 0;  // of its column, at whose right edge the numbers stand
  enum class Section { Other, Clocks, Slacks } section = Section::Other;
  for (const std::string_view line : report.lines) {
    if (line.find("Waveform(ns)") != std::string_view::npos) {
      section = Section::Clocks;
    } else if (trimmed(line).starts_with("Clock ") && line.find("WNS(ns)") != std::string_view::npos) {
      section = Section::Slacks;
      slack_end = line.find("WNS(ns)") + std::string_view("WNS(ns)").size();
    } else if (trimmed(line).starts_with('|')) {
      section = Section::Other;
    } else if (section == Section::Clocks) {
      const size_t brace = line.find('}');
      if (brace == std::string_view::npos) continue;
      const auto values = words_of(line.substr(brace + 1));
      const auto period = values.empty() ? std::nullopt : number(values[0]);
      if (period) periods.emplace_back(words_of(line)[0], *period);
    } else if (section == Section::Slacks) {
      // A clock without such paths has blanks there.
      const auto values = words_of(line.substr(0, slack_end));
      const auto slack = values.size() == 2 ? number(values[1]) : std::nullopt;
      if (slack && *slack == worst_slack && worst.empty()) worst = values[0];
    }
  }
  if (periods.size() == 1) return periods[0].second;
  for (const auto& [name, period] : periods) {
    if (name == worst) return period;
  }
  return {};
}

}  // namespace

Result<bool> read_utilisation(const ReportText& report, DesignReport& result) {
  Utilisation used, available;
  std::vector<Count> seen;  // the first row that tells a count is the one
  bool has_tiles = false;
  for (const ReportTable& table : report.tables) {
    if (table.find_column("Ref Name"))
      continue;  // cells of the netlist, which stand for several sites or none
    for (const Site& site : sites) {
      if (std::find(seen.begin(), seen.end(), site.count) != seen.end()) continue;
      const ReportTable::Row* const row = table.find_row(site.name);
      if (row == nullptr || row->cells.size() < 3) continue;
      // An excerpt may have lost its head: used comes first, and what there is before the percents.
      const size_t width = row->cells.size();
      const auto found = table.find_column("Used");
      if (!table.head.empty() && !found) continue;
      const auto count = row_number(*row, found.value_or(1), "Used");
      if (!count) return count.errors();
      used.*site.count = std::llround(count->value_or(0));
      seen.push_back(site.count);
      const auto place = table.find_column("Available");
      if (!table.head.empty() && !place) continue;
      const auto there = row_number(*row, place.value_or(width - 2), "Available");
      if (!there) return there.errors();
      available.*site.count = std::llround(there->value_or(0));
    }
    // Tiles of 36 kilobits in steps of a half, for excerpts that leave out what they are made of.
    const ReportTable::Row* const tiles = table.find_row("Block RAM Tile");
    if (tiles == nullptr || has_tiles || table.find_row("RAMB18") != nullptr || used.bram() > 0) continue;
    const auto count = row_number(*tiles, table.find_column("Used").value_or(1), "Used");
    if (!count) return count.errors();
    used.bram18 = std::llround(2 * count->value_or(0));
    const auto there =
        row_number(*tiles, table.find_column("Available").value_or(tiles->cells.size() - 2), "Available");
    if (!there) return there.errors();
    available.bram18 = std::llround(2 * there->value_or(0));
    has_tiles = true;
  }
  if (seen.empty() && !has_tiles) return false;
  read_head(report, result);
  // Every tile is one RAMB36 or two RAMB18: the part has either, not both.
  if (available.bram36 > 0) available.bram18 = 0;
  result.used = std::move(used);
  if (available.lut > 0 || available.ff > 0 || available.dsp > 0 || available.bram() > 0)
    result.available = std::move(available);
  return true;
}

Result<bool> read_utilisation_hierarchy(const ReportText& report, DesignReport& result) {
  for (const ReportTable& table : report.tables) {
    const auto total = table.find_column("Total LUTs");
    if (!total || !table.find_column("Instance") || table.rows.empty()) continue;
    const ReportTable::Row& top = table.rows.front();
    Utilisation used;
    for (const auto& [name, into] :
         {std::pair{"Total LUTs", &used.lut}, std::pair{"Logic LUTs", &used.logic_lut},
          std::pair{"LUTRAMs", &used.lut_memory}, std::pair{"SRLs", &used.shift_lut},
          std::pair{"FFs", &used.ff}, std::pair{"RAMB36", &used.bram36}, std::pair{"RAMB18", &used.bram18},
          std::pair{"URAM", &used.uram}, std::pair{"DSP", &used.dsp}}) {
      const auto column = table.find_column(name, true);
      if (!column) continue;
      const auto value = row_number(top, *column, name);
      if (!value) return value.errors();
      *into = std::llround(value->value_or(0));
    }
    read_head(report, result);
    result.used = std::move(used);
    return true;
  }
  return false;
}

Result<bool> read_timing_summary(const ReportText& report, DesignReport& result) {
  for (size_t at = 0; at < report.lines.size(); ++at) {
    const std::string_view head = trimmed(report.lines[at]);
    if (!head.starts_with("WNS(ns)")) continue;
    const auto names = wide_split(head);
    for (size_t below = at + 1; below < report.lines.size(); ++below) {
      const std::string_view line = trimmed(report.lines[below]);
      if (line.empty() || line.starts_with('-')) {
        // A rule of '-', unless it is a negative slack.
        if (line.empty() || line.find_first_not_of("- ") == std::string_view::npos) continue;
      }
      const auto values = words_of(line);
      SlackReport slack;
      const auto value = [&](std::string_view name) -> std::optional<double> {
        const auto column = std::find(names.begin(), names.end(), name) - names.begin();
        return static_cast<size_t>(column) < std::min(names.size(), values.size())
                   ? number(values[static_cast<size_t>(column)])
                   : std::nullopt;
      };
      read_head(report, result);
      const auto setup = value("WNS(ns)");
      if (!setup && result.used) return true;  // the rest of the text is worth reading
      if (!setup) {
        // "NA" in a design that no clock was given for.
        const Place place{{}, static_cast<int>(below) + 1, "column 'WNS(ns)'"};
        return diagnose(messages::report_no_slack, place, std::string(values[0]));
      }
      slack.setup_ns = *setup;
      slack.setup_total_ns = value("TNS(ns)").value_or(0);
      slack.failing_ends = std::llround(value("TNS Failing Endpoints").value_or(0));
      slack.hold_ns = value("WHS(ns)");
      slack.hold_total_ns = value("THS(ns)");
      slack.pulse_ns = value("WPWS(ns)");
      slack.pulse_total_ns = value("TPWS(ns)");
      result.slack = slack;
      result.target_ns = period_ns(report, slack.setup_ns);
      if (result.target_ns) result.reached_ns = *result.target_ns - slack.setup_ns;
      return true;
    }
  }
  return false;
}

Result<bool> read_power(const ReportText& report, DesignReport& result) {
  for (const ReportTable& table : report.tables) {
    if (table.find_row("Total On-Chip Power (W)") == nullptr) continue;
    PowerReport power;
    for (const auto& [name, into] :
         {std::pair{"Total On-Chip Power (W)", &power.total}, std::pair{"Dynamic (W)", &power.dynamic},
          std::pair{"Device Static (W)", &power.fixed}}) {
      const ReportTable::Row* const row = table.find_row(name);
      if (row == nullptr) continue;
      const auto value = row_number(*row, 1, "watts");
      if (!value) return value.errors();
      *into = value->value_or(0);
    }
    read_head(report, result);
    result.power = power;
    return true;
  }
  return false;
}

}  // namespace gw
