#pragma once

#include <string>
#include <vector>

namespace gw::testing {

/// A small model file that reads.
struct SampleFile {
  std::string name;  ///< its kind, as the ending of a file
  std::string bytes;
};

/// One or several files of every kind that is read, put together here: what others damage or begin from.
std::vector<SampleFile> sample_files();

}  // namespace gw::testing
