#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "support/result.h"
#include "tools/design_report.h"
#include "tools/report_table.h"

namespace gw {

/// A report taken apart, as the readers of its parts see it.
struct ReportText {
  std::string_view text;
  std::vector<std::string_view> lines;
  std::vector<ReportTable> tables;
};

/// Fills in what it finds of its kind; true if it found anything.
using ReportReader = Result<bool>(const ReportText&, DesignReport&);

ReportReader read_csynth_tables;   ///< <top>_csynth.rpt
ReportReader read_csynth_summary;  ///< csynth.rpt of Vitis HLS: one table of all modules and loops
ReportReader read_csynth_xml;
ReportReader read_cosim;
ReportReader read_utilisation;            ///< report_utilization
ReportReader read_utilisation_hierarchy;  ///< report_utilization -hierarchical: its top row
ReportReader read_timing_summary;
ReportReader read_power;

/// Text behind "key :" in a line of a report's head ("* Version: 2019.2", "| Device : xcu250"), or "".
std::string head_entry(const ReportText& report, std::string_view key);

/// The number in a cell of a row; none where the row is shorter. Errors name the line and the column.
Result<std::optional<double>> row_number(const ReportTable::Row& row, size_t column, std::string_view name);

}  // namespace gw
