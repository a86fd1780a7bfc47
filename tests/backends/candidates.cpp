// Random designs: every row of the layers' agreement test, windows of every geometry.

#include "backends/candidates.h"

#include <gtest/gtest.h>

#include "common/random_window.h"
#include "schedule/schedule.h"
#include "schedule/timeline.h"

namespace gw::testing {

namespace {

// Frames that are all lowest, all highest, alternating, and random, back to back.
std::vector<Tensor> frames_of(Random& random, const std::vector<TensorType>& streams) {
  std::vector<Tensor> frames;
  for (const TensorType& type : streams) {
    constexpr int random_frames = 3;
    Tensor all(type.shape, *type.fixed, static_cast<int>(std::size(testing::all_fills)) - 1 + random_frames);
    std::int64_t next = 0;
    for (const Fill fill : testing::all_fills) {
      const Tensor some =
          testing::random_tensor(random, type, fill == Fill::Random ? random_frames : 1, fill);
      for (std::int64_t i = 0; i < some.batch() * some.size(); ++i) all.set(next++, some.at(i));
    }
    frames.push_back(std::move(all));
  }
  return frames;
}

}  // namespace

std::optional<Candidate> layer_candidate(const Row& row, int n, size_t number, Kind kind) {
  Random random(static_cast<std::uint64_t>(n) + 1);
  LayerCase c = row.make(random, n);
  if (n % 3 == 1) {
    c.x = testing::with_ranges(random, c.x);
    for (TensorType& stream : c.more) stream = testing::with_ranges(random, stream);
  }
  const auto out = c.type();
  if (!out) return std::nullopt;
  Pipeline pipeline;
  pipeline.stages.push_back({c.stage(*out), {}});
  StageLink& link = pipeline.stages.front();
  link.stage.name = link.layer = fmt::format("d{}_{}", number, row.name);
  if (link.stage.formula.exprs().size() > 800) return std::nullopt;
  for (const TensorType& stream : c.streams()) {
    link.sources.push_back(-1 - static_cast<int>(pipeline.inputs.size()));
    pipeline.input_names.push_back(fmt::format("x{}", pipeline.inputs.size()));
    pipeline.inputs.push_back(stream);
  }
  pipeline.outputs = {0};
  pipeline.output_names = {"y"};

  Part part = all_parts()[random.below(all_parts().size())];
  constexpr double clocks_ns[] = {2, 5, 40};
  ScheduleOptions options{.clock_ns = clocks_ns[random.below(3)]};
  if (random.below(2) == 0) options.clock_share = 0;
  options.adders.effort = 0.1;
  const std::int64_t shortest = shortest_interval(link.stage.windows);
  const auto operations = static_cast<std::int64_t>(link.stage.formula.exprs().size()) * shortest;
  switch (kind) {
    case Kind::Any:
      if (random.below(2) == 0) options.interval = shortest + random.between(0, 1 << random.below(9));
      break;
    case Kind::Folded:
      // Multipliers that cost next to nothing, so that small layers fold, too.
      part = *find_part("xcu250-figd2104-2L-e");
      part.dsp_count = 1'000'000;
      // Under a budget two outputs may share one.
      if (n % 2 == 0) options.budget.lut = 1e9;
      options.clock_share = 0;
      options.interval = 20 * shortest + random.between(0, 1 << random.below(9));
      break;
    case Kind::Serial:
      // None at all, and few clocks.
      part = without_multipliers(*find_part("xcu250-figd2104-2L-e"));
      options.clock_share = 0;
      options.interval = 8 * shortest;
      break;
    case Kind::Tables:
      options.clock_share = 0;
      break;
    case Kind::LaidOut: {
      constexpr MatrixLayout::Kind kinds[] = {MatrixLayout::Kind::Free, MatrixLayout::Kind::Within,
                                              MatrixLayout::Kind::Shared, MatrixLayout::Kind::Exact};
      options.layouts[link.layer] = {kinds[random.below(4)], static_cast<int>(random.between(2, 12))};
      break;
    }
    case Kind::SeveralPixels:
      if (shortest == 1 || operations > 20'000) return std::nullopt;
      options.interval = random.between(1, shortest - 1);
      break;
    case Kind::Plain:
      if (operations > 6'000) return std::nullopt;
      options.ports = Ports::Plain;
      break;
  }
  auto design = schedule("top", pipeline, part, options);
  if (kind == Kind::LaidOut && !design && design.errors().front().id == "layout-unfit") return std::nullopt;
  EXPECT_TRUE(design) << to_string(design.errors().front());
  if (kind == Kind::Folded && design->stages.front().style != "folded") return std::nullopt;
  if (kind == Kind::Serial && design->stages.front().style != "serial") return std::nullopt;
  if (kind == Kind::Tables && design->stages.front().style != "tables") return std::nullopt;
  Candidate made{fmt::format("{} {} on {}, interval {}, {}", row.name, n, part.name, design->interval,
                             design->stages.front().style),
                 std::move(*design),
                 frames_of(random, c.streams()),
                 {},
                 pipeline};
  made.wanted = {c.evaluated(made.inputs, *out)};
  return made;
}

Candidate window_candidate(std::uint64_t seed, size_t number) {
  Random random(seed);
  Pipeline pipeline;
  pipeline.stages.emplace_back();
  StageLink& link = pipeline.stages.front();
  Window window = random_window(random);
  window.channels = static_cast<int>(random.between(1, 2));
  const FixedType type{static_cast<int>(random.between(1, 5)), 3, random.below(2) == 0};
  Stage& stage = link.stage;
  stage.name = fmt::format("w{}", number);
  stage.windows = {window};
  stage.inputs = {type};
  std::vector<ExprId> outputs;
  for (int e = 0; e < window.elements(); ++e) {
    outputs.push_back(stage.formula.load(0, e, type));
    if (e % window.channels == 0) outputs.push_back(stage.formula.inside(0, e));
  }
  // A fraction that holds both.
  const int fraction = std::max(0, type.fraction());
  const FixedType out{12 + fraction, 12, true};
  for (ExprId& id : outputs) id = stage.formula.cast({out, Rounding::Trn, Overflow::Wrap}, id);
  stage.formula.set_outputs(outputs);
  stage.output = {{window.output_height(), window.output_width(), static_cast<int>(outputs.size())}, out};
  link.sources = {-1};
  pipeline.inputs = {{{window.height, window.width, window.channels}, type}};
  pipeline.input_names = {"x"};
  pipeline.outputs = {0};
  pipeline.output_names = {"y"};
  const Part& part = all_parts()[random.below(all_parts().size())];
  auto design = schedule("top", pipeline, part, {});
  EXPECT_TRUE(design);
  Candidate made{fmt::format("window {} on {}", seed, part.name),
                 std::move(*design),
                 frames_of(random, pipeline.inputs),
                 {},
                 pipeline};
  const Tensor* frames = made.inputs.data();
  made.wanted = {run(stage, std::span(&frames, 1))};
  return made;
}

}  // namespace gw::testing
