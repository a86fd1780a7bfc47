// A plot where there is nothing but text: a character of Unicode's Braille block holds two by four dots, so a
// field of 60 by 8 characters is a raster of 120 by 32. Neighbouring values are joined by a line of dots. A
// character has one colour, that of the curve that reached it last.
#include "cli/braille.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

namespace gw::cli {

namespace {

constexpr int axis_width = 9;
constexpr int codes[] = {36, 33, 35, 32};  // cyan, yellow, magenta, green

// The bits of a pattern: the dots of its left column from top to bottom, then those of its right one.
constexpr std::uint8_t bits[2][4] = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};

class Raster {
 public:
  Raster(int columns, int rows)
      : columns_(columns), rows_(rows), dots_(static_cast<size_t>(columns * rows)), curves_(dots_.size()) {}
  int width() const { return 2 * columns_; }
  int height() const { return 4 * rows_; }

  void set(int x, int y, int curve) {
    const auto at = static_cast<size_t>(y / 4 * columns_ + x / 2);
    dots_[at] = static_cast<std::uint8_t>(dots_[at] | bits[x % 2][y % 4]);
    curves_[at] = curve;
  }
  void line(int x0, int y0, int x1, int y1, int curve) {
    const int steps = std::max({std::abs(x1 - x0), std::abs(y1 - y0), 1});
    for (int s = 0; s <= steps; ++s) set(x0 + (x1 - x0) * s / steps, y0 + (y1 - y0) * s / steps, curve);
  }
  std::string row(int row, bool colours) const {
    std::string text;
    int open = -1;
    const auto colour = [&](int curve) {
      if (!colours || curve == open) return;
      text += curve < 0 ? "\x1b[0m"
                        : fmt::format("\x1b[{}m", codes[static_cast<size_t>(curve) % std::size(codes)]);
      open = curve;
    };
    for (int column = 0; column < columns_; ++column) {
      const auto at = static_cast<size_t>(row * columns_ + column);
      colour(dots_[at] ? curves_[at] : -1);
      // U+2800 and the dots above it, in UTF-8.
      text += static_cast<char>(0xe2);
      text += static_cast<char>(0xa0 | dots_[at] >> 6);
      text += static_cast<char>(0x80 | (dots_[at] & 0x3f));
    }
    colour(-1);
    return text;
  }

 private:
  int columns_, rows_;
  std::vector<std::uint8_t> dots_;
  std::vector<int> curves_;
};

std::string axis(double value) { return fmt::format("{:>{}.4g} ", value, axis_width - 1); }

}  // namespace

std::vector<std::string> braille_plot(const std::string& title, const std::vector<BrailleCurve>& curves,
                                      int columns, int rows, bool colours) {
  double lowest = INFINITY, highest = -INFINITY;
  size_t longest = 0;
  for (const BrailleCurve& curve : curves) {
    longest = std::max(longest, curve.values.size());
    for (const double value : curve.values) {
      if (!std::isfinite(value)) continue;
      lowest = std::min(lowest, value);
      highest = std::max(highest, value);
    }
  }
  if (!(lowest <= highest)) lowest = 0, highest = 1;
  if (lowest == highest) highest = lowest + std::max(1e-6, std::abs(lowest) * 0.01);

  Raster raster(columns - axis_width, rows);
  const auto x_of = [&](size_t i) {
    return longest < 2 ? 0 : static_cast<int>(i * static_cast<size_t>(raster.width() - 1) / (longest - 1));
  };
  const auto y_of = [&](double value) {
    return static_cast<int>(std::lround((highest - value) / (highest - lowest) * (raster.height() - 1)));
  };
  for (size_t c = 0; c < curves.size(); ++c) {
    const std::vector<double>& values = curves[c].values;
    for (size_t i = 0; i < values.size(); ++i) {
      if (!std::isfinite(values[i])) continue;
      const bool is_joined = i > 0 && std::isfinite(values[i - 1]);
      const size_t from = is_joined ? i - 1 : i;
      raster.line(x_of(from), y_of(values[from]), x_of(i), y_of(values[i]), static_cast<int>(c));
    }
  }

  std::vector<std::string> lines{std::string(axis_width, ' ') + title};
  for (int row = 0; row < rows; ++row) {
    const std::string left = row == 0          ? axis(highest)
                             : row == rows - 1 ? axis(lowest)
                                               : std::string(axis_width, ' ');
    lines.push_back(left + raster.row(row, colours));
  }
  std::string legend(axis_width, ' ');
  for (size_t c = 0; c < curves.size(); ++c) {
    if (curves[c].values.empty()) continue;
    const std::string text = fmt::format("{} {:.4g}", curves[c].label, curves[c].values.back());
    legend += colours ? fmt::format("\x1b[{}m{}\x1b[0m  ", codes[c % std::size(codes)], text) : text + "  ";
  }
  lines.push_back(legend);
  return lines;
}

}  // namespace gw::cli
