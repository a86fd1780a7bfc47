// How a window goes over a stream without losing clocks at the borders.
//
// Pixels come row by row. After each step the registers show the window whose last column and row are those
// of the step, so a window that reaches over the right border is complete some steps after its row's last
// pixel: while the first pixels of the next row come in, which complete no window of their own if the window
// also reaches over the left border. What then stands outside the input is masked, and the border costs
// nothing. Likewise below: the rows that lie under the input are gone through while the first rows of the
// next frame come in, straight into the line memory (`preload`), for they complete no window if the window
// also reaches over the upper border. Where a border cannot be hidden like that (more windows than pixels),
// virtual columns or rows take steps of their own.
//
// A frame never waits for the next one: if that one's pixels are late, the steps below and right of the last
// row go on without, and what was missed is fetched into the line memory before the next frame's own steps
// begin. That a later frame is met half-way is allowed at one pixel's grain only: two pixels on the right
// (`tail` > 1) would tear the next frame's row apart if the first came in time and the second did not, so
// then the tail takes its own clocks.

#include "schedule/window_scan.h"

#include <algorithm>

#include "support/check.h"

namespace gw {

Scan scan_of(const Window& w) {
  const int reach_h = (w.kernel_h - 1) * w.dilation_h + 1, reach_w = (w.kernel_w - 1) * w.dilation_w + 1;
  const int base_rows = w.output_height() / w.repeat_h, base_columns = w.output_width() / w.repeat_w;
  // Row and column of the step that completes the first window, and the last one; outside the input, too.
  const int first_row = reach_h - 1 - w.pad_top, first_column = reach_w - 1 - w.pad_left;
  const int last_row = first_row + (base_rows - 1) * w.stride_h;
  const int last_column = first_column + (base_columns - 1) * w.stride_w;
  const int below = std::max(0, last_row - (w.height - 1)), right = std::max(0, last_column - (w.width - 1));

  Scan scan;
  scan.width = w.width;
  scan.left = std::max(0, -first_column);
  scan.tail = std::min(right, std::max(0, first_column));
  scan.columns = scan.left + w.width + right - scan.tail;
  scan.top = std::max(0, -first_row);
  scan.preload = std::min({below, std::max(0, first_row), w.height});
  scan.pixel_rows = w.height - scan.preload;
  scan.rows = scan.top + scan.pixel_rows + below;
  scan.lines = reach_h - 1;
  scan.window_rows = base_rows;
  scan.window_columns = base_columns;
  scan.skip = w.stride_w - 1;
  // Where a row has one window, that stays; else the row is gone through again, out of the line memory.
  scan.repeat = w.repeat_w;
  int row_distance = w.stride_h;
  if (base_columns == 1) {
    scan.repeat *= w.repeat_h;
  } else if (w.repeat_h > 1) {
    GW_CHECK(w.kernel_h == 1 && w.stride_h == 1 && w.pad_top == 0 && w.pad_bottom == 0);
    scan.replay = w.repeat_h;
    scan.lines = 1;
    scan.window_rows *= w.repeat_h;
    row_distance = 1;
  }
  scan.first = (std::max(0, first_row) - scan.preload) * scan.columns + std::max(0, first_column);
  scan.next_row = row_distance * scan.columns - (base_columns - 1) * w.stride_w - 1;
  GW_CHECK(scan.next_row >= 0 || base_rows == 1);
  scan.next_row = std::max(0, scan.next_row);
  return scan;
}

ScanState::Moved ScanState::clock(bool offered, bool used) {
  const Scan& s = scan_;
  const bool is_free = !valid_ || (used && held_ == s.repeat - 1);
  const bool start = row_ == 0 && column_ == 0 && replay_ == 0;
  const bool pixel_row = row_ >= s.top && row_ < s.top + s.pixel_rows;
  const bool pixel_column = column_ >= s.left && column_ < s.left + s.width;
  const bool needs = pixel_row && pixel_column && replay_ == 0;
  // Below the frame, the next one's pixel of the same place may come along.
  const bool meets = pixel_column && !loaded_ && row_ >= s.rows - s.preload &&
                     preload_row_ == row_ - (s.rows - s.preload) && preload_column_ == column_ - s.left;
  const bool can = is_free && !(start && !loaded_) && !(tail_ > 0 && s.tail != 1);
  // No frame begins before a pixel of it is there, even if it begins with steps outside the input.
  const bool own = can && (offered || !(needs || (start && s.preload == 0)));
  const bool flush = is_free && tail_ > 0 && !own;
  const bool alone = start && !loaded_ && offered;

  Moved moved;
  moved.took = alone || (own && offered && (needs || meets));
  moved.moved = moved.took || own || flush || used;
  if (used) held_ = held_ == s.repeat - 1 ? 0 : held_ + 1;
  if (alone || (own && meets && offered)) preload_pixel();
  if (own || flush) {
    step(own);
  } else if (is_free) {
    valid_ = false;
  }
  return moved;
}

void ScanState::preload_pixel() {
  if (++preload_column_ < scan_.width) return;
  preload_column_ = 0;
  if (++preload_row_ < scan_.preload) return;
  preload_row_ = 0;
  loaded_ = true;
}

void ScanState::step(bool is_own) {
  const Scan& s = scan_;
  const bool start = is_own && row_ == 0 && column_ == 0 && replay_ == 0;
  const bool old_hit = !idle_ && wait_ == 0;
  const bool hit = start && tail_ == 0 ? s.first == 0 : old_hit;
  const bool row_end = hit_column_ == s.window_columns - 1;
  const bool frame_end = row_end && hit_row_ == s.window_rows - 1;

  if (hit) {
    wait_ = row_end ? s.next_row : s.skip;
    idle_ = frame_end;
    hit_column_ = row_end ? 0 : hit_column_ + 1;
    if (row_end) hit_row_ = frame_end ? 0 : hit_row_ + 1;
  } else {
    --wait_;
  }
  if (start && s.first > 0) {
    wait_ = s.first - 1;
    idle_ = false;
  }
  valid_ = hit;
  if (tail_ > 0) --tail_;
  if (!is_own) return;
  if (start) loaded_ = s.preload == 0;
  if (++column_ < s.columns) return;
  column_ = 0;
  if (++replay_ < s.replay) return;
  replay_ = 0;
  if (++row_ < s.rows) return;
  row_ = 0;
  tail_ = s.tail;
}

PositionRange inside_range(int offset, int stride, int extent, int positions) {
  PositionRange range;
  for (int position = positions; position-- > 0;) {
    const int at = position * stride + offset;
    if (at < 0 || at >= extent) continue;
    range.first = position;
    range.end = std::max(range.end, position + 1);
  }
  return range;
}

}  // namespace gw
