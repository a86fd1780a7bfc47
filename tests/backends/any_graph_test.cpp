// Whole networks that branch, join, have several inputs and outputs, as designs: random graphs, random
// schedules, pauses on every port, frames back to back. A fork or a FIFO that is too shallow anywhere shows
// as a design that is stuck.

#include <cstdlib>

#include <gtest/gtest.h>

#include "backends/graph_candidates.h"
#include "graph/lower.h"
#include "schedule/schedule.h"
#include "support/random.h"

namespace gw {
namespace {

using testing::Candidate;

TEST(AnyGraph, GivesTheBitsOfTheEmulator) {
  // The environment may ask for more graphs, and for other ones.
  const char* more = std::getenv("GATEWRIGHT_SCHEDULE_GRAPHS");
  const char* begin = std::getenv("GATEWRIGHT_SCHEDULE_FIRST");
  const size_t graphs = more ? static_cast<size_t>(std::atoi(more)) : 20;
  std::uint64_t seed = begin ? static_cast<std::uint64_t>(std::atoi(begin)) : 0;
  constexpr size_t most_together = 80;
  std::vector<Candidate> candidates;
  for (size_t done = 0; done < graphs; ++seed) {
    auto next = testing::graph_candidate(seed, candidates.size());
    if (!next) continue;
    candidates.push_back(std::move(*next));
    ++done;
    if (candidates.size() < most_together && done < graphs) continue;
    testing::expect_same_bits(candidates);
    candidates.clear();
  }
}

// One path needs no more than its pixel but has a deep pipeline, the other needs a row and more ahead but is
// shallow. At full speed the pipeline holds what waits for the other path; when pixels come slowly, only a
// FIFO can.
TEST(AnyGraph, DoesNotLockUpWhereAPipelineHidesWhatWaits) {
  // Too many bits for one table.
  const FixedType type{12, 6, true}, wide{20, 12, true};
  const auto pointwise = [&](const char* name) {
    Stage stage;
    stage.name = name;
    Window window;
    window.height = window.width = 8;
    stage.windows = {window};
    stage.inputs = {type};
    stage.output = {{8, 8, 1}, type};
    return stage;
  };
  const Quantizer keep{type, Rounding::RndConv, Overflow::Sat};
  Stage deep = pointwise("deep");
  ExprId value = deep.formula.load(0, 0, type);
  for (int n = 0; n < 16; ++n)
    value = deep.formula.cast(keep, deep.formula.multiply(value, deep.formula.constant(93 + n, 6)));
  deep.formula.set_outputs({value});
  Stage ahead = pointwise("ahead");
  Window& window = ahead.windows.front();
  window.kernel_h = window.kernel_w = 3;
  window.pad_top = window.pad_left = window.pad_bottom = window.pad_right = 1;
  ahead.formula.set_outputs({ahead.formula.load(0, 8, type)});
  Stage join = pointwise("join");
  join.windows.push_back(join.windows.front());
  join.inputs.push_back(type);
  join.output = {{8, 8, 1}, wide};
  join.formula.set_outputs(
      {join.formula.cast({wide, Rounding::Trn, Overflow::Wrap},
                         join.formula.add(join.formula.load(0, 0, type), join.formula.load(1, 0, type)))});
  const Pipeline pipeline{
      {{{8, 8, 1}, type}}, {"x"}, {{deep, {-1}}, {ahead, {-1}}, {join, {0, 1}}}, {2}, {"y"}};

  Random random(5);
  auto design = schedule("top", pipeline, *find_part("xcu250-figd2104-2L-e"), {.clock_ns = 1});
  ASSERT_TRUE(design);
  EXPECT_GT(design->stages[0].circuit.latency, 16);
  EXPECT_GE(design->stages[2].streams[0].fifo_depth, 9);
  Tensor frames({8, 8, 1}, type, 3);
  for (std::int64_t i = 0; i < 3 * frames.size(); ++i)
    frames.set(i, random.between(type.lowest(), type.highest()));
  const std::vector<Tensor> inputs{frames};
  testing::expect_same_bits({{"residual", *design, inputs, run(pipeline, inputs), pipeline}});
}

}  // namespace
}  // namespace gw
