#pragma once

#include <string_view>

namespace gw {

inline constexpr int glyph_width = 5;
inline constexpr int glyph_height = 7;

/// The points of a letter, row by row, 35 signs, '#' for ink. Small letters are given as capitals; what the
/// font does not have is an empty frame.
std::string_view glyph(char letter);

}  // namespace gw
