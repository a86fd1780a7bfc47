#pragma once

#include <nlohmann/json.hpp>

#include "report/document.h"
#include "support/result.h"

namespace gw {

/// The entries of a JSON report as cells. What is not there is an empty cell.
TableCell text_at(const nlohmann::ordered_json& row, const std::string& key);
TableCell count_at(const nlohmann::ordered_json& row, const std::string& key);
TableCell real_at(const nlohmann::ordered_json& row, const std::string& key, int digits);
/// A resource: whole, but for block memories, which come in halves.
TableCell rounded_at(const nlohmann::ordered_json& row, const std::string& key);

/// The accuracies of a study by epoch, those that were published among them.
DocumentTable accuracy_table(const nlohmann::ordered_json& study);

/// The JSON of a report, which has a format; an error if the text is none.
Result<nlohmann::ordered_json> parse_report(const std::string& json, const std::string& file);

}  // namespace gw
