// Several pixels a clock, without any hardware for it.
//
// A row of width pixels with c channels is as well a row of width / p pixels with p * c channels. A stage
// that computes p neighbouring positions at once is a stage on such pixels, with a window that covers what
// all of them need and a formula that holds theirs side by side. So a design of any width, up to one that
// takes a whole tensor a clock, is made of the same windows, FIFOs and circuits as one of a pixel a clock,
// and equal products of neighbouring positions are found like any others. A group lies inside the input with
// all its pixels or with none, so that padding stays right.

#include "schedule/grouped.h"

#include "formula/append.h"
#include "support/check.h"

namespace gw {

namespace {

int floor_div(int a, int b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

/// What a grouped window does along one axis.
struct Axis {
  int extent = 1;  ///< in groups
  int kernel = 1, stride = 1, repeat = 1;
  int first = 0;           ///< the group that the kernel begins with at the first position
  int pad_after = 0;       ///< groups
  bool is_single = false;  ///< there is one position, so that what lies outside is known
};

std::optional<Axis> axis_of(int extent, int kernel, int dilation, int stride, int pad, int repeat,
                            int positions, int read, int made) {
  GW_CHECK(extent % read == 0 && positions % made == 0);
  Axis axis;
  axis.extent = extent / read;
  axis.is_single = positions == made;
  // Base positions that go out together.
  int together = 1;
  if (made % repeat == 0) {
    together = made / repeat;
  } else if (repeat % made == 0) {
    axis.repeat = repeat / made;
  } else {
    return std::nullopt;
  }
  if (axis.is_single) {
    axis.repeat = 1;
  } else {
    if (together * stride % read != 0) return std::nullopt;
    axis.stride = together * stride / read;
  }
  axis.first = floor_div(-pad, read);
  int last = floor_div((together - 1) * stride - pad + (kernel - 1) * dilation, read);
  if (axis.is_single) {
    axis.first = std::clamp(axis.first, 0, axis.extent - 1);
    last = std::clamp(last, 0, axis.extent - 1);
  }
  axis.kernel = last - axis.first + 1;
  const int base = positions / made / axis.repeat;
  axis.pad_after = (base - 1) * axis.stride + axis.kernel - axis.extent + axis.first;
  return axis;
}

std::optional<Axis> rows_of(const Window& w, const Group& read, const Group& made) {
  return axis_of(w.height, w.kernel_h, w.dilation_h, w.stride_h, w.pad_top, w.repeat_h, w.output_height(),
                 read.rows, made.rows);
}

std::optional<Axis> columns_of(const Window& w, const Group& read, const Group& made) {
  return axis_of(w.width, w.kernel_w, w.dilation_w, w.stride_w, w.pad_left, w.repeat_w, w.output_width(),
                 read.columns, made.columns);
}

}  // namespace

std::vector<Group> groups_of(int height, int width) {
  std::vector<Group> groups;
  for (int columns = 1; columns <= width; ++columns) {
    if (width % columns == 0) groups.push_back({1, columns});
  }
  for (int rows = 2; rows <= height; ++rows) {
    if (height % rows == 0) groups.push_back({rows, width});
  }
  return groups;
}

std::optional<Window> grouped(const Window& window, const Group& read, const Group& made) {
  const auto rows = rows_of(window, read, made), columns = columns_of(window, read, made);
  if (!rows || !columns) return std::nullopt;
  Window w;
  w.height = rows->extent, w.width = columns->extent;
  w.channels = window.channels * read.pixels();
  w.kernel_h = rows->kernel, w.kernel_w = columns->kernel;
  w.stride_h = rows->stride, w.stride_w = columns->stride;
  w.repeat_h = rows->repeat, w.repeat_w = columns->repeat;
  w.pad_top = -rows->first, w.pad_left = -columns->first;
  w.pad_bottom = rows->pad_after, w.pad_right = columns->pad_after;
  GW_CHECK(w.output_height() * made.rows == window.output_height());
  GW_CHECK(w.output_width() * made.columns == window.output_width());
  // Rows are gone through again where the window has no other business with them.
  if (w.repeat_h > 1 && w.output_width() > w.repeat_w &&
      !(w.kernel_h == 1 && w.stride_h == 1 && w.pad_top == 0 && w.pad_bottom == 0))
    return std::nullopt;
  return w;
}

Stage grouped(const Stage& stage, const std::vector<Group>& read, const Group& made) {
  Stage result;
  result.name = stage.name;
  result.inputs = stage.inputs;
  result.output = stage.output;
  std::vector<Axis> rows, columns;
  for (size_t k = 0; k < stage.windows.size(); ++k) {
    result.windows.push_back(grouped(stage.windows[k], read[k], made).value());
    rows.push_back(*rows_of(stage.windows[k], read[k], made));
    columns.push_back(*columns_of(stage.windows[k], read[k], made));
  }
  Formula& formula = result.formula;
  std::vector<ExprId> outputs;
  for (int r = 0; r < made.rows; ++r) {
    for (int c = 0; c < made.columns; ++c) {
      const auto load = [&](const Expr& expr) {
        const auto k = static_cast<size_t>(expr.stream);
        const Window& w = stage.windows[k];
        const Window& to = result.windows[k];
        const int y = w.input_row(r, expr.index), x = w.input_column(c, expr.index);
        const bool is_inside = expr.kind == ExprKind::Inside;
        const bool is_outside = (rows[k].is_single && (y < 0 || y >= w.height)) ||
                                (columns[k].is_single && (x < 0 || x >= w.width));
        if (is_outside) return formula.constant(0, is_inside ? 0 : expr.range.fraction);
        const int group_y = floor_div(y, read[k].rows), group_x = floor_div(x, read[k].columns);
        const int pixel = (y - group_y * read[k].rows) * read[k].columns + x - group_x * read[k].columns;
        const int index =
            ((group_y - rows[k].first) * to.kernel_w + group_x - columns[k].first) * to.channels +
            pixel * w.channels + expr.index % w.channels;
        return is_inside ? formula.inside(expr.stream, index) : formula.load(expr.stream, index, expr.range);
      };
      const auto some = append(formula, stage.formula, load);
      outputs.insert(outputs.end(), some.begin(), some.end());
    }
  }
  formula.set_outputs(std::move(outputs));
  return result;
}

}  // namespace gw
