// Operators that pick elements out, repeat them or give them another order by constants: slices behind each
// other, and views where no element has to move.

#include <algorithm>

#include <fmt/format.h>

#include "formats/onnx/axes.h"
#include "formats/onnx/joint.h"
#include "support/messages.h"

namespace gw {

namespace {

constexpr std::int64_t most_parts = 256;

/// Indices with one step between them, which a slice picks.
struct Run {
  std::int64_t first, last, step;

  std::int64_t end() const {
    const std::int64_t behind = last + (step > 0 ? 1 : -1);
    return std::max<std::int64_t>(behind, -1);
  }
};

std::vector<Run> runs_of(const std::vector<std::int64_t>& indices) {
  std::vector<Run> runs;
  for (size_t i = 0; i < indices.size(); ++i) {
    const std::int64_t index = indices[i];
    if (!runs.empty()) {
      Run& run = runs.back();
      const std::int64_t step = index - run.last;
      const bool is_single = run.first == run.last;
      if (step != 0 && (is_single || step == run.step)) {
        run.step = step;
        run.last = index;
        continue;
      }
    }
    runs.push_back({index, index, 1});
  }
  return runs;
}

/// Constant indices along one axis: slices, behind each other where they are several.
void read_gather(OnnxCall& call) {
  const auto x = call.moved(0);
  const OnnxArray* said = call.needed_constant(1);
  if (call.failed()) return;
  const OnnxShape& shape = x->view.shape;
  const auto axis = axis_of(call, call.integer("axis", 0), shape.size() + 1);
  if (!axis) return;
  const auto at = static_cast<size_t>(*axis);
  const std::int64_t extent = shape[at];
  std::vector<std::int64_t> indices = said->integers();
  for (std::int64_t& index : indices) {
    if (index < -extent || index >= extent) {
      return call.refuse_shape(
          fmt::format("index {} of an axis, which has {}: '{}'", index, extent, said->name));
    }
    index += index < 0 ? extent : 0;
  }
  const std::vector<Run> runs = runs_of(indices);
  if (runs.empty() || static_cast<std::int64_t>(runs.size()) > most_parts) {
    return call.refuse_shape(fmt::format("'{}' of shape {} picks {} parts, of at most {}", said->name,
                                         to_string(said->shape), runs.size(), most_parts));
  }
  std::vector<int> axes;
  const OnnxStream from = call.by_axes(*x, axes);
  std::vector<NodeId> parts;
  for (size_t i = 0; i < runs.size(); ++i) {
    OnnxRange range(shape);
    range.begin[at] = runs[i].first;
    range.end[at] = runs[i].end();
    range.step[at] = runs[i].step;
    const std::string suffix = runs.size() == 1 ? "" : fmt::format("_{}", i);
    parts.push_back(add_slice(call, from, axes, range, suffix).id);
  }
  OnnxStream made{parts[0], {}};
  made.view = view_by_axes(call.shape(made), axes);
  if (parts.size() > 1) made = put_behind(call, parts, axes, *axis, "");
  // The axis becomes those of the indices.
  OnnxShape seen = shape;
  seen.erase(seen.begin() + *axis);
  seen.insert(seen.begin() + *axis, said->shape.begin(), said->shape.end());
  if (seen.empty()) seen.push_back(1);
  if (element_count(seen) != element_count(made.view.shape)) return;  // a layer could not be made: told
  call.give(seen_as(call, made, seen));
}

/// x so many times behind itself along each axis.
void give_tiled(OnnxCall& call, const OnnxStream& x, const OnnxShape& repeats) {
  std::vector<int> axes;
  OnnxStream made = call.by_axes(x, axes);
  const auto last = std::find_if(repeats.rbegin(), repeats.rend(), [](std::int64_t n) { return n != 1; });
  const auto last_axis = static_cast<std::ptrdiff_t>(repeats.rend() - last) - 1;
  for (std::ptrdiff_t axis = 0; axis <= last_axis; ++axis) {
    const std::int64_t count = repeats[static_cast<size_t>(axis)];
    if (count == 1) continue;
    const std::string suffix = axis == last_axis ? "" : fmt::format("_{}", axis);
    made = put_behind(call, std::vector<NodeId>(static_cast<size_t>(count), made.id), axes,
                      static_cast<int>(axis), suffix);
  }
  call.give(made);
}

bool are_few(const OnnxShape& repeats) {
  return std::all_of(repeats.begin(), repeats.end(),
                     [](std::int64_t count) { return count >= 1 && count <= most_parts; });
}

void read_tile(OnnxCall& call) {
  const auto x = call.moved(0);
  const OnnxArray* said = call.needed_constant(1);
  if (call.failed()) return;
  const std::vector<std::int64_t> repeats = said->integers();
  if (repeats.size() != x->view.shape.size() + 1 || repeats[0] != 1 || !are_few(repeats)) {
    return call.refuse_value(
        "repeats", fmt::format("{}", fmt::join(repeats, ", ")),
        fmt::format("{} numbers from 1 to {}, 1 for the batch", x->view.shape.size() + 1, most_parts));
  }
  give_tiled(call, *x, OnnxShape(repeats.begin() + 1, repeats.end()));
}

void read_expand(OnnxCall& call) {
  const auto x = call.moved(0);
  const OnnxArray* said = call.needed_constant(1);
  if (call.failed()) return;
  OnnxShape whole = x->view.shape;
  whole.insert(whole.begin(), call.batch());
  const OnnxShape wanted = said->integers();
  const auto wide = broadcast_shape(whole, wanted);
  OnnxShape repeats;
  for (size_t i = 1; wide && wide->size() == whole.size() && i < whole.size(); ++i)
    repeats.push_back((*wide)[i] / std::max<std::int64_t>(whole[i], 1));
  if (repeats.size() + 1 != whole.size() || (*wide)[0] != whole[0] || !are_few(repeats)) {
    return call.refuse_shape(fmt::format("{} without the batch is not expanded to {} with it",
                                         to_string(x->view.shape), to_string(wanted)));
  }
  give_tiled(call, *x, repeats);
}

/// A block of channels becomes a block of pixels, or the other way round: two reshapes and a transpose.
void give_blocks(OnnxCall& call, const OnnxStream& x, const OnnxShape& split, const std::vector<int>& order,
                 const OnnxShape& shape) {
  call.give(seen_as(call, turned(call, seen_as(call, x, split), order), shape));
}

std::optional<std::int64_t> block_of(OnnxCall& call, const OnnxShape& shape, bool is_wide) {
  const std::int64_t block = call.integer("blocksize", 0);
  constexpr std::int64_t most = 1 << 10;
  bool is_good = shape.size() == 3 && block >= 1 && block <= most;
  if (is_good && is_wide) is_good = shape[0] % (block * block) == 0;
  if (is_good && !is_wide) is_good = shape[1] % block == 0 && shape[2] % block == 0;
  if (is_good) return block;
  call.refuse_shape(fmt::format("blocks of {} of {} without the batch", block, to_string(shape)));
  return std::nullopt;
}

void read_depth_to_space(OnnxCall& call) {
  const auto x = call.moved(0);
  const std::string mode = call.text("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") call.refuse_value("mode", mode, "DCR or CRD");
  if (call.failed()) return;
  const OnnxShape& shape = x->view.shape;
  const auto block = block_of(call, shape, true);
  if (!block) return;
  const std::int64_t b = *block, c = shape[0] / (b * b), h = shape[1], w = shape[2];
  if (mode == "DCR") return give_blocks(call, *x, {b, b, c, h, w}, {2, 3, 0, 4, 1}, {c, h * b, w * b});
  give_blocks(call, *x, {c, b, b, h, w}, {0, 3, 1, 4, 2}, {c, h * b, w * b});
}

void read_space_to_depth(OnnxCall& call) {
  const auto x = call.moved(0);
  if (call.failed()) return;
  const OnnxShape& shape = x->view.shape;
  const auto block = block_of(call, shape, false);
  if (!block) return;
  const std::int64_t b = *block, c = shape[0], h = shape[1] / b, w = shape[2] / b;
  give_blocks(call, *x, {c, h, b, w, b}, {2, 4, 0, 1, 3}, {c * b * b, h, w});
}

}  // namespace

std::span<const OnnxOperator> onnx_move_operators() {
  static const OnnxOperator rows[] = {
      {"Gather", read_gather, 2, 2, {"axis"}},
      {"Tile", read_tile, 2, 2},
      {"Expand", read_expand, 2, 2},
      {"DepthToSpace", read_depth_to_space, 1, 1, {"blocksize", "mode"}},
      {"SpaceToDepth", read_space_to_depth, 1, 1, {"blocksize"}},
  };
  return rows;
}

}  // namespace gw
