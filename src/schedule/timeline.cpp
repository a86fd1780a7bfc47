// FIFO depths, computed and not guessed.
//
// Without back-pressure from outside, every transfer of a design happens at a clock that its geometry alone
// decides: a FIFO offers a pixel one clock after it was pushed; a window takes a pixel as soon as the window
// before it is finished; a finished window appears at the output after its fold and the pipeline's depth. So
// the times can be computed pixel by pixel, stage by stage, with FIFOs taken as unlimited, and the largest
// number that waits at once is the depth at which no stage is ever held up. Later frames meet what earlier
// ones left behind, hence several frames. Cost: a few additions a pixel, stage and frame.

#include "schedule/timeline.h"

#include <algorithm>
#include <vector>

#include "support/check.h"

namespace gw {

namespace {

constexpr int frames = 6;

// True if taking pixel (row, column) completes a window.
bool completes(const Window& w, int row, int column) {
  const int r = row - (w.kernel_h - 1), c = column - (w.kernel_w - 1);
  return r >= 0 && c >= 0 && r % w.stride_h == 0 && c % w.stride_w == 0;
}

// The clocks at which a stage takes each pixel, given when it was pushed into its FIFO.
std::vector<std::int64_t> take_times(const StageDesign& stage, const std::vector<std::int64_t>& pushed,
                                     std::vector<std::int64_t>& finished) {
  const Window& w = stage.window;
  const int clocks = stage.circuit.fold.clocks();
  std::vector<std::int64_t> taken;
  std::int64_t free = 0;
  size_t pixel = 0;
  for (int frame = 0; frame < frames; ++frame) {
    for (int row = 0; row < w.height; ++row) {
      for (int column = 0; column < w.width; ++column, ++pixel) {
        const std::int64_t time = std::max(pushed[pixel] + 1, free);
        taken.push_back(time);
        const bool window = completes(w, row, column);
        free = time + (window ? clocks : 1);
        if (window) finished.push_back(time + clocks + stage.circuit.latency);
      }
    }
  }
  return taken;
}

// The most pixels that stand in the FIFO when one more is pushed, that one included.
int depth_of(const std::vector<std::int64_t>& pushed, const std::vector<std::int64_t>& taken) {
  std::int64_t most = 0;
  for (size_t in = 0, out = 0; in < pushed.size(); ++in) {
    while (out < in && taken[out] < pushed[in]) ++out;
    most = std::max(most, static_cast<std::int64_t>(in - out) + 1);
  }
  return static_cast<int>(most);
}

}  // namespace

void set_fifo_depths(Design& design) {
  std::vector<std::int64_t> pushed;
  const std::int64_t pixels = design.stages.front().input_pixels();
  for (int frame = 0; frame < frames; ++frame) {
    for (std::int64_t pixel = 0; pixel < pixels; ++pixel) pushed.push_back(frame * design.interval + pixel);
  }
  for (StageDesign& stage : design.stages) {
    std::vector<std::int64_t> finished;
    const std::vector<std::int64_t> taken = take_times(stage, pushed, finished);
    stage.fifo_depth = std::max(2, depth_of(pushed, taken));
    GW_CHECK(static_cast<std::int64_t>(finished.size()) == frames * stage.windows);
    pushed = std::move(finished);
  }
  const std::int64_t results = design.stages.back().windows;
  design.latency = pushed[static_cast<size_t>(results) - 1];
}

}  // namespace gw
