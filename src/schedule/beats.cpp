// How many pixels travel together.
//
// A stage of one pixel a clock needs at least as many clocks a frame as it has pixels or positions. An
// interval that is shorter asks for beats of several. Inputs begin with the fewest that fit the interval;
// then each stage, sources first, takes the smallest group of positions that keeps it, on what its sources
// give or on equal parts of that. Widths do not always divide (a 3x3 kernel makes 26 columns of 28), so a
// stage may find none; then all begins anew with larger beats at the inputs. Whole tensors always fit, at the
// price of a stage's formula once per position, which is why there is a limit.

#include "schedule/beats.h"

#include <algorithm>

#include "schedule/grouped.h"
#include "schedule/timeline.h"
#include "support/check.h"

namespace gw {

namespace {

// A formula of more expressions than this is no stage that a tool could still synthesise.
constexpr std::int64_t most_expressions = 300'000;

bool is_one_position(const Stage& stage) {
  return beats_of(stage).count == 1 && std::all_of(stage.windows.begin(), stage.windows.end(),
                                                   [](const Window& w) { return w.is_whole(); });
}

std::int64_t shortest_on(const Stage& stage, const std::vector<Beats>& given) {
  std::vector<Window> windows;
  for (size_t k = 0; k < given.size(); ++k) windows.push_back(seen(stage.windows[k], given[k]).window);
  return shortest_interval(windows);
}

// Larger groups first: they leave less to be cut apart.
std::optional<Group> readable(const Window& window, const Beats& given, const Group& made) {
  std::vector<Group> groups = groups_of(window.height, window.width);
  std::reverse(groups.begin(), groups.end());
  for (const Group& group : groups) {
    if (given.elements % (group.pixels() * window.channels) == 0 && grouped(window, group, made))
      return group;
  }
  return std::nullopt;
}

std::optional<Stage> fitting(const Stage& stage, const std::vector<Beats>& given, std::int64_t interval) {
  if (is_one_position(stage)) return stage;
  const Window& first = stage.windows.front();
  for (const Group& made : groups_of(first.output_height(), first.output_width())) {
    if (static_cast<std::int64_t>(stage.formula.exprs().size()) * made.pixels() > most_expressions) break;
    if (beats_of(stage).count / made.pixels() > interval) continue;
    std::vector<Group> read;
    std::vector<Window> windows;
    for (size_t k = 0; k < given.size(); ++k) {
      const auto group = readable(stage.windows[k], given[k], made);
      if (!group) break;
      read.push_back(*group);
      windows.push_back(*grouped(stage.windows[k], *group, made));
    }
    if (read.size() < given.size() || shortest_interval(windows) > interval) continue;
    return grouped(stage, read, made);
  }
  return std::nullopt;
}

std::optional<Paced> paced_with(const Pipeline& pipeline, const std::vector<Beats>& inputs,
                                std::int64_t interval) {
  Paced result{pipeline, inputs, {}};
  for (StageLink& link : result.pipeline.stages) {
    const std::vector<Beats> given = result.given(link);
    auto stage = fitting(link.stage, given, interval);
    if (!stage) return std::nullopt;
    result.shortest.push_back(shortest_on(*stage, given));
    if (result.shortest.back() > interval) return std::nullopt;
    link.stage = std::move(*stage);
  }
  return result;
}

// What an input may give in a beat so that a frame fits the interval, the smallest first.
std::vector<Beats> possible_beats(const TensorType& type, std::int64_t interval) {
  const Shape& shape = type.shape;
  const int width = shape.size() >= 2 ? shape[shape.size() - 2] : 1;
  const auto pixels = beats_of(type).count;
  std::vector<Beats> all;
  for (const Group& group : groups_of(static_cast<int>(pixels) / width, width)) {
    if (pixels / group.pixels() <= interval)
      all.push_back({pixels / group.pixels(), group.pixels() * shape.back()});
  }
  return all;
}

}  // namespace

std::vector<Beats> Paced::given(const StageLink& link) const {
  std::vector<Beats> beats;
  for (const int source : link.sources) {
    beats.push_back(source < 0 ? inputs[static_cast<size_t>(-1 - source)]
                               : beats_of(pipeline.stages[static_cast<size_t>(source)].stage));
  }
  return beats;
}

std::int64_t Paced::interval() const {
  std::int64_t longest = *std::max_element(shortest.begin(), shortest.end());
  for (const Beats& input : inputs) longest = std::max(longest, input.count);
  return longest;
}

Beats beats_of(const TensorType& input) {
  return {element_count(input.shape) / input.shape.back(), input.shape.back()};
}

Beats beats_of(const Stage& stage) {
  const Window& window = stage.windows.front();
  return {std::int64_t{window.output_height()} * window.output_width(),
          static_cast<int>(stage.formula.outputs().size())};
}

Seen seen(const Window& wanted, const Beats& given) {
  if (wanted.is_whole()) {
    Window row;
    row.channels = given.elements;
    row.width = row.kernel_w = static_cast<int>(given.count);
    row.repeat_h = wanted.repeat_h;
    row.repeat_w = wanted.repeat_w;
    GW_CHECK(row.elements() == wanted.elements());
    return {row, 1};
  }
  GW_CHECK(given.elements % wanted.channels == 0);
  const int pixels = given.elements / wanted.channels;
  GW_CHECK(given.count * pixels == std::int64_t{wanted.height} * wanted.width);
  return {wanted, pixels};
}

Paced at_one_pixel(const Pipeline& pipeline) {
  Paced result{pipeline, {}, {}};
  for (const TensorType& input : pipeline.inputs) result.inputs.push_back(beats_of(input));
  for (const StageLink& link : pipeline.stages) {
    result.shortest.push_back(shortest_on(link.stage, result.given(link)));
  }
  return result;
}

std::optional<Paced> paced(const Pipeline& pipeline, std::int64_t interval) {
  std::vector<std::vector<Beats>> possible;
  size_t levels = 1;
  for (const TensorType& input : pipeline.inputs) {
    possible.push_back(possible_beats(input, interval));
    levels = std::max(levels, possible.back().size());
  }
  for (size_t level = 0; level < levels; ++level) {
    std::vector<Beats> inputs;
    for (const auto& beats : possible) inputs.push_back(beats[std::min(level, beats.size() - 1)]);
    if (auto result = paced_with(pipeline, inputs, interval)) return result;
  }
  return std::nullopt;
}

std::optional<Paced> network_at(const Pipeline& pipeline, std::int64_t interval) {
  Paced slow = at_one_pixel(pipeline);
  if (slow.interval() <= interval) return slow;
  return paced(pipeline, interval);
}

}  // namespace gw
