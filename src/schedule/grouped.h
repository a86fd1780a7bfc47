#pragma once

#include <optional>
#include <vector>

#include "formula/formula.h"

namespace gw {

/// So many neighbouring pixels travel in one beat: columns of one row, or whole rows.
struct Group {
  int rows = 1, columns = 1;
  int pixels() const { return rows * columns; }
  bool operator==(const Group&) const = default;
};

/// Every group that divides an image of that size without a rest, smallest first: divisors of the width, then
/// rows that divide the height.
std::vector<Group> groups_of(int height, int width);

/// A window over groups of pixels instead of pixels, one that shows what `made` output positions need that go
/// out together; `read` divides the input. Nothing if their positions do not step by whole groups.
std::optional<Window> grouped(const Window& window, const Group& read, const Group& made);

/// The stage on beats of several pixels: stream k reads `read[k]` pixels at once, and `made` positions are
/// computed at once, side by side in one beat. Every window must have a grouped one. Same bits.
Stage grouped(const Stage& stage, const std::vector<Group>& read, const Group& made);

}  // namespace gw
