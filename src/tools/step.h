#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "support/files.h"
#include "support/result.h"

namespace gw {

/// One program that turns files into files.
struct Step {
  std::string item;                  ///< what is worked on, for messages: "module 'top'"
  std::string name;                  ///< of its folder
  std::string version;               ///< of the program, as it enters the key
  std::vector<std::string> command;  ///< the program and its arguments
  Files files;                       ///< lie in the folder in which it runs
  std::vector<std::string> makes;    ///< files that it leaves there
};

/// Runs the step in a folder of its own, or returns what an earlier run on the same bytes made: the files of
/// `makes` in that order, and last what the program said. `judge` reads that text and may refuse the result.
/// Errors: a program that ends with another code than 0 or leaves no such file.
Result<Files> run_step(const Step& step, const fs::path& cache_folder,
                       const std::function<Status(const Place&, std::string_view log)>& judge = {});

}  // namespace gw
