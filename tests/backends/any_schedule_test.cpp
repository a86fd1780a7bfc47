// Any schedule, same bits: every row of the layers' agreement test as hardware, each case with a schedule of
// its own, in Verilator, against what the emulator answers.

#include <cstdlib>

#include <gtest/gtest.h>

#include "backends/candidates.h"

namespace gw {
namespace {

using testing::Candidate;
using testing::Kind;
using testing::Row;

TEST(AnySchedule, GivesTheBitsOfTheEmulator) {
  // The environment may ask for more: cases of each row, and the first one.
  const char* more = std::getenv("GATEWRIGHT_SCHEDULE_CASES");
  const char* begin = std::getenv("GATEWRIGHT_SCHEDULE_FIRST");
  const int per_row = more ? std::atoi(more) : 1, first = begin ? std::atoi(begin) : 0;
  constexpr size_t most_together = 120;
  std::vector<Candidate> candidates;
  const auto add = [&](const Row& row, Kind kind) {
    int made = 0;
    for (int n = first; n < first + row.cases && made < per_row; ++n) {
      auto next = testing::layer_candidate(row, n, candidates.size(), kind);
      if (!next) continue;
      candidates.push_back(std::move(*next));
      ++made;
    }
    EXPECT_EQ(made, per_row) << row.name << ", kind " << static_cast<int>(kind);
    if (candidates.size() < most_together) return;
    testing::expect_same_bits(candidates);
    candidates.clear();
  };
  for (const Row& row : testing::all_rows()) add(row, Kind::Any);
  // What only some layers have.
  const auto add_named = [&](Kind kind, std::initializer_list<std::string_view> names) {
    size_t found = 0;
    for (const Row& row : testing::all_rows()) {
      if (std::find(names.begin(), names.end(), row.name) == names.end()) continue;
      add(row, kind);
      ++found;
    }
    EXPECT_EQ(found, names.size());
  };
  add_named(Kind::Folded, {"Dense", "Conv1D", "Conv2D"});
  add_named(Kind::Serial, {"Dense", "Conv1D", "Conv2D"});
  add_named(Kind::Tables, {"Dense", "Conv2D", "Relu", "MaxPool2D", "Add"});
  add_named(Kind::LaidOut, {"Dense", "Conv1D", "Conv2D"});
  add_named(Kind::SeveralPixels, {"Conv1D", "Conv2D", "MaxPool2D", "AveragePool2D", "Pad", "Crop", "Slice"});
  add_named(Kind::Plain, {"Dense", "Conv2D", "Softmax", "MaxPool2D", "Add"});
  if (!candidates.empty()) testing::expect_same_bits(candidates);
}

TEST(AnyWindow, ShowsThePixelsOfTheInterpreter) {
  const char* more = std::getenv("GATEWRIGHT_SCHEDULE_WINDOWS");
  const int windows = more ? std::atoi(more) : 40;
  std::vector<Candidate> candidates;
  for (int n = 0; n < windows; ++n) {
    candidates.push_back(testing::window_candidate(static_cast<std::uint64_t>(n), candidates.size()));
    if (candidates.size() < 100 && n + 1 < windows) continue;
    testing::expect_same_bits(candidates);
    candidates.clear();
  }
}

}  // namespace
}  // namespace gw
