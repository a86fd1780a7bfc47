#pragma once

#include <string>
#include <vector>

namespace gw::fuzz {

/// A file that fuzzing begins from.
struct Seed {
  std::string reader;  ///< by its name in readers.h
  std::string name;    ///< of the file
  std::string bytes;
};

/// The sample files of the tests, the networks and configurations of this tree, and an array: at least one
/// for every reader.
std::vector<Seed> seeds();

}  // namespace gw::fuzz
