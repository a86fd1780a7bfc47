#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace gw::house {

/// A text file of the source tree.
struct File {
  std::string path;    ///< from the root, "src/num/fixed.h"
  std::string folder;  ///< the second part of the path, "num"
  std::vector<std::string> lines;

  /// The lines with nothing left of raw string literals, which hold text that Gatewright writes for others.
  std::vector<std::string> code() const;
};

/// The files below `top` ("src") whose names end in one of `endings`, sorted by path.
std::vector<File> files(const std::string& top, const std::vector<std::string>& endings);

/// A file as one text.
std::string text(const std::string& path);

/// One row of the table in docs/architecture.md.
struct Row {
  std::set<std::string> may_include;  ///< as the row says
  std::set<std::string> reaches;      ///< and what those may include in turn, and the folder itself
  std::set<std::string> outside;      ///< libraries from outside
};
/// The table of who may know whom, by folder.
std::map<std::string, Row> architecture();

}  // namespace gw::house
