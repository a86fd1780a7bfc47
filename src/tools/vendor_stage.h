#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/files.h"
#include "support/progress.h"
#include "support/result.h"

namespace gw {

/// One run of a vendor's tool in the folder of a project: minutes to hours of work that is not done twice.
struct VendorStage {
  std::string name;                  ///< "synth": of its log and its mark
  std::string title;                 ///< for the bar and for messages: "synth of 'network'"
  std::vector<std::string> command;  ///< the program, with its path, and its arguments
  std::string key;                   ///< a hash of everything that its result depends on
  std::vector<std::string> leaves;  ///< files and folders, by the project's, that are there when it went well
};

/// What came of a stage.
struct StageRun {
  std::string name;
  bool kept = false;                ///< an earlier run on the same input had finished
  double seconds = 0;               ///< wall time of that run
  fs::path log;                     ///< <project>/logs/<name>.log
  std::vector<std::string> doubts;  ///< critical warnings in it, each once
};

struct StageLimits {
  double seconds = 0;  ///< of one stage; 0: as long as it takes
};

/// Runs the stages one after the other; one whose mark carries its key and whose files are there is kept.
/// What the tool says goes to the log, and its steps to `progress`. The first failing stage ends it, with the
/// tool's first own error, its line in the log, and what is finished: a licence that is missing, memory that
/// ran out, a signal, the time limit and a stop by the user are told apart. A line "ERROR:" in the log is a
/// failure whatever the exit code.
Result<std::vector<StageRun>> run_stages(std::span<const VendorStage> stages, const fs::path& project,
                                         const StageLimits& limits, Progress& progress);

/// What a log says went wrong: the first line that tells an error of the tool's, of a compiler's or of the
/// system's, and its number; nothing if there is none.
struct LogLine {
  int number = 0;
  std::string text;
};
std::optional<LogLine> first_error(std::string_view log);

/// A few words for the bar out of a line of a log, or "" if the line tells of no step.
std::string step_of(std::string_view line);

}  // namespace gw
