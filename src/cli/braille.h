#pragma once

#include <string>
#include <vector>

namespace gw::cli {

/// A curve of a plot in the terminal.
struct BrailleCurve {
  std::string label;
  std::vector<double> values;  ///< at 1, 2, ..; what is not finite leaves a gap
};

/// Curves as lines of text of `columns` characters, `rows` of them dots in Unicode's Braille patterns (two by
/// four a character) with the axis at their left, below them the labels with their last values. With
/// `colours` every curve has one of its own, by the terminal's codes. columns >= 30, rows >= 2.
std::vector<std::string> braille_plot(const std::string& title, const std::vector<BrailleCurve>& curves,
                                      int columns, int rows, bool colours);

}  // namespace gw::cli
