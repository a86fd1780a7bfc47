#pragma once

#include <string>
#include <vector>

namespace gw {

/// A table of text for a terminal: columns as wide as their widest cell, two spaces between, the first column
/// flush left and the others flush right, a rule under the header.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{std::move(header)} {}
  /// A row may be shorter than the header.
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string print() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// 141367 as "141,367".
std::string grouped(long long value);

}  // namespace gw
