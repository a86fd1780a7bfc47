// One report out of the many files that vendors' tools leave.
//
// Problem: names of report files are the user's and say little, and published reports are often excerpts.
// Approach: every reader looks for the table that it knows, wherever it stands; a file is what is found in
// it. Finding nothing is an error. Cost: each reader walks the tables once.

#include "tools/design_report.h"

#include <array>
#include <utility>

#include "support/messages.h"
#include "tools/report_readers.h"

namespace gw {

std::optional<double> DesignReport::fmax_mhz() const {
  if (target_ns && slack) {
    const double period = *target_ns - slack->setup_ns;
    if (period > 0) return 1000 / period;
  }
  if (reached_ns && *reached_ns > 0) return 1000 / *reached_ns;
  return {};
}

void merge(DesignReport& report, DesignReport later) {
  const auto take = [](auto& into, auto& from) {
    if (from) into = std::move(from);
  };
  if (!later.tool.empty()) report.tool = std::move(later.tool);
  if (!later.top.empty()) report.top = std::move(later.top);
  if (!later.part.empty()) report.part = std::move(later.part);
  if (later.slack) report.reached_ns.reset();  // an estimate, where analysis knows better
  take(report.target_ns, later.target_ns);
  take(report.reached_ns, later.reached_ns);
  take(report.used, later.used);
  take(report.available, later.available);
  take(report.latency, later.latency);
  take(report.interval, later.interval);
  take(report.slack, later.slack);
  take(report.power, later.power);
  if (!later.cosim.empty()) report.cosim = std::move(later.cosim);
}

std::string head_entry(const ReportText& report, std::string_view key) {
  for (const std::string_view whole : report.lines) {
    std::string_view line = trimmed(whole);
    if (!line.starts_with('*') && !line.starts_with('|')) continue;
    line = trimmed(line.substr(1));
    if (!line.starts_with(key)) continue;
    line = trimmed(line.substr(key.size()));
    if (line.starts_with(':')) return std::string(trimmed(line.substr(1)));
  }
  return {};
}

Result<std::optional<double>> row_number(const ReportTable::Row& row, size_t column, std::string_view name) {
  if (column >= row.cells.size()) return std::optional<double>();
  auto value = cell_number(row.cells[column]);
  if (value) return value;
  Diagnostic error = value.errors().front();
  error.place = {{}, row.line, "row '" + row.cells[0] + "', column '" + std::string(name) + "'"};
  return error;
}

Result<DesignReport> read_design_report(std::string_view text, const std::string& file) {
  constexpr std::array readers{read_csynth_xml,  read_csynth_tables,         read_csynth_summary, read_cosim,
                               read_utilisation, read_utilisation_hierarchy, read_timing_summary, read_power};
  const ReportText taken{text, text_lines(text), report_tables(text)};
  DesignReport report;
  bool found = false;
  for (ReportReader* const reader : readers) {
    const auto read = reader(taken, report);
    if (!read) {
      Diagnostics errors = read.errors();
      for (Diagnostic& error : errors) error.place.file = file;
      return errors;
    }
    found = found || *read;
  }
  if (!found) return diagnose(messages::report_unknown, {file});
  return report;
}

}  // namespace gw
