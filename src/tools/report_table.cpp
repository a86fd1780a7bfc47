// Tables in the text of reports.
//
// Problem: each tool, and each version of it, draws its tables a little differently: heads of one to three
// rows, columns that come and go ("Prohibited", "URAM"), footnotes behind names, percents behind counts.
// Approach: every line with '|' is a row of cells, every line of only '+' and '-' a rule, and everything else
// ends a table; columns are found by the words of their heads and rows by their names, never by position.
// Cost: one pass.

#include "tools/report_table.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include "support/messages.h"

namespace gw {
namespace {

// A line between rows, of Vivado's tables ("+---+---+") or of Markdown's ("|---|:--|").
bool is_rule(std::string_view line) {
  return (line.starts_with('+') || line.starts_with('|')) && line.find("--") != std::string_view::npos &&
         line.find_first_not_of("+-=|: ") == std::string_view::npos;
}

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  line.remove_prefix(1);
  while (!line.empty()) {
    const size_t end = line.find('|');
    cells.emplace_back(trimmed(line.substr(0, end)));
    if (end == std::string_view::npos) break;
    line.remove_prefix(end + 1);
    if (trimmed(line).empty()) break;
  }
  return cells;
}

std::string_view without_footnote(std::string_view name) {
  while (name.ends_with('*')) name.remove_suffix(1);
  return trimmed(name);
}

// What tools write where there is nothing to tell.
constexpr std::array<std::string_view, 9> nothing{"", "-", "?", "NA", "N/A", "n/a", "undef", "---", "inf"};

}  // namespace

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> text_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string ReportTable::column(size_t at) const {
  std::string words;
  for (const Row& row : head) {
    if (at >= row.cells.size() || row.cells[at].empty()) continue;
    if (!words.empty()) words += ' ';
    words += row.cells[at];
  }
  return words;
}

std::optional<size_t> ReportTable::find_column(std::string_view name, bool prefix) const {
  size_t count = 0;
  for (const Row& row : head) count = std::max(count, row.cells.size());
  for (size_t at = 0; at < count; ++at) {
    const std::string words = column(at);
    if (words == name || (prefix && words.starts_with(name))) return at;
  }
  return {};
}

const ReportTable::Row* ReportTable::find_row(std::string_view name) const {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) {
    return !row.cells.empty() && without_footnote(row.cells[0]) == name;
  });
  return found == rows.end() ? nullptr : &*found;
}

std::vector<ReportTable> report_tables(std::string_view text) {
  std::vector<ReportTable> tables;
  ReportTable table;
  int rules = 0, number = 0;
  bool after_rule = false;
  const auto close = [&] {
    if (table.rows.empty()) std::swap(table.rows, table.head);  // no rule below the first rows: they are all
    if (!table.head.empty() || !table.rows.empty()) tables.push_back(std::move(table));
    table = {};
    rules = 0;
  };
  for (const std::string_view whole : text_lines(text)) {
    ++number;
    const std::string_view line = trimmed(whole);
    const bool again = std::exchange(after_rule, is_rule(line));
    if (after_rule) {
      if (again && !table.rows.empty()) close();  // the last rule of a table and the first of the next
      ++rules;
      if (rules == 1 && !table.head.empty()) ++rules;  // Markdown draws none above its head
    } else if (line.starts_with('|')) {
      (rules < 2 ? table.head : table.rows).push_back({number, cells_of(line)});
    } else if (line.starts_with('+') && !table.head.empty() && rules < 2) {
      // A rule that the head's words stand in; its cells are those of the rows around it.
    } else {
      close();
    }
  }
  close();
  return tables;
}

Result<std::optional<double>> cell_number(std::string_view cell) {
  cell = trimmed(cell);
  if (std::find(nothing.begin(), nothing.end(), cell) != nothing.end()) return std::optional<double>();
  std::string digits;
  size_t at = 0;
  while (at < cell.size() && (cell[at] == '~' || cell[at] == '<' || cell[at] == '>')) ++at;
  for (; at < cell.size() && cell[at] != ' ' && cell[at] != '(' && cell[at] != '%' && cell[at] != '*'; ++at) {
    if (cell[at] != ',') digits += cell[at];
  }
  double value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  // A unit may follow without a blank ("5.00ns"), a second number may not.
  const std::string_view rest(read.ptr, static_cast<size_t>(digits.data() + digits.size() - read.ptr));
  if (read.ec != std::errc() || rest.find_first_of("0123456789.") != std::string_view::npos)
    return diagnose(messages::report_cell, {}, std::string(cell));
  return std::optional(value);
}

}  // namespace gw
