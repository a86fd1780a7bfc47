// Random networks that branch, join, have several inputs and outputs, each with a random schedule.

#include "backends/graph_candidates.h"

#include <gtest/gtest.h>

#include "graph/evaluate.h"
#include "graph/lower.h"
#include "graph/random_branches.h"
#include "schedule/schedule.h"

namespace gw::testing {

std::optional<Candidate> graph_candidate(std::uint64_t seed, size_t number) {
  Random random(seed);
  const auto graph = testing::BranchMaker(random, true).branches();
  if (!graph) return std::nullopt;
  Pipeline pipeline = lower(*graph);
  if (random.below(4) != 0) pipeline = fuse_pointwise(pipeline);
  if (random.below(2) == 0) pipeline = separate_maxima(pipeline);
  size_t exprs = 0;
  for (StageLink& link : pipeline.stages) {
    link.stage.name = fmt::format("d{}_{}", number, link.stage.name);
    exprs += link.stage.formula.exprs().size();
    if (link.stage.formula.widest() > max_width) return std::nullopt;
  }
  if (exprs > 1500 || pipeline.stages.empty()) return std::nullopt;
  const Part& part = all_parts()[random.below(all_parts().size())];
  ScheduleOptions options{.clock_ns = random.below(2) == 0 ? 3.0 : 20.0};
  if (random.below(2) == 0) options.clock_share = 0;
  if (random.below(3) == 0) options.interval = 400 + random.between(0, 600);
  if (exprs < 400 && random.below(2) == 0) options.interval = random.between(1, 40);
  if (exprs < 300 && random.below(2) == 0) options.ports = Ports::Plain;
  auto design = schedule("top", pipeline, part, options);
  EXPECT_TRUE(design) << to_string(design.errors().front());
  std::vector<Tensor> inputs;
  for (const TensorType& type : pipeline.inputs) {
    Tensor frames(type.shape, *type.fixed, 4);
    for (std::int64_t i = 0; i < 4 * frames.size(); ++i) {
      const std::int64_t frame = i / frames.size();
      const Interval range = rescaled(type.range(i % frames.size()), type.fixed->fraction());
      const auto lo = static_cast<std::int64_t>(range.lo), hi = static_cast<std::int64_t>(range.hi);
      frames.set(i, frame == 0 ? lo : frame == 1 ? hi : random.between(lo, hi));
    }
    inputs.push_back(std::move(frames));
  }
  std::string what = fmt::format("graph {}, interval {}, {} ports:", seed, design->interval,
                                 options.ports == Ports::Plain ? "plain" : "stream");
  for (const StageLink& link : pipeline.stages) what += " " + link.stage.name;
  Candidate made{what, std::move(*design), inputs, {}, pipeline};
  made.wanted = evaluate(*graph, inputs);
  return made;
}

}  // namespace gw::testing
