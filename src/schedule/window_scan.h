#pragma once

#include <compare>
#include <cstdint>

#include "formula/formula.h"

namespace gw {

/// How a window block walks over its stream: one step a clock, a step shifts one column of pixels into the
/// window's registers. Every number is a parameter of library/gw_window.v, which says what it is for;
/// ScanState below moves exactly as that block does.
struct Scan {
  int columns = 1;  ///< steps a row: `left` virtual ones, the row's pixels, virtual ones on the right
  int rows = 1;     ///< rows of steps a frame: `top` virtual ones, `pixel_rows`, virtual ones below
  int left = 0, top = 0;
  int pixel_rows = 1;  ///< rows that take a pixel at each of their pixel columns
  int preload = 0;   ///< a frame's first rows that come in while the virtual rows of the one before are shown
  int tail = 0;      ///< windows' columns right of the last row, shown while the next frame begins
  int first = 0;     ///< steps of a frame before the one that completes its first window
  int skip = 0;      ///< steps between neighbouring windows of a row, neither counted
  int next_row = 0;  ///< steps between the last window of a row and the first of the next, neither counted
  int window_rows = 1, window_columns = 1;  ///< windows a frame, repeated ones counted once
  int repeat = 1;                           ///< positions for which a window stays
  int replay = 1;                           ///< times that a row is gone through
  int lines = 0;                            ///< rows kept in the line memory
  int width = 1;                            ///< pixels of a row

  std::int64_t steps() const { return std::int64_t{rows} * replay * columns; }  ///< a frame, without the tail
  std::int64_t windows() const { return std::int64_t{window_rows} * window_columns; }
  auto operator<=>(const Scan&) const = default;
};

Scan scan_of(const Window& window);

/// A window block at work, clock by clock.
class ScanState {
 public:
  explicit ScanState(const Scan& scan) : scan_(scan), loaded_(scan.preload == 0) {}

  /// A window stands in front of the stage.
  bool valid() const { return valid_; }

  struct Moved {
    bool took = false;   ///< the pixel that was offered
    bool moved = false;  ///< anything: otherwise nothing changes until a pixel or `used` comes
  };
  /// One clock. `offered`: a pixel waits; `used`: a position is done with the window that stands.
  Moved clock(bool offered, bool used);

 private:
  void step(bool is_own);
  void preload_pixel();

  Scan scan_;
  bool valid_ = false, loaded_, idle_ = true;
  int row_ = 0, column_ = 0, replay_ = 0, tail_ = 0, wait_ = 0, held_ = 0;
  int hit_row_ = 0, hit_column_ = 0;          // of the next window
  int preload_row_ = 0, preload_column_ = 0;  // of the next pixel to come in ahead
};

/// Positions [first, end) of a window along one axis.
struct PositionRange {
  int first = 0, end = 0;
};

/// From the first to the last of `positions` positions, `stride` apart, at which a row (or column) of the
/// kernel that lies at `offset` at position 0 is inside an input of that extent; [0, 0) if at none.
PositionRange inside_range(int offset, int stride, int extent, int positions);

}  // namespace gw
