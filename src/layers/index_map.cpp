// Moving elements. A map lists a source per element, which every such layer can say in a few lines; most maps
// are made of long runs of neighbours (a row, the channels of a pixel), so the map is cut into runs once and
// each sample is copied run by run.

#include "layers/index_map.h"

#include <algorithm>

#include "layers/shapes.h"
#include "support/threads.h"

namespace gw {

namespace {

struct Run {
  std::int32_t from, to, count;
};

std::vector<Run> runs_of(const IndexMap& map) {
  std::vector<Run> runs;
  for (std::int32_t to = 0; to < static_cast<std::int32_t>(map.size()); ++to) {
    const std::int32_t from = map[static_cast<size_t>(to)];
    if (from == no_source) continue;
    if (!runs.empty() && runs.back().to + runs.back().count == to &&
        runs.back().from + runs.back().count == from) {
      ++runs.back().count;
    } else {
      runs.push_back({from, to, 1});
    }
  }
  return runs;
}

/// Elements of one sample from one unit to another. What is shifted out to the right is zeros, since the
/// values are of both types; a shift beyond a word means that all values are zero.
template <class From, class To>
void copy(const From* from, To* to, std::int32_t count, int left, int right) {
  if constexpr (std::is_same_v<From, To>) {
    if (left == 0 && right == 0) {
      std::copy_n(from, count, to);
      return;
    }
  }
  for (std::int32_t i = 0; i < count; ++i) {
    const auto bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(from[i]) >> right);
    to[i] = static_cast<To>(bits << left);
  }
}

}  // namespace

void move_elements(const Tensor& x, const IndexMap& map, Tensor& y, int threads) {
  GW_CHECK(static_cast<std::int64_t>(map.size()) == y.size());
  const std::vector<Run> runs = runs_of(map);
  const int gap = y.type().fraction() - x.type().fraction();
  const int left = std::clamp(gap, 0, 63), right = std::clamp(-gap, 0, 63);
  std::visit(
      [&](const auto& from, auto& to) {
        parallel_for(y.batch(), threads, [&](std::int64_t sample) {
          const auto* source = from.data() + (x.batch() == 1 ? 0 : sample) * x.size();
          auto* target = to.data() + sample * y.size();
          for (const Run& run : runs) copy(source + run.from, target + run.to, run.count, left, right);
        });
      },
      x.lanes(), y.lanes());
}

std::vector<Interval> per_channel_if_alike(std::vector<Interval> ranges, int channels) {
  const auto pixel = static_cast<size_t>(channels);
  for (size_t i = pixel; i < ranges.size(); ++i) {
    if (!(ranges[i] == ranges[i % pixel])) return ranges;
  }
  if (ranges.size() > pixel) ranges.resize(pixel);
  return ranges;
}

std::vector<Interval> moved_ranges(const TensorType& x, const IndexMap& map, const Interval& elsewhere,
                                   int channels) {
  std::vector<Interval> ranges;
  if (x.ranges.empty()) return ranges;
  for (const std::int32_t from : map) ranges.push_back(from == no_source ? elsewhere : x.range(from));
  return per_channel_if_alike(std::move(ranges), channels);
}

Stage gather(const TensorType& x, const IndexMap& map, const TensorType& out, const Interval& elsewhere) {
  const Window window = whole_window(x.shape);
  Formula formula;
  const Loads load(formula, x, window);
  std::vector<ExprId> outputs;
  for (const std::int32_t from : map)
    outputs.push_back(from == no_source ? formula.load(0, 0, elsewhere) : load(from));
  formula.set_outputs(std::move(outputs));
  return {"", {window}, {*x.fixed}, std::move(formula), out};
}

}  // namespace gw
