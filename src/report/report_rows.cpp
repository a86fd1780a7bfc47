// Cells and rows out of JSON reports.

#include "report/report_rows.h"

#include <cmath>

#include <fmt/format.h>

namespace gw {

using Json = nlohmann::ordered_json;

TableCell text_at(const Json& row, const std::string& key) {
  if (!row.contains(key) || row.at(key).is_null()) return cell("");
  const Json& value = row.at(key);
  return cell(value.is_string() ? value.get<std::string>() : value.dump());
}

TableCell count_at(const Json& row, const std::string& key) {
  return row.contains(key) ? count_cell(row.at(key)) : cell("");
}

TableCell real_at(const Json& row, const std::string& key, int digits) {
  return row.contains(key) && row.at(key).is_number() ? real_cell(row.at(key), digits) : cell("");
}

TableCell rounded_at(const Json& row, const std::string& key) {
  if (!row.contains(key)) return cell("");
  const double value = row.at(key);
  if (key == "bram36") return real_cell(value, 1);
  return {count_cell(static_cast<std::int64_t>(std::llround(value))).text, fmt::format("{}", value)};
}

DocumentTable accuracy_table(const Json& study) {
  DocumentTable table{"accuracy",
                      "",
                      {"", "float training", "float validation", "float test", "fixed test", "circuit test",
                       "images simulated", "values differ"},
                      {}};
  if (study.contains("published_accuracy")) {
    for (const Json& row : study.at("published_accuracy"))
      table.rows.push_back({text_at(row, "name"), share_cell(row.at("accuracy"))});
  }
  for (const Json& row : study.at("accuracy")) {
    const Json& real = row.at("float");
    const auto share = [&](const char* set) {
      return real.contains(set) ? share_cell(real.at(set).at("accuracy")) : cell("-");
    };
    table.marked = static_cast<int>(table.rows.size());
    table.rows.push_back({cell(fmt::format("Gatewright, epoch {}", row.at("epoch").dump())),
                          share("training"), share("validation"), share("test"),
                          share_cell(row.at("fixed").at("test")),
                          row.contains("circuit") ? share_cell(row.at("circuit").at("test")) : cell("-"),
                          row.contains("circuit") ? count_at(row.at("circuit"), "images") : cell("-"),
                          count_at(row, "differing_values")});
  }
  return table;
}

}  // namespace gw
