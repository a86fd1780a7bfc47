// The walk of a window block against what a window is: which pixels must have come before each window.

#include "schedule/window_scan.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/random_window.h"
#include "schedule/timeline.h"

namespace gw {
namespace {

// How many pixels of its frame a position needs: up to the last one inside the input.
int needed_pixels(const Window& w, int row, int column) {
  int needed = 0;
  for (int e = 0; e < w.kernel_h * w.kernel_w; ++e) {
    const int y = w.input_row(row, e * w.channels), x = w.input_column(column, e * w.channels);
    if (y >= 0 && y < w.height && x >= 0 && x < w.width) needed = std::max(needed, y * w.width + x + 1);
  }
  return needed;
}

// Under random offers and uses: each position shows only after its pixels came, and no frame needs the next
// one's.
TEST(WindowScan, ShowsEveryPositionOfEveryFrameWithoutTheNext) {
  Random random(1);
  for (int round = 0; round < 3000; ++round) {
    const Window w = random_window(random);
    SCOPED_TRACE(
        fmt::format("{}x{}, kernel {}x{}, stride {}x{}, dilation {}x{}, pads {} {} {} {}, repeat {}x{}",
                    w.height, w.width, w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.dilation_h,
                    w.dilation_w, w.pad_top, w.pad_bottom, w.pad_left, w.pad_right, w.repeat_h, w.repeat_w));
    ScanState scan(scan_of(w));
    const int pixels = w.height * w.width;
    const int positions = w.output_height() * w.output_width();
    const double offer = random.unit() + 0.05, use = random.unit() + 0.05;
    constexpr int frames = 4;
    int took = 0, shown = 0, quiet = 0;
    while (shown < frames * positions) {
      const bool offered = took < frames * pixels && random.unit() < offer;
      const bool used = scan.valid() && random.unit() < use;
      if (used) {
        const int frame = shown / positions, at = shown % positions;
        ASSERT_GE(took, frame * pixels + needed_pixels(w, at / w.output_width(), at % w.output_width()));
        ++shown;
      }
      const ScanState::Moved moved = scan.clock(offered, used);
      ASSERT_TRUE(offered || !moved.took);
      took += moved.took;
      quiet = moved.moved ? 0 : quiet + 1;
      ASSERT_LT(quiet, 10000) << took << " of " << frames * pixels << " pixels, " << shown << " of "
                              << frames * positions << " positions";
      // What was taken belongs to the frame at work or to the one behind it.
      ASSERT_LE(took, (shown / positions + 2) * pixels);
    }
    for (int n = 0; n < 1000; ++n) scan.clock(false, false);
    EXPECT_FALSE(scan.valid()) << "a frame began that nobody sent";
  }
}

TEST(WindowScan, HidesTheBordersOfSamePadding) {
  Window w;
  w.height = w.width = 28;
  w.kernel_h = w.kernel_w = 3;
  w.pad_top = w.pad_bottom = w.pad_left = w.pad_right = 1;
  EXPECT_EQ(shortest_interval({&w, 1}), 784);
  w.kernel_h = w.kernel_w = 5;
  w.pad_top = w.pad_bottom = w.pad_left = w.pad_right = 2;
  EXPECT_EQ(shortest_interval({&w, 1}), 786);
  w.kernel_h = w.kernel_w = 1;
  w.pad_top = w.pad_bottom = w.pad_left = w.pad_right = 1;
  EXPECT_EQ(shortest_interval({&w, 1}), 900);  // a position each
  w = {};
  w.height = w.width = 14;
  w.repeat_h = w.repeat_w = 2;
  EXPECT_EQ(shortest_interval({&w, 1}), 784);
}

}  // namespace
}  // namespace gw
