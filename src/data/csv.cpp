// A table is read in one pass into cells, and then judged: which line names the columns, which column is the
// labels, what the labels are. Everything else must be a finite number, and what is not is named by line and
// column.

#include "data/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "support/messages.h"

namespace gw {

namespace {

using Cells = std::vector<std::string>;
struct Line {
  int number = 0;
  Cells cells;
};

// Lines of cells; a quoted cell may hold commas, line feeds and doubled quotes. Empty lines are passed over.
std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  int number = 1;
  Line line{1, {}};
  std::string cell;
  bool is_quoted = false;
  const auto end_cell = [&] {
    line.cells.push_back(std::move(cell));
    cell.clear();
  };
  const auto end_line = [&] {
    end_cell();
    if (line.cells.size() > 1 || !line.cells.front().empty()) lines.push_back(std::move(line));
    line = {number, {}};
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') ++number;
    if (is_quoted) {
      if (c != '"') {
        cell += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        cell += text[++i];
      } else {
        is_quoted = false;
      }
    } else if (c == '"' && cell.empty()) {
      is_quoted = true;
    } else if (c == ',') {
      end_cell();
    } else if (c == '\n') {
      end_line();
    } else if (c != '\r') {
      cell += c;
    }
  }
  if (!cell.empty() || !line.cells.empty()) end_line();
  return lines;
}

std::optional<double> number_of(const std::string& cell) {
  const size_t first = cell.find_first_not_of(" \t"), last = cell.find_last_not_of(" \t");
  if (first == cell.npos) return std::nullopt;
  double value = 0;
  const char* const end = cell.data() + last + 1;
  const auto [stop, error] = std::from_chars(cell.data() + first + (cell[first] == '+' ? 1 : 0), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<std::uint8_t> whole_label(const std::string& cell) {
  const auto value = number_of(cell);
  if (!value || *value != std::floor(*value) || *value < 0 || *value > 255) return std::nullopt;
  return static_cast<std::uint8_t>(*value);
}

Status label_all(const std::vector<Line>& lines, size_t column, const std::string& file, Dataset& set) {
  const bool are_numbers =
      std::all_of(lines.begin(), lines.end(), [&](const Line& l) { return number_of(l.cells[column]); });
  std::set<std::string> names;
  if (!are_numbers) {
    for (const Line& line : lines) names.insert(line.cells[column]);
    if (names.size() > 256)
      return diagnose(messages::too_many_classes, {file}, static_cast<std::int64_t>(names.size()));
  }
  for (const Line& line : lines) {
    const std::string& cell = line.cells[column];
    const auto label =
        are_numbers
            ? whole_label(cell)
            : std::optional(static_cast<std::uint8_t>(std::distance(names.begin(), names.find(cell))));
    if (!label) return diagnose(messages::label_value, {file, line.number, ""}, cell, 255);
    set.labels.push_back(*label);
    set.classes = std::max(set.classes, *label + 1);
  }
  return Done{};
}

}  // namespace

Result<Dataset> parse_csv(std::string_view text, const std::string& file, const std::string& label,
                          AnswerKind answers) {
  std::vector<Line> lines = lines_of(text);
  if (lines.empty()) return diagnose(messages::csv_empty, {file});
  const size_t width = lines.front().cells.size();
  Diagnostics errors;
  for (const Line& line : lines) {
    if (line.cells.size() != width && errors.size() < 10)
      errors.push_back(diagnose(messages::csv_columns, {file, line.number, ""},
                                static_cast<std::int64_t>(line.cells.size()),
                                static_cast<std::int64_t>(width)));
  }
  if (!errors.empty()) return errors;

  const std::string wanted = label.empty() ? "label" : label;
  const Cells& first = lines.front().cells;
  const bool has_names = std::find(first.begin(), first.end(), wanted) != first.end() ||
                         std::none_of(first.begin(), first.end(), [](const auto& c) { return number_of(c); });
  Cells names;
  for (size_t c = 0; c < width; ++c) names.push_back(has_names ? first[c] : std::to_string(c + 1));
  if (has_names) lines.erase(lines.begin());
  if (lines.empty()) return diagnose(messages::csv_empty, {file});

  size_t column = width - 1;
  if (const auto at = std::find(names.begin(), names.end(), wanted); at != names.end()) {
    column = static_cast<size_t>(at - names.begin());
  } else if (!label.empty()) {
    return diagnose(messages::csv_column, {file}, label, fmt::format("{}", fmt::join(names, ", ")));
  }

  Dataset set{file, 1, 1, static_cast<int>(width) - 1, 0, {}, {}};
  if (answers == AnswerKind::Numbers)
    set.outputs = 1;
  else if (auto labelled = label_all(lines, column, file, set); !labelled)
    return labelled.errors();
  for (const Line& line : lines) {
    for (size_t c = 0; c < width; ++c) {
      if (c == column && set.outputs == 0) continue;
      const auto value = number_of(line.cells[c]);
      if (!value || !std::isfinite(static_cast<float>(*value))) {
        errors.push_back(diagnose(messages::csv_cell, {file, line.number, ""}, line.cells[c], names[c]));
        if (errors.size() == 10) return errors;
        continue;
      }
      (c == column ? set.targets : set.reals).push_back(static_cast<float>(*value));
    }
  }
  if (!errors.empty()) return errors;
  return set;
}

Result<Dataset> read_csv(const fs::path& path, const std::string& label, AnswerKind answers) {
  const auto text = read_file(path);
  if (!text) return text.errors();
  return parse_csv(*text, path.string(), label, answers);
}

}  // namespace gw
