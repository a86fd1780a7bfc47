// Views make most of a file's transposes, flattens and squeezes free: they change how the file counts the
// elements and leave our tensor alone. Only where a layer needs its axes in another order are elements moved.

#include "formats/onnx/view.h"

#include <algorithm>
#include <numeric>

#include "support/check.h"

namespace gw {

bool OnnxView::is_plain() const {
  // Digits of extent 1 move no element.
  int last = -1;
  for (const int digit : order) {
    if (extents[static_cast<size_t>(digit)] == 1) continue;
    if (digit < last) return false;
    last = digit;
  }
  return true;
}

std::vector<int> axes_in_order(size_t rank) {
  std::vector<int> axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

std::vector<int> last_first(size_t rank) {
  std::vector<int> axes = axes_in_order(rank);
  std::rotate(axes.begin(), axes.begin() + (rank > 0 ? 1 : 0), axes.end());
  return axes;
}

OnnxView plain_view(const OnnxShape& shape) {
  OnnxView view{shape, {}, {}};
  for (const std::int64_t extent : shape) view.extents.push_back(static_cast<int>(extent));
  view.order.resize(shape.size());
  std::iota(view.order.begin(), view.order.end(), 0);
  return view;
}

OnnxView permuted_view(const OnnxShape& shape, const std::vector<int>& axes) {
  OnnxView view{shape, {}, std::vector<int>(axes.size())};
  for (size_t i = 0; i < axes.size(); ++i) {
    view.extents.push_back(static_cast<int>(shape[static_cast<size_t>(axes[i])]));
    view.order[static_cast<size_t>(axes[i])] = static_cast<int>(i);
  }
  return view;
}

bool split_by_axes(OnnxView& view, std::vector<std::vector<int>>& digits) {
  digits.assign(view.shape.size(), {});
  size_t at = 0;
  const auto extent = [&](size_t i) { return view.extents[static_cast<size_t>(view.order[i])]; };
  for (size_t axis = 0; axis < view.shape.size(); ++axis) {
    if (view.shape[axis] == 1 && at < view.order.size() && extent(at) == 1) {
      digits[axis].push_back(view.order[at++]);
    }
    for (std::int64_t rest = view.shape[axis]; rest > 1; ++at) {
      if (at == view.order.size()) return false;
      const int digit = view.order[at];
      if (rest % extent(at) != 0) {
        // The axis ends within the digit, which is split: its slower part belongs here.
        if (extent(at) % rest != 0) return false;
        const int upper = static_cast<int>(rest), lower = static_cast<int>(extent(at) / rest);
        view.extents[static_cast<size_t>(digit)] = upper;
        view.extents.insert(view.extents.begin() + digit + 1, lower);
        const auto renumber = [&](std::vector<int>& list) {
          for (int& other : list) other += other > digit ? 1 : 0;
        };
        renumber(view.order);
        for (auto& list : digits) renumber(list);
        view.order.insert(view.order.begin() + static_cast<std::ptrdiff_t>(at) + 1, digit + 1);
      }
      digits[axis].push_back(digit);
      rest /= extent(at);
    }
  }
  for (; at < view.order.size(); ++at) {
    if (extent(at) != 1) return false;
  }
  return true;
}

std::optional<OnnxView> transposed(OnnxView view, const std::vector<int>& axes) {
  GW_CHECK(axes.size() == view.shape.size());
  std::vector<std::vector<int>> digits;
  if (!split_by_axes(view, digits)) return std::nullopt;
  OnnxView turned{{}, view.extents, {}};
  for (const int axis : axes) {
    turned.shape.push_back(view.shape[static_cast<size_t>(axis)]);
    const auto& part = digits[static_cast<size_t>(axis)];
    turned.order.insert(turned.order.end(), part.begin(), part.end());
  }
  for (const int digit : view.order) {  // those of extent 1 that belong to no axis
    if (std::find(turned.order.begin(), turned.order.end(), digit) == turned.order.end()) {
      turned.order.push_back(digit);
    }
  }
  return turned;
}

std::optional<OnnxView> reshaped(OnnxView view, const OnnxShape& shape) {
  GW_CHECK(element_count(shape) == element_count(view.shape));
  if (view.is_plain()) return plain_view(shape);
  view.shape = shape;
  std::vector<std::vector<int>> digits;
  if (!split_by_axes(view, digits)) return std::nullopt;
  return view;
}

std::optional<OnnxRearrangement> rearrangement(OnnxView view, const Shape& from,
                                               const std::vector<int>& axes) {
  OnnxRearrangement steps;
  for (const int axis : axes) steps.shape.push_back(static_cast<int>(view.shape[static_cast<size_t>(axis)]));
  std::vector<std::vector<int>> digits;
  if (!split_by_axes(view, digits)) return std::nullopt;
  // Digits of extent 1 are left out, the others numbered anew.
  std::vector<int> position;
  for (const int extent : view.extents) {
    position.push_back(static_cast<int>(steps.digits.size()));
    if (extent > 1) steps.digits.push_back(extent);
  }
  Shape permuted;
  for (const int axis : axes) {
    for (const int digit : digits[static_cast<size_t>(axis)]) {
      const int extent = view.extents[static_cast<size_t>(digit)];
      if (extent == 1) continue;
      steps.axes.push_back(position[static_cast<size_t>(digit)]);
      permuted.push_back(extent);
    }
  }
  if (std::is_sorted(steps.axes.begin(), steps.axes.end())) {
    steps.digits.clear();
    steps.axes.clear();
    steps.is_reshaped = from != steps.shape;
    return steps;
  }
  if (steps.digits == from) steps.digits.clear();
  steps.is_reshaped = permuted != steps.shape;
  return steps;
}

OnnxArray laid_out(OnnxArray array, const OnnxView& view) {
  auto whole = broadcast(std::move(array), view.shape);
  GW_CHECK(whole);
  whole->shape.clear();
  for (const int digit : view.order) whole->shape.push_back(view.extents[static_cast<size_t>(digit)]);
  std::vector<int> back(view.order.size());
  for (size_t i = 0; i < view.order.size(); ++i)
    back[static_cast<size_t>(view.order[i])] = static_cast<int>(i);
  return transposed(*std::move(whole), back);
}

}  // namespace gw
