#pragma once

#include <functional>
#include <string>
#include <vector>

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

/// A column of a table: its head, and what it shows of a row.
struct Column {
  std::string head;
  std::function<TableCell(const nlohmann::ordered_json& row)> cell;
};
Column text_column(std::string head, const std::string& key);
Column count_column(std::string head, const std::string& key);
Column real_column(std::string head, const std::string& key, int digits);
Column significant_column(std::string head, const std::string& key);
/// The four resources of an object, below its key.
std::vector<Column> resource_columns(const std::string& key, const std::string& suffix = "");

/// A table of the rows' values.
DocumentTable table_of(std::string name, std::string caption, const nlohmann::ordered_json& rows,
                       const std::vector<Column>& columns);

/// The tables that several kinds of report have: the layers of a network, the stages of a design.
DocumentTable layers_table(const nlohmann::ordered_json& layers);
DocumentTable stages_table(const nlohmann::ordered_json& stages);

/// Rows of tables of resources: counts, and their shares of the part.
std::vector<TableCell> resource_row(std::string head, const nlohmann::ordered_json& resources);
std::vector<TableCell> share_row(const nlohmann::ordered_json& shares);

/// How a report came about: what went in, what ran, for how long.
Section origin(const nlohmann::ordered_json& json);

/// The JSON of a report, which has a format; an error if the text is none.
Result<nlohmann::ordered_json> parse_report(const std::string& json, const std::string& file);

}  // namespace gw
