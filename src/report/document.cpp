// A report is said once, as sections, sentences and tables, and printed in the language of whoever reads it.
// What has a meaning in that language is escaped here and nowhere else.

#include "report/document.h"

#include <algorithm>

#include <fmt/format.h>

#include "report/table.h"

namespace gw {

namespace {

/// Each character that `special` names is replaced.
template <class Replace>
std::string escaped(std::string_view text, const Replace& replace) {
  std::string out;
  for (const char c : text) {
    const std::string_view other = replace(c);
    if (other.empty()) {
      out += c;
    } else {
      out += other;
    }
  }
  return out;
}

std::string markdown(std::string_view text) {
  return escaped(text, [](char c) -> std::string_view {
    switch (c) {
      case '|':
        return "\\|";
      case '*':
        return "\\*";
      case '_':
        return "\\_";
      case '`':
        return "\\`";
      case '[':
        return "\\[";
      case '<':
        return "&lt;";
      case '&':
        return "&amp;";
      case '\\':
        return "\\\\";
      case '\n':
        return " ";
      default:
        return {};
    }
  });
}

std::string latex(std::string_view text) {
  return escaped(text, [](char c) -> std::string_view {
    switch (c) {
      case '\\':
        return "\\textbackslash{}";
      case '~':
        return "\\textasciitilde{}";
      case '^':
        return "\\textasciicircum{}";
      case '&':
        return "\\&";
      case '%':
        return "\\%";
      case '$':
        return "\\$";
      case '#':
        return "\\#";
      case '_':
        return "\\_";
      case '{':
        return "\\{";
      case '}':
        return "\\}";
      case '<':
        return "\\textless{}";
      case '>':
        return "\\textgreater{}";
      default:
        return {};
    }
  });
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == text.npos) return text;
  return '"' + escaped(text, [](char c) -> std::string_view { return c == '"' ? "\"\"" : ""; }) + '"';
}

/// Row by row, filled up to the header's length, the header first.
template <class Print>
void print_rows(const DocumentTable& table, const Print& print) {
  for (size_t r = 0; r < table.rows.size(); ++r) {
    std::vector<std::string> cells;
    for (const TableCell& c : table.rows[r]) cells.push_back(c.text);
    cells.resize(table.header.size());
    print(r, cells);
  }
}

}  // namespace

TableCell cell(std::string text) { return {text, text}; }
TableCell count_cell(std::int64_t count) { return {grouped(count), std::to_string(count)}; }
TableCell real_cell(double value, int digits) {
  return {fmt::format("{:.{}f}", value, digits), fmt::format("{}", value)};
}
TableCell significant_cell(double value) { return {fmt::format("{:.4g}", value), fmt::format("{}", value)}; }
TableCell share_cell(double share, int digits) {
  return {fmt::format("{:.{}f} %", 100 * share, digits), fmt::format("{}", share)};
}

std::string print_text(const DocumentTable& table) {
  TextTable plain(table.header);
  print_rows(table, [&](size_t, const auto& cells) { plain.add(cells); });
  return plain.print();
}

std::string print_text(const Document& document) {
  std::string text = document.title + "\n";
  for (const Section& section : document.sections) {
    if (!section.title.empty()) text += "\n" + section.title + "\n";
    for (const std::string& paragraph : section.paragraphs) text += "\n" + paragraph + "\n";
    for (const DocumentTable& table : section.tables) {
      if (!table.caption.empty()) text += "\n" + table.caption + "\n";
      text += "\n" + print_text(table);
    }
    if (!section.code.empty()) text += "\n" + section.code;
  }
  return text;
}

std::string print_markdown(const Document& document) {
  std::string text = "# " + markdown(document.title) + "\n";
  for (const Section& section : document.sections) {
    if (!section.title.empty()) text += "\n## " + markdown(section.title) + "\n";
    for (const std::string& paragraph : section.paragraphs) text += "\n" + markdown(paragraph) + "\n";
    for (const DocumentTable& table : section.tables) {
      if (!table.caption.empty()) text += "\n" + markdown(table.caption) + "\n";
      text += "\n|";
      for (const std::string& head : table.header) text += " " + markdown(head) + " |";
      text += "\n|";
      for (size_t c = 0; c < table.header.size(); ++c) text += c == 0 ? " --- |" : " ---: |";
      text += "\n";
      print_rows(table, [&](size_t r, const auto& cells) {
        text += "|";
        for (const std::string& c : cells) {
          text += table.is_marked(r) && !c.empty() ? " **" + markdown(c) + "** |" : " " + markdown(c) + " |";
        }
        text += "\n";
      });
    }
    if (!section.code.empty()) text += "\n```\n" + section.code + "```\n";
  }
  return text;
}

std::string print_latex(const Document& document) {
  std::string text =
      "% " + escaped(document.title, [](char c) -> std::string_view { return c == '\n' ? " " : ""; }) + "\n";
  for (const Section& section : document.sections) {
    for (const DocumentTable& table : section.tables) {
      const std::string& caption = table.caption.empty() ? section.title : table.caption;
      text += fmt::format("\n\\begin{{table}}\n\\caption{{{}}}\n\\begin{{tabular}}{{l{}}}\n\\toprule\n",
                          latex(caption), std::string(table.header.size() - 1, 'r'));
      const auto row = [&](const std::vector<std::string>& cells, bool is_marked) {
        for (size_t c = 0; c < cells.size(); ++c) {
          if (c > 0) text += " & ";
          text += is_marked ? "\\textbf{" + latex(cells[c]) + "}" : latex(cells[c]);
        }
        text += " \\\\\n";
      };
      row(table.header, false);
      text += "\\midrule\n";
      print_rows(table, [&](size_t r, const auto& cells) { row(cells, table.is_marked(r)); });
      text += "\\bottomrule\n\\end{tabular}\n\\end{table}\n";
    }
  }
  return text;
}

std::string print_csv(const DocumentTable& table) {
  std::string text;
  for (size_t c = 0; c < table.header.size(); ++c) text += (c > 0 ? "," : "") + csv_field(table.header[c]);
  text += "\n";
  for (const auto& row : table.rows) {
    for (size_t c = 0; c < table.header.size(); ++c) {
      if (c > 0) text += ",";
      if (c < row.size()) text += csv_field(row[c].raw);
    }
    text += "\n";
  }
  return text;
}

std::string print_csv(const Document& document) {
  std::string text;
  for (const Section& section : document.sections) {
    for (const DocumentTable& table : section.tables)
      text += "# " + table.name + "\n" + print_csv(table) + "\n";
  }
  return text;
}

}  // namespace gw
