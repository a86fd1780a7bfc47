// Claim: the PNG holds exactly the pixels drawn (decoded by libpng), the font's letters are where they should
// be, and the grid shows each image in its class's column with its pixels unchanged.

#include "data/picture.h"

#include <set>
#include <stdexcept>

#include <gtest/gtest.h>
#include <png.h>

#include "data/font.h"
#include "support/random.h"

namespace gw {
namespace {

constexpr Color white{255, 255, 255}, black{0, 0, 0}, red{255, 0, 0};

TEST(Picture, FillsAndCutsOff) {
  Picture picture(4, 3, white);
  picture.fill(-5, 1, 7, 100, red);
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 4; ++x) EXPECT_EQ(picture.at(x, y), x < 2 && y >= 1 ? red : white) << x << "," << y;
  }
  EXPECT_THROW(picture.at(4, 0), std::logic_error);
}

TEST(Picture, PngRoundTrip) {
  Random random(1);
  for (const auto& [width, height] : {std::pair{1, 1}, {7, 3}, {64, 65}}) {
    Picture picture(width, height, white);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const auto bits = random.bits();
        picture.fill(x, y, 1, 1,
                     {static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8),
                      static_cast<std::uint8_t>(bits >> 16)});
      }
    }
    const std::string bytes = to_png(picture);
    EXPECT_EQ(bytes, to_png(picture));
    png_image header{};
    header.version = PNG_IMAGE_VERSION;
    ASSERT_TRUE(png_image_begin_read_from_memory(&header, bytes.data(), bytes.size())) << header.message;
    EXPECT_EQ(header.format, static_cast<png_uint_32>(PNG_FORMAT_RGB));
    ASSERT_EQ(static_cast<int>(header.width), width);
    ASSERT_EQ(static_cast<int>(header.height), height);
    std::vector<std::uint8_t> decoded(PNG_IMAGE_SIZE(header));
    ASSERT_TRUE(png_image_finish_read(&header, nullptr, decoded.data(), 0, nullptr)) << header.message;
    EXPECT_EQ(decoded, picture.rgb());
  }
}

TEST(Font, LettersDifferAndTheRestIsAFrame) {
  std::set<std::string_view> seen;
  const std::string_view letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ .,:-/";
  for (const char letter : letters) seen.insert(glyph(letter));
  EXPECT_EQ(seen.size(), letters.size());
  EXPECT_EQ(glyph('q'), glyph('Q'));
  EXPECT_EQ(glyph('~'), glyph('\xff'));
  EXPECT_EQ(seen.count(glyph('~')), 0u);
}

TEST(Font, DrawsWhereItIsTold) {
  // "L1" twice as large: read back point by point from the pixels.
  Picture picture(40, 20, white);
  draw_text(picture, 3, 2, 2, "l1", black);
  EXPECT_EQ(text_width("l1", 2), 22);
  EXPECT_EQ(text_width("", 2), 0);
  const std::vector<std::string> expected{
      "#.......#..", "#......##..", "#.......#..", "#.......#..", "#.......#..", "#.......#..", "#####..###.",
  };
  for (int y = 0; y < 20; ++y) {
    for (int x = 0; x < 40; ++x) {
      const int column = (x - 3) / 2, row = (y - 2) / 2;
      const bool inside = x >= 3 && y >= 2 && column < 11 && row < 7;
      const bool inked =
          inside && expected[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)] == '#';
      EXPECT_EQ(picture.at(x, y), inked ? black : white) << x << "," << y;
    }
  }
}

/// Three classes, images of 2 x 2 in one colour that tells set and image apart.
Dataset colored(std::uint8_t set, const std::vector<std::uint8_t>& labels) {
  Dataset data{"d", 2, 2, 3, 3, {}, labels};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (int pixel = 0; pixel < 4; ++pixel)
      data.pixels.insert(data.pixels.end(), {set, static_cast<std::uint8_t>(i), 77});
  }
  return data;
}

/// The colours with blue 77 (no other part of the drawing has it) by column, top to bottom, neighbours
/// merged.
std::vector<std::vector<Color>> cells(const Picture& picture) {
  std::vector<std::vector<Color>> columns;
  bool open = false;
  for (int x = 0; x < picture.width(); ++x) {
    std::vector<Color> found;
    for (int y = 0; y < picture.height(); ++y) {
      const Color color = picture.at(x, y);
      if (color.blue == 77 && (found.empty() || found.back() != color)) found.push_back(color);
    }
    if (!found.empty() && !open) columns.push_back(found);
    open = !found.empty();
  }
  return columns;
}

TEST(DrawExamples, EveryClassHasItsColumn) {
  // Class 2 has one training image only, the validation set has no class 0, the test set is empty.
  const Split split{colored(1, {1, 0, 2, 1, 0, 1}), colored(2, {2, 1, 1, 2}), colored(3, {})};
  const Picture picture = draw_examples(split, {.columns = 3, .rows_per_set = 2, .scale = 3});
  const auto seen = cells(picture);
  ASSERT_EQ(seen.size(), 3u);
  const auto color = [](int set, int image) {
    return Color{static_cast<std::uint8_t>(set), static_cast<std::uint8_t>(image), 77};
  };
  EXPECT_EQ(seen[0], (std::vector<Color>{color(1, 1), color(1, 4)}));
  EXPECT_EQ(seen[1], (std::vector<Color>{color(1, 0), color(1, 3), color(2, 1), color(2, 2)}));
  EXPECT_EQ(seen[2], (std::vector<Color>{color(1, 2), color(2, 0), color(2, 3)}));
}

TEST(DrawExamples, MoreColumnsThanClassesShowMoreOfEach) {
  const Split split{colored(1, {0, 1, 2, 2, 1, 0}), colored(2, {}), colored(3, {})};
  const auto seen = cells(draw_examples(split, {.columns = 6, .rows_per_set = 1, .scale = 1}));
  ASSERT_EQ(seen.size(), 6u);
  for (const auto& [column, image] : {std::pair{0, 0}, {1, 1}, {2, 2}, {3, 5}, {4, 4}, {5, 3}}) {
    EXPECT_EQ(seen[static_cast<std::size_t>(column)],
              (std::vector<Color>{{1, static_cast<std::uint8_t>(image), 77}}));
  }
}

TEST(DrawExamples, GreyIsInkOnPaper) {
  Dataset grey{"d", 1, 3, 1, 1, {0, 128, 255}, {0}};
  const Dataset empty{"d", 1, 3, 1, 1, {}, {}};
  const Picture picture = draw_examples({grey, empty, empty}, {.columns = 1, .rows_per_set = 1, .scale = 5});
  // Somewhere three squares of 5 x 5 stand side by side, from white over grey to dark.
  bool found = false;
  for (int y = 0; y + 5 <= picture.height(); ++y) {
    for (int x = 0; x + 15 <= picture.width(); ++x) {
      const auto square = [&](int left) {
        for (int i = 0; i < 25; ++i) {
          if (picture.at(left + i % 5, y + i / 5) != picture.at(left, y)) return false;
        }
        return true;
      };
      found = found ||
              (picture.at(x, y) == white && picture.at(x + 5, y) == Color{140, 144, 154} &&
               picture.at(x + 10, y) == Color{24, 32, 52} && square(x) && square(x + 5) && square(x + 10));
    }
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace gw
