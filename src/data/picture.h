#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"
#include "support/result.h"

namespace gw {

/// A colour, 8 bits a part.
struct Color {
  std::uint8_t red = 0, green = 0, blue = 0;
  bool operator==(const Color&) const = default;
};

/// A small RGB image; x runs to the right, y down. What is drawn outside of it is cut off.
class Picture {
 public:
  /// width, height >= 1.
  Picture(int width, int height, Color background);

  int width() const { return width_; }
  int height() const { return height_; }
  /// Three bytes a pixel, row by row, no padding.
  const std::vector<std::uint8_t>& rgb() const { return rgb_; }
  /// The colour at a point inside the picture.
  Color at(int x, int y) const;
  void fill(int x, int y, int width, int height, Color color);

 private:
  int width_, height_;
  std::vector<std::uint8_t> rgb_;
};

/// The picture as the bytes of a PNG file.
std::string to_png(const Picture& picture);

/// Writes `text` with its upper left corner at (x, y) in a built-in font of capitals, 5 x 7 points of `scale`
/// pixels each, 6 points a letter. Small letters are drawn as capitals; a sign that the font does not have
/// (it has letters, digits, space and . , : - /) as an empty frame.
void draw_text(Picture& picture, int x, int y, int scale, std::string_view text, Color color);

/// Pixels that draw_text() takes from the left of the first letter to the right of the last.
int text_width(std::string_view text, int scale);

/// Whether examples of a data set can be drawn: pictures of bytes, grey or of three colours.
bool has_pictures(const Split& split);

/// How many examples are drawn, and how large.
struct ExampleGrid {
  int columns = 10;      ///< column c shows the class c modulo the number of classes
  int rows_per_set = 2;  ///< for each of train, validation, test
  int scale = 3;         ///< screen pixels a pixel of the data
};

/// Draws a grid of examples: for each of the three sets its first images of every class, one class a column,
/// with the label of each under it. Grey images are drawn as ink on paper, three channels as colours; other
/// numbers of channels are a defect of the caller. A class with too few images leaves its place empty.
Picture draw_examples(const Split& split, const ExampleGrid& grid = {});

}  // namespace gw
