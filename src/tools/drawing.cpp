// What the programs that draw have in common: the formats, and that one drawing is one string of bytes.
//
// Cairo, which makes the PDFs of both programs, writes the time of day into them. It stands there as plain
// text of a known length, so it is overwritten where it stands and no offset of the file moves.

#include "tools/drawing.h"

#include <algorithm>
#include <array>

#include "support/messages.h"

namespace gw {

namespace {
constexpr std::array<std::string_view, 3> names{"svg", "png", "pdf"};
}

std::string_view name(DrawingFormat format) { return names[static_cast<size_t>(format)]; }

Result<DrawingFormat> drawing_format(const fs::path& file) {
  std::string suffix = file.extension().string();
  for (char& c : suffix) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (size_t i = 0; i < names.size(); ++i) {
    if (suffix == "." + std::string(names[i])) return static_cast<DrawingFormat>(i);
  }
  return diagnose(messages::picture_suffix, {file.string()});
}

std::string without_date(std::string pdf) {
  constexpr std::string_view key = "/CreationDate (";
  for (size_t at = pdf.find(key); at != pdf.npos; at = pdf.find(key, at)) {
    at += key.size();
    for (; at < pdf.size() && pdf[at] != ')'; ++at) {
      if (pdf[at] >= '0' && pdf[at] <= '9') pdf[at] = '0';
    }
  }
  return pdf;
}

}  // namespace gw
