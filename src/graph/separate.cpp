// A maximum over a patch is the maximum over its rows of the maximum of each row. Taken in one go, every
// patch compares all its pixels and the line memory holds them all; taken row by row first, a row's maximum
// is shared by all patches that the row is part of, only maxima wait in the line memory, and of kernel_h *
// kernel_w - 1 comparisons a patch kernel_h + kernel_w - 2 are left. What that saves has to pay for one more
// stage. (Separable structuring elements, as mathematical morphology has them: Haralick, Sternberg and
// Zhuang 1987.)

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "formula/append.h"
#include "graph/lower.h"

namespace gw {

namespace {

// Counters, handshake and FIFO of a stage take some forty look-up tables, a comparison and what it chooses
// one and a half a bit.
constexpr int fewest_saved_bits = 32;

/// For each expression that is the maximum of the pixels of one channel, of which.
struct Pixels {
  int channel = -1;        ///< none
  std::vector<bool> seen;  ///< by position in the window
  bool is_patch() const { return channel >= 0 && std::find(seen.begin(), seen.end(), false) == seen.end(); }
};

std::vector<Pixels> pixels_of(const Formula& formula, const Window& window) {
  const size_t positions = static_cast<size_t>(window.kernel_h) * static_cast<size_t>(window.kernel_w);
  std::vector<Pixels> found;
  for (const Expr& expr : formula.exprs()) {
    Pixels& pixels = found.emplace_back();
    if (expr.kind == ExprKind::Load) {
      pixels.channel = expr.index % window.channels;
      pixels.seen.resize(positions, false);
      pixels.seen[static_cast<size_t>(expr.index / window.channels)] = true;
    } else if (expr.kind == ExprKind::Maximum) {
      const Pixels& a = found[static_cast<size_t>(expr.args[0])];
      const Pixels& b = found[static_cast<size_t>(expr.args[1])];
      if (a.channel < 0 || a.channel != b.channel) continue;
      pixels = a;
      for (size_t n = 0; n < positions; ++n) pixels.seen[n] = a.seen[n] || b.seen[n];
    }
  }
  return found;
}

/// The maxima of whole patches that a formula is made of, by channel; empty if it also looks at pixels
/// otherwise.
std::map<int, ExprId> patches_of(const Formula& formula, const Window& window) {
  const std::vector<Pixels> pixels = pixels_of(formula, window);
  std::map<int, ExprId> patches;
  std::vector<ExprId> open = formula.outputs();
  std::vector<bool> visited(formula.exprs().size(), false);
  while (!open.empty()) {
    const ExprId id = open.back();
    open.pop_back();
    if (visited[static_cast<size_t>(id)]) continue;
    visited[static_cast<size_t>(id)] = true;
    const Expr& expr = formula[id];
    const Pixels& seen = pixels[static_cast<size_t>(id)];
    if (expr.kind == ExprKind::Maximum && seen.is_patch()) {
      if (!patches.emplace(seen.channel, id).second) return {};
    } else if (expr.kind == ExprKind::Load || expr.kind == ExprKind::Inside) {
      return {};
    } else {
      open.insert(open.end(), expr.args.begin(), expr.args.end());
    }
  }
  return patches;
}

/// Ranges of all pixels of each channel that is looked at; empty if some are in different units.
std::map<int, Interval> channel_ranges(const Stage& stage) {
  std::map<int, Interval> ranges;
  for (const Expr& expr : stage.formula.exprs()) {
    if (expr.kind != ExprKind::Load) continue;
    const auto [at, is_new] = ranges.try_emplace(expr.index % stage.windows.front().channels, expr.range);
    if (at->second.fraction != expr.range.fraction) return {};
    at->second = unite(at->second, expr.range);
  }
  return ranges;
}

struct TwoStages {
  Stage rows, patches;
};

std::optional<TwoStages> separated(const Stage& stage) {
  if (stage.windows.size() != 1) return std::nullopt;
  const Window& w = stage.windows.front();
  if (w.is_padded() || w.pad_top < 0 || w.pad_left < 0 || w.pad_bottom < 0 || w.pad_right < 0 ||
      w.repeat_h > 1 || w.repeat_w > 1)
    return std::nullopt;
  // Channels that are known without looking are in no patch, and need no place between the two.
  const std::map<int, ExprId> patches = patches_of(stage.formula, w);
  const std::map<int, Interval> ranges = channel_ranges(stage);
  if (patches.size() != ranges.size()) return std::nullopt;
  const int channels = static_cast<int>(patches.size());
  const int saved = (w.kernel_h - 1) * (w.kernel_w - 1) * channels * stage.inputs.front().width;
  if (saved < fewest_saved_bits) return std::nullopt;

  const auto largest = [](Formula& formula, int first, int step, int count, const Interval& range) {
    ExprId most = formula.load(0, first, range);
    for (int n = 1; n < count; ++n) most = formula.maximum(most, formula.load(0, first + n * step, range));
    return most;
  };
  TwoStages result;
  Stage& rows = result.rows;
  rows.name = stage.name + ".rows";
  Window& along = rows.windows.emplace_back();
  along.height = w.height, along.width = w.width, along.channels = w.channels;
  along.kernel_w = w.kernel_w, along.stride_w = w.stride_w, along.dilation_w = w.dilation_w;
  rows.inputs = stage.inputs;
  rows.output = {{w.height, w.output_width(), channels}, stage.inputs.front()};
  std::vector<ExprId> maxima;
  for (const auto& [channel, range] : ranges)
    maxima.push_back(largest(rows.formula, channel, w.channels, w.kernel_w, range));
  rows.formula.set_outputs(std::move(maxima));

  Stage& whole = result.patches;
  whole.name = stage.name;
  Window& down = whole.windows.emplace_back();
  down.height = w.height, down.width = w.output_width(), down.channels = channels;
  down.kernel_h = w.kernel_h, down.stride_h = w.stride_h, down.dilation_h = w.dilation_h;
  whole.inputs = stage.inputs;
  whole.output = stage.output;
  Formula& formula = whole.formula;
  std::map<ExprId, std::pair<int, int>> found;  // patches: their channel, and its place between the stages
  for (const auto& [channel, patch] : patches) found[patch] = {channel, static_cast<int>(found.size())};
  formula.set_outputs(append(
      formula, stage.formula,
      // Pixels themselves are below the maxima, where nobody looks at them any more.
      [&](const Expr& expr) { return formula.constant(0, expr.range.fraction); },
      [&](ExprId id, const std::vector<ExprId>&) -> std::optional<ExprId> {
        const auto patch = found.find(id);
        if (patch == found.end()) return std::nullopt;
        const auto& [channel, place] = patch->second;
        return largest(formula, place, channels, w.kernel_h, ranges.at(channel));
      }));
  return result;
}

}  // namespace

Pipeline separate_maxima(const Pipeline& pipeline) {
  Pipeline result{pipeline.inputs, pipeline.input_names, {}, {}, pipeline.output_names};
  std::vector<int> place;  // of each old stage among the new ones
  for (StageLink link : pipeline.stages) {
    for (int& from : link.sources) {
      if (from >= 0) from = place[static_cast<size_t>(from)];
    }
    if (auto two = separated(link.stage)) {
      result.stages.push_back({std::move(two->rows), link.sources});
      link.stage = std::move(two->patches);
      link.sources = {static_cast<int>(result.stages.size()) - 1};
    }
    place.push_back(static_cast<int>(result.stages.size()));
    result.stages.push_back(std::move(link));
  }
  for (const int stage : pipeline.outputs) result.outputs.push_back(place[static_cast<size_t>(stage)]);
  return result;
}

}  // namespace gw
