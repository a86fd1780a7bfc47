#pragma once

#include <optional>
#include <vector>

#include "formula/pipeline.h"

namespace gw {

/// What a source gives: so many beats a frame of so many elements.
struct Beats {
  std::int64_t count = 0;
  int elements = 0;
  bool operator==(const Beats&) const = default;
};

/// A pixel a beat: all elements of the last extent.
Beats beats_of(const TensorType& input);
/// A position a beat.
Beats beats_of(const Stage& stage);

/// A network whose stages work on as many pixels at once as an interval asks for.
struct Paced {
  Pipeline pipeline;
  std::vector<Beats> inputs;
  std::vector<std::int64_t> shortest;  ///< interval that each stage can keep

  /// What each stream of a stage is given by its source.
  std::vector<Beats> given(const StageLink& link) const;
  /// The shortest interval that all stages and inputs can keep.
  std::int64_t interval() const;
};

/// One pixel a clock everywhere.
Paced at_one_pixel(const Pipeline& pipeline);

/// The fewest pixels a beat with which every input and stage keeps the interval, at least 1; nothing if a
/// stage would need more operations at once than anybody wants to build. Same bits.
std::optional<Paced> paced(const Pipeline& pipeline, std::int64_t interval);

/// What a design of that interval is made of: one pixel a clock where that keeps it, else as paced.
std::optional<Paced> network_at(const Pipeline& pipeline, std::int64_t interval);

/// The window of a stage on the beats that really come, and how many of its pixels are in one of them. A
/// window that shows the whole tensor takes beats as they are and needs no line memory: it is one long row.
struct Seen {
  Window window;
  int beat_pixels = 1;
};
Seen seen(const Window& wanted, const Beats& given);

}  // namespace gw
