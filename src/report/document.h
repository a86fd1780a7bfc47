#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace gw {

/// One entry of a table: as people read it and as programs do.
struct TableCell {
  std::string text;  ///< "62,025", "97.75 %"
  std::string raw;   ///< "62025", "0.9775"
};

/// A text, the same for both.
TableCell cell(std::string text);
/// A whole number: "62,025", "62025".
TableCell count_cell(std::int64_t count);
/// A real number with so many digits behind the point for people, all of them for programs.
TableCell real_cell(double value, int digits);
/// Likewise with four significant digits: "0.05344", "1.2e-07".
TableCell significant_cell(double value);
/// A share of 1 as "97.75 %".
TableCell share_cell(double share, int digits = 2);

/// A table with its caption; a row may be shorter than the header.
struct DocumentTable {
  std::string name;     ///< of its file as CSV: "stages"
  std::string caption;  ///< what it shows; may be empty
  std::vector<std::string> header;
  std::vector<std::vector<TableCell>> rows;
  std::vector<size_t> marked = {};  ///< rows to be pointed out

  bool is_marked(size_t row) const { return std::find(marked.begin(), marked.end(), row) != marked.end(); }
};

/// A part of a document; everything in it may be empty.
struct Section {
  std::string title = {};
  std::vector<std::string> paragraphs = {};
  std::vector<DocumentTable> tables = {};
  std::vector<std::string> figures = {};  ///< names of figures that belong here
  std::string code = {};                  ///< lines to be copied as they are
};

/// What a report says, whatever it is printed as.
struct Document {
  std::string title;
  std::vector<Section> sections;
};

/// For a terminal.
std::string print_text(const Document& document);
/// One table of it, without its caption.
std::string print_text(const DocumentTable& table);
/// GitHub's dialect of Markdown.
std::string print_markdown(const Document& document);
/// Tables for LaTeX with the package booktabs, to be included in a document.
std::string print_latex(const Document& document);
/// All tables one after the other, each with a line of its name before it and an empty line behind.
std::string print_csv(const Document& document);
/// One table, by RFC 4180 but with plain line feeds.
std::string print_csv(const DocumentTable& table);

}  // namespace gw
