// Turns a finding into the one line that a user reads, in the layout that compilers use and editors
// understand, and finds the word that was probably meant (Levenshtein's distance, one row of the table kept;
// words here are short).
#include "support/diagnostic.h"

#include <algorithm>
#include <numeric>

namespace gw {

std::string to_string(const Diagnostic& diagnostic) {
  std::string out = diagnostic.place.file;
  if (diagnostic.place.line > 0) out += fmt::format(":{}", diagnostic.place.line);
  if (!out.empty()) out += ": ";
  if (!diagnostic.place.item.empty()) out += diagnostic.place.item + ": ";
  switch (diagnostic.severity) {
    case Severity::Error:
      out += "error: ";
      break;
    case Severity::Warning:
      out += "warning: ";
      break;
    case Severity::Note:
      out += "note: ";
      break;
  }
  return out + fmt::format("{} [{}]", diagnostic.text, diagnostic.id);
}

namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr size_t longest = 64;  // of any word that is meant; a file may hold others
  word = word.substr(0, longest);
  const auto best = std::min_element(candidates.begin(), candidates.end(), [&](const auto& a, const auto& b) {
    return edit_distance(word, a) < edit_distance(word, b);
  });
  return best == candidates.end() ? std::string() : *best;
}

}  // namespace gw
