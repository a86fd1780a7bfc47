#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tools/design_report.h"

namespace gw::cli {

/// Reports of one design or of several, each with a name.
using NamedReports = std::vector<std::pair<std::string, DesignReport>>;

/// One row a report: clock, resources and their share of the part, clocks of latency and interval, watts; and
/// a line for each co-simulation.
std::string report_table_text(const NamedReports& reports);

/// Everything that the reports tell; what they do not tell is null.
nlohmann::ordered_json report_json(const NamedReports& reports);

}  // namespace gw::cli
