#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "layers/layer.h"

namespace gw {

/// Layers that move elements and compute nothing: for each element of the answer, row-major, the element of
/// the input that it is, or no_source where it comes from elsewhere (padding, another input).
using IndexMap = std::vector<std::int32_t>;
inline constexpr std::int32_t no_source = -1;

/// Writes x's elements to the places of y that they have a source for and leaves the others alone. y's type
/// holds every value that moves.
void move_elements(const Tensor& x, const IndexMap& map, Tensor& y, int threads);

/// What each element of the answer can be, `elsewhere` where it has no source: one interval per channel if
/// all pixels are alike, else one per element; none if x has none.
std::vector<Interval> moved_ranges(const TensorType& x, const IndexMap& map, const Interval& elsewhere,
                                   int channels);

/// One interval per channel where they repeat with every pixel; otherwise as they are, one per element.
std::vector<Interval> per_channel_if_alike(std::vector<Interval> ranges, int channels);

/// The stage that takes the whole tensor and gives all elements of the answer at its one position: what any
/// order can be written as. `elsewhere` is one value, that of the elements without a source.
Stage gather(const TensorType& x, const IndexMap& map, const TensorType& out, const Interval& elsewhere = {});

}  // namespace gw
