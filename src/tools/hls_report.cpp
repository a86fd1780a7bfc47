// Reports of Vivado HLS (to 2020.1) and Vitis HLS (from 2020.2): what the scheduler estimates before any
// synthesis, and what a simulation of its HDL said.
//
// Three files tell the same: <top>_csynth.rpt in tables whose columns are named in its heads, csynth.rpt in
// one table of all modules and loops (the first row is the top function), and csynth.xml. Block memory is
// counted in halves (BRAM_18K) in all of them. Sources: UG902 and UG1399.

#include <array>
#include <cmath>
#include <utility>

#include "support/messages.h"
#include "tools/report_readers.h"

namespace gw {
namespace {

std::int64_t whole(double value) { return std::llround(value); }

std::optional<std::int64_t> whole(std::optional<double> value) {
  return value ? std::optional(whole(*value)) : std::nullopt;
}

// Counts of one row, columns found by name; cells without a number count nothing.
Result<Utilisation> counts_of(const ReportTable& table, const ReportTable::Row& row) {
  Utilisation counts;
  for (const auto& [name, into] :
       {std::pair{"BRAM", &counts.bram18}, std::pair{"DSP", &counts.dsp}, std::pair{"FF", &counts.ff},
        std::pair{"LUT", &counts.lut}, std::pair{"URAM", &counts.uram}}) {
    const auto column = table.find_column(name, true);
    if (!column) continue;
    const auto value = row_number(row, *column, name);
    if (!value) return value.errors();
    *into = whole(value->value_or(0));
  }
  return counts;
}

// Between single quotes in the title of the report, whatever a page that quotes it has put before the line.
void read_title(const ReportText& report, DesignReport& result) {
  for (const std::string_view line : report.lines) {
    const size_t at = line.find("== ");
    const size_t open = line.find('\'');
    if (at == std::string_view::npos || open == std::string_view::npos || open < at) continue;
    if (line.substr(at, open - at).find("Report ") == std::string_view::npos) continue;
    result.top = line.substr(open + 1, line.find('\'', open + 1) - open - 1);
    break;
  }
}

void read_head(const ReportText& report, std::string_view version, DesignReport& result) {
  if (version.size() >= 6) {
    const std::string number(version.substr(0, 6));
    result.tool = (number < "2020.2" ? "Vivado HLS " : "Vitis HLS ") + number;
  }
  if (const std::string part = head_entry(report, "Target device"); !part.empty()) result.part = part;
  read_title(report, result);
}

// The text between <tag> and </tag>, or nothing.
std::optional<std::string_view> element(std::string_view xml, std::string_view tag) {
  const std::string open = "<" + std::string(tag) + ">", close = "</" + std::string(tag) + ">";
  const size_t from = xml.find(open);
  if (from == std::string_view::npos) return {};
  const size_t to = xml.find(close, from);
  if (to == std::string_view::npos) return {};
  return trimmed(xml.substr(from + open.size(), to - from - open.size()));
}

Result<std::optional<double>> element_number(std::string_view xml, std::string_view tag) {
  const auto text = element(xml, tag);
  if (!text) return std::optional<double>();
  auto value = cell_number(*text);
  if (value) return value;
  Diagnostic error = value.errors().front();
  error.place.item = "element '" + std::string(tag) + "'";
  return error;
}

Result<Utilisation> counts_of_xml(std::string_view xml) {
  Utilisation counts;
  for (const auto& [name, into] : {std::pair{"BRAM_18K", &counts.bram18}, std::pair{"DSP48E", &counts.dsp},
                                   std::pair{"DSP", &counts.dsp}, std::pair{"FF", &counts.ff},
                                   std::pair{"LUT", &counts.lut}, std::pair{"URAM", &counts.uram}}) {
    const auto value = element_number(xml, name);
    if (!value) return value.errors();
    if (*value) *into = whole(**value);
  }
  return counts;
}

}  // namespace

Result<bool> read_csynth_tables(const ReportText& report, DesignReport& result) {
  bool clock = false, clocks = false, area = false;
  for (const ReportTable& table : report.tables) {
    if (table.rows.empty()) continue;
    const ReportTable::Row& first = table.rows.front();
    const auto estimated = table.find_column("Estimated"), target = table.find_column("Target");
    if (!clock && estimated && target && table.find_column("Uncertainty")) {
      clock = true;
      const auto wanted = row_number(first, *target, "Target");
      if (!wanted) return wanted.errors();
      const auto reached = row_number(first, *estimated, "Estimated");
      if (!reached) return reached.errors();
      result.target_ns = *wanted;
      result.reached_ns = *reached;
    }
    // Latency in clocks, from 2019.1 also in seconds, interval, kind of pipeline: least and most of each.
    const std::string_view head = table.head.size() == 2 && !table.head[0].cells.empty()
                                      ? std::string_view(table.head[0].cells[0])
                                      : "";
    const size_t width = table.head.size() == 2 ? table.head[1].cells.size() : 0;
    if (!clocks && head.starts_with("Latency") && (width == 5 || width == 7)) {
      clocks = true;
      std::array<std::optional<double>, 4> read;
      for (const auto& [i, column] :
           {std::pair<size_t, size_t>{0, 0}, {1, 1}, {2, width - 3}, {3, width - 2}}) {
        const auto value = row_number(first, column, i < 2 ? "Latency" : "Interval");
        if (!value) return value.errors();
        read[i] = *value;
      }
      result.latency = ClockRange{whole(read[0]), whole(read[1])};
      result.interval = ClockRange{whole(read[2]), whole(read[3])};
    }
    const ReportTable::Row* const total = table.find_row("Total");
    if (!area && total != nullptr && table.find_column("Name") && table.find_column("BRAM_18K")) {
      area = true;
      auto used = counts_of(table, *total);
      if (!used) return used.errors();
      result.used = std::move(*used);
      if (const ReportTable::Row* const row = table.find_row("Available")) {
        auto available = counts_of(table, *row);
        if (!available) return available.errors();
        result.available = std::move(*available);
      }
    }
  }
  if (!clock && !clocks && !area) return false;
  read_head(report, head_entry(report, "Version"), result);
  return true;
}

Result<bool> read_csynth_summary(const ReportText& report, DesignReport& result) {
  for (const ReportTable& table : report.tables) {
    const auto name = table.find_column("Modules", true);
    const auto cycles = table.find_column("Latency (cycles)"), interval = table.find_column("Interval");
    if (!name || !cycles || !interval || table.rows.empty()) continue;
    const ReportTable::Row& top = table.rows.front();
    auto used = counts_of(table, top);
    if (!used) return used.errors();
    const auto latency = row_number(top, *cycles, "Latency");
    if (!latency) return latency.errors();
    const auto every = row_number(top, *interval, "Interval");
    if (!every) return every.errors();
    read_head(report, head_entry(report, "Version"), result);
    result.used = std::move(*used);
    result.latency = ClockRange{whole(*latency), whole(*latency)};
    result.interval = ClockRange{whole(*every), whole(*every)};
    if (result.top.empty() && *name < top.cells.size()) {
      std::string_view words = top.cells[*name];
      while (words.starts_with('+') || words.starts_with(' ')) words.remove_prefix(1);
      while (words.ends_with('*')) words.remove_suffix(1);
      result.top = words;
    }
    return true;
  }
  return false;
}

Result<bool> read_csynth_xml(const ReportText& report, DesignReport& result) {
  const auto timing = element(report.text, "SummaryOfTimingAnalysis");
  const auto overall = element(report.text, "SummaryOfOverallLatency");
  const auto resources = element(report.text, "Resources");
  if (!resources || (!timing && !overall)) return false;
  const auto reached = element_number(timing.value_or(""), "EstimatedClockPeriod");
  if (!reached) return reached.errors();
  const auto target = element_number(report.text, "TargetClockPeriod");
  if (!target) return target.errors();
  std::array<std::optional<std::int64_t>, 4> clocks;
  constexpr std::array names{"Best-caseLatency", "Worst-caseLatency", "Interval-min", "Interval-max"};
  for (size_t i = 0; i < names.size(); ++i) {
    const auto value = element_number(overall.value_or(""), names[i]);
    if (!value) return value.errors();
    clocks[i] = whole(*value);
  }
  auto used = counts_of_xml(*resources);
  if (!used) return used.errors();
  if (const auto there = element(report.text, "AvailableResources")) {
    auto available = counts_of_xml(*there);
    if (!available) return available.errors();
    result.available = std::move(*available);
  }
  read_head(report, element(report.text, "Version").value_or(""), result);
  result.top = element(report.text, "TopModelName").value_or("");
  result.part = element(report.text, "Part").value_or("");
  result.target_ns = *target;
  result.reached_ns = *reached;
  result.latency = ClockRange{clocks[0], clocks[1]};
  result.interval = ClockRange{clocks[2], clocks[3]};
  result.used = std::move(*used);
  return true;
}

Result<bool> read_cosim(const ReportText& report, DesignReport& result) {
  // | RTL | Status | latency: least, mean, most | interval: least, mean, most |, and perhaps the whole time.
  // Where nothing was timed, the first two are all.
  bool found = false;
  for (const ReportTable& table : report.tables) {
    for (const ReportTable::Row& row : table.rows) {
      if (row.cells.size() < 2 || (row.cells[0] != "Verilog" && row.cells[0] != "VHDL")) continue;
      if (row.cells[1] != "Pass" && row.cells[1] != "Fail" && row.cells[1] != "NA") continue;
      found = true;
      if (row.cells[1] == "NA") continue;
      CosimReport ran{row.cells[0], row.cells[1] == "Pass", {}, {}};
      if (row.cells.size() < 8) {
        result.cosim.push_back(std::move(ran));
        continue;
      }
      for (const auto& [column, into] :
           {std::pair<size_t, std::optional<std::int64_t>*>{2, &ran.latency.least},
            {4, &ran.latency.most},
            {5, &ran.interval.least},
            {7, &ran.interval.most}}) {
        const auto value = row_number(row, column, column < 5 ? "Latency" : "Interval");
        if (!value) return value.errors();
        *into = whole(*value);
      }
      result.cosim.push_back(std::move(ran));
    }
  }
  if (found && result.top.empty()) read_title(report, result);
  return found;
}

}  // namespace gw
