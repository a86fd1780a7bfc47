// Reads the source tree and the one table that says who may know whom.
#include "house/tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>

namespace gw::house {

namespace {

namespace fs = std::filesystem;

const fs::path root = GATEWRIGHT_ROOT;

std::string trimmed(const std::string& cell) {
  const auto first = cell.find_first_not_of(" `"), last = cell.find_last_not_of(" `");
  return first == cell.npos ? "" : cell.substr(first, last - first + 1);
}

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, separator);) cells.push_back(trimmed(cell));
  return cells;
}

std::set<std::string> names(const std::string& cell) {
  std::set<std::string> out;
  for (const auto& name : split(cell, ',')) {
    if (!name.empty() && name != "nothing") out.insert(name);
  }
  return out;
}

}  // namespace

std::string text(const std::string& path) {
  std::ifstream in(root / path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

std::vector<std::string> File::code() const {
  std::vector<std::string> out;
  std::string closing;  // of the literal that we are in; empty: none
  for (const std::string& line : lines) {
    std::string kept;
    for (size_t at = 0; at < line.size();) {
      if (!closing.empty()) {
        const size_t end = line.find(closing, at);
        if (end == line.npos) break;
        at = end + closing.size();
        closing.clear();
        continue;
      }
      const size_t open = line.find("R\"", at), bracket = open == line.npos ? open : line.find('(', open);
      kept += line.substr(at, bracket == line.npos ? line.npos : open - at);
      if (bracket == line.npos) break;
      closing.assign(")").append(line, open + 2, bracket - open - 2).append("\"");
      at = bracket + 1;
    }
    out.push_back(kept);
  }
  return out;
}

std::vector<File> files(const std::string& top, const std::vector<std::string>& endings) {
  std::vector<File> found;
  for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
    if (!entry.is_regular_file()) continue;
    File file{fs::relative(entry.path(), root).string(), {}, {}};
    if (std::none_of(endings.begin(), endings.end(),
                     [&](const auto& end) { return file.path.ends_with(end); }))
      continue;
    const auto parts = split(file.path, '/');
    if (parts.size() > 2) file.folder = parts[1];
    std::istringstream in(text(file.path));
    for (std::string line; std::getline(in, line);) file.lines.push_back(line);
    found.push_back(std::move(file));
  }
  std::sort(found.begin(), found.end(), [](const File& a, const File& b) { return a.path < b.path; });
  return found;
}

std::map<std::string, Row> architecture() {
  std::map<std::string, Row> rows;
  std::istringstream in(text("docs/architecture.md"));
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| `")) continue;
    const auto cells = split(line, '|');  // the first is what stands before the first bar
    if (cells.size() < 5 || cells[1].find('/') != std::string::npos) continue;
    rows[cells[1]] = {names(cells[3]), {}, names(cells[4])};
  }
  const std::function<void(const std::string&, std::set<std::string>&)> reach =
      [&](const std::string& folder, std::set<std::string>& reached) {
        if (!reached.insert(folder).second) return;
        for (const auto& next : rows.at(folder).may_include) reach(next, reached);
      };
  for (auto& [folder, row] : rows) reach(folder, row.reaches);
  return rows;
}

}  // namespace gw::house
