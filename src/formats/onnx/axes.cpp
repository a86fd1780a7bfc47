// Axes as a file counts them, with the batch and from either end, and what is cut out along them.

#include "formats/onnx/axes.h"

#include <algorithm>
#include <utility>

#include "support/messages.h"

namespace gw {

std::optional<int> axis_of(OnnxCall& call, std::int64_t said, size_t rank_with_batch) {
  const auto rank = static_cast<std::int64_t>(rank_with_batch);
  const std::int64_t axis = said < 0 ? said + rank : said;
  if (axis >= 1 && axis < rank) return static_cast<int>(axis) - 1;
  call.refuse_value("axis", std::to_string(said), fmt::format("1 to {}", rank - 1));
  return std::nullopt;
}

std::optional<std::vector<std::int64_t>> numbers_of(OnnxCall& call, const std::string& attribute,
                                                    size_t index) {
  if (call.has(attribute)) return call.integers(attribute, {});
  if (!call.has_input(index)) return std::nullopt;
  const OnnxArray* array = call.needed_constant(index);
  return array ? std::optional(array->integers()) : std::nullopt;
}

std::optional<OnnxArray> shape_array(OnnxCall& call, const OnnxShape& shape) {
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto place = [&](std::int64_t said) {
    return std::clamp<std::int64_t>(said < 0 ? said + rank : said, 0, rank);
  };
  const std::int64_t start = place(call.integer("start", 0)), end = place(call.integer("end", rank));
  if (call.failed()) return std::nullopt;
  OnnxArray made{call.name(), {std::max<std::int64_t>(end - start, 0)}, true, {}};
  for (std::int64_t i = start; i < end; ++i)
    made.values.push_back(static_cast<double>(shape[static_cast<size_t>(i)]));
  return made;
}

std::vector<int> by_our_axes(const std::vector<std::int64_t>& values, const std::vector<int>& axes) {
  std::vector<int> out;
  for (const int axis : axes) out.push_back(static_cast<int>(values[static_cast<size_t>(axis)]));
  return out;
}

OnnxView view_by_axes(const Shape& ours, const std::vector<int>& axes) {
  OnnxShape shape(axes.size());
  for (size_t i = 0; i < axes.size() && i < ours.size(); ++i) shape[static_cast<size_t>(axes[i])] = ours[i];
  return permuted_view(shape, axes);
}

OnnxStream add_slice(OnnxCall& call, const OnnxStream& from, const std::vector<int>& axes,
                     const OnnxRange& range, const std::string& suffix) {
  Slice layer;
  layer.begin = by_our_axes(range.begin, axes);
  layer.end = by_our_axes(range.end, axes);
  layer.step = by_our_axes(range.step, axes);
  OnnxStream made{call.add(layer, {from.id}, suffix), {}};
  made.view = view_by_axes(call.shape(made), axes);
  return made;
}

namespace {

// The stream seen otherwise, and in the order of the file first where that is what it takes.
OnnxStream seen_through(OnnxCall& call, OnnxStream from, const auto& view_of) {
  auto view = view_of(from.view);
  if (!view) {
    from = call.as_file(from);
    view = view_of(from.view);
  }
  from.view = *std::move(view);
  return from;
}

}  // namespace

OnnxStream turned(OnnxCall& call, OnnxStream from, const std::vector<int>& axes) {
  return seen_through(call, std::move(from), [&](const auto& view) { return transposed(view, axes); });
}

OnnxStream seen_as(OnnxCall& call, OnnxStream from, const OnnxShape& shape) {
  return seen_through(call, std::move(from), [&](const auto& view) { return reshaped(view, shape); });
}

}  // namespace gw
