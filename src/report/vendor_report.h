#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "report/document.h"
#include "tools/design_report.h"

namespace gw {

/// Reports of vendors' tools on one design or on several, each with a name.
using NamedReports = std::vector<std::pair<std::string, DesignReport>>;

/// Everything that the reports tell; what they do not tell is null.
nlohmann::ordered_json vendor_json(const NamedReports& reports);

/// One row a report of such JSON: clock, resources and their share of the part, clocks of latency and
/// interval, watts.
DocumentTable vendor_table(const nlohmann::ordered_json& reports);

/// A sentence for each co-simulation in such JSON.
std::vector<std::string> cosim_sentences(const nlohmann::ordered_json& reports);

/// Table and sentences for a terminal.
std::string vendor_text(const NamedReports& reports);

}  // namespace gw
