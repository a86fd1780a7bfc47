#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/result.h"

namespace gw {

/// A table as report files draw it, with '|' between cells and rules of '-', cells without blanks around
/// them.
struct ReportTable {
  struct Row {
    int line = 0;  ///< in the file, from 1
    std::vector<std::string> cells;
  };
  std::vector<Row> head;  ///< the rows between the first rule and the second; none where no rule is above
  std::vector<Row> rows;

  /// The words of the head in that column, of all its rows from above: "Latency (cycles)".
  std::string column(size_t at) const;
  /// The first column whose head is `name`, or begins with it if `prefix`.
  std::optional<size_t> find_column(std::string_view name, bool prefix = false) const;
  /// The first row whose first cell is `name`; a '*' behind a name is a footnote's.
  const Row* find_row(std::string_view name) const;
};

/// All tables of a text, also of Markdown, also those with single rows.
std::vector<ReportTable> report_tables(std::string_view text);

/// The lines of a text, without their ends.
std::vector<std::string_view> text_lines(std::string_view text);

/// Without blanks at both ends.
std::string_view trimmed(std::string_view text);

/// What a cell says: "1,234", "4.168 ns", "12 (4%)", "~0", "<0.01", "15*"; nothing for "-", "?", "NA",
/// "undef" and the like. A cell that is neither is an error with its words.
Result<std::optional<double>> cell_number(std::string_view cell);

}  // namespace gw
