#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/hls/dialect.h"
#include "backends/hls/formula.h"
#include "schedule/beats.h"
#include "schedule/design.h"

namespace gw::hls {

/// What a stage reads: a stream of beats, or the elements of a whole frame as an array.
struct Source {
  std::string element;  ///< type of an element
  std::string beat;     ///< type of a beat
  Beats beats;
  LineMemory memory = LineMemory::Distributed;  ///< of rows that wait
};

/// A stage that is to be printed.
struct StageJob {
  const Stage* stage = nullptr;
  std::string name;  ///< what its names begin with
  std::vector<Source> sources;
  Source output;
  std::int64_t clocks = 1;  ///< between one position and the next
  Turns turns;              ///< what a matrix makes of them
  int multipliers = 0;      ///< at most so many; 0: as many as it takes
  const HlsDialect* dialect = nullptr;
};

/// A function of its own that stands between two streams.
struct Process {
  std::string call;  ///< with {0} for the stream that it reads and {1} for the one that it writes
  std::string beat;  ///< of what it writes
  std::string stream;
};

/// A stage as C++.
struct StageText {
  std::string functions;  ///< the formula, and the function NAME that calls it
  std::string windows;    ///< structures that say the windows' sizes
  std::vector<ConstantArray> arrays;
  std::vector<std::pair<std::string, std::string>> types;  ///< names, and what they stand for
  std::vector<std::vector<Process>> before;  ///< by source: what stands between it and the function
  std::vector<bool> runs_ahead;  ///< by source: pixels may have to wait for those of another source
};

/// Endings of the names that a stage's text makes from its own, as Names takes them.
std::vector<std::string_view> stage_endings();

/// As a process between streams: line buffers, windows, a position at a time.
StageText stream_stage(const StageJob& job);

/// As a function from arrays to an array, for a whole frame at a call.
StageText parallel_stage(const StageJob& job, bool is_pipelined_outside);

}  // namespace gw::hls
